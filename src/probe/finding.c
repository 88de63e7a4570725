/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/finding.h"

#include "base/duration.h"

#include <assert.h>
#include <string.h>

/* ---- conditions ---- */

static struct slice name_of(const struct finding_rule *rule)
{
    return (struct slice){ rule->form, strcspn(rule->form, "=") };
}

static const struct finding_rule *find(const struct finding_kind *kind, struct slice name)
{
    for (const struct finding_rule *r = kind->rules; r->form != NULL; r++)
        if (slice_eq_nocase(name_of(r), name))
            return r;
    return NULL;
}

static bool read_limit(enum figure_unit unit, struct slice word, double *limit)
{
    struct scan s      = scan_from(word);
    uint32_t    number = 0;
    msec        time   = 0;

    if (unit == FIGURE_MS || unit == FIGURE_SECONDS) {
        if (!duration_parse(word, DURATION_MAX, &time))
            return false;
        *limit = unit == FIGURE_MS ? (double)time : (double)time / 1000;
        return true;
    }
    if (!scan_number(&s, 1000000, &number))
        return false;
    *limit = number;
    if (unit == FIGURE_PART) {
        *limit = number / 100.0;
        scan_byte(&s, '%');
    }
    if (!scan_at_end(&s) || (unit == FIGURE_PART && *limit > 1))
        return false;
    return unit != FIGURE_CODE || (number >= 100 && number <= 699);
}

static bool read_one(struct finding_condition *c, const struct finding_kind *kind, struct expectation_fault *fault)
{
    struct scan  s    = scan_from(c->text);
    struct slice name = c->text;
    bool         valued;

    *fault = (struct expectation_fault){ c->text, "a condition of its --help", "" };
    valued = scan_until(&s, "=", &name) && scan_byte(&s, '=');
    if (!valued)
        name = c->text;
    c->rule = find(kind, name);
    if (c->rule == NULL)
        return false;
    fault->expected = c->rule->form;
    fault->meaning  = c->rule->meaning;
    if (c->rule->unit == FIGURE_FLAG)
        return !valued;
    return valued && read_limit(c->rule->unit, scan_rest(&s), &c->limit);
}

bool finding_expect(struct finding_conditions *c, const struct finding_kind *kind, struct slice text, bool warning,
                    struct expectation_fault *fault)
{
    struct scan s = scan_from(text);

    do {
        struct finding_condition *one = &c->list[c->count];
        struct slice              part;

        if (!scan_until(&s, ",", &part))
            part = SLICE("");
        if (c->count == FINDING_CONDITIONS) {
            *fault = (struct expectation_fault){ part, "no more conditions", "" };
            return false;
        }
        *one = (struct finding_condition){ .text = slice_trim(part), .warning = warning };
        if (!read_one(one, kind, fault))
            return false;
        c->count++;
    } while (scan_byte(&s, ','));
    return true;
}

/* ---- figures ---- */

void finding_begin(struct finding *f, const struct finding_kind *kind, struct slice target)
{
    memset(f, 0, sizeof *f);
    f->kind   = kind;
    f->target = target;
}

void finding_figure(struct finding *f, struct figure figure)
{
    assert(f->figure_count < FINDING_FIGURES);
    f->figures[f->figure_count++] = figure;
}

static const struct figure *figure_of(const struct finding *f, const char *name)
{
    for (size_t i = 0; i < f->figure_count; i++)
        if (strcmp(f->figures[i].name, name) == 0)
            return &f->figures[i];
    return NULL;
}

/* ---- the verdict ---- */

static void say(struct buf *b, const struct figure *f)
{
    switch (f->unit) {
    case FIGURE_FLAG:
        buf_put(b, f->value > 0 ? SLICE("yes") : SLICE("no"));
        return;
    case FIGURE_CODE:
    case FIGURE_COUNT:
        buf_printf(b, "%.0f", f->value);
        return;
    case FIGURE_MS:
        duration_write(b, (msec)f->value);
        return;
    case FIGURE_SECONDS:
        duration_write(b, (msec)(f->value * 1000));
        return;
    case FIGURE_PART:
        buf_printf(b, "%.2f %%", f->value * 100);
        return;
    }
}

static bool is_met(const struct finding *f, const struct finding_condition *c, struct buf *measured)
{
    const struct figure *figure = figure_of(f, c->rule->figure);

    if (figure == NULL) {
        buf_put(measured, SLICE("not measured"));
        return false;
    }
    say(measured, figure);
    if (c->rule->unit == FIGURE_FLAG)
        return figure->value > 0;
    switch (c->rule->test) {
    case TEST_IS:
        return (long)figure->value == (long)c->limit;
    case TEST_MOST:
        return figure->value <= c->limit;
    case TEST_LEAST:
        return figure->value >= c->limit;
    }
    return false;
}

static enum outcome_grade grade_of(const struct finding *f, enum outcome_end end, bool tried, bool doubt)
{
    if (end == END_INTERRUPTED)
        return OUTCOME_UNKNOWN;
    if (!tried || f->unmet || (!f->judged && end == END_BAD))
        return OUTCOME_CRITICAL;
    return doubt ? OUTCOME_WARNING : OUTCOME_OK;
}

void finding_judge(struct finding *f, const struct finding_conditions *c, enum outcome_end end, bool tried)
{
    bool doubt = false;

    f->count = c->count;
    for (size_t i = 0; i < c->count; i++) {
        struct finding_verdict *v = &f->verdicts[i];
        struct buf              b = BUF_ON(v->measured);

        v->condition = &c->list[i];
        v->met       = is_met(f, v->condition, &b);
        buf_cstr(&b);
        f->judged = f->judged || !v->condition->warning;
        f->unmet  = f->unmet || (!v->met && !v->condition->warning);
        doubt     = doubt || (!v->met && v->condition->warning);
    }
    f->grade = grade_of(f, end, tried, doubt);
}
