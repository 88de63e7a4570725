/* SPDX-License-Identifier: BSD-2-Clause */
/* session_private.h - the inside of a media session, shared by session*.c only.
 *
 *   session.c          life, negotiation, callbacks, statistics
 *   session_send.c     source -> packets; keys pressed; RTCP
 *   session_receive.c  datagrams -> jitter buffer
 *   session_play.c     jitter buffer -> sink
 *
 * Three clocks tick on the wheel: sending (each ptime), playing (each 20 ms, from
 * the first media_start to the close) and RTCP.  A fourth timer makes the
 * callbacks, one a turn and as the last thing it does, so that a callback may
 * close the session. */

#ifndef MEDIA_SESSION_PRIVATE_H
#define MEDIA_SESSION_PRIVATE_H

#include "media/conceal.h"
#include "media/latch.h"
#include "media/phase.h"
#include "media/port_pair.h"
#include "media/session.h"
#include "rtp/event.h"
#include "rtp/jitter.h"
#include "rtp/session.h"

enum {
    PACKET_MS_MIN  = 10,
    PACKET_MS_MAX  = 60,  /* that we send                                     */
    RECEIVE_MS_MAX = 120, /* that we take                                     */
    CATCH_UP_MS    = 400, /* of sound made good after the loop was held up    */
    JITTER_MIN_MS  = 20,
    JITTER_MAX_MS  = 300,
    DIGIT_MS       = 100,
    HEARD_DIGITS   = 32,    /* that wait for their callback; more are dropped    */
    BANDWIDTH      = 80000, /* bits/s of G.711 with headers: RTCP takes 5 %   */
    CNAME_RANDOM   = 20,    /* letters of five bits: RFC 7022 4.2 wants 96 bits  */
    FRAME_MAX      = AUDIO_RATE_MAX * PACKET_MS_MAX / 1000,
    PLAY_MAX       = AUDIO_RATE_MAX * AUDIO_FRAME_MS / 1000,
};

enum media_news {
    NEWS_FIRST_PACKET = 1 << 0,
    NEWS_NO_MEDIA     = 1 << 1,
    NEWS_SOURCE_END   = 1 << 2,
};

struct media_session {
    struct world       *world;
    struct media_config config;
    char                cname[RTCP_CNAME_MAX];
    struct port_pair    ports;

    bool                started;
    msec                started_at;
    struct media_stream stream; /* as negotiated last */
    struct rtp_session  rtp;
    struct latch        latch;
    struct address      rtcp_heard; /* where the peer's last RTCP came from; port 0: none */
    struct timer        rtcp_timer;

    struct timer        send_timer; /* runs while we send            */
    msec                send_at;    /* when the next packet leaves   */
    msec                begun_at;   /* as config.phases said         */
    uint32_t            timestamp;  /* of the next packet            */
    bool                mark;       /* it begins a talk spurt        */
    bool                source_ended, muted;
    void               *encoder;
    struct event_sender keys;
    char                digits[MEDIA_DIGITS]; /* not yet in `keys` */
    size_t              digit_count;

    struct jitter        *jitter;
    void                 *decoders[MEDIA_CODECS]; /* of stream.recv */
    struct event_receiver keys_heard;
    msec                  heard_at; /* or since when we listen */
    bool                  heard, gap_told;

    struct timer   play_timer; /* runs from the first media_start on */
    msec           play_at;
    struct conceal conceal;
    int16_t        pending[CODEC_SAMPLES_MAX + PLAY_MAX]; /* decoded and not yet played */
    size_t         pending_count;

    struct timer notify_timer;
    unsigned     news; /* set of media_news */
    char         heard_digits[HEARD_DIGITS];
    size_t       heard_digit_count;

    /* For media_stats: what the machines below do not count. */
    uint64_t packets_received, bytes_received, strangers, malformed;
    uint64_t concealed;         /* samples                                   */
    int64_t  lost_before, lost; /* of earlier sources, of the present one    */
    bool     peer_left;
};

/* session.c */
void media_notify(struct media_session *m, enum media_news news);
void media_notify_digit(struct media_session *m, char digit);

/* session_send.c */
struct address media_rtp_target(const struct media_session *m);
struct address media_rtcp_target(const struct media_session *m); /* port 0: nobody */
bool           media_can_send(const struct media_session *m);
void           media_sending_changed(struct media_session *m); /* after the negotiation */
void           media_send_stop(struct media_session *m);
void           media_rtcp_due(struct media_session *m); /* the deadline may have moved */
void           media_send_bye(struct media_session *m);

/* session_receive.c */
extern const struct udp_events media_rtp_events, media_rtcp_events;

/* session_play.c */
void media_play_start(struct media_session *m);

#endif
