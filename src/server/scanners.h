/* SPDX-License-Identifier: BSD-2-Clause */
/* scanners.h - who behaves like somebody who looks for something to abuse: what each source has
 * done lately that those do who look, and others hardly ever.
 *
 *     SCAN_UNKNOWN     has asked for many users who do not exist     each user counts once
 *     SCAN_GUESSED     gave wrong passwords for many users           each user counts once
 *     SCAN_REFUSED     has sent many requests that policy forbids
 *     SCAN_MALFORMED   has sent much that cannot be read
 *
 * Nothing is concluded from what a request says of itself, such as its User-Agent.  What came by
 * datagrams and what came by connections is counted apart, since the sender of a datagram can
 * be made up.  The memory is fixed (crowd.h); which users were counted is a set of bits, so a few of
 * them may be taken for others, never one for two.  Any thread. */

#ifndef SERVER_SCANNERS_H
#define SERVER_SCANNERS_H

#include "base/accounts.h"
#include "base/address.h"
#include "base/budget.h"
#include "base/msec.h"
#include "base/random.h"

struct scanners;

enum scan_kind { SCAN_UNKNOWN, SCAN_GUESSED, SCAN_REFUSED, SCAN_MALFORMED, SCAN_KINDS };

enum { SCANNERS_KEPT = 16384 };

struct scan_rules {
    msec     window;            /* after that it begins from 0 */
    unsigned limit[SCAN_KINDS]; /* 0: any number               */
};

/* NULL without memory. */
struct scanners *scanners_new(const struct random *random);
/* Account for its memory in `b`, which it borrows. */
void scanners_account(struct scanners *s, struct budget *b);
void scanners_free(struct scanners *s);

/* `source` has done this; `what` is the user whom it is about, if it is about one.  True: with it the limit
 * has been reached, and its count begins anew. */
bool scanners_note(struct scanners *s, const struct scan_rules *rules, const struct address *source, bool datagram,
                   enum scan_kind kind, struct slice what, msec now);

#endif
