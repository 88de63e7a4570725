/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_keys_private.h - the inside of a set of keys, for those who make an SSL_CTX of it. */

#ifndef NET_TLS_KEYS_PRIVATE_H
#define NET_TLS_KEYS_PRIVATE_H

#include "net/tls_keys.h"

#include <openssl/ssl.h>
#include <stdatomic.h>
#include <sys/stat.h>

struct tls_pair {
    char *domain, *chain_file;
    X509 *leaf;
    STACK_OF(X509) * above; /* the rest of the chain, without the leaf */
    EVP_PKEY *key;
    bool      self_signed;
};

enum { TLS_KEYS_ID = 16 };

/* Which file it was, and of when; all zero: not known. */
struct tls_file {
    dev_t           device;
    ino_t           number;
    off_t           size;
    struct timespec modified, changed;
};

struct tls_keys {
    atomic_uint      holders;
    struct tls_pair *pairs;
    size_t           count;
    X509_STORE      *trust;            /* NULL: nobody is verified */
    struct tls_file  trust_file;       /* that it was read from    */
    STACK_OF(X509_NAME) * trust_names; /* told to clients whose certificate we want; NULL: none are */
    bool             verify_servers;
    enum tls_clients clients;
    bool             tls13_only;
    char            *ciphers;
    uint8_t          id[TLS_KEYS_ID]; /* a hash of whom we trust: a session is taken up again only under the same */
};

/* An SSL_CTX with our floor: TLS 1.2 with ECDHE and AEAD, or 1.3; no renegotiation, no
 * compression, no early data.  `pair` NULL: without certificate.  NULL: OpenSSL's queue says why. */
SSL_CTX *tls_policy_new(const struct tls_keys *keys, const struct tls_pair *pair, bool is_server);

/* The name of a cipher for TLS 1.2 below our floor in `list`, copied into `name`; "" if they are
 * all good.  False if the list names no cipher at all. */
bool tls_policy_check(const char *list, char *name, size_t name_size);

#endif
