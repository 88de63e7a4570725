/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_tickets.h - the keys that session tickets are sealed with (RFC 5077 4, RFC 8446 4.6.1).
 *
 * A ticket is the session itself, sealed, in the client's hands: the server remembers
 * nothing, and any worker that has the keys can take it up again.
 *
 *     period n-1       period n          period n+1
 *     key A seals      key B seals       key C seals
 *                      A still opens     B still opens, A is forgotten
 *
 * A key that is forgotten opens no old recording: so they are made anew, not derived. */

#ifndef NET_TLS_TICKETS_H
#define NET_TLS_TICKETS_H

#include "base/msec.h"

#include <stdbool.h>
#include <stdint.h>

enum { TLS_TICKET_PERIOD = 6 * 3600 * 1000 }; /* ms */

struct tls_ticket_key {
    uint8_t name[16]; /* in clear before each ticket */
    uint8_t cipher[32], mac[32];
};

struct tls_tickets {
    uint64_t              period;       /* of `seals` */
    struct tls_ticket_key seals, opens; /* this period's, the one's before it */
    bool                  has_old;
};

/* New keys for the period that `now` lies in.  False if there are no random numbers. */
bool tls_tickets_init(struct tls_tickets *t, msec now);
/* Do they seal at `now`? */
bool tls_tickets_are_current(const struct tls_tickets *t, msec now);
/* Go on to the period that `now` lies in.  False, and nothing changed, if there are no
 * random numbers: the old ones serve on. */
bool tls_tickets_turn(struct tls_tickets *t, msec now);
/* Forget. */
void tls_tickets_wipe(struct tls_tickets *t);

/* The key that has this name, NULL if it is not known (any more). */
const struct tls_ticket_key *tls_tickets_find(const struct tls_tickets *t, const uint8_t name[16]);

#endif
