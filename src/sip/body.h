/* SPDX-License-Identifier: BSD-2-Clause */
/* body.h - which part of a message's body is for us (RFC 3261 8.2.3, 20.11, RFC 5621).
 *
 * What a recipient can take depends on the method: a list of types.  Of
 *   - multipart/alternative the last part that it understands is taken;
 *   - multipart/related its root (RFC 2387), and nothing else, while each other part must be
 *     understood too, unless its handling is optional;
 *   - any other multipart the first one; each other part must be understood too, unless
 *     its handling is optional.
 * A part is understood if its type is on the list, its disposition is the one that the type
 * has by itself, and it is not encoded. */

#ifndef SIP_BODY_H
#define SIP_BODY_H

#include "sip/message.h"
#include "sip/multipart.h"

enum { BODY_DEPTH_MAX = 4, BODY_PARTS_MAX = 32 }; /* beyond these nothing is understood */

enum body_verdict {
    BODY_NONE,        /* nothing there, or nothing but what may be passed over   */
    BODY_FOUND,       /* *part is for us                                         */
    BODY_UNSUPPORTED, /* something must be understood that is not: 415           */
    BODY_ENCODED,     /* the same, for the sake of its encoding alone: 415, too  */
    BODY_BROKEN,      /* no multipart body, whatever it says: 400                */
};

/* `types` is "application/sdp, text/plain": what is understood.  The part borrows from `m`; with
 * BODY_UNSUPPORTED it may still hold what was understood beside that (its type is empty if
 * not): a response cannot be refused. */
enum body_verdict body_find(const struct message *m, struct slice types, struct body_part *part);

/* The same of a part by itself. */
enum body_verdict body_find_in(const struct body_part *whole, struct slice types, struct body_part *part);

#endif
