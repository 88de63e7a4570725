/* SPDX-License-Identifier: BSD-2-Clause */
/* stream.h - one m= line of an offer or answer: what to write, what comes out
 * (RFC 3264 5.1, 6.1, 7).  offer_answer.c puts them together. */

#ifndef SDP_STREAM_H
#define SDP_STREAM_H

#include "sdp/offer_answer.h"
#include "sdp/payload_types.h"

/* The defaults of sdp_local filled in. */
struct slice stream_kind(const struct sdp_local *local);
struct slice stream_protocol(const struct sdp_local *local);

/* Choose our payload type numbers: `receive` and `receive_events` of `*out`.  False
 * if there is no number left. */
bool stream_offer(const struct sdp_local *local, struct payload_types *types, struct sdp_agreed *out);

/* Can media go where this line says, from an address of ours of this family?  False: to none in the Internet, of
 * the other family (`either`: that may be), or to a group. */
bool stream_reaches(const struct sdp_media *m, enum family ours, bool either);

/* Can we take what is offered?  Fills `*out` and the direction to write into the
 * answer.  False: reject it (6: nothing in common, another kind or protocol,
 * an address that is not reached from `local->rtp`, port 0). */
bool stream_accept(const struct sdp *sdp, const struct sdp_media *offered, const struct sdp_local *local,
                   struct payload_types *types, struct sdp_agreed *out, enum sdp_direction *answer);

/* What our offer (`offer` as filled by stream_offer, its direction and ptime) has
 * become by this answer.  False: rejected, or nothing of it is ours. */
bool stream_complete(const struct sdp *sdp, const struct sdp_media *answered, const struct sdp_agreed *offer,
                     enum sdp_direction offered, unsigned ptime, struct payload_types *types, struct sdp_agreed *out);

/* Write the m= line and what belongs to it, with the formats of `a`; c= only if
 * the address is not that of the session. */
void stream_write(struct buf *b, const struct sdp_local *local, const struct sdp_agreed *a, uint16_t port,
                  enum sdp_direction direction, const struct address *session);

/* Write a stream that is rejected or gone (8.2): port 0 and one format. */
void stream_write_rejected(struct buf *b, const struct sdp_media *m);

#endif
