/* SPDX-License-Identifier: BSD-2-Clause */
/* auth.h - a client's answers to Digest challenges (RFC 3261 22, RFC 7616,
 * RFC 8760).
 *
 * One `struct auth` remembers the last challenge of each realm for an account
 * or a call, so that further requests carry credentials from the start, with a
 * nonce count that rises.
 *
 *     auth_begin(&a);                        before each new request
 *     auth_write(&a, ...);                   while it is written, each time
 *     if (auth_challenged(&a, &secret, response) == AUTH_RETRY) write it again
 *     auth_answered(&a, ..., response);      a 2xx: has it been given by who knows the
 *                                            password, and what is the next nonce?
 *
 * A challenge is answered once for each request and realm; again only if the
 * server calls the nonce stale, and then AUTH_STALE_MAX times at most.  So a
 * wrong password costs one round, never a loop. */

#ifndef DIALOG_AUTH_H
#define DIALOG_AUTH_H

#include "base/random.h"
#include "sip/digest.h"
#include "sip/write.h"

enum { AUTH_REALMS = 4, AUTH_STALE_MAX = 3, AUTH_REALM_MAX = 256, AUTH_USER_MAX = 256, AUTH_CNONCE = 16 };

/* What the user gave: a password, or the HA1 of one algorithm in lower-case hex. */
struct auth_secret {
    struct slice        user, password, ha1;
    enum hash_algorithm ha1_algorithm;
};

enum auth_result {
    AUTH_RETRY,       /* send the request again, with auth_write's lines         */
    AUTH_REFUSED,     /* the credentials were just rejected, or there are none   */
    AUTH_UNSUPPORTED, /* no challenge has an algorithm and qop that we have      */
    AUTH_MALFORMED,   /* no challenge in the response, or unreadable             */
    AUTH_NO_MEMORY,
};

/* What the Authentication-Info of a 2xx says (RFC 7616 3.5). */
enum auth_word {
    AUTH_WORD_NONE,  /* nothing of who has sent it                                   */
    AUTH_WORD_GOOD,  /* he knows the password, too                                   */
    AUTH_WORD_FALSE, /* he pretends to                                               */
};

struct auth_realm {
    char            *memory; /* what the slices of the challenge point into */
    struct challenge challenge;
    bool             proxy;
    uint32_t         nc;                  /* of the last request sent with this nonce  */
    unsigned         answered;            /* challenges answered for this request      */
    char             cnonce[AUTH_CNONCE]; /* of that request                */
};

struct auth {
    struct auth_realm realms[AUTH_REALMS];
    unsigned          count;
};

void auth_init(struct auth *a);
void auth_fini(struct auth *a);

/* A new request starts: earlier answers count no more. */
void auth_begin(struct auth *a);

/* Take the challenges of a 401 or 407, the strongest known algorithm of each
 * realm, the topmost of equals (RFC 8760 2.4).  Keeps copies. */
enum auth_result auth_challenged(struct auth *a, const struct auth_secret *secret, const struct message *response);

/* Write an Authorization or Proxy-Authorization line for each realm known.  `body` is that
 * of the request: it counts where a server wants auth-int alone. */
void auth_write(struct auth *a, const struct auth_secret *secret, struct hasher *hasher, const struct random *random,
                enum method method, struct slice uri, struct slice body, struct gather *g);

/* Take the Authentication-Info of the 2xx to the request that was written last, with this
 * URI: the next nonce is the one for the next request.  Without memory it is forgotten,
 * and so is that of a false word. */
enum auth_word auth_answered(struct auth *a, const struct auth_secret *secret, struct hasher *hasher, struct slice uri,
                             const struct message *response);

#endif
