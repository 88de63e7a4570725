/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/ping_summary.h"

#include "base/duration.h"
#include "base/json_line.h"
#include "probe/output.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

void ping_summary_begin(struct ping_summary *s, struct slice target)
{
    memset(s, 0, sizeof *s); /* too large for a temporary on the stack */
    s->target = target;
}

void ping_summary_answer(struct ping_summary *s, unsigned status, double ms)
{
    s->status = status;
    if (s->answered == 0 || ms < s->least)
        s->least = ms;
    if (ms > s->most)
        s->most = ms;
    s->answered++;
    s->sum += ms;
    s->squares += ms * ms;
    histogram_add(&s->times, ms > 0 ? (uint64_t)llround(ms * 1000) : 0);
}

double ping_loss(const struct ping_summary *s)
{
    return s->sent > 0 ? (double)(s->sent - s->answered) / s->sent : 1;
}

double ping_average(const struct ping_summary *s)
{
    return s->answered > 0 ? s->sum / s->answered : 0;
}

double ping_deviation(const struct ping_summary *s)
{
    double average = ping_average(s);
    double spread  = s->answered > 0 ? s->squares / s->answered - average * average : 0;

    return spread > 0 ? sqrt(spread) : 0;
}

double ping_percentile(const struct ping_summary *s, double percent)
{
    return (double)histogram_percentile(&s->times, percent) / 1000;
}

/* ---- conditions ---- */

enum value_form { FORM_NONE, FORM_STATUS, FORM_PERCENT, FORM_TIME };

static double of_loss(const struct ping_summary *s)
{
    return ping_loss(s);
}

static double of_p50(const struct ping_summary *s)
{
    return ping_percentile(s, 50);
}

static double of_p95(const struct ping_summary *s)
{
    return ping_percentile(s, 95);
}

static double of_p99(const struct ping_summary *s)
{
    return ping_percentile(s, 99);
}

static double of_most(const struct ping_summary *s)
{
    return s->most;
}

static double of_status(const struct ping_summary *s)
{
    return s->status;
}

static double of_answered(const struct ping_summary *s)
{
    return s->answered;
}

static const struct row {
    struct slice    name;
    enum value_form form;
    double (*of)(const struct ping_summary *s);
} rows[] = {
    { SLICE_INIT("alive"), FORM_NONE, of_answered },   { SLICE_INIT("status"), FORM_STATUS, of_status },
    { SLICE_INIT("max-loss"), FORM_PERCENT, of_loss }, { SLICE_INIT("max-avg"), FORM_TIME, ping_average },
    { SLICE_INIT("max-p50"), FORM_TIME, of_p50 },      { SLICE_INIT("max-p95"), FORM_TIME, of_p95 },
    { SLICE_INIT("max-p99"), FORM_TIME, of_p99 },      { SLICE_INIT("max-time"), FORM_TIME, of_most },
};

static bool read_value(enum value_form form, struct slice value, double *limit)
{
    struct scan s = scan_from(value);
    uint32_t    number;
    msec        time;

    switch (form) {
    case FORM_NONE:
        return value.len == 0;
    case FORM_STATUS:
        *limit = 0;
        if (!scan_number(&s, 699, &number) || number < 100)
            return false;
        *limit = number;
        return scan_at_end(&s);
    case FORM_PERCENT:
        if (!scan_number(&s, 100, &number))
            return false;
        *limit = number / 100.0;
        scan_byte(&s, '%');
        return scan_at_end(&s);
    case FORM_TIME:
        if (!duration_parse(value, DURATION_MAX, &time))
            return false;
        *limit = (double)time;
        return true;
    }
    return false;
}

static bool read_condition(struct ping_condition *c)
{
    struct scan  s = scan_from(c->text);
    struct slice name, value;

    if (!scan_until(&s, "=", &name))
        return false;
    scan_byte(&s, '=');
    value = scan_rest(&s);
    for (c->row = 0; c->row < sizeof rows / sizeof *rows; c->row++)
        if (slice_eq_nocase(rows[c->row].name, name))
            return read_value(rows[c->row].form, value, &c->limit) &&
                   (rows[c->row].form != FORM_NONE || name.len == c->text.len);
    return false;
}

bool ping_conditions_add(struct ping_conditions *c, struct slice text, bool warning, struct slice *wrong)
{
    struct scan s = scan_from(text);

    do {
        struct ping_condition *one = &c->list[c->count];
        struct slice           part;

        if (!scan_until(&s, ",", &part))
            part = SLICE("");
        *wrong = part;
        if (c->count == PING_CONDITIONS_MAX)
            return false;
        *one = (struct ping_condition){ .text = slice_trim(part), .warning = warning };
        if (!read_condition(one))
            return false;
        c->count++;
    } while (scan_byte(&s, ','));
    return true;
}

static bool is_met(const struct ping_summary *s, const struct ping_condition *c)
{
    double value = rows[c->row].of(s);

    switch (rows[c->row].form) {
    case FORM_NONE:
        return value > 0;
    case FORM_STATUS:
        return value == c->limit;
    case FORM_PERCENT:
        return value <= c->limit;
    case FORM_TIME:
        return s->answered > 0 && value <= c->limit;
    }
    return false;
}

static void say_measured(struct buf *b, const struct ping_summary *s, const struct ping_condition *c)
{
    double value = rows[c->row].of(s);

    output_put_safe(b, c->text, "|");
    buf_put(b, SLICE(" not met: "));
    if (s->answered == 0 && rows[c->row].form != FORM_PERCENT)
        buf_put(b, SLICE("no answer"));
    else if (rows[c->row].form == FORM_TIME)
        buf_printf(b, "%.1f ms", value);
    else if (rows[c->row].form == FORM_PERCENT)
        buf_printf(b, "%.1f %%", value * 100);
    else
        buf_printf(b, "%.0f", value);
    buf_put(b, SLICE("; "));
}

enum ping_grade ping_judge(const struct ping_summary *s, const struct ping_conditions *c, struct buf *unmet)
{
    bool judged = false, bad = false, doubt = false;

    for (size_t i = 0; i < c->count; i++) {
        bool met = is_met(s, &c->list[i]);

        judged = judged || !c->list[i].warning;
        bad    = bad || (!met && !c->list[i].warning);
        doubt  = doubt || (!met && c->list[i].warning);
        if (!met)
            say_measured(unmet, s, &c->list[i]);
    }
    if (bad || (!judged && s->answered == 0))
        return PING_CRITICAL;
    return doubt ? PING_WARNING : PING_OK;
}

/* ---- outputs ---- */

/* Each reason has "; " behind it, for what follows. */
static struct slice without_end(struct slice unmet)
{
    return (struct slice){ unmet.ptr, unmet.len >= 2 ? unmet.len - 2 : 0 };
}

void ping_output_text(struct buf *b, const struct ping_summary *s, enum ping_grade grade, struct slice unmet)
{
    (void)grade;
    buf_put(b, SLICE("--- "));
    output_put_safe(b, s->target, "");
    buf_printf(b, " ---\n%u sent, %u answered, %.0f%% lost\n", s->sent, s->answered, ping_loss(s) * 100);
    if (s->answered > 0)
        buf_printf(b,
                   "min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms\n"
                   "p50/p95/p99 = %.3f/%.3f/%.3f ms\n",
                   s->least, ping_average(s), s->most, ping_deviation(s), ping_percentile(s, 50),
                   ping_percentile(s, 95), ping_percentile(s, 99));
    buf_put(b, without_end(unmet));
    if (unmet.len > 0)
        buf_put_byte(b, '\n');
}

static void put_figures(struct json_line *j, const struct ping_summary *s)
{
    json_line_real(j, "min_ms", s->least);
    json_line_real(j, "avg_ms", ping_average(s));
    json_line_real(j, "max_ms", s->most);
    json_line_real(j, "mdev_ms", ping_deviation(s));
    json_line_real(j, "p50_ms", ping_percentile(s, 50));
    json_line_real(j, "p95_ms", ping_percentile(s, 95));
    json_line_real(j, "p99_ms", ping_percentile(s, 99));
}

void ping_output_json(struct buf *b, const struct ping_summary *s, enum ping_grade grade, struct slice unmet)
{
    struct json_line j = json_line_begin(b);

    json_line_text(&j, "event", SLICE("summary"));
    json_line_text(&j, "target", s->target);
    json_line_text(&j, "outcome", slice_from(outcome_grade_name((enum outcome_grade)grade)));
    json_line_number(&j, "sent", s->sent);
    json_line_number(&j, "answered", s->answered);
    json_line_real(&j, "loss_percent", ping_loss(s) * 100);
    if (s->answered > 0)
        put_figures(&j, s);
    if (unmet.len > 0)
        json_line_text(&j, "unmet", without_end(unmet));
    json_line_end(&j);
    buf_put_byte(b, '\n');
}

void ping_output_nagios(struct buf *b, const struct ping_summary *s, enum ping_grade grade, struct slice unmet)
{
    static const char *const words[] = { "OK", "WARNING", "CRITICAL" };

    buf_printf(b, "SIP %s - ", words[grade]);
    buf_put(b, unmet);
    output_put_safe(b, s->target, "|");
    buf_printf(b, ": %u of %u answered", s->answered, s->sent);
    if (s->answered > 0)
        buf_printf(b, " (%u), %.1f ms on average", s->status, ping_average(s));
    buf_printf(b, " | loss=%.0f%%;;;0;100", ping_loss(s) * 100);
    if (s->answered > 0)
        buf_printf(b, " avg=%.6fs;;;0 p95=%.6fs;;;0 max=%.6fs;;;0", ping_average(s) / 1000,
                   ping_percentile(s, 95) / 1000, s->most / 1000);
    buf_put_byte(b, '\n');
}

static void put_gauge(struct buf *b, const struct ping_summary *s, const char *name, const char *help, double value)
{
    buf_printf(b, "# HELP ahoy_ping_%s %s\n# TYPE ahoy_ping_%s gauge\nahoy_ping_%s{target=\"", name, help, name, name);
    output_put_safe(b, s->target, "\"\\");
    buf_printf(b, "\"} %.10g\n", value);
}

void ping_output_prometheus(struct buf *b, const struct ping_summary *s, enum ping_grade grade, struct slice unmet)
{
    (void)unmet;
    put_gauge(b, s, "success", "1 if it is as expected.", grade != PING_CRITICAL);
    put_gauge(b, s, "sent", "Requests sent.", s->sent);
    put_gauge(b, s, "answered", "Requests answered.", s->answered);
    put_gauge(b, s, "status", "Of the last answer, 0 if there was none.", s->status);
    if (s->answered == 0)
        return;
    put_gauge(b, s, "average_seconds", "Time of an answer on average.", ping_average(s) / 1000);
    put_gauge(b, s, "p95_seconds", "Time that 95 of 100 answers are within.", ping_percentile(s, 95) / 1000);
    put_gauge(b, s, "max_seconds", "Time of the slowest answer.", s->most / 1000);
}

/* One case: what was expected is met as a whole, or not. */
void ping_output_junit(struct buf *b, const struct ping_summary *s, enum ping_grade grade, struct slice unmet)
{
    buf_put(b, SLICE("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"ahoy ping "));
    output_put_xml(b, s->target);
    buf_printf(b, "\" tests=\"1\" failures=\"%d\" errors=\"0\">\n  <testcase classname=\"ahoy.ping\" name=\"ping\"",
               grade == PING_CRITICAL);
    if (grade == PING_CRITICAL) {
        buf_put(b, SLICE(">\n    <failure message=\""));
        output_put_xml(b, unmet.len > 0 ? without_end(unmet) : SLICE("no answer"));
        buf_put(b, SLICE("\"/>\n  </testcase>\n"));
    } else {
        buf_put(b, SLICE("/>\n"));
    }
    buf_printf(b, "  <system-out>%u sent, %u answered", s->sent, s->answered);
    if (s->answered > 0)
        buf_printf(b, ", %.3f ms on average", ping_average(s));
    buf_put(b, SLICE("</system-out>\n</testsuite>\n"));
}

ping_output_fn *ping_output_find(const char *name)
{
    static const struct {
        const char     *name;
        ping_output_fn *fn;
    } table[] = {
        { "text", ping_output_text },     { "json", ping_output_json },
        { "nagios", ping_output_nagios }, { "prometheus", ping_output_prometheus },
        { "junit", ping_output_junit },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].name, name) == 0)
            return table[i].fn;
    return NULL;
}
