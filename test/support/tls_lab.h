/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_lab.h - a CA, certificates, and two TLS sessions joined in memory.
 *
 *     struct tls_lab lab;  struct tls_two two;
 *
 *     tls_lab_init(&lab);
 *     tls_lab_add(&lab, "example.com");               a certificate of the lab's CA
 *     lab.setup.clients = TLS_CLIENTS_OPTIONAL;       what else the keys shall say
 *     tls_lab_load(&lab);                             shared, two contexts (two workers)
 *     tls_two_open(&two, lab.client, lab.server, "example.com");
 *     tls_two_run(&two, 0);                           bytes go to and fro until all is quiet
 *
 * Test code: what cannot fail is asserted. */

#ifndef TEST_SUPPORT_TLS_LAB_H
#define TEST_SUPPORT_TLS_LAB_H

#include "net/cert_make.h"
#include "net/tls.h"
#include "support/world_fake.h"

enum { TLS_LAB_CERTIFICATES = 8 };

struct tls_lab {
    struct network        *network;
    struct world          *world;
    struct cert_pair       ca;
    enum cert_algorithm    algorithm;
    struct tls_setup       setup; /* of the server; its trust is the lab's CA */
    struct tls_certificate certificates[TLS_LAB_CERTIFICATES];
    struct cert_pair       pairs[TLS_LAB_CERTIFICATES];
    struct tls_shared     *shared;        /* of the server                */
    struct tls_context    *server;        /* its worker                   */
    struct tls_shared     *client_shared; /* who trusts the lab's CA, and has no certificate */
    struct tls_context    *client;
};

void tls_lab_init(struct tls_lab *lab);
void tls_lab_fini(struct tls_lab *lab);

/* What a certificate of `domain` says: DNS and sip URI, good from a day ago for ten days. */
struct cert_wish tls_lab_wish(const struct tls_lab *lab, const char *domain);
/* Signed by the lab's CA.  The caller frees it. */
struct cert_pair tls_lab_issue(const struct tls_lab *lab, const struct cert_wish *wish);

/* The server has this certificate, and shows it for that name. */
void tls_lab_add(struct tls_lab *lab, const char *domain);
void tls_lab_add_wish(struct tls_lab *lab, const char *domain, const struct cert_wish *wish);
/* Read the setup into keys, as a server's or as a client's. */
struct tls_keys *tls_lab_keys(const struct tls_lab *lab, const struct tls_setup *setup);
struct tls_setup tls_lab_client_setup(const struct tls_lab *lab);
void             tls_lab_load(struct tls_lab *lab);

enum { TLS_TWO_BYTES = 512 * 1024 };

struct tls_side {
    struct tls    *tls;
    char           wire[TLS_TWO_BYTES]; /* on its way to this side */
    size_t         wire_len;
    char           plain[TLS_TWO_BYTES]; /* what has come */
    size_t         plain_len;
    enum tls_event last; /* TLS_OPEN, TLS_CLOSED or TLS_FAULT */
    unsigned       opened;
};

struct tls_two {
    struct tls_side client, server;
};

/* Heap memory: a tls_two is large. */
struct tls_two *tls_two_new(struct tls_context *client, struct tls_context *server, const char *domain);
void            tls_two_free(struct tls_two *two);
/* Until no bytes are on their way.  `piece`: bytes delivered at once; 0: all there are. */
void tls_two_run(struct tls_two *two, size_t piece);
/* Take the side's output to the other one's wire. */
void tls_two_collect(struct tls_two *two, struct tls_side *from);
void tls_two_write(struct tls_two *two, struct tls_side *from, struct slice text);
bool tls_two_is_open(const struct tls_two *two);

#endif
