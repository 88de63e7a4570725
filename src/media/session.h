/* SPDX-License-Identifier: BSD-2-Clause */
/* session.h - one audio stream of one call: sockets, clocks and sound joined
 * (RFC 3550, RFC 3551, RFC 4733).
 *
 *   source --pull--> codec --> rtp ----+                    +--> remote
 *                                      | RTP port (even)    |
 *   sink <--push-- conceal <-- jitter <+ RTCP port (RTP +1) <--- remote
 *
 * The sink gets a frame each 20 ms from the first media_start to the close, also
 * while nothing is received; the source is pulled only while we send.
 *
 * Life: media_open when an offer or answer is to be written (it binds the ports
 * that the SDP then names), media_start when both sides are known, media_start
 * again after each re-negotiation, media_close.  Packet n leaves at start + n *
 * ptime whatever the loop was doing in between, so the sound never drifts.
 *
 * Whose packets are heard.  Anybody can send to an open port, so:
 *  1. A packet counts only if it is well-formed RTP with a payload type of
 *     recv[] or dtmf_recv_pt, and comes from the stream's *accepted source*.
 *  2. The address and port in the peer's SDP (`remote`) is accepted at once, and
 *     takes over from any other source.
 *  3. Otherwise a source is accepted only after probation: MEDIA_PROBATION
 *     packets in sequence of one SSRC from one address and port, before anything
 *     came from `remote`.  With `latch` that may be any address (a phone behind a
 *     NAT), without it only another port of `remote`'s own address (a peer that
 *     sends from another socket than it listens on).
 *  4. An accepted source stays until rule 2 or a media_start with another
 *     `remote`: what strangers send later is counted (stats.strangers) and
 *     dropped.
 *  Within an accepted source rtp/session.h asks for two packets in sequence of
 *  each new SSRC, and that the one before is silent (RFC 3550 A.1).
 *  5. We send to `remote`; with `latch`, to a source accepted by rule 3 (RTCP
 *     then goes to its port + 1, or, once RTCP came from its host, back there).
 * RTCP is read from the host of the accepted source or of `rtcp_remote` only.
 * All this keeps out who cannot see or forge the peer's address; SRTP is for
 * the others.
 *
 * Callbacks come from the loop, never from inside a call of this header; each
 * may call anything here, media_close too. */

#ifndef MEDIA_SESSION_H
#define MEDIA_SESSION_H

#include "media/audio.h"
#include "media/codec.h"
#include "net/world.h"

struct media_session;

enum {
    MEDIA_NO_PT      = 255,   /* no payload type: telephone events are not agreed */
    MEDIA_CODECS     = 8,     /* that one stream can receive                      */
    MEDIA_PROBATION  = 4,     /* packets: LATCH_PROBATION                         */
    MEDIA_DIGITS     = 64,    /* that can wait to be sent                         */
    MEDIA_PORT_FIRST = 16384, /* the range if the configuration names none        */
    MEDIA_PORT_LAST  = 32767,
};

/* Any may be NULL. */
struct media_events {
    /* The first packet of an accepted source since media_open. */
    void (*on_first_packet)(void *owner, struct media_session *m);
    /* Nothing came for config.no_media_after, though we receive.  Once a gap. */
    void (*on_no_media)(void *owner, struct media_session *m);
    /* The peer pressed a key: one of 0-9 * # A-D (RFC 4733 3.2). */
    void (*on_digit)(void *owner, struct media_session *m, char digit);
    /* The source has been played to its end. */
    void (*on_source_end)(void *owner, struct media_session *m);
};

struct media_config {
    struct address             local;                 /* to bind; its port is ignored            */
    uint16_t                   port_first, port_last; /* both 0: MEDIA_PORT_FIRST to _LAST       */
    struct audio_source       *source;                /* borrowed until close; NULL: silence     */
    struct audio_sink         *sink;                  /* borrowed until close; NULL: discard     */
    struct phases             *phases;                /* borrowed until close; NULL: who begins, sends at once */
    msec                       no_media_after;        /* 0: never                                */
    struct slice               cname;                 /* RTCP CNAME; empty or above 255 bytes: random (RFC 7022)    */
    const struct media_events *events;                /* lives as long as the session, or NULL   */
    void                      *owner;
};

struct media_payload {
    uint8_t             pt;
    const struct codec *codec;
};

/* What was negotiated: all of it, each time. */
struct media_stream {
    struct address       remote;             /* the peer's RTP address; port 0: send nothing */
    struct address       rtcp_remote;        /* port 0: remote's port + 1 (RFC 3550 11)      */
    const struct codec  *codec;              /* that we send                                 */
    uint8_t              send_pt;            /* the number that the peer gave to it          */
    struct media_payload recv[MEDIA_CODECS]; /* the numbers that we gave                     */
    size_t               recv_count;
    uint8_t              dtmf_send_pt, dtmf_recv_pt; /* or MEDIA_NO_PT                       */
    bool                 send, receive;              /* the direction, seen from here                */
    bool                 latch;                      /* rule 3 above                                 */
    unsigned             ptime;                      /* ms a packet that we send; 0: 20; else brought into 10 to 60 */
};

struct media_stats {
    uint64_t       packets_sent, bytes_sent; /* RTP; bytes of payload                         */
    uint64_t       packets_received, bytes_received;
    uint64_t       lost;          /* expected, and never came (RFC 3550 A.3)                     */
    uint64_t       late;          /* came after their turn, or twice: not played                 */
    uint64_t       concealed;     /* ms of sound made up for what was missing                    */
    uint64_t       strangers;     /* packets refused by the rules above                          */
    uint64_t       malformed;     /* not RTP or RTCP, or of a payload type that was not agreed   */
    double         jitter;        /* ms (RFC 3550 6.4.1)                                         */
    double         round_trip;    /* ms, from the last RTCP report; negative: not known          */
    int64_t        peer_lost;     /* of ours, as the peer's last report says; negative: not known */
    msec           silent;        /* so long nothing has come, though we listen; 0: we do not    */
    msec           buffered;      /* what the jitter buffer now holds back                       */
    struct address local, remote; /* RTP: ours; where we send                                 */
    uint16_t       rtcp_port;     /* ours                                                        */
    bool           peer_left;     /* an RTCP BYE came                                            */
};

/* Bind an RTP and an RTCP port.  Nothing is sent or received yet.  Copies
 * `config`.  Returns 0, -ERR_IN_USE (no pair is free in the range), -ERR_SYNTAX
 * (the range holds no even port with its successor), -ERR_NO_MEMORY, or what
 * world_udp_open says. */
int media_open(struct world *w, const struct media_config *config, struct media_session **out);

/* Send an RTCP BYE if there is somebody to tell, close the ports, free.  NULL is
 * allowed. */
void media_close(struct media_session *m);

/* Bind other ports, on `local` from now on, and close those of before: this host has another address.
 * All else goes on as it is.  Errors as media_open, and then nothing has changed.  Not from within a
 * callback. */
int media_move(struct media_session *m, const struct address *local);

/* The bound RTP address and port; RTCP is on the next port. */
struct address media_local(const struct media_session *m);

/* Start, or go on as `stream` says from now on: direction, codec, remote.
 * Sequence numbers and time stamps continue.  Borrows `stream` during the call.
 * Returns 0, or -ERR_UNSUPPORTED and nothing has changed: no codec, one whose
 * rate is not that of source and sink, or a payload type out of range;
 * or -ERR_NO_MEMORY, likewise. */
int media_start(struct media_session *m, const struct media_stream *stream);

/* From now on silence is sent for what the source says, which is pulled all the same. */
void media_mute(struct media_session *m, bool mute);

/* Press these keys, 100 ms each with 60 ms between, instead of the sound (RFC
 * 4733 2.5).  Returns 0; -ERR_UNSUPPORTED if the peer does not take telephone
 * events or we do not send; -ERR_SYNTAX if one is not of 0-9 * # A-D;
 * -ERR_LIMIT if more than MEDIA_DIGITS would wait.  All or none. */
int media_send_digits(struct media_session *m, struct slice digits);

void media_stats(const struct media_session *m, struct media_stats *out);

#endif
