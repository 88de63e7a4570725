/* SPDX-License-Identifier: BSD-2-Clause */
/* digest.h - HTTP Digest as SIP uses it (RFC 3261 22, RFC 7616, RFC 8760). */

#ifndef SIP_DIGEST_H
#define SIP_DIGEST_H

#include "base/buf.h"
#include "base/hash.h"
#include "base/scan.h"

struct challenge { /* a WWW-Authenticate or Proxy-Authenticate value */
    struct slice        realm, nonce, opaque, algorithm_text, qop_text; /* quotes removed, escapes kept */
    enum hash_algorithm algorithm;
    bool                known;    /* Digest, with an algorithm we have */
    bool                sess;     /* MD5-sess, ...                     */
    bool                qop_auth; /* offers qop=auth                   */
    bool                has_qop;
    bool                stale;
};

struct credentials { /* an Authorization or Proxy-Authorization value */
    struct slice        username, realm, nonce, uri, response, cnonce, opaque, qop, nc_text;
    enum hash_algorithm algorithm;
    bool                known;
    bool                sess;
    uint32_t            nc;
};

/* One header value, all of it.  A scheme other than Digest, or an algorithm we
 * lack, leaves known == false.  False only if it is malformed: no auth-params, a
 * parameter twice, one missing that must be there (realm and nonce; username,
 * uri and response; nc and cnonce with qop), a qop that is no token. */
bool challenge_scan(struct scan *s, struct challenge *out);
bool credentials_scan(struct scan *s, struct credentials *out);

struct slice hash_algorithm_name(enum hash_algorithm algorithm); /* "MD5", "SHA-256", "SHA-512-256" */

enum { DIGEST_HEX = 2 * HASH_MAX + 1 };

/* user:realm:password hashed, as lower-case hex with NUL: what the server stores. */
void digest_ha1(struct hasher *h, enum hash_algorithm algorithm, struct slice user, struct slice realm,
                struct slice password, char hex[DIGEST_HEX]);

/* The response value for these credentials (RFC 7616 3.4.1; RFC 2069 form when
 * qop is empty).  `ha1` is hex.  Only qop=auth: auth-int is not offered. */
void digest_response(struct hasher *h, const struct credentials *c, struct slice ha1, struct slice method,
                     char hex[DIGEST_HEX]);

/* Does `c` prove knowledge of ha1?  Constant time in the secret. */
bool digest_verify(struct hasher *h, const struct credentials *c, struct slice ha1, struct slice method);

/* "Digest username=..., ..." ready for the header. */
void credentials_write(struct buf *b, const struct credentials *c, struct slice response);
/* "Digest realm=..., nonce=..., algorithm=..., qop="auth"[, stale=true]" */
void challenge_write(struct buf *b, const struct challenge *c);

#endif
