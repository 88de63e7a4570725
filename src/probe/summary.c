/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/summary.h"

#include "base/buf.h"
#include "rtp/quality.h"

static void keep(char *to, size_t size, struct slice text)
{
    size_t len = text.len < size ? text.len : size - 1;

    if (len > 0)
        memcpy(to, text.ptr, len);
    to[len] = '\0';
}
#define KEEP(array, text) keep((array), sizeof(array), (text))

void summary_begin(struct summary *s, struct slice peer, bool outgoing)
{
    *s = (struct summary){ .outgoing = outgoing, .times = { NEVER, NEVER, NEVER, NEVER, NEVER, NEVER } };
    KEEP(s->peer, peer);
}

/* What came after its turn was not heard either. */
static void judge(struct summary_stream *m)
{
    const struct media_stats *s        = &m->stats;
    double                    expected = (double)(s->packets_received + s->lost);
    struct quality            q        = { .delay = m->delay };

    m->heard     = s->packets_received > 0;
    m->loss      = expected > 0 ? (double)s->lost / expected : 0;
    m->delay     = AUDIO_FRAME_MS + (double)s->buffered + (s->round_trip > 0 ? s->round_trip / 2 : 0);
    m->peer_loss = -1;
    if (s->peer_lost >= 0 && s->packets_sent > 0)
        m->peer_loss = (double)s->peer_lost / (double)s->packets_sent;
    q.delay = m->delay;
    q.loss  = expected > 0 ? (double)(s->lost + s->late) / expected : 0;
    m->mos  = quality_mos(quality_rating(&q));
}

static void note_stream(struct summary *s, struct slice codec, const struct media_stats *stats)
{
    struct summary_stream *m = &s->streams[s->stream_count++];

    m->stats = *stats;
    KEEP(m->codec, codec);
    judge(m);
}

/* What was said about the end, beside its status. */
static void note_texts(struct summary *s, const struct phone_event *e)
{
    char       memory[2 * SUMMARY_TEXT];
    struct buf b = BUF_ON(memory);

    if (e->reason_protocol.len > 0) {
        buf_printf(&b, "%.*s %u %.*s", SLICE_ARG(e->reason_protocol), e->reason_cause, SLICE_ARG(e->reason_text));
        KEEP(s->why, slice_trim(buf_slice(&b)));
    }
    b = BUF_ON(memory);
    if (e->warning_code != 0) {
        buf_printf(&b, "%u %.*s", e->warning_code, SLICE_ARG(e->warning));
        KEEP(s->warning, slice_trim(buf_slice(&b)));
    }
    s->has_retry_after = e->has_retry_after;
    s->retry_after     = e->retry_after;
}

static void note_end(struct summary *s, const struct phone_event *e)
{
    s->state    = SUMMARY_ENDED;
    s->cause    = e->cause;
    s->side     = e->side;
    s->error    = e->error;
    s->duration = e->duration;
    if (e->setup != NEVER)
        s->answered = true;
    if (s->answered) {
        s->status = 200;
    } else {
        s->status = e->status;
        KEEP(s->reason, e->reason);
    }
    for (size_t i = 0; i < e->stream_count; i++)
        if (e->streams[i].has_stats)
            note_stream(s, e->streams[i].codec, &e->streams[i].stats);
    note_texts(s, e);
}

/* What comes behind PHONE_ENDED in the list is a text or the like, and tells nothing of the call. */
static void note_call(struct summary *s, const struct phone_event *e)
{
    if (e->kind > PHONE_ENDED)
        return;
    if (s->state != SUMMARY_ENDED)
        s->state = SUMMARY_CALLING;
    s->times = e->times;
    KEEP(s->call_id, e->call_id);
    if (s->peer[0] == '\0')
        KEEP(s->peer, e->peer);
    if (e->kind == PHONE_RINGING)
        s->rang = true;
    if (e->kind == PHONE_ANSWERED)
        s->answered = true;
    if (e->kind == PHONE_MEDIA)
        s->heard = true;
    if (e->kind == PHONE_DIGIT && s->digit_count < SUMMARY_DIGITS)
        s->digits[s->digit_count++] = e->digit;
    if (e->kind == PHONE_ENDED)
        note_end(s, e);
}

void summary_note(struct summary *s, const struct phone_event *e)
{
    if (e->call != 0) {
        note_call(s, e);
    } else if (e->kind == PHONE_REGISTER_FAILED && s->state == SUMMARY_BEGUN) {
        s->state  = SUMMARY_NOT_REGISTERED;
        s->status = e->status;
        s->error  = e->error;
        KEEP(s->reason, e->reason);
    }
}

static msec first_ring(const struct summary *s)
{
    return s->times.ringing < s->times.progress ? s->times.ringing : s->times.progress;
}

msec summary_ring_time(const struct summary *s)
{
    msec from = first_ring(s);

    if (s->times.answered == NEVER || from == NEVER)
        return NEVER;
    return from < s->times.answered ? s->times.answered - from : 0;
}

msec summary_post_dial_delay(const struct summary *s)
{
    msec ring = first_ring(s);

    return ring < s->times.answered ? ring : s->times.answered;
}
