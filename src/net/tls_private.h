/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_private.h - the inside of contexts and sessions, shared by net/tls*.c.
 *
 *     tls_context.c    SSL_CTXs of the certificates in force, SNI, buffers
 *     tls_verify.c     is the peer's certificate good, is it the right one
 *     tls_resume.c     tickets that we seal, sessions that we keep
 *     tls.c            the session itself
 *
 * One session works at a time: while it does, it is the context's `current`, and callbacks of
 * OpenSSL find it there. */

#ifndef NET_TLS_PRIVATE_H
#define NET_TLS_PRIVATE_H

#include "net/tls.h"
#include "net/tls_bio.h"
#include "net/tls_keys_private.h"
#include "net/tls_sessions.h"

enum { TLS_RECORD = 16384, TLS_START = 8 };

/* Made of one set of keys; sessions hold those of its SSL_CTXs that they use. */
struct tls_set {
    struct tls_keys *keys;
    SSL_CTX        **servers; /* one for each certificate, NULL if there are none */
    SSL_CTX         *client;
    size_t           first; /* index of the certificate for no or unknown SNI */
};

struct tls_context {
    struct world       *world;
    struct tls_shared  *shared;
    uint64_t            generation; /* of `set` */
    struct tls_set      set;
    msec                retry_at; /* a new set could not be made: not before this time again */
    BIO_METHOD         *bio;
    struct tls_wire     wire;
    struct tls         *current; /* works */
    struct tls         *writer;  /* whose output is in the wire, not taken yet */
    bool                taken;   /* it has been taken, and may go */
    char                plain[TLS_RECORD], gather[TLS_RECORD];
    struct tls_tickets  tickets;
    EVP_CIPHER         *ticket_cipher;
    struct tls_sessions sessions; /* with servers */
};

enum tls_state { TLS_IS_NEW, TLS_IS_OPEN, TLS_IS_CLOSED, TLS_IS_BROKEN };

struct tls {
    struct tls_context *context;
    SSL                *ssl;
    struct tls_fault   *fault; /* NULL: none, or there was no memory to say more */
    enum tls_state      state;
    bool                is_server, is_shut;
    bool                verifies; /* who the peer is */
    uint8_t             start_len;
    char                start[TLS_START]; /* the first bytes that came */
    size_t              domain_len;
    char                domain[]; /* whom we have connected to */
};

struct slice tls_domain(const struct tls *t);
/* Seconds since 1970, by the world. */
time_t tls_wall(const struct tls_context *c);

/* Take up new keys if there are some, new tickets if it is time. */
void tls_context_refresh(struct tls_context *c);

/* tls_verify.c: decides about the peer's certificate, and says why not in t->fault. */
int  tls_verify(X509_STORE_CTX *chain, void *context);
void tls_complain(struct tls *t, enum tls_fault_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* tls_resume.c: make an SSL_CTX seal and open tickets, or keep sessions. */
bool tls_resume_server(struct tls_context *c, SSL_CTX *ctx);
void tls_resume_client(struct tls_context *c, SSL_CTX *ctx);
/* Under what its sessions may be taken up again: the same trust, and no less demanded. */
void tls_resume_limit(struct tls *t, const struct tls_keys *keys, enum tls_clients clients);
void tls_resume_offer(struct tls *t);

#endif
