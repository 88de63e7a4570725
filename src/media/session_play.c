/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/session_private.h"

static size_t samples_of(const struct media_session *m, uint32_t duration)
{
    return (size_t)((uint64_t)duration * m->stream.codec->rate / m->stream.codec->clock);
}

/* The codec may have gone with a negotiation while the packet was waiting. */
static size_t decode(struct media_session *m, const struct jitter_piece *piece, int16_t *samples)
{
    for (size_t i = 0; i < m->stream.recv_count; i++)
        if (m->stream.recv[i].pt == piece->payload_type)
            return m->stream.recv[i].codec->decode(m->decoders[i], (const uint8_t *)piece->payload.ptr,
                                                   piece->payload.len, samples, CODEC_SAMPLES_MAX);
    return 0;
}

static void make_up(struct media_session *m, int16_t *samples, size_t count)
{
    conceal_make(&m->conceal, samples, count);
    m->concealed += count;
}

/* One piece from the jitter buffer, behind what is pending. */
static size_t take_piece(struct media_session *m, msec now)
{
    int16_t            *samples = m->pending + m->pending_count;
    struct jitter_piece piece;
    size_t              count, decoded;

    jitter_pull(m->jitter, now, &piece);
    count = samples_of(m, piece.duration);
    count = count > CODEC_SAMPLES_MAX ? CODEC_SAMPLES_MAX : count;
    switch (piece.kind) {
    case JITTER_FRAME:
        decoded = decode(m, &piece, samples);
        if (decoded > 0)
            conceal_hear(&m->conceal, samples, count = decoded);
        else
            make_up(m, samples, count);
        break;
    case JITTER_MISSING:
        make_up(m, samples, count);
        break;
    case JITTER_SILENCE:
        memset(samples, 0, count * sizeof *samples);
        break;
    }
    return count;
}

static void fill_frame(struct media_session *m, int16_t *frame, size_t count, msec now)
{
    size_t got = 1;

    while (m->pending_count < count && got > 0)
        m->pending_count += got = take_piece(m, now);
    got = m->pending_count < count ? m->pending_count : count;
    memcpy(frame, m->pending, got * sizeof *frame);
    memset(frame + got, 0, (count - got) * sizeof *frame);
    m->pending_count -= got;
    memmove(m->pending, m->pending + got, m->pending_count * sizeof *frame);
}

/* The sink gets a frame each 20 ms whatever comes or is agreed: a recording of a
 * call on hold is as long as the call. */
static void play_next(struct media_session *m)
{
    int16_t frame[PLAY_MAX] = { 0 };
    size_t  count           = m->stream.codec->rate * AUDIO_FRAME_MS / 1000;

    if (m->stream.receive)
        fill_frame(m, frame, count, m->play_at);
    if (m->config.sink != NULL)
        audio_push(m->config.sink, frame, count);
    m->play_at += AUDIO_FRAME_MS;
}

static void look_for_gap(struct media_session *m, msec now)
{
    if (m->config.no_media_after == 0 || !m->stream.receive || m->gap_told ||
        now - m->heard_at < m->config.no_media_after)
        return;
    m->gap_told = true;
    media_notify(m, NEWS_NO_MEDIA);
}

static void on_play_timer(struct timer *timer, msec now)
{
    struct media_session *m = CONTAINER_OF(timer, struct media_session, play_timer);

    if (now > m->play_at + CATCH_UP_MS)
        m->play_at += (now - m->play_at) / AUDIO_FRAME_MS * AUDIO_FRAME_MS;
    while (m->play_at <= now)
        play_next(m);
    look_for_gap(m, now);
    world_timer(m->world, &m->play_timer, on_play_timer, m->play_at);
}

void media_play_start(struct media_session *m)
{
    m->play_at = world_now(m->world) + AUDIO_FRAME_MS;
    conceal_init(&m->conceal, m->stream.codec->rate);
    world_timer(m->world, &m->play_timer, on_play_timer, m->play_at);
}
