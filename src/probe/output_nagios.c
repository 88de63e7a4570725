/* SPDX-License-Identifier: BSD-2-Clause */
/* The plugin API of Nagios, Icinga, Naemon: "SERVICE STATUS - text | label=value[unit];warn;crit;min;max ...". */
#include "probe/output.h"

#include <inttypes.h>

static void put_time(struct buf *b, const char *label, msec time)
{
    if (time != NEVER)
        buf_printf(b, " %s=%.3fs;;;0", label, (double)time / 1000);
}

/* The second stream's labels end with _2. */
static void put_stream(struct buf *b, size_t number, const struct summary_stream *m)
{
    char        memory[8];
    struct buf  suffix = BUF_ON(memory);
    const char *n;

    if (number > 1)
        buf_printf(&suffix, "_%zu", number);
    n = buf_cstr(&suffix);
    buf_printf(b, " sent%s=%" PRIu64 ";;;0 heard%s=%" PRIu64 ";;;0", n, m->stats.packets_sent, n,
               m->stats.packets_received);
    if (m->heard)
        buf_printf(b, " loss%s=%.2f%%;;;0;100 jitter%s=%.4fs;;;0 mos%s=%.2f;;;1;5", n, m->loss * 100, n,
                   m->stats.jitter / 1000, n, m->mos);
    if (m->stats.round_trip >= 0)
        buf_printf(b, " rtt%s=%.4fs;;;0", n, m->stats.round_trip / 1000);
    if (m->peer_loss >= 0)
        buf_printf(b, " peer_loss%s=%.2f%%;;;0;100", n, m->peer_loss * 100);
}

static void put_performance(struct buf *b, const struct summary *s)
{
    buf_put(b, SLICE(" |"));
    put_time(b, "pdd", summary_post_dial_delay(s));
    put_time(b, "setup", s->times.answered);
    put_time(b, "media", s->times.media);
    put_time(b, "duration", s->duration);
    for (size_t i = 0; i < s->stream_count; i++)
        put_stream(b, i + 1, &s->streams[i]);
}

/* The ones that matter come first: whoever reads a pager sees no more. */
static void put_unmet(struct buf *b, const struct outcome *o, bool warning)
{
    for (size_t i = 0; i < o->count; i++) {
        const struct verdict *v = &o->verdicts[i];

        if (v->met || v->expectation->warning != warning)
            continue;
        output_put_safe(b, v->expectation->text, "|");
        buf_put(b, SLICE(" not met: "));
        output_put_safe(b, slice_from(v->measured), "|");
        buf_put(b, SLICE("; "));
    }
}

void output_nagios(struct buf *b, const struct outcome *o)
{
    static const char *const words[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };
    char                     memory[2 * SUMMARY_TEXT];
    struct buf               headline = BUF_ON(memory);

    outcome_write_headline(&headline, o);
    buf_printf(b, "CALL %s - ", words[o->grade]);
    if (o->summary->state == SUMMARY_ENDED) {
        put_unmet(b, o, false);
        put_unmet(b, o, true);
    }
    if (o->summary->peer[0] != '\0') {
        output_put_safe(b, slice_from(o->summary->peer), "|");
        buf_put(b, SLICE(": "));
    }
    output_put_safe(b, buf_slice(&headline), "|");
    if (o->summary->state == SUMMARY_ENDED)
        put_performance(b, o->summary);
    buf_put_byte(b, '\n');
}
