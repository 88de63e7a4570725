/* SPDX-License-Identifier: BSD-2-Clause */
/* The text format of Prometheus, for a file that node_exporter's textfile collector reads. */
#include "probe/output.h"

static void put_label_text(struct buf *b, struct slice text)
{
    char       memory[2 * SUMMARY_TEXT];
    struct buf safe = BUF_ON(memory);

    output_put_safe(&safe, text, "");
    for (size_t i = 0; i < safe.len; i++) {
        if (safe.ptr[i] == '"' || safe.ptr[i] == '\\')
            buf_put_byte(b, '\\');
        buf_put_byte(b, safe.ptr[i]);
    }
}

static void put_head(struct buf *b, const char *name, const char *help)
{
    buf_printf(b, "# HELP ahoy_call_%s %s\n# TYPE ahoy_call_%s gauge\n", name, help, name);
}

/* `label` may be NULL. */
static void put_sample(struct buf *b, const char *name, const struct summary *s, const char *label, struct slice value,
                       double number)
{
    buf_printf(b, "ahoy_call_%s{target=\"", name);
    put_label_text(b, slice_from(s->peer));
    if (label != NULL) {
        buf_printf(b, "\",%s=\"", label);
        put_label_text(b, value);
    }
    buf_printf(b, "\"} %.10g\n", number);
}

static void put_gauge(struct buf *b, const char *name, const char *help, const struct summary *s, double number)
{
    put_head(b, name, help);
    put_sample(b, name, s, NULL, SLICE(""), number);
}

static void put_times(struct buf *b, const struct summary *s)
{
    const struct {
        const char *stage;
        msec        time;
    } rows[] = {
        { "trying", s->times.trying },     { "ringing", s->times.ringing }, { "progress", s->times.progress },
        { "answered", s->times.answered }, { "acked", s->times.acked },     { "media", s->times.media },
    };
    bool more = false;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].time == NEVER)
            continue;
        if (!more)
            put_head(b, "setup_seconds", "From the INVITE to this stage of the call.");
        more = true;
        put_sample(b, "setup_seconds", s, "stage", slice_from(rows[i].stage), (double)rows[i].time / 1000);
    }
}

static void put_stream(struct buf *b, const struct summary *s, const struct summary_stream *m)
{
    put_gauge(b, "packets_sent", "RTP packets sent.", s, (double)m->stats.packets_sent);
    put_gauge(b, "packets_received", "RTP packets received.", s, (double)m->stats.packets_received);
    if (m->heard) {
        put_gauge(b, "loss_ratio", "Of the packets sent to us, those that never came.", s, m->loss);
        put_gauge(b, "jitter_seconds", "Jitter of RFC 3550 at the end.", s, m->stats.jitter / 1000);
        put_gauge(b, "mos", "Estimated quality, 1 to 4.41 (ITU-T G.107).", s, m->mos);
    }
    if (m->stats.round_trip >= 0)
        put_gauge(b, "round_trip_seconds", "Round trip of RTP.", s, m->stats.round_trip / 1000);
    if (m->peer_loss >= 0)
        put_gauge(b, "peer_loss_ratio", "Of our packets, those that the peer missed.", s, m->peer_loss);
}

void output_prometheus(struct buf *b, const struct outcome *o)
{
    const struct summary *s = o->summary;

    put_gauge(b, "success", "1 if the call was as expected.", s, o->grade <= OUTCOME_WARNING);
    put_gauge(b, "answered", "1 if the call was answered.", s, s->answered);
    put_gauge(b, "status", "The final SIP status, 0 if there was none.", s, s->status);
    if (s->state == SUMMARY_ENDED)
        put_gauge(b, "duration_seconds", "From the answer to the end.", s, (double)s->duration / 1000);
    put_times(b, s);
    if (s->stream_count > 0)
        put_stream(b, s, &s->streams[0]);
    if (o->count > 0)
        put_head(b, "expectation_met", "1 if this condition was met.");
    for (size_t i = 0; i < o->count; i++)
        put_sample(b, "expectation_met", s, "expectation", o->verdicts[i].expectation->text, o->verdicts[i].met);
}
