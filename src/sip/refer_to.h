/* SPDX-License-Identifier: BSD-2-Clause */
/* refer_to.h - whom a REFER wants called (RFC 3515 2.1), and what of its URI may
 * go into that call (RFC 3261 19.1.5).
 *
 *     Refer-To: <sip:carol@192.0.2.3;method=INVITE?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2>
 *
 * Whoever sends it has no say in what a request of ours looks like: of the URI's
 * headers Replaces, Join and Require are understood, read, and written anew; all
 * others are as if they were not there. */

#ifndef SIP_REFER_TO_H
#define SIP_REFER_TO_H

#include "sip/name_addr.h"
#include "sip/replaces.h"

enum { REFER_TEXT = 2048 };

struct refer_to {
    struct slice    target; /* sip or sips URI without headers and method parameter */
    bool            has_replaces, has_join;
    struct replaces replaces, join;
    bool            required; /* Require names what is there of the two */
    char            text[REFER_TEXT];
};

/* Read the whole value of a Refer-To.  The slices of `out` point into it: it is not
 * copied.  Returns 0 or the status that the REFER deserves: 400, 403 (a method other
 * than INVITE), 414 (too long), 416 (not SIP). */
unsigned refer_to_read(struct slice value, struct refer_to *out);

/* Write the value for this URI, of which headers are left out.  `replaces` may be
 * NULL; `required`: its receiver shall insist on it. */
void refer_to_write(struct buf *b, struct slice target, const struct replaces *replaces, bool required);
/* The same with Join, on which its receiver shall insist. */
void refer_to_write_join(struct buf *b, struct slice target, const struct replaces *join);

#endif
