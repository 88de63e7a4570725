/* SPDX-License-Identifier: BSD-2-Clause */
/* presence.h - who may see whether an account's user is there, and what he sees: the phone is the presence agent of its
 * own accounts (RFC 3856 3), beside whatever a server makes of what it publishes (publication.h).
 *
 *     SUBSCRIBE of a stranger                   refused, 403
 *     of somebody whom our registrar asserts    as the account says, and as the user has said before of him;
 *                                               else pending, and PHONE_WATCHER asks
 *     presence_decide                           active, terminated (rejected), or active and told that nobody is there
 *
 * Not told: whom one talks to.  What is told is what presence_publish has said last, even where no server takes it;
 * else that the user is there, and that he is in a call, if who watches may know that. */

#ifndef CALL_PRESENCE_H
#define CALL_PRESENCE_H

#include "call/phone.h"

enum presence_answer {
    PRESENCE_UNDECIDED,
    PRESENCE_ALLOWED,
    PRESENCE_BLOCKED, /* politely (RFC 5025): he sees that nobody is there, whatever is so */
    PRESENCE_REFUSED,
};

enum { PRESENCE_ANSWERS = 64 };

/* What is so for `who`, a SIP URI, from now on, whether he watches already or not; it is remembered as long as the
 * account is there, of the last PRESENCE_ANSWERS who were decided upon.  PRESENCE_UNDECIDED: as if nothing had been
 * said; he who is watching keeps what he has.  -ERR_NOT_FOUND (account), -ERR_SYNTAX (who), -ERR_TOO_LARGE,
 * -ERR_NO_MEMORY. */
int presence_decide(struct phone *p, object_id account, struct slice who, enum presence_answer answer);

#endif
