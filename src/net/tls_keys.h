/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_keys.h - what the process speaks TLS with: its certificates and their keys, whom
 * it trusts, what it demands of its peers.
 *
 * Read and checked as a whole, immutable from then on, and held by count: a worker that
 * still has sessions of an older set keeps that.  Made on the main thread, used by all.
 *
 *     struct tls_setup (from the configuration)
 *          | tls_keys_load: files are read, keys fit, names and times are looked at
 *          V
 *     struct tls_keys --- tls_shared_set ---> struct tls_shared (net/tls_shared.h)
 *
 * Private keys are OpenSSL's, which wipes them when the last holder has dropped the set. */

#ifndef NET_TLS_KEYS_H
#define NET_TLS_KEYS_H

#include "base/slice.h"

#include <stdint.h>

/* Do we ask a peer that connects to us for its certificate?  One that is offered must
 * be good either way. */
enum tls_clients { TLS_CLIENTS_NONE, TLS_CLIENTS_OPTIONAL, TLS_CLIENTS_REQUIRED };

/* PEM: a file, or text in memory: then the file is only where it will be. */
struct tls_certificate {
    const char *domain; /* "example.com"; "*.example.com": every name under it; "": for no or unknown SNI */
    const char *chain_file, *key_file;
    const char *chain_text, *key_text;
};

struct tls_keys;

/* All is borrowed until tls_keys_load returns.  All zero but verify_servers: a program that
 * only connects. */
struct tls_setup {
    const struct tls_certificate *certificates; /* without one nobody can connect to us */
    size_t                        certificate_count;
    const char                   *trust_file; /* PEM of the CAs we trust; NULL: the system's */
    const char                   *trust_text; /* the same in memory                          */
    bool                          verify_servers;
    enum tls_clients              clients;
    bool                          tls13_only; /* TLS 1.2 is refused                       */
    const char                   *ciphers;    /* for TLS 1.2, as OpenSSL writes them; NULL or "": CIPHERS */
    uint64_t                      now;        /* s since 1970: what has expired by then is refused; 0: not looked at */
    struct tls_keys              *in_use;     /* may be NULL.  A certificate of these is not refused for its time; whom
                                               * they trust is not read again from a file that has not changed */
};

/* Which of the setup's parts a problem is about. */
enum tls_setup_part { TLS_SETUP_CERTIFICATE, TLS_SETUP_TRUST, TLS_SETUP_CIPHERS, TLS_SETUP_MEMORY };

struct tls_problem {
    enum tls_setup_part part;
    size_t              index;     /* of the certificate       */
    char                text[512]; /* a sentence for people, with the file's name; no secret */
};

/* Read and check everything.  Stops at the first problem.  Returns 0, -ERR_NOT_FOUND,
 * -ERR_PERMISSION (also: others may read the key), -ERR_IO, -ERR_CORRUPT (not what it should be),
 * -ERR_UNSUPPORTED (weaker than we allow; encrypted key), -ERR_TIMEOUT (expired) or -ERR_NO_MEMORY. */
int tls_keys_load(const struct tls_setup *setup, struct tls_keys **out, struct tls_problem *problem);

/* Any thread. */
struct tls_keys *tls_keys_hold(struct tls_keys *keys);
void             tls_keys_drop(struct tls_keys *keys);

/* What was loaded, in the order of the setup.  Slices live as long as the set is held. */
struct tls_keys_entry {
    struct slice    domain, chain_file; /* chain_file: empty if it was text */
    struct x509_st *certificate;        /* borrowed: the first of the chain */
};

size_t                tls_keys_count(const struct tls_keys *keys);
struct tls_keys_entry tls_keys_entry(const struct tls_keys *keys, size_t index);

/* The file of this one is not there after all.  Before others hold the set. */
void tls_keys_forget_file(struct tls_keys *keys, size_t index);

#endif
