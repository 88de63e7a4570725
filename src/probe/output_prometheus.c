/* SPDX-License-Identifier: BSD-2-Clause */
/* The text format of Prometheus, for a file that node_exporter's textfile collector reads. */
#include "probe/output.h"

static void put_head(struct buf *b, const char *name, const char *help)
{
    buf_printf(b, "# HELP ahoy_call_%s %s\n# TYPE ahoy_call_%s gauge\n", name, help, name);
}

/* `label` may be NULL. */
static void put_sample(struct buf *b, const char *name, const struct summary *s, const char *label, struct slice value,
                       double number)
{
    buf_printf(b, "ahoy_call_%s{target=\"", name);
    output_put_label(b, slice_from(s->peer));
    if (label != NULL) {
        buf_printf(b, "\",%s=\"", label);
        output_put_label(b, value);
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

/* Negative: not known. */
typedef double figure_fn(const struct summary_stream *m);

static double packets_sent(const struct summary_stream *m)
{
    return (double)m->stats.packets_sent;
}

static double packets_received(const struct summary_stream *m)
{
    return (double)m->stats.packets_received;
}

static double loss(const struct summary_stream *m)
{
    return m->heard ? m->loss : -1;
}

static double jitter(const struct summary_stream *m)
{
    return m->heard ? m->stats.jitter / 1000 : -1;
}

static double mos(const struct summary_stream *m)
{
    return m->heard ? m->mos : -1;
}

static double round_trip(const struct summary_stream *m)
{
    return m->stats.round_trip >= 0 ? m->stats.round_trip / 1000 : -1;
}

static double peer_loss(const struct summary_stream *m)
{
    return m->peer_loss;
}

static const struct figure {
    const char *name, *help;
    figure_fn  *of;
} figures[] = {
    { "packets_sent", "RTP packets sent.", packets_sent },
    { "packets_received", "RTP packets received.", packets_received },
    { "loss_ratio", "Of the packets sent to us, those that never came.", loss },
    { "jitter_seconds", "Jitter of RFC 3550 at the end.", jitter },
    { "mos", "Estimated quality, 1 to 4.41 (ITU-T G.107).", mos },
    { "round_trip_seconds", "Round trip of RTP.", round_trip },
    { "peer_loss_ratio", "Of our packets, those that the peer missed.", peer_loss },
};

/* The format wants all samples of a metric behind its head. */
static void put_figure(struct buf *b, const struct summary *s, const struct figure *f)
{
    static const char *const numbers[PHONE_STREAMS] = { "1", "2", "3", "4" };
    bool                     more                   = false;

    for (size_t i = 0; i < s->stream_count; i++) {
        double value = f->of(&s->streams[i]);

        if (value < 0)
            continue;
        if (!more)
            put_head(b, f->name, f->help);
        more = true;
        put_sample(b, f->name, s, "stream", slice_from(numbers[i]), value);
    }
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
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        put_figure(b, s, &figures[i]);
    if (o->count > 0)
        put_head(b, "expectation_met", "1 if this condition was met.");
    for (size_t i = 0; i < o->count; i++)
        put_sample(b, "expectation_met", s, "expectation", o->verdicts[i].expectation->text, o->verdicts[i].met);
}
