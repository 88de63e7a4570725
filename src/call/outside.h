/* SPDX-License-Identifier: BSD-2-Clause */
/* outside.h - a request of an account outside of any dialog, and the same again with credentials when it is
 * challenged (RFC 3261 8.1, 22.2): MESSAGE, PUBLISH, SUBSCRIBE.  Not for anybody but call/.
 *
 *     outside_init(&o, account, METHOD_MESSAGE, target);
 *     outside_next(&o);                              before each but the first
 *     g = outside_begin(&o, &start, &error);         and again after each challenge
 *     gather_header(g, ...);
 *     outside_send(&o, &start, type, body, &user);
 *     if (outside_challenged(&o, response)) begin and send it again */

#ifndef CALL_OUTSIDE_H
#define CALL_OUTSIDE_H

#include "call/state.h"

struct outside {
    struct account  *account;
    enum method      method;
    struct arena     arena;
    struct elsewhere targets;    /* the first one, and those of 3xx ... */
    struct arena     found;      /* ... which are here                  */
    struct slice     target, to; /* URI, name-addr        */
    struct slice     call_id, tag;
    uint32_t         cseq; /* of the last one       */
    struct auth      auth;
    unsigned         rounds; /* challenges answered, other targets tried */
    size_t           limit;  /* bytes on the wire; 0: none */
    object_id        txn;    /* of the last one, or 0 */
};

/* Keeps copies.  Returns 0, -ERR_SYNTAX (the target is no URI), -ERR_UNSUPPORTED (its scheme) or -ERR_NO_MEMORY; then
 * there is nothing to fini. */
int  outside_init(struct outside *o, struct account *a, enum method method, struct slice target);
void outside_fini(struct outside *o); /* nobody hears of what is under way */

/* Another Call-ID and tag: the next one has nothing to do with those before.  -ERR_NO_MEMORY. */
int outside_renew(struct outside *o);
/* The next one goes to whom the user named, whoever was asked meanwhile in his place. */
void outside_home(struct outside *o);

/* It is not the last one again but another: challenges are answered anew. */
void outside_next(struct outside *o);

/* Head and User-Agent; NULL and the error of request_begin otherwise. */
struct gather *outside_begin(struct outside *o, struct request_start *start, int *error);
/* Credentials, and the body.  Returns 0, -ERR_TOO_LARGE or -ERR_LIMIT (too many requests, or no memory). */
int outside_send(struct outside *o, const struct request_start *start, struct slice type, struct slice body,
                 const struct client_user *user);

/* A 401 or 407 to which there is something to say. */
bool outside_challenged(struct outside *o, const struct message *response);

/* What is not to be had there (`response`; NULL: nobody answered) may be had elsewhere, as 3xx say: begin and send it
 * again.  As with calls: nobody twice, never without sips where it was asked for, nowhere else after a 6xx. */
bool outside_elsewhere(struct outside *o, const struct message *response);

/* "Contact: ..." of a dialog that a request to this URI begins. */
void put_contact_to(const struct account *a, struct slice target, struct gather *g);

/* The flow by which a request within a dialog goes, if what that dialog began with came by this one: NULL where it may
 * be another (RFC 5626 4.3, RFC 7118 5). */
const struct flow *flow_kept(const struct flow *f);

#endif
