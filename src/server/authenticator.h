/* SPDX-License-Identifier: BSD-2-Clause */
/* authenticator.h - who is asking: digest challenges and their proof
 * (RFC 3261 22, RFC 7616, RFC 8760).  Each worker has one; the nonces are one server's
 * (nonces.h), so a proof that one worker has accepted is a replay to all.
 *
 * What is offered is accepted, and nothing else: no other algorithm, no session variant
 * of one, no other qop.  Credentials of that kind are as none at all.
 *
 * Whoever tries a name that does not exist sees what he would see with a wrong password,
 * and waits as long: each proof that is judged costs the same digests. */

#ifndef SERVER_AUTHENTICATOR_H
#define SERVER_AUTHENTICATOR_H

#include "net/world.h"
#include "server/auth_guard.h"
#include "server/config.h"
#include "server/nonces.h"
#include "server/user_reader.h"
#include "sip/digest.h"
#include "sip/write.h"

struct authenticator;

enum { CREDENTIALS_JUDGED = 4 }; /* of one request; further ones are not looked at */

enum auth_result {
    AUTH_OK,
    AUTH_NONE,   /* no credentials for our realm of a kind that we offer: challenge      */
    AUTH_STALE,  /* an old, used, recycled or unknown nonce: challenge with stale=true   */
    AUTH_WRONG,  /* unknown user or wrong password: challenge                            */
    AUTH_BROKEN, /* credentials that cannot be read, whosever they are: 400              */
    AUTH_ASTRAY, /* right, but for another URI (prove.c): 400                            */

    AUTH_WAIT,    /* the user is being fetched from the store: check again when he is there */
    AUTH_FAILED,  /* the store could not be asked: 503 with Retry-After                     */
    AUTH_LIMITED, /* too many wrong proofs lately: not judged, 503 with Retry-After         */
};

/* What has been proved, with AUTH_OK; who tried, else; and when to come again, with
 * AUTH_LIMITED.
 *
 * Attempts are counted by `named`, what stands in the request, be it a name or the hash of
 * one: whose hash it is, or that it is nobody's, is not to be seen from who is held. */
struct auth_proof {
    struct slice       user;  /* his name, unescaped; in the memories below */
    struct slice       named; /* what was given for it                      */
    struct credentials given; /* with AUTH_OK: borrowed from the request    */
    struct nonce       nonce;
    struct slice       ha1;
    char               rspauth[DIGEST_HEX]; /* with AUTH_OK: for a 2xx without a body; "": is to be hashed */
    bool               no_hash; /* with AUTH_WRONG: there is such a user, but no hash of his by this algorithm */
    msec               retry_after;
    char               memory[USER_NAME_MAX], named_memory[USER_KEY_MAX], ha1_memory[USER_HA1_MAX];
};

/* Borrows `users`, `nonces`, `realm` and `config`.  NULL without memory or digest
 * algorithms. */
struct authenticator *authenticator_new(struct world *w, struct user_reader *users, struct nonces *nonces,
                                        struct slice realm, const struct config *config);
void                  authenticator_free(struct authenticator *a);

/* Offer and accept what `config` says from now on; borrows it. */
void authenticator_configure(struct authenticator *a, const struct config *config);

/* Slow down those who guess passwords from now on; borrows both. */
void authenticator_guard(struct authenticator *a, struct attempts *attempts, struct log_limit *lines);

/* Judge the credentials in `header` (Authorization or Proxy-Authorization) of
 * `request` against the user they name, of `domain`.  Of several for our realm, one that
 * is right is enough.  A proof points into itself: do not move it. */
enum auth_result authenticator_check(struct authenticator *a, const struct message *request, enum header_id header,
                                     struct slice domain, struct auth_proof *proof);

/* Does `response` prove knowledge of the password, too, with `more` behind the digest-uri?  Of
 * what has proved AUTH_OK with qop=auth (RFC 3329 2.2, d-ver). */
bool authenticator_verifies(struct authenticator *a, const struct auth_proof *proof, struct slice method,
                            struct slice more, struct slice response);

/* Write one challenge header per algorithm, strongest first (RFC 8760 2.3). */
void authenticator_write_challenges(struct authenticator *a, struct buf *b, enum header_id header, bool stale);
/* The same into a response in the making. */
void authenticator_challenge(struct authenticator *a, struct gather *g, enum header_id header, bool stale);

/* Put Authentication-Info (RFC 7616 3.5) into the 2xx with this body: that we know the
 * secret, too, and the next nonce, if the proof's will have ended at `next_until`.
 * Nothing for who has given no qop: he knows RFC 2069 only (RFC 3261 22.4). */
void authenticator_info(struct authenticator *a, const struct auth_proof *proof, msec next_until, struct slice body,
                        struct gather *g);

/* How much has been hashed so far: hasher_work. */
uint64_t authenticator_work(const struct authenticator *a);

#endif
