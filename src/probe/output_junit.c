/* SPDX-License-Identifier: BSD-2-Clause */
/* JUnit's XML as Jenkins and GitLab read it: a suite with a case for each condition,
 * or with one for the call if there are none. */
#include "probe/output.h"

static double seconds(const struct summary *s)
{
    msec setup = s->times.answered == NEVER ? 0 : s->times.answered;

    return (double)(setup + s->duration) / 1000;
}

static void put_case(struct buf *b, const struct outcome *o, struct slice name, double time, bool good,
                     struct slice why)
{
    buf_put(b, SLICE("  <testcase classname=\"ahoy.call\" name=\""));
    output_put_xml(b, name);
    buf_printf(b, "\" time=\"%.3f\"", time);
    if (good) {
        buf_put(b, SLICE("/>\n"));
        return;
    }
    buf_put(b, SLICE(">\n    <failure message=\""));
    output_put_xml(b, why);
    buf_put(b, SLICE("\">"));
    output_put_xml(b, slice_from(o->summary->peer));
    buf_put(b, SLICE("</failure>\n  </testcase>\n"));
}

static bool is_failure(const struct verdict *v)
{
    return !v->met && !v->expectation->warning;
}

static size_t failures(const struct outcome *o)
{
    size_t count = 0;

    for (size_t i = 0; i < o->count; i++)
        count += is_failure(&o->verdicts[i]);
    return count;
}

static void put_verdict(struct buf *b, const struct outcome *o, const struct verdict *v)
{
    char       memory[SUMMARY_DIGITS + 64];
    struct buf why = BUF_ON(memory);

    buf_printf(&why, "measured: %s", v->measured);
    put_case(b, o, v->expectation->text, 0, !is_failure(v), buf_slice(&why));
}

void output_junit(struct buf *b, const struct outcome *o)
{
    bool       no_call    = o->summary->state == SUMMARY_BEGUN || o->summary->state == SUMMARY_NOT_REGISTERED;
    bool       call_fails = no_call || (o->grade >= OUTCOME_CRITICAL && !o->unmet);
    char       memory[2 * SUMMARY_TEXT];
    struct buf headline = BUF_ON(memory);

    outcome_write_headline(&headline, o);
    buf_put(b, SLICE("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"ahoy call"));
    if (o->summary->peer[0] != '\0')
        buf_put_byte(b, ' ');
    output_put_xml(b, slice_from(o->summary->peer));
    buf_printf(b, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" time=\"%.3f\">\n", o->count + 1,
               failures(o) + call_fails, seconds(o->summary));
    put_case(b, o, SLICE("call"), seconds(o->summary), !call_fails, buf_slice(&headline));
    for (size_t i = 0; i < o->count; i++)
        put_verdict(b, o, &o->verdicts[i]);
    buf_put(b, SLICE("  <system-out>"));
    output_put_xml(b, buf_slice(&headline));
    buf_put(b, SLICE("</system-out>\n</testsuite>\n"));
}
