/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/session_private.h"

static unsigned ptime_of(const struct media_session *m)
{
    unsigned wanted = m->stream.ptime;

    if (wanted == 0)
        return AUDIO_FRAME_MS;
    return wanted < PACKET_MS_MIN ? PACKET_MS_MIN : wanted > PACKET_MS_MAX ? PACKET_MS_MAX : wanted;
}

/* Ticks of the RTP clock. */
static uint32_t ticks_of(const struct media_session *m, msec ms)
{
    return (uint32_t)(ms * m->stream.codec->clock / 1000);
}

bool media_can_send(const struct media_session *m)
{
    return m->started && m->stream.send && m->stream.remote.port != 0 && !address_is_any(&m->stream.remote);
}

struct address media_rtp_target(const struct media_session *m)
{
    return m->stream.latch && m->latch.accepted ? m->latch.source : m->stream.remote;
}

static struct address next_port(struct address a)
{
    a.port = (uint16_t)(a.port == 0 ? 0 : a.port + 1); /* the port after 65535 is nobody's */
    return a;
}

struct address media_rtcp_target(const struct media_session *m)
{
    struct address rtp = media_rtp_target(m);

    if (address_is_any(&m->stream.remote))
        return (struct address){ 0 };
    if (!address_eq(&rtp, &m->stream.remote))
        return m->rtcp_heard.port != 0 && address_eq_ip(&m->rtcp_heard, &rtp) ? m->rtcp_heard : next_port(rtp);
    return m->stream.rtcp_remote.port != 0 ? m->stream.rtcp_remote : next_port(rtp);
}

static void send_packet(struct media_session *m, const struct rtp_frame *frame, msec now)
{
    char           memory[RTP_HEADER + CODEC_PAYLOAD_MAX];
    struct buf     b      = BUF_ON(memory);
    struct address target = media_rtp_target(m);
    struct slice   packet;

    rtp_session_send(&m->rtp, frame, &b, now);
    packet = buf_slice(&b);
    if (buf_ok(&b)) /* a full send queue loses it, as the network might */
        (void)world_udp_send(m->world, m->ports.rtp, NULL, &target, &packet, 1);
}

static void pull_source(struct media_session *m, int16_t *samples, size_t count)
{
    struct audio_source *source = m->config.source;

    if (source == NULL) {
        memset(samples, 0, count * sizeof *samples);
        return;
    }
    audio_pull(source, samples, count);
    if (audio_ended(source) && !m->source_ended) {
        m->source_ended = true;
        media_notify(m, NEWS_SOURCE_END);
    }
}

static void send_audio(struct media_session *m, const int16_t *samples, size_t count, msec now)
{
    uint8_t payload[CODEC_PAYLOAD_MAX];
    size_t  len = m->stream.codec->encode(m->encoder, samples, count, payload, sizeof payload);

    if (len == 0)
        return;
    send_packet(m,
                &(struct rtp_frame){
                    .payload_type = m->stream.send_pt,
                    .marker       = m->mark,
                    .timestamp    = m->timestamp,
                    .payload      = { (const char *)payload, len },
                },
                now);
    m->mark = false;
}

static void feed_keys(struct media_session *m)
{
    if (m->digit_count == 0 || !event_sender_idle(&m->keys))
        return;
    (void)event_sender_push(&m->keys, m->digits[0], DIGIT_MS); /* checked when it was queued */
    m->digit_count--;
    memmove(m->digits, m->digits + 1, m->digit_count);
}

/* True if a key took the place of the sound (RFC 4733 2.5.1.2); sound after it
 * begins a talk spurt. */
static bool send_key(struct media_session *m, msec now)
{
    struct event_packet event;

    feed_keys(m);
    if (!event_sender_next(&m->keys, m->timestamp, &event))
        return false;
    send_packet(m,
                &(struct rtp_frame){
                    .payload_type = m->stream.dtmf_send_pt,
                    .marker       = event.marker,
                    .timestamp    = event.timestamp,
                    .payload      = { event.bytes, sizeof event.bytes },
                },
                now);
    m->mark = true;
    return true;
}

/* The source is pulled also while a key is pressed: its time goes on. */
static void send_next(struct media_session *m, msec now)
{
    int16_t samples[FRAME_MAX];
    size_t  count = m->stream.codec->rate * ptime_of(m) / 1000;

    pull_source(m, samples, count);
    if (m->muted)
        memset(samples, 0, count * sizeof *samples);
    if (!send_key(m, now))
        send_audio(m, samples, count, now);
    m->timestamp += ticks_of(m, ptime_of(m));
    m->send_at += ptime_of(m);
}

/* What the loop missed is sent at once, up to a limit; what lies further back is
 * left out, and the time stamps say so. */
static void on_send_timer(struct timer *timer, msec now)
{
    struct media_session *m = CONTAINER_OF(timer, struct media_session, send_timer);

    if (now > m->send_at + CATCH_UP_MS) {
        msec skipped = (now - m->send_at) / ptime_of(m) * ptime_of(m);

        m->send_at += skipped;
        m->timestamp += ticks_of(m, skipped);
        m->mark = true;
    }
    while (m->send_at <= now)
        send_next(m, now);
    world_timer(m->world, &m->send_timer, on_send_timer, m->send_at);
}

/* The time stamp of a stream that was silent tells how long (RFC 3550 5.1). */
static void begin_sending(struct media_session *m)
{
    struct phases *phases = m->config.phases;
    msec           now    = world_now(m->world);
    msec           begin  = phases == NULL ? now : phase_take(phases, now);
    uint32_t       at     = ticks_of(m, begin - m->started_at);

    if (timestamp_distance(at, m->timestamp) > 0)
        m->timestamp = at;
    m->send_at = m->begun_at = begin;
    m->mark                  = true;
    event_sender_init(&m->keys, m->stream.codec->clock, ticks_of(m, ptime_of(m)));
    world_timer(m->world, &m->send_timer, on_send_timer, begin);
}

void media_send_stop(struct media_session *m)
{
    if (timer_running(&m->send_timer) && m->config.phases != NULL)
        phase_leave(m->config.phases, m->begun_at);
    world_timer_stop(m->world, &m->send_timer);
}

void media_sending_changed(struct media_session *m)
{
    bool keys = m->stream.dtmf_send_pt != MEDIA_NO_PT;

    if (!media_can_send(m) || !keys)
        m->digit_count = 0;
    if (!media_can_send(m))
        media_send_stop(m);
    else if (!timer_running(&m->send_timer))
        begin_sending(m);
    else if (!keys || m->keys.interval != ticks_of(m, ptime_of(m)))
        event_sender_init(&m->keys, m->stream.codec->clock, ticks_of(m, ptime_of(m)));
}

static void send_rtcp(struct media_session *m, struct slice compound)
{
    struct address target = media_rtcp_target(m);

    if (target.port != 0)
        (void)world_udp_send(m->world, m->ports.rtcp, NULL, &target, &compound, 1);
}

static void on_rtcp_timer(struct timer *timer, msec now)
{
    struct media_session *m = CONTAINER_OF(timer, struct media_session, rtcp_timer);
    char                  memory[RTCP_COMPOUND_MAX];
    struct buf            b = BUF_ON(memory);

    if (rtp_session_report(&m->rtp, &b, now) && buf_ok(&b))
        send_rtcp(m, buf_slice(&b));
    media_rtcp_due(m);
}

void media_rtcp_due(struct media_session *m)
{
    world_timer(m->world, &m->rtcp_timer, on_rtcp_timer, rtp_session_deadline(&m->rtp));
}

void media_send_bye(struct media_session *m)
{
    char       memory[RTCP_COMPOUND_MAX];
    struct buf b = BUF_ON(memory);

    if (m->started && rtp_session_bye(&m->rtp, &b, world_now(m->world)) && buf_ok(&b))
        send_rtcp(m, buf_slice(&b));
}
