/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/finding_output.h"

#include "base/duration.h"
#include "base/json_line.h"
#include "probe/output.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- people ---- */

static void put_verdict(struct buf *b, const struct finding_verdict *v)
{
    buf_printf(b, "  %-9s ", v->met ? "met" : v->condition->warning ? "warning" : "NOT MET");
    output_put_safe(b, v->condition->text, "");
    buf_printf(b, ": %s\n", v->measured);
}

void finding_text(struct buf *b, const struct finding *f)
{
    output_put_safe(b, f->target, "");
    buf_put(b, f->target.len > 0 ? SLICE(": ") : SLICE(""));
    output_put_safe(b, f->headline, "");
    buf_put_byte(b, '\n');
    for (size_t i = 0; i < f->count; i++)
        put_verdict(b, &f->verdicts[i]);
}

/* ---- JSON ---- */

static void put_member(struct json_line *j, const struct figure *f)
{
    char key[48];

    snprintf(key, sizeof key, "%s%s", f->name, f->unit == FIGURE_MS ? "_ms" : f->unit == FIGURE_PART ? "_percent" : "");
    if (f->unit == FIGURE_FLAG)
        json_line_bool(j, key, f->value > 0);
    else if (f->unit == FIGURE_PART)
        json_line_real(j, key, f->value * 100);
    else
        json_line_number(j, key, llround(f->value));
}

static void put_expectation(struct json_line *list, const struct finding_verdict *v)
{
    struct json_line j = json_line_item(list);

    json_line_text(&j, "expect", v->condition->text);
    json_line_bool(&j, "met", v->met);
    json_line_bool(&j, "warning", v->condition->warning);
    json_line_text(&j, "measured", slice_from(v->measured));
    json_line_end(&j);
}

void finding_json(struct buf *b, const struct finding *f)
{
    struct json_line j = json_line_begin(b), list;

    json_line_text(&j, "event", SLICE("probe"));
    json_line_text(&j, "probe", slice_from(f->kind->name));
    json_line_text(&j, "outcome", slice_from(outcome_grade_name(f->grade)));
    json_line_number(&j, "exit_code", f->exit_code);
    json_line_text(&j, "target", f->target);
    json_line_text(&j, "summary", f->headline);
    for (size_t i = 0; i < f->figure_count; i++)
        put_member(&j, &f->figures[i]);
    list = json_line_list(&j, "expectations");
    for (size_t i = 0; i < f->count; i++)
        put_expectation(&list, &f->verdicts[i]);
    json_line_list_end(&list);
    json_line_end(&j);
    buf_put_byte(b, '\n');
}

/* ---- Nagios ---- */

static void put_unmet(struct buf *b, const struct finding *f, bool warning)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct finding_verdict *v = &f->verdicts[i];

        if (v->met || v->condition->warning != warning)
            continue;
        output_put_safe(b, v->condition->text, "|");
        buf_printf(b, " not met: %s; ", v->measured);
    }
}

static void put_performance(struct buf *b, const struct figure *f)
{
    switch (f->unit) {
    case FIGURE_FLAG:
    case FIGURE_CODE:
        return;
    case FIGURE_COUNT:
        buf_printf(b, " %s=%.0f;;;0", f->name, f->value);
        return;
    case FIGURE_MS:
        buf_printf(b, " %s=%.3fs;;;0", f->name, f->value / 1000);
        return;
    case FIGURE_SECONDS:
        buf_printf(b, " %s=%.0fs;;;0", f->name, f->value);
        return;
    case FIGURE_PART:
        buf_printf(b, " %s=%.2f%%;;;0;100", f->name, f->value * 100);
        return;
    }
}

void finding_nagios(struct buf *b, const struct finding *f)
{
    static const char *const words[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };

    buf_printf(b, "%s %s - ", f->kind->service, words[f->grade]);
    put_unmet(b, f, false);
    put_unmet(b, f, true);
    output_put_safe(b, f->target, "|");
    buf_put(b, f->target.len > 0 ? SLICE(": ") : SLICE(""));
    output_put_safe(b, f->headline, "|");
    if (f->figure_count > 0)
        buf_put(b, SLICE(" |"));
    for (size_t i = 0; i < f->figure_count; i++)
        put_performance(b, &f->figures[i]);
    buf_put_byte(b, '\n');
}

/* ---- Prometheus ---- */

static const char *suffix_of(enum figure_unit unit)
{
    return unit == FIGURE_MS || unit == FIGURE_SECONDS ? "_seconds" : unit == FIGURE_PART ? "_ratio" : "";
}

static void put_head(struct buf *b, const struct finding *f, const char *name, const char *suffix, const char *help)
{
    const char *kind = f->kind->name;

    buf_printf(b, "# HELP ahoy_%s_%s%s %s\n# TYPE ahoy_%s_%s%s gauge\n", kind, name, suffix, help, kind, name, suffix);
}

static void put_sample(struct buf *b, const struct finding *f, const char *name, const char *suffix,
                       struct slice expectation, double value)
{
    buf_printf(b, "ahoy_%s_%s%s{target=\"", f->kind->name, name, suffix);
    output_put_label(b, f->target);
    if (expectation.len > 0) {
        buf_put(b, SLICE("\",expectation=\""));
        output_put_label(b, expectation);
    }
    buf_printf(b, "\"} %.10g\n", value);
}

void finding_prometheus(struct buf *b, const struct finding *f)
{
    put_head(b, f, "success", "", "1 if it was as expected.");
    put_sample(b, f, "success", "", SLICE(""), f->grade <= OUTCOME_WARNING);
    for (size_t i = 0; i < f->figure_count; i++) {
        const struct figure *one = &f->figures[i];

        put_head(b, f, one->name, suffix_of(one->unit), one->help);
        put_sample(b, f, one->name, suffix_of(one->unit), SLICE(""),
                   one->unit == FIGURE_MS ? one->value / 1000 : one->value);
    }
    if (f->count > 0)
        put_head(b, f, "expectation_met", "", "1 if this condition was met.");
    for (size_t i = 0; i < f->count; i++)
        put_sample(b, f, "expectation_met", "", f->verdicts[i].condition->text, f->verdicts[i].met);
}

/* ---- JUnit ---- */

static void put_case(struct buf *b, const struct finding *f, struct slice name, bool good, struct slice why)
{
    buf_printf(b, "  <testcase classname=\"ahoy.%s\" name=\"", f->kind->name);
    output_put_xml(b, name);
    if (good) {
        buf_put(b, SLICE("\"/>\n"));
        return;
    }
    buf_put(b, SLICE("\">\n    <failure message=\""));
    output_put_xml(b, why);
    buf_put(b, SLICE("\">"));
    output_put_xml(b, f->target);
    buf_put(b, SLICE("</failure>\n  </testcase>\n"));
}

static bool is_failure(const struct finding_verdict *v)
{
    return !v->met && !v->condition->warning;
}

static size_t failures(const struct finding *f)
{
    size_t count = 0;

    for (size_t i = 0; i < f->count; i++)
        count += is_failure(&f->verdicts[i]);
    return count;
}

void finding_junit(struct buf *b, const struct finding *f)
{
    /* Whoever expects a refusal has not failed by it; whose conditions are not met has these cases. */
    bool fails = f->grade >= OUTCOME_CRITICAL && !f->unmet;

    buf_printf(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"ahoy %s ", f->kind->name);
    output_put_xml(b, f->target);
    buf_printf(b, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\">\n", f->count + 1, failures(f) + fails);
    put_case(b, f, slice_from(f->kind->name), !fails, f->headline);
    for (size_t i = 0; i < f->count; i++) {
        char       memory[80];
        struct buf why = BUF_ON(memory);

        buf_printf(&why, "measured: %s", f->verdicts[i].measured);
        put_case(b, f, f->verdicts[i].condition->text, !is_failure(&f->verdicts[i]), buf_slice(&why));
    }
    buf_put(b, SLICE("  <system-out>"));
    output_put_xml(b, f->headline);
    buf_put(b, SLICE("</system-out>\n</testsuite>\n"));
}

/* ---- by name ---- */

finding_fn *finding_output_find(const char *name)
{
    static const struct {
        const char *name;
        finding_fn *fn;
    } table[] = {
        { "text", finding_text },     { "json", finding_json },
        { "nagios", finding_nagios }, { "prometheus", finding_prometheus },
        { "junit", finding_junit },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].name, name) == 0)
            return table[i].fn;
    return NULL;
}
