/* SPDX-License-Identifier: BSD-2-Clause */
/* user_hold.h - requests that wait for a user from the store. */

#ifndef SERVER_USER_HOLD_H
#define SERVER_USER_HOLD_H

#include "server/internal.h"

enum {
    USER_HOLD_TIME  = 5000, /* ms; then 503 */
    USER_HOLD_TIMES = 8,    /* that one request may wait: for who asks, for who is asked, and so on */
};

/* After USER_WAIT or AUTH_WAIT: hold the request of `p`, and decide on it again from the
 * start when the user is there.  Or, once it has been judged who asks (a nonce is good
 * for that only once): decide on `p` again, with what it knows. */
void user_hold(struct server *s, object_id txn, struct message *request);
void user_hold_passage(struct server *s, const struct passage *p);

#endif
