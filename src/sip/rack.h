/* SPDX-License-Identifier: BSD-2-Clause */
/* rack.h - RAck: which reliable provisional response a PRACK acknowledges (RFC 3262 7.2).
 *
 *     RAck: 776656 1 INVITE      its RSeq, then the CSeq of the request it answers */

#ifndef SIP_RACK_H
#define SIP_RACK_H

#include "sip/write.h"

struct rack {
    uint32_t    rseq;
    struct cseq cseq; /* the method's text borrows from the value */
};

/* False if it is not one.  RSeq is 1 or more (7.1); numbers beyond 2^32-1 are none. */
bool rack_parse(struct slice value, struct rack *out);
/* Write the line. */
void rack_put(struct gather *g, uint32_t rseq, uint32_t cseq, enum method method);

#endif
