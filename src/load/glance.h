/* SPDX-License-Identifier: BSD-2-Clause */
/* glance.h - the few things that most responses are about: a status, a branch, a CSeq.
 *
 * Of seven messages that a call brings to the generator four are provisional, or the
 * 2xx of a BYE: nothing else in them is needed.  Not reading the rest saved a caller
 * 11,000 of 46,000 instructions a call. */

#ifndef LOAD_GLANCE_H
#define LOAD_GLANCE_H

#include "sip/message.h"

struct glance {
    unsigned     status;
    struct slice branch; /* of the topmost Via; borrows */
    uint32_t     cseq;
    enum method  method;
};

/* False if it is no response, or one that is written in an unusual way (folded lines, no
 * branch, ...): whoever wants to know more parses it. */
bool glance_response(struct slice bytes, struct glance *out);

#endif
