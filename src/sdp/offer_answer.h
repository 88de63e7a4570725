/* SPDX-License-Identifier: BSD-2-Clause */
/* offer_answer.h - how two parties agree on their streams (RFC 3264).
 *
 *                    offer                 receive_answer
 *        +--------------------> OFFER_SENT ---------------+
 *        |                          | rollback            V
 *      NONE <-----------------------+----------------> STABLE
 *        |                          | rollback            ^
 *        +-----------------> OFFER_RECEIVED --------------+
 *              receive_offer                 answer
 *
 * From STABLE the same two ways lead through a new offer; rollback then returns to
 * STABLE with all that was agreed before (RFC 3264 4: an exchange is atomic).
 *
 * The user thinks in streams of its own, numbered from 0 and the same all through
 * the session: `local[0]` is the call's audio.  Which m= line carries a stream is the
 * machine's business: an m= line is never removed, its slot is reused when its
 * stream is gone, new ones are appended, and what the peer offers beyond (or of
 * another kind, protocol, or multicast) is rejected with port 0 in its place.
 *
 * A negotiation is a calculation: no sockets, no codecs.  A codec is a name, a
 * clock rate and parameters that are passed on as they are. */

#ifndef SDP_OFFER_ANSWER_H
#define SDP_OFFER_ANSWER_H

#include "sdp/attribute.h"

enum {
    NEGOTIATION_STREAMS_MAX = 4,
    NEGOTIATION_CODECS_MAX  = 16,  /* of one stream                            */
    NEGOTIATION_EVENTS_MAX  = 4,   /* clock rates with telephone events         */
    SDP_DYNAMIC             = 255, /* sdp_codec.payload_type: any free number   */
    SDP_NO_PAYLOAD_TYPE     = 255, /* agreed: none                              */
};

struct sdp_codec {
    struct sdp_format format;
    uint8_t           payload_type; /* the static number, a wish among 96..127, or SDP_DYNAMIC  */
    struct slice      fmtp;         /* what we can receive; empty: no a=fmtp                    */
    bool              auxiliary;    /* comfort noise and the like: not enough to make a stream */
    const void       *user;         /* comes back in what was agreed                           */
};

/* What we are ready for on one stream.  The lists are borrowed during the call;
 * the text in formats and fmtp must outlive the negotiation (literals, codec tables). */
struct sdp_local {
    bool                    enabled;       /* false: port 0, no stream                              */
    struct slice            kind;          /* empty: "audio"                                       */
    struct slice            protocol;      /* empty: "RTP/AVP"                                     */
    struct address          rtp;           /* where we receive                                     */
    bool                    either_family; /* take an offer of the other family than rtp's, too      */
    uint16_t                rtcp_port;     /* 0: the one above rtp's                              */
    enum sdp_direction      direction;     /* what we wish, for example SDP_SENDONLY on hold      */
    const struct sdp_codec *codecs;        /* most preferred first; none: events only             */
    size_t                  codec_count;
    bool                    events;     /* offer and accept telephone-event ...                */
    struct slice            event_list; /* ... with these, empty: "0-15"                      */
    unsigned                ptime;      /* ms we like to receive, 0: do not say               */
};

struct sdp_agreed_codec {
    uint8_t          payload_type;
    struct sdp_codec codec;       /* as we gave it                                           */
    struct slice     remote_fmtp; /* what the peer says to it; lives until the next exchange */
};

struct sdp_agreed_events {
    uint8_t           payload_type; /* SDP_NO_PAYLOAD_TYPE: none      */
    uint32_t          clock;
    struct sdp_events events;
};

/* What came out for one stream. */
struct sdp_agreed {
    bool               active;           /* false: no media, no RTCP; the rest is then meaningless      */
    unsigned           slot;             /* its m= line, from 0                                         */
    enum sdp_direction direction;        /* what we do now; never SEND while `black_hole`            */
    enum sdp_direction remote_direction; /* as the peer wrote it: SENDONLY, INACTIVE: we are on hold */

    struct address remote;      /* send RTP here; FAMILY_NONE: the peer gave `remote_host`     */
    struct address remote_rtcp; /* and RTCP here; likewise (port is set)                       */
    struct slice   remote_host; /* a name to resolve, or empty; lives until the next exchange  */
    bool           black_hole;  /* the address is 0.0.0.0: send neither RTP nor RTCP (8.4)     */

    bool                     can_send;                        /* `send` is set: at least one codec in common        */
    struct sdp_agreed_codec  send;                            /* the codec the peer likes best, with its number     */
    struct sdp_agreed_codec  receive[NEGOTIATION_CODECS_MAX]; /* with our numbers            */
    size_t                   receive_count;
    struct sdp_agreed_events send_events; /* of the clock rate of `send`                     */
    struct sdp_agreed_events receive_events[NEGOTIATION_EVENTS_MAX];
    size_t                   receive_event_count;

    unsigned ptime; /* ms to send: the peer's wish, else ours, else 20; never above the peer's maxptime */
    bool     has_bandwidth;
    uint32_t bandwidth; /* b=AS of the peer, kbit/s; 0: send nothing (RFC 3264 5.1)          */
};

enum negotiation_state { NEGOTIATION_NONE, NEGOTIATION_OFFER_SENT, NEGOTIATION_OFFER_RECEIVED, NEGOTIATION_STABLE };

struct negotiation_config {
    struct slice   username;   /* of o=; empty: "-".  Copied, cut at 64 bytes        */
    uint64_t       session_id; /* unpredictable and below 2^62; also the first version */
    struct address address;    /* of o=, and of c= while there is no stream           */
};

struct negotiation;

/* NULL without memory. */
struct negotiation *negotiation_new(const struct negotiation_config *c);
void                negotiation_free(struct negotiation *n); /* NULL is fine */

enum negotiation_state negotiation_state(const struct negotiation *n);

/* Make an offer for these streams (RFC 3264 5, 8).  `local[i]` is stream i; a stream
 * that is left out or not enabled, and was there, gets port 0.  The version in o=
 * goes up by one if anything differs from what we sent last.  `*text` lives until
 * the next offer or answer is made.
 *
 * 0, -ERR_LOCKED (an offer is outstanding; wait for its answer, RFC 3261 14.1),
 * -ERR_LIMIT (more streams, codecs or m= lines than there is room for, or no payload
 * type left), -ERR_UNSUPPORTED (a stream that is enabled with nothing in it),
 * -ERR_TOO_LARGE or -ERR_NO_MEMORY; then nothing has changed. */
int negotiation_offer(struct negotiation *n, const struct sdp_local *local, size_t count, struct slice *text);

/* An offer came.  Keeps a copy.  0; -ERR_SYNTAX with `*fault` (answer 400 or 488);
 * -ERR_LOCKED: in OFFER_SENT this is glare, answer 491 (RFC 3261 14.2); in
 * OFFER_RECEIVED the one before is unanswered, answer 500 with Retry-After;
 * -ERR_NO_MEMORY.  -ERR_SYNTAX too if it has fewer m= lines than before (8). */
int negotiation_receive_offer(struct negotiation *n, struct slice text, struct sdp_fault *fault);

/* Answer it (RFC 3264 6).  0 and the state is STABLE; -ERR_UNSUPPORTED: streams
 * were offered, none fits (answer 488, then negotiation_rollback); -ERR_NOT_FOUND:
 * there is no offer to answer; -ERR_LIMIT, -ERR_TOO_LARGE, -ERR_NO_MEMORY as above. */
int negotiation_answer(struct negotiation *n, const struct sdp_local *local, size_t count, struct slice *text);

/* The answer came (RFC 3264 7).  0 and the state is STABLE; -ERR_NOT_FOUND: none
 * was expected (a repetition: ignore it); -ERR_SYNTAX with `*fault`: not a
 * description, or its m= lines do not match the offer's; the offer stays
 * outstanding until another answer or negotiation_rollback. */
int negotiation_receive_answer(struct negotiation *n, struct slice text, struct sdp_fault *fault);

/* The outstanding offer, ours or theirs, was rejected or given up. */
void negotiation_rollback(struct negotiation *n);

/* What is agreed for stream `i`; inactive if it never was.  Lives until the next
 * exchange is complete. */
const struct sdp_agreed *negotiation_stream(const struct negotiation *n, size_t i);

/* In OFFER_SENT: what we must be ready to receive already (RFC 3264 5.1): `receive`
 * and `receive_events` of the offer are set, the rest is not.  Else NULL. */
const struct sdp_agreed *negotiation_offered(const struct negotiation *n, size_t i);

/* The peer's description: the offer to be answered, else the last agreed; NULL if none. */
const struct sdp *negotiation_remote(const struct negotiation *n);

/* The body for an answer to OPTIONS: what we could do, port 0 (RFC 3264 9).  Check
 * with buf_ok(). */
void sdp_write_capabilities(struct buf *b, const struct negotiation_config *c, const struct sdp_local *local,
                            size_t count);

#endif
