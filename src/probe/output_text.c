/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/output.h"

#include "base/duration.h"

#include <inttypes.h>

enum { TELL_SILENCE = 1000 }; /* ms at the end of a call that are no mere pause between packets */

static void put_time(struct buf *b, const char *what, msec time, bool *more)
{
    if (time == NEVER)
        return;
    buf_printf(b, "%s%s ", *more ? ", " : "  set-up    ", what);
    duration_write(b, time);
    *more = true;
}

static void put_times(struct buf *b, const struct call_times *t)
{
    bool more = false;

    put_time(b, "trying", t->trying, &more);
    put_time(b, "ringing", t->ringing, &more);
    put_time(b, "progress", t->progress, &more);
    put_time(b, "answered", t->answered, &more);
    put_time(b, "acknowledged", t->acked, &more);
    put_time(b, "sound", t->media, &more);
    if (more)
        buf_put_byte(b, '\n');
}

static void put_stream(struct buf *b, const struct summary_stream *m)
{
    buf_put(b, SLICE("  "));
    output_put_safe(b, slice_from(m->codec), "");
    buf_printf(b, "%*s", (int)(10 - strnlen(m->codec, 9)), "");
    buf_printf(b, "%" PRIu64 " packets sent, %" PRIu64 " heard", m->stats.packets_sent, m->stats.packets_received);
    if (m->heard)
        buf_printf(b, ", lost %.1f %%, jitter %.1f ms", m->loss * 100, m->stats.jitter);
    if (m->heard && m->stats.silent >= TELL_SILENCE) {
        buf_put(b, SLICE(", then nothing for "));
        duration_write(b, m->stats.silent);
    }
    if (m->stats.round_trip >= 0)
        buf_printf(b, ", round trip %.1f ms", m->stats.round_trip);
    if (m->peer_loss >= 0)
        buf_printf(b, ", the other side missed %.1f %%", m->peer_loss * 100);
    if (m->heard)
        buf_printf(b, ", MOS %.2f", m->mos);
    buf_put_byte(b, '\n');
}

static void put_line(struct buf *b, const char *what, const char *text)
{
    if (text[0] == '\0')
        return;
    buf_printf(b, "  %-9s ", what);
    output_put_safe(b, slice_from(text), "");
    buf_put_byte(b, '\n');
}

static void put_verdict(struct buf *b, const struct verdict *v)
{
    const char *word = v->met ? "met" : v->expectation->warning ? "warning" : "NOT MET";

    buf_printf(b, "  %-9s ", word);
    output_put_safe(b, v->expectation->text, "");
    buf_put(b, SLICE(": "));
    output_put_safe(b, slice_from(v->measured), "");
    buf_put_byte(b, '\n');
}

void output_text(struct buf *b, const struct outcome *o)
{
    const struct summary *s = o->summary;
    char                  memory[2 * SUMMARY_TEXT];
    struct buf            headline = BUF_ON(memory);

    outcome_write_headline(&headline, o);
    output_put_safe(b, slice_from(s->peer), "");
    buf_put(b, SLICE(": "));
    output_put_safe(b, buf_slice(&headline), "");
    buf_put_byte(b, '\n');
    if (s->outgoing)
        put_times(b, &s->times);
    for (size_t i = 0; i < s->stream_count; i++)
        put_stream(b, &s->streams[i]);
    put_line(b, "reason", s->why);
    put_line(b, "warning", s->warning);
    if (s->has_retry_after)
        buf_printf(b, "  %-9s after %" PRIu32 " s\n", "retry", s->retry_after);
    if (s->digit_count > 0)
        buf_printf(b, "  digits    %s\n", s->digits);
    for (size_t i = 0; i < o->count; i++)
        put_verdict(b, &o->verdicts[i]);
}
