/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/session_private.h"
#include "rtp/rtcp.h"

static const struct codec *codec_received(const struct media_session *m, uint8_t pt)
{
    for (size_t i = 0; i < m->stream.recv_count; i++)
        if (m->stream.recv[i].pt == pt)
            return m->stream.recv[i].codec;
    return NULL;
}

static bool is_key(const struct media_session *m, uint8_t pt)
{
    return m->stream.dtmf_recv_pt != MEDIA_NO_PT && m->stream.dtmf_recv_pt == pt;
}

/* The samples to come have nothing to do with those before. */
static void forget_stream(struct media_session *m)
{
    jitter_reset(m->jitter);
    event_receiver_init(&m->keys_heard, m->stream.codec->clock);
}

static void keep_audio(struct media_session *m, const struct rtp_packet *p, msec now)
{
    const struct codec *codec    = codec_received(m, p->payload_type);
    const uint8_t      *payload  = (const uint8_t *)p->payload.ptr;
    uint32_t            duration = codec->duration(payload, p->payload.len);

    if (duration == 0 || duration > codec->clock * RECEIVE_MS_MAX / 1000) {
        m->malformed++;
        return;
    }
    (void)jitter_push(m->jitter,
                      &(struct jitter_packet){
                          .timestamp    = p->timestamp,
                          .duration     = duration,
                          .payload_type = p->payload_type,
                          .marker       = p->marker,
                          .payload      = p->payload,
                      },
                      now);
}

static void hear_key(struct media_session *m, const struct rtp_packet *p, msec now)
{
    struct event_heard heard;

    if (event_receiver_packet(&m->keys_heard, p->timestamp, p->payload, now, &heard) & EVENT_BEGAN &&
        heard.began.digit != '\0' && heard.began.digit != '!')
        media_notify_digit(m, heard.began.digit);
}

static void deliver(struct media_session *m, const struct rtp_packet *p, msec now)
{
    m->packets_received++;
    m->bytes_received += p->payload.len;
    m->heard_at = now;
    m->gap_told = false;
    if (!m->heard) {
        m->heard = true;
        media_notify(m, NEWS_FIRST_PACKET);
    }
    if (is_key(m, p->payload_type))
        hear_key(m, p, now);
    else
        keep_audio(m, p, now);
}

/* Rule 1 of session.h, then 2 to 4. */
static bool is_welcome(struct media_session *m, const struct datagram *d)
{
    struct rtp_packet p;

    if (!rtp_packet_parse(d->bytes, &p) || (codec_received(m, p.payload_type) == NULL && !is_key(m, p.payload_type))) {
        m->malformed++;
        return false;
    }
    switch (latch_packet(&m->latch, &d->remote, p.ssrc, p.sequence)) {
    case LATCH_REFUSED:
        m->strangers++;
        return false;
    case LATCH_CHANGED:
        rtp_session_forget_source(&m->rtp);
        break;
    case LATCH_HEARD:
        break;
    }
    return true;
}

static int64_t lost_now(const struct media_session *m)
{
    struct rtp_stats stats;

    rtp_session_stats(&m->rtp, &stats);
    return stats.packets_lost;
}

static void on_rtp(void *owner, struct udp *udp, const struct datagram *d)
{
    struct media_session *m   = owner;
    msec                  now = world_now(m->world);
    struct rtp_packet     p;
    unsigned              actions;

    (void)udp;
    if (!m->started || !m->stream.receive || !is_welcome(m, d))
        return;
    actions = rtp_session_receive(&m->rtp, d->bytes, &d->remote, now, &p);
    if (actions & RTP_COLLIDED)
        media_rtcp_due(m);
    if (actions & RTP_SOURCE_CHANGED) {
        m->lost_before += m->lost;
        forget_stream(m);
    }
    if (actions & RTP_DELIVER) {
        m->lost = lost_now(m);
        deliver(m, &p, now);
    }
}

static bool rtcp_is_welcome(const struct media_session *m, const struct address *from)
{
    const struct media_stream *s = &m->stream;

    return (m->latch.accepted && address_eq_ip(from, &m->latch.source)) ||
           address_eq_ip(from, s->rtcp_remote.port != 0 ? &s->rtcp_remote : &s->remote);
}

static void on_rtcp(void *owner, struct udp *udp, const struct datagram *d)
{
    struct media_session *m = owner;
    unsigned              actions;

    (void)udp;
    if (!m->started)
        return;
    if (!rtcp_is_welcome(m, &d->remote)) {
        m->strangers++;
        return;
    }
    if (!rtcp_compound_valid(d->bytes)) {
        m->malformed++;
        return;
    }
    m->rtcp_heard = d->remote;
    actions       = rtp_session_receive_rtcp(&m->rtp, d->bytes, &d->remote, world_now(m->world));
    if (actions & RTP_BYE)
        m->peer_left = true;
    if (actions & RTP_COLLIDED)
        media_rtcp_due(m);
}

/* ICMP says that nobody listens there.  The peer's port may open a moment later;
 * if it does not, on_no_media tells. */
static void on_error(void *owner, struct udp *udp, const struct address *remote, int error)
{
    (void)owner;
    (void)udp;
    (void)remote;
    (void)error;
}

const struct udp_events media_rtp_events  = { .on_datagram = on_rtp, .on_error = on_error };
const struct udp_events media_rtcp_events = { .on_datagram = on_rtcp, .on_error = on_error };
