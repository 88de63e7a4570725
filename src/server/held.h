/* SPDX-License-Identifier: BSD-2-Clause */
/* held.h - a request that waits for something before it goes on: for its number from the
 * DNS (number.c), for a user from the store (user_hold.c).
 *
 * It is one of a list of its server, of bounded length; its INVITE may be cancelled
 * meanwhile, and who ends the server ends them all. */

#ifndef SERVER_HELD_H
#define SERVER_HELD_H

#include "base/id.h"
#include "base/list.h"
#include "sip/message.h"

struct server;

struct held {
    struct link     link; /* in server->held */
    struct server  *server;
    object_id       txn;
    struct message *request; /* held */
    /* Stops what it waits for and frees what it is a member of, without a word; it calls
     * held_end. */
    void (*drop)(struct held *h);
};

/* False: too many are held. */
bool held_begin(struct held *h, struct server *s, object_id txn, struct message *request, void (*drop)(struct held *h));
void held_end(struct held *h);

/* The INVITE is answered 487 and waits no longer.  False if it did not. */
bool held_cancel(struct server *s, object_id invite);
void held_drop_all(struct server *s);

#endif
