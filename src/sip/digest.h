/* SPDX-License-Identifier: BSD-2-Clause */
/* digest.h - HTTP Digest as SIP uses it (RFC 3261 22, RFC 7616, RFC 8760).
 *
 * What stands between quotes is kept as it came, escapes and all, and is written so
 * again; what is hashed or compared is what it means: a backslash before any byte
 * counts for nothing (RFC 7616 3.3, "unq"). */

#ifndef SIP_DIGEST_H
#define SIP_DIGEST_H

#include "base/buf.h"
#include "base/hash.h"
#include "base/scan.h"

struct challenge { /* a WWW-Authenticate or Proxy-Authenticate value */
    struct slice        realm, nonce, opaque, algorithm_text, qop_text; /* quotes removed, escapes kept */
    enum hash_algorithm algorithm;
    bool                known; /* Digest, with an algorithm we have */
    bool                sess;  /* MD5-sess, ...                     */
    bool                has_qop, qop_auth, qop_auth_int;
    bool                stale;
    bool                userhash; /* the name may be sent as its hash */
};

struct credentials { /* an Authorization or Proxy-Authorization value; quotes removed, escapes kept */
    struct slice        username, realm, nonce, uri, response, cnonce, opaque, qop, nc_text;
    struct slice        username_ext; /* username*, in place of username (RFC 5987) */
    enum hash_algorithm algorithm;
    bool                known;
    bool                sess;
    bool                userhash; /* username is the hash of the name */
    uint32_t            nc;
};

struct auth_info { /* an Authentication-Info value (RFC 7616 3.5); empty: not there */
    struct slice nextnonce, qop, rspauth, cnonce, nc_text;
};

/* One header value, all of it.  A scheme other than Digest, or an algorithm we
 * lack, leaves known == false.  False only if it is malformed: no auth-params, a
 * parameter twice, one missing that must be there (realm and nonce; username,
 * uri and response; nc and cnonce with qop), a qop that is no token, username* beside
 * username or not in UTF-8, a userhash that is neither true nor false. */
bool challenge_scan(struct scan *s, struct challenge *out);
bool credentials_scan(struct scan *s, struct credentials *out);
bool auth_info_scan(struct scan *s, struct auth_info *out);

/* The name in `c`, or its hash: escapes of either kind resolved. */
void credentials_write_user(struct buf *b, const struct credentials *c);
/* Does what stood between quotes mean `plain`? */
bool digest_means(struct slice inner, struct slice plain);

struct slice hash_algorithm_name(enum hash_algorithm algorithm); /* "MD5", "SHA-256", "SHA-512-256" */
/* Any case; "-sess" is none of them. */
bool hash_algorithm_parse(struct slice text, enum hash_algorithm *algorithm);

/* "Digest username=..., ..." ready for the header. */
void credentials_write(struct buf *b, const struct credentials *c, struct slice response);
/* "Digest realm=..., nonce=..., algorithm=..., qop="auth"[, stale=true][, userhash=true]" */
void challenge_write(struct buf *b, const struct challenge *c);
/* What of it stands behind the nonce. */
void challenge_write_rest(struct buf *b, const struct challenge *c);
/* "[nextnonce="..."][, ]qop=auth, rspauth="...", cnonce="...", nc=00000001" */
void auth_info_write(struct buf *b, const struct auth_info *i);

/* ---- digest_hash.c ---- */

enum { DIGEST_HEX = 2 * HASH_MAX + 1 };

/* user:realm:password hashed, as lower-case hex with NUL: what the server stores. */
void digest_ha1(struct hasher *h, enum hash_algorithm algorithm, struct slice user, struct slice realm,
                struct slice password, char hex[DIGEST_HEX]);
/* user:realm hashed: what stands in place of the name (RFC 7616 3.4.4). */
void digest_userhash(struct hasher *h, enum hash_algorithm algorithm, struct slice user, struct slice realm,
                     char hex[DIGEST_HEX]);

/* The response value for these credentials (RFC 7616 3.4.1; RFC 2069 form when
 * qop is empty).  `ha1` is hex.  The body counts for qop=auth-int only.  False if
 * there are more escapes than anyone needs. */
bool digest_response(struct hasher *h, const struct credentials *c, struct slice ha1, struct slice method,
                     struct slice body, char hex[DIGEST_HEX]);
/* What proves in a 2xx with this body that the server knows ha1, too (3.5). */
bool digest_rspauth(struct hasher *h, const struct credentials *c, struct slice ha1, struct slice body,
                    char hex[DIGEST_HEX]);

/* Does `c` prove knowledge of ha1?  Constant time in the secret.  A qop other than
 * auth and auth-int proves nothing. */
bool digest_verify(struct hasher *h, const struct credentials *c, struct slice ha1, struct slice method,
                   struct slice body);
/* The same, and in any case `rspauth` for a 2xx without a body: what both share is hashed once; "" if that is to be
 * asked for: auth-int, or no qop. */
bool digest_verify_mutually(struct hasher *h, const struct credentials *c, struct slice ha1, struct slice method,
                            struct slice body, char rspauth[DIGEST_HEX]);

#endif
