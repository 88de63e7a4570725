/* SPDX-License-Identifier: BSD-2-Clause */
/* privacy.h - what a message wants to be kept from others (RFC 3323, RFC 3325 9.3), and what of it a proxy can do.
 *
 *     none              nothing is to be hidden, and nobody may touch the header
 *     id                P-Asserted-Identity does not leave the trust domain: done here (identity.h)
 *     header, session,  Via, Contact and addresses of media: only what puts itself between both sides of a
 *     user, others      dialog could hide them.  This server does not; it leaves the header to who can
 *     critical          then better no call at all: 500 */

#ifndef ROUTE_PRIVACY_H
#define ROUTE_PRIVACY_H

#include "sip/message.h"

enum {
    PRIVACY_NONE     = 1 << 0,
    PRIVACY_ID       = 1 << 1,
    PRIVACY_HEADER   = 1 << 2,
    PRIVACY_SESSION  = 1 << 3,
    PRIVACY_USER     = 1 << 4,
    PRIVACY_CRITICAL = 1 << 5,
    PRIVACY_OTHER    = 1 << 6, /* a value that is not known here, or nothing that can be read */
};

/* The values of Privacy together; 0 if there is none. */
unsigned privacy_read(const struct message *m);

/* May the identity be told outside of the trust domain, as far as its owner has a say?  Not if he wants anything
 * hidden, and not if he calls himself anonymous (RFC 3323 4.1.1.3) without a word. */
bool privacy_allows(const struct message *m);

/* Does From say anonymous@anonymous.invalid, or anonymous of another host, and Privacy nothing? */
bool privacy_is_meant(const struct message *m);

/* Is there nothing among these values but what can be done here?  Then the option tag "privacy" is known. */
bool privacy_is_in_reach(unsigned values);

/* Must the request be refused with 500, being critical (RFC 3323 5)?  Then the reason phrase is put into `phrase`:
 * "Privacy cannot be provided: header, session". */
bool privacy_must_fail(unsigned values, struct buf *phrase);

#endif
