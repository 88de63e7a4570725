/* SPDX-License-Identifier: BSD-2-Clause */
/* gruu.h - globally routable user agent URIs: names for one phone of a user, that lead to
 * it from anywhere (RFC 5627).
 *
 *     public     sip:alice@example.test;gr=urn:uuid:f81d4fae-...     the AOR and the instance, in the open
 *     temporary  sip:tgruu.n4x...q2@example.test;gr                  both hidden, until the registration ends
 *
 * Neither is kept anywhere.  A public one says itself what it stands for.  The user part of
 * a temporary one is, in 56 characters of [a-z2-7],
 *
 *     nonce 12 | hidden 13: hash of the AOR 8, epoch 5 | seal 10           bytes
 *
 * hidden by a key stream that the nonce gives, and sealed against forgery, under keys that
 * only this domain has.  So two of them tell nobody whether they belong together (5.1), and
 * nobody makes one that he was not given.  The epoch is a number of the instance's
 * registration (struct binding.gruu): when that ends, or goes on with another Call-ID, all
 * temporary GRUUs of before are void (5.3), and nothing has to be found and deleted. */

#ifndef ROUTE_GRUU_H
#define ROUTE_GRUU_H

#include "base/hash.h"
#include "sip/uri.h"

enum {
    GRUU_SECRET     = 32, /* bytes of the key that all others are made of           */
    GRUU_NONCE      = 12,
    GRUU_USER       = 62, /* of the user part of a temporary one                    */
    GRUU_EPOCH_BITS = 40,
};

struct gruu_keys {
    uint8_t hide[32], seal[32];
};
void gruu_keys_init(struct gruu_keys *k, struct hasher *h, const uint8_t secret[GRUU_SECRET]);

/* What a temporary GRUU stands for. */
struct gruu_registration {
    uint64_t aor;   /* hash of the AOR under a key that is kept (location_hash) */
    uint64_t epoch; /* below 2^GRUU_EPOCH_BITS                                  */
};

/* `aor` is a canonical key, "sip:alice@example.test"; nothing is written for any other.
 * `secure`: the sips form, for a sips Contact (RFC 5630 5.2.1).  What stands in `b` needs no
 * escaping within quotes.  `instance` is the text of +sip.instance; too
 * long a one gets none, either. */
void gruu_write_public(struct buf *b, struct slice aor, bool secure, struct slice instance);
/* `nonce` is random, and no two are alike. */
void gruu_write_temporary(struct buf *b, struct slice aor, bool secure, const struct gruu_registration *r,
                          const uint8_t nonce[GRUU_NONCE], const struct gruu_keys *keys, struct hasher *h);

/* The domain of a canonical key "sip:alice@example.test"; empty if it is none such. */
struct slice gruu_domain(struct slice aor);

enum gruu_kind {
    GRUU_NONE,      /* no gr parameter: an ordinary URI         */
    GRUU_PUBLIC,    /* gr=INSTANCE: see gruu_is_instance        */
    GRUU_TEMPORARY, /* `gr`, and the user part is one of ours   */
    GRUU_INVALID,   /* `gr`, and it is not                      */
};

struct gruu {
    enum gruu_kind           kind;
    struct slice             instance;     /* PUBLIC: the value of gr, borrowed */
    struct gruu_registration registration; /* TEMPORARY */
};

/* What a URI of our domain is.  Whether it leads anywhere is for the location to say. */
struct gruu gruu_read(const struct uri *uri, const struct gruu_keys *keys, struct hasher *h);

/* Is this the user part of a temporary one?  Then it is no AOR's (5.4). */
bool gruu_is_user(struct slice user, const struct gruu_keys *keys, struct hasher *h);

/* Is `gr`, as it stands in a URI, this instance (sip/instance.h)?  Escapes are resolved. */
bool gruu_is_instance(struct slice gr, struct slice instance);

#endif
