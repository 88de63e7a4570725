/* SPDX-License-Identifier: BSD-2-Clause */
/* attribute.h - what the attributes of a media description mean (RFC 8866 6,
 * RFC 3551 6, RFC 3605, RFC 4733 2.4.1).
 *
 * An attribute that is malformed is taken as absent. */

#ifndef SDP_ATTRIBUTE_H
#define SDP_ATTRIBUTE_H

#include "sdp/session.h"

/* Bit 0: we send, bit 1: we receive; so intersection is `&`. */
enum sdp_direction {
    SDP_INACTIVE = 0,
    SDP_SENDONLY = 1,
    SDP_RECVONLY = 2,
    SDP_SENDRECV = 3,
};

/* The same seen from the other end (RFC 3264 6.1). */
enum sdp_direction sdp_direction_invert(enum sdp_direction d);
/* What to offer to put the peer on hold: nothing more from them (RFC 3264 8.4). */
enum sdp_direction sdp_direction_hold(enum sdp_direction d);
struct slice       sdp_direction_name(enum sdp_direction d); /* "sendrecv" */

/* Of the stream, else of the session, else sendrecv (RFC 8866 6.7). */
enum sdp_direction sdp_media_direction(const struct sdp *sdp, const struct sdp_media *m);

/* The first attribute of that name (exact case), or NULL; with `after`, the next. */
const struct sdp_line *sdp_attribute(const struct sdp_line *lines, size_t count, struct slice name,
                                     const struct sdp_line *after);

/* An RTP payload format by name: the meaning of a payload type number. */
struct sdp_format {
    struct slice name;  /* "PCMU", any case */
    uint32_t     clock; /* Hz               */
    uint8_t      channels;
};

bool sdp_format_eq(const struct sdp_format *a, const struct sdp_format *b);

/* A format of an m= line as payload type number 0..127; false if it is none. */
bool sdp_payload_type(struct slice format, uint8_t *payload_type);

/* What a payload type means in this stream: its a=rtpmap, else the static table
 * of RFC 3551 6.  False if neither says. */
bool sdp_media_format(const struct sdp_media *m, uint8_t payload_type, struct sdp_format *out);

/* Its a=fmtp parameters; empty if it has none. */
struct slice sdp_media_fmtp(const struct sdp_media *m, uint8_t payload_type);

/* Milliseconds; 0 if absent.  a=ptime, a=maxptime. */
unsigned sdp_media_ptime(const struct sdp_media *m);
unsigned sdp_media_maxptime(const struct sdp_media *m);

/* b=<type> of the stream, else of the session; false if absent. */
bool sdp_media_bandwidth(const struct sdp *sdp, const struct sdp_media *m, struct slice type, uint32_t *value);

/* Where the stream's RTP goes; false if its c= is missing or a host name.  An
 * address of 0.0.0.0 is returned as it is. */
bool sdp_media_rtp_address(const struct sdp_media *m, struct address *out);
/* Whoever has addresses of this family alone: can he send there?  A host name may be of any, and to
 * 0.0.0.0 nothing is sent: true. */
bool sdp_media_has_family(const struct sdp_media *m, enum family ours);
/* Where its RTCP goes: a=rtcp (RFC 3605), else the port above RTP's.  An a=rtcp with an address of the
 * other family, of a group or of nobody is malformed. */
bool sdp_media_rtcp_address(const struct sdp_media *m, struct address *out);

/* A set of telephone events, 0..255. */
struct sdp_events {
    uint8_t bits[32];
};

/* "0-15,66" of telephone-event's fmtp ("events=" before it is allowed).  An empty text means 0-15. */
bool              sdp_events_parse(struct slice text, struct sdp_events *out);
void              sdp_events_write(struct buf *b, const struct sdp_events *e);
struct sdp_events sdp_events_both(const struct sdp_events *a, const struct sdp_events *b);
bool              sdp_events_empty(const struct sdp_events *e);
bool              sdp_events_has(const struct sdp_events *e, uint8_t event);

#endif
