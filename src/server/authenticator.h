/* SPDX-License-Identifier: BSD-2-Clause */
/* authenticator.h - who is asking: digest challenges and their proof
 * (RFC 3261 22, RFC 7616, RFC 8760).  Each worker has one; the nonces are one server's
 * (nonces.h), so a proof that one worker has accepted is a replay to all. */

#ifndef SERVER_AUTHENTICATOR_H
#define SERVER_AUTHENTICATOR_H

#include "net/world.h"
#include "server/nonces.h"
#include "server/user_reader.h"
#include "sip/digest.h"
#include "sip/write.h"

struct authenticator;

enum auth_result {
    AUTH_OK,
    AUTH_NONE,   /* no credentials for our realm: challenge                   */
    AUTH_STALE,  /* right, but with an old, used or recycled nonce: challenge with stale=true */
    AUTH_WRONG,  /* unknown user or wrong password: challenge                 */
    AUTH_BROKEN, /* credentials that cannot be read: 400                      */

    AUTH_WAIT,    /* the user is being fetched from the store: check again when he is there */
    AUTH_FAILED,  /* the store could not be asked: 503 with Retry-After                     */
    AUTH_LIMITED, /* too many wrong proofs lately: not judged, 503 with Retry-After         */
};

/* What has been proved, with AUTH_OK; and when to come again, with AUTH_LIMITED. */
struct auth_proof {
    struct slice        user; /* his name, unescaped; in `memory` */
    enum hash_algorithm algorithm;
    msec                retry_after;
    char                memory[USER_NAME_MAX];
};

/* Borrows `users`, `nonces` and `realm`.  NULL without memory or digest algorithms. */
struct authenticator *authenticator_new(struct world *w, struct user_reader *users, struct nonces *nonces,
                                        struct slice realm, msec nonce_lifetime, bool sha256);
void                  authenticator_free(struct authenticator *a);

/* Judge the credentials in `header` (Authorization or Proxy-Authorization) of
 * `request` against the user they name, of `domain`.  A proof points into itself: do
 * not move it. */
enum auth_result authenticator_check(struct authenticator *a, const struct message *request, enum header_id header,
                                     struct slice domain, struct auth_proof *proof);

/* Put one challenge header per algorithm, strongest first (RFC 8760 2.3). */
void authenticator_challenge(struct authenticator *a, struct gather *g, enum header_id header, bool stale);

#endif
