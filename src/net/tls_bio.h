/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_bio.h - what OpenSSL reads from and writes to: the slice in hand and one buffer,
 * both of a context and lent to the session that works.
 *
 * A BIO of the kind "memory" would keep a buffer for each session and copy everything once
 * more. */

#ifndef NET_TLS_BIO_H
#define NET_TLS_BIO_H

#include "base/slice.h"

#include <openssl/bio.h>

struct tls_wire {
    struct slice *in;  /* moves as it is read; NULL: nothing is in hand */
    char         *out; /* what was written */
    size_t        out_len, out_cap;
};

/* The kind; NULL without memory. */
BIO_METHOD *tls_bio_method(void);
/* One for one session; borrows `wire`.  NULL without memory. */
BIO *tls_bio_new(BIO_METHOD *method, struct tls_wire *wire);

/* Room for `more` bytes, so that writing them cannot fail.  False without memory. */
bool tls_wire_reserve(struct tls_wire *w, size_t more);
/* Forget what was written, and memory that is more than usual. */
void tls_wire_empty(struct tls_wire *w);
void tls_wire_fini(struct tls_wire *w);

#endif
