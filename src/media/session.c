/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/session.h"

#include "base/error.h"
#include "media/session_private.h"

#include <stdlib.h>

_Static_assert((int)MEDIA_PROBATION == (int)LATCH_PROBATION, "session.h states the rule that latch.c keeps");

/* What one negotiation needs beside the session: made before the old goes. */
struct parts {
    struct jitter *jitter;
    void          *encoder;
    void          *decoders[MEDIA_CODECS];
    size_t         decoder_count;
};

static void on_notify_timer(struct timer *timer, msec now);

static bool has_news(const struct media_session *m)
{
    return m->news != 0 || m->heard_digit_count > 0;
}

static void notify_soon(struct media_session *m)
{
    if (has_news(m))
        world_timer(m->world, &m->notify_timer, on_notify_timer, world_now(m->world));
}

void media_notify(struct media_session *m, enum media_news news)
{
    m->news |= news;
    notify_soon(m);
}

void media_notify_digit(struct media_session *m, char digit)
{
    if (m->heard_digit_count < HEARD_DIGITS)
        m->heard_digits[m->heard_digit_count++] = digit;
    notify_soon(m);
}

static bool take_news(struct media_session *m, enum media_news news)
{
    bool was = (m->news & news) != 0;

    m->news &= ~(unsigned)news;
    return was;
}

static char take_digit(struct media_session *m)
{
    char digit = m->heard_digits[0];

    m->heard_digit_count--;
    memmove(m->heard_digits, m->heard_digits + 1, m->heard_digit_count);
    return digit;
}

/* One callback, and nothing after it: it may have closed the session. */
static void on_notify_timer(struct timer *timer, msec now)
{
    static const struct media_events nobody;
    struct media_session            *m         = CONTAINER_OF(timer, struct media_session, notify_timer);
    const struct media_events       *events    = m->config.events != NULL ? m->config.events : &nobody;
    void (*fn)(void *, struct media_session *) = NULL;
    char digit                                 = '\0';

    (void)now;
    if (take_news(m, NEWS_FIRST_PACKET))
        fn = events->on_first_packet;
    else if (m->heard_digit_count > 0)
        digit = take_digit(m);
    else if (take_news(m, NEWS_SOURCE_END))
        fn = events->on_source_end;
    else if (take_news(m, NEWS_NO_MEDIA))
        fn = events->on_no_media;
    notify_soon(m);
    if (fn != NULL)
        fn(m->config.owner, m);
    else if (digit != '\0' && events->on_digit != NULL)
        events->on_digit(m->config.owner, m, digit);
}

/* ---- the negotiation ---- */

static bool fits(const struct media_session *m, const struct codec *c, const struct codec *other)
{
    const struct audio_source *source = m->config.source;
    const struct audio_sink   *sink   = m->config.sink;

    return c != NULL && c->channels == 1 && c->clock == other->clock && c->rate == other->rate &&
           c->rate <= AUDIO_RATE_MAX && (source == NULL || source->rate == c->rate) &&
           (sink == NULL || sink->rate == c->rate);
}

static bool is_payload_type(uint8_t pt)
{
    return pt <= 127;
}

static bool is_possible(const struct media_session *m, const struct media_stream *s)
{
    if (!fits(m, s->codec, s->codec) || !is_payload_type(s->send_pt) || s->recv_count > MEDIA_CODECS)
        return false;
    for (size_t i = 0; i < s->recv_count; i++)
        if (!fits(m, s->recv[i].codec, s->codec) || !is_payload_type(s->recv[i].pt))
            return false;
    return (s->dtmf_send_pt == MEDIA_NO_PT || is_payload_type(s->dtmf_send_pt)) &&
           (s->dtmf_recv_pt == MEDIA_NO_PT || is_payload_type(s->dtmf_recv_pt));
}

static struct jitter *make_jitter(const struct codec *c)
{
    return jitter_new(&(struct jitter_config){
        .clock_rate = c->clock,
        .piece      = c->clock * AUDIO_FRAME_MS / 1000,
        .min_ms     = JITTER_MIN_MS,
        .max_ms     = JITTER_MAX_MS,
    });
}

static void parts_fini(struct parts *p, const struct media_stream *s)
{
    codec_close(s->codec, p->encoder);
    for (size_t i = 0; i < p->decoder_count; i++)
        codec_close(s->recv[i].codec, p->decoders[i]);
    jitter_free(p->jitter);
}

/* The jitter buffer of before is kept while its clock is right. */
static int parts_init(struct parts *p, const struct media_session *m, const struct media_stream *s)
{
    bool new_clock = m->jitter == NULL || m->stream.codec->clock != s->codec->clock;

    *p = (struct parts){ 0 };
    if (new_clock && (p->jitter = make_jitter(s->codec)) == NULL)
        return -ERR_NO_MEMORY;
    if (codec_open(s->codec, &p->encoder) != 0)
        return -ERR_NO_MEMORY;
    for (; p->decoder_count < s->recv_count; p->decoder_count++)
        if (codec_open(s->recv[p->decoder_count].codec, &p->decoders[p->decoder_count]) != 0)
            return -ERR_NO_MEMORY;
    return 0;
}

static void drop_old_parts(struct media_session *m, bool jitter_too)
{
    struct parts old = { .jitter = jitter_too ? m->jitter : NULL, .encoder = m->encoder };

    if (!m->started)
        return;
    old.decoder_count = m->stream.recv_count;
    memcpy(old.decoders, m->decoders, sizeof old.decoders);
    parts_fini(&old, &m->stream);
}

static void start_first(struct media_session *m)
{
    msec now = world_now(m->world);

    m->started    = true;
    m->started_at = now;
    rtp_session_init(&m->rtp,
                     &(struct rtp_session_config){
                         .clock_rate = m->stream.codec->clock,
                         .bandwidth  = BANDWIDTH,
                         .cname      = m->config.cname,
                         .wall_msec  = world_wall(m->world),
                         .random     = m->world->random,
                     },
                     now);
    latch_init(&m->latch, &m->stream.remote, m->stream.latch);
    event_receiver_init(&m->keys_heard, m->stream.codec->clock);
    media_play_start(m);
    media_rtcp_due(m);
}

/* What is accepted next makes rtp/session forget the source of before. */
static void start_again(struct media_session *m)
{
    rtp_session_set_clock_rate(&m->rtp, m->stream.codec->clock);
    latch_update(&m->latch, &m->stream.remote, m->stream.latch);
    if (!m->latch.accepted)
        m->rtcp_heard = (struct address){ 0 };
}

int media_start(struct media_session *m, const struct media_stream *stream)
{
    bool         listened = m->started && m->stream.receive;
    struct parts parts;
    int          error;

    if (!is_possible(m, stream))
        return -ERR_UNSUPPORTED;
    error = parts_init(&parts, m, stream);
    if (error != 0) {
        parts_fini(&parts, stream);
        return error;
    }
    drop_old_parts(m, parts.jitter != NULL);
    m->stream  = *stream;
    m->encoder = parts.encoder;
    memcpy(m->decoders, parts.decoders, sizeof m->decoders);
    if (parts.jitter != NULL)
        m->jitter = parts.jitter;
    if (m->started)
        start_again(m);
    else
        start_first(m);
    if (!listened || !stream->receive) {
        jitter_reset(m->jitter);
        m->heard_at = world_now(m->world);
        m->gap_told = false;
    }
    media_sending_changed(m);
    return 0;
}

/* ---- life ---- */

static void keep_cname(struct media_session *m)
{
    struct buf b = BUF_ON(m->cname);

    if (m->config.cname.len > 0 && m->config.cname.len <= RTCP_CNAME_MAX)
        buf_put(&b, m->config.cname);
    else
        random_token(&m->world->random, &b, CNAME_RANDOM);
    m->config.cname = buf_slice(&b);
}

static int open_ports(struct media_session *m, const struct address *local, struct port_pair *out)
{
    const struct media_config *c     = &m->config;
    bool                       any   = c->port_first == 0 && c->port_last == 0;
    uint16_t                   first = any ? MEDIA_PORT_FIRST : c->port_first;
    uint16_t                   last  = any ? MEDIA_PORT_LAST : c->port_last;

    return port_pair_open(m->world, local, first, last, &media_rtp_events, &media_rtcp_events, m, out);
}

int media_open(struct world *w, const struct media_config *config, struct media_session **out)
{
    struct media_session *m = calloc(1, sizeof *m);
    int                   error;

    if (m == NULL)
        return -ERR_NO_MEMORY;
    m->world  = w;
    m->config = *config;
    keep_cname(m);
    error = open_ports(m, &config->local, &m->ports);
    if (error != 0) {
        free(m);
        return error;
    }
    *out = m;
    return 0;
}

int media_move(struct media_session *m, const struct address *local)
{
    struct port_pair fresh;
    int              error = open_ports(m, local, &fresh);

    if (error != 0)
        return error;
    port_pair_close(m->world, &m->ports);
    m->ports        = fresh;
    m->config.local = *local;
    return 0;
}

void media_close(struct media_session *m)
{
    if (m == NULL)
        return;
    media_send_bye(m);
    media_send_stop(m);
    world_timer_stop(m->world, &m->play_timer);
    world_timer_stop(m->world, &m->rtcp_timer);
    world_timer_stop(m->world, &m->notify_timer);
    port_pair_close(m->world, &m->ports);
    drop_old_parts(m, true);
    free(m);
}

struct address media_local(const struct media_session *m)
{
    return m->world->ops->udp_local(m->ports.rtp);
}

void media_mute(struct media_session *m, bool mute)
{
    m->muted = mute;
}

static bool is_digit(char c)
{
    uint8_t event = event_from_digit(c);

    return event != EVENT_NONE && event_to_digit(event) != '!';
}

int media_send_digits(struct media_session *m, struct slice digits)
{
    if (!media_can_send(m) || m->stream.dtmf_send_pt == MEDIA_NO_PT)
        return -ERR_UNSUPPORTED;
    for (size_t i = 0; i < digits.len; i++)
        if (!is_digit(digits.ptr[i]))
            return -ERR_SYNTAX;
    if (digits.len > MEDIA_DIGITS - m->digit_count)
        return -ERR_LIMIT;
    if (digits.len > 0)
        memcpy(m->digits + m->digit_count, digits.ptr, digits.len);
    m->digit_count += digits.len;
    return 0;
}

/* What only a session that runs can say. */
static void running_stats(const struct media_session *m, struct media_stats *out)
{
    struct rtp_stats    rtp;
    struct jitter_stats jitter;

    rtp_session_stats(&m->rtp, &rtp);
    jitter_stats(m->jitter, &jitter);
    out->packets_sent = rtp.packets_sent;
    out->bytes_sent   = rtp.octets_sent;
    out->late         = jitter.late + jitter.duplicates;
    out->concealed    = m->concealed * 1000 / m->stream.codec->rate;
    out->jitter       = rtp.jitter_usec / 1000.0;
    out->buffered     = jitter.delay_ms;
    out->remote       = media_rtp_target(m);
    out->silent       = m->stream.receive ? world_now(m->world) - m->heard_at : 0;
    if (rtp.has_round_trip)
        out->round_trip = rtp.round_trip_usec / 1000.0;
    if (rtp.has_remote_report)
        out->peer_lost = rtp.remote_lost < 0 ? 0 : rtp.remote_lost;
}

void media_stats(const struct media_session *m, struct media_stats *out)
{
    int64_t lost = m->lost_before + m->lost;

    *out = (struct media_stats){
        .packets_received = m->packets_received,
        .bytes_received   = m->bytes_received,
        .lost             = lost < 0 ? 0 : (uint64_t)lost,
        .strangers        = m->strangers,
        .malformed        = m->malformed,
        .round_trip       = -1,
        .peer_lost        = -1,
        .local            = media_local(m),
        .rtcp_port        = (uint16_t)(media_local(m).port + 1),
        .peer_left        = m->peer_left,
    };
    if (m->started)
        running_stats(m, out);
}
