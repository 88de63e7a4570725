/* SPDX-License-Identifier: BSD-2-Clause */
/* session.h - one RTP stream each way between two parties, with its RTCP
 * (RFC 3550 6.2-6.4, 8.2, A.1, A.3, A.7, A.8).
 *
 *      audio ─► rtp_session_send ─► datagram          bytes ─► rtp_session_receive ─► packet for the jitter buffer
 *   deadline ─► rtp_session_report ─► RTCP datagram   bytes ─► rtp_session_receive_rtcp ─► statistics, BYE
 *
 * A calculation: no socket, no clock.  The caller passes the time, sends what is
 * written, and asks rtp_session_deadline() when RTCP is due.  Two parties is all
 * it knows: one remote source at a time has the floor.  Another source takes
 * over when it has shown two packets in sequence (A.1; only the second is
 * delivered) and the one before has said BYE or been silent for RTP_SOURCE_HOLD.
 * Which addresses to listen to is the caller's decision. */

#ifndef RTP_SESSION_H
#define RTP_SESSION_H

#include "base/address.h"
#include "base/msec.h"
#include "base/random.h"
#include "rtp/packet.h"
#include "rtp/source.h"

enum {
    RTP_SOURCE_HOLD   = 200,  /* ms of silence after which another SSRC may take over */
    RTCP_MIN_INTERVAL = 5000, /* ms, 6.2                                              */
    RTCP_FIRST_REPORT = 500,  /* ms, randomised; 6.2 allows 0 in a unicast session    */
    RTCP_CNAME_MAX    = 255,
    RTCP_COMPOUND_MAX = 1200, /* room that always holds what rtp_session_report writes */
    RTP_CONFLICTS_MAX = 4,    /* remembered addresses that used our SSRC, 8.2         */
};

enum rtp_action {
    RTP_DELIVER        = 1 << 0, /* *packet is valid audio (or event) of the current source    */
    RTP_SOURCE_CHANGED = 1 << 1, /* a first or another SSRC: reset decoder and jitter buffer   */
    RTP_COLLIDED       = 1 << 2, /* our SSRC was taken and is another now; RTCP is due at once */
    RTP_REPORTED       = 1 << 3, /* the peer reported on us: statistics are fresh              */
    RTP_BYE            = 1 << 4, /* the current source has said goodbye                        */
};

struct rtp_session_config {
    uint32_t      clock_rate; /* of the payload we send and receive, Hz              */
    uint32_t      bandwidth;  /* of the session, bits/s with headers; RTCP takes 5 %; 0: no RTCP is sent */
    struct slice  cname;      /* copied; cut at RTCP_CNAME_MAX                        */
    uint64_t      wall_msec;  /* since 1970 at `now` of rtp_session_init             */
    struct random random;     /* SSRC, first sequence number and timestamp, intervals */
};

struct rtp_conflict {
    struct address from;
    msec           seen_at;
};

/* Embed it; every field is private, rtp_session_stats() tells. */
struct rtp_session {
    struct random random;
    uint32_t      clock_rate, bandwidth;
    char          cname[RTCP_CNAME_MAX];
    size_t        cname_len;
    uint64_t      wall_start; /* milliseconds since 1970 at started_at */
    msec          started_at;

    uint32_t ssrc;
    uint16_t sequence;
    uint32_t timestamp_start; /* added to the caller's timestamps           */
    uint32_t last_timestamp;  /* the last one sent, with timestamp_start    */
    msec     last_sent_at;
    uint32_t sr_packets, sr_octets;      /* of this SSRC, as SR counts                 */
    uint64_t packets_sent, octets_sent;  /* of the session                             */
    bool     sent_recently, sent_before; /* since the last report, and the one before */

    struct rtp_source remote;
    bool              remote_gone; /* said BYE, or forgotten: anybody may take over */
    struct rtp_source candidate;

    struct rtp_conflict conflicts[RTP_CONFLICTS_MAX];
    unsigned            conflict_count;
    bool                bye_due; /* for old_ssrc, after a collision */
    uint32_t            old_ssrc;

    msec     rtcp_last_at, rtcp_next_at;
    uint32_t rtcp_average_size; /* bytes on the wire, scaled by 16 */
    bool     rtcp_initial;

    uint32_t heard_sr_ssrc, heard_sr; /* middle 32 bits of the NTP time of the last SR */
    msec     heard_sr_at;

    bool     has_remote_report;
    uint8_t  remote_fraction;
    int32_t  remote_lost;
    uint32_t remote_jitter;
    bool     has_round_trip;
    uint32_t round_trip; /* in 1/65536 s */
    uint32_t reports_sent, reports_received;
    uint64_t dropped;
};

struct rtp_stats {
    uint32_t ssrc, remote_ssrc;         /* remote: 0 while nobody was heard */
    uint64_t packets_sent, octets_sent; /* octets of payload, as SR counts */
    uint64_t packets_received, octets_received;
    uint64_t packets_expected;
    int64_t  packets_lost; /* expected - received; negative with duplicates (A.3) */
    uint32_t jitter;       /* timestamp units                                    */
    uint32_t jitter_usec;
    uint64_t packets_dropped; /* malformed, on probation, of another source          */

    bool     has_remote_report;    /* what the peer says of our stream */
    uint8_t  remote_fraction_lost; /* of 256 */
    int32_t  remote_lost;
    uint32_t remote_jitter_usec;
    bool     has_round_trip;
    uint32_t round_trip_usec;
    uint32_t reports_sent, reports_received;
};

/* Borrows nothing from `c`; `c->random` is used for the life of the session. */
void rtp_session_init(struct rtp_session *s, const struct rtp_session_config *c, msec now);

/* The codec changed to another clock rate: jitter starts anew. */
void rtp_session_set_clock_rate(struct rtp_session *s, uint32_t clock_rate);

/* The caller knows that the peer is another from now on (a new address was agreed): the next source
 * need not wait for the present one to fall silent. */
void rtp_session_forget_source(struct rtp_session *s);

/* Write one packet.  `timestamp` counts from any start the caller likes (0 is
 * fine); the session adds its own random one (5.1).  Check with buf_ok(); what
 * did not fit was not counted. */
struct rtp_frame {
    uint8_t      payload_type;
    bool         marker;
    uint32_t     timestamp;
    struct slice payload;
};
void rtp_session_send(struct rtp_session *s, const struct rtp_frame *frame, struct buf *out, msec now);

/* A datagram came.  Returns a set of rtp_action; `packet` (borrowing `bytes`) is
 * to be used only with RTP_DELIVER.  Anything that is not RTP is dropped. */
unsigned rtp_session_receive(struct rtp_session *s, struct slice bytes, const struct address *from, msec now,
                             struct rtp_packet *packet);

/* A datagram of RTCP came.  Returns a set of rtp_action, never RTP_DELIVER. */
unsigned rtp_session_receive_rtcp(struct rtp_session *s, struct slice bytes, const struct address *from, msec now);

/* When to call rtp_session_report next.  An early call is harmless. */
msec rtp_session_deadline(const struct rtp_session *s);

/* Write the RTCP that is due into `out` (RTCP_COMPOUND_MAX bytes) and schedule
 * the next.  False: nothing is due yet (the deadline may have moved, 6.3.6). */
bool rtp_session_report(struct rtp_session *s, struct buf *out, msec now);

/* Write the last compound: report, CNAME, BYE.  False if we have never sent RTP
 * or RTCP, in which case RFC 3550 6.3.7 forbids a BYE, or send no RTCP at all. */
bool rtp_session_bye(struct rtp_session *s, struct buf *out, msec now);

void rtp_session_stats(const struct rtp_session *s, struct rtp_stats *out);

#endif
