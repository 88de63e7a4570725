/* SPDX-License-Identifier: BSD-2-Clause */
/* lab.h - a certificate authority of tests, and what programs speak TLS with that it
 * vouches for.  All keys are Ed25519: what they sign has one length, so runs repeat. */

#ifndef TEST_SUPPORT_LAB_H
#define TEST_SUPPORT_LAB_H

#include "net/tls_shared.h"

struct lab;

/* Its certificates are good for ten years from `now`, seconds since 1970. */
struct lab *lab_new(uint64_t now);
void        lab_free(struct lab *l);

struct lab_wish {
    const char *const *names;     /* domains and addresses, up to a NULL; the first is for no or unknown SNI */
    bool               expired;   /* its certificate ended an hour ago                        */
    bool               foreign;   /* another authority has signed it, whom nobody trusts      */
    bool               no_verify; /* takes any server for what it should be                   */
    enum tls_clients   clients;
};

/* One certificate that has all names.  Without names: a program that only connects. */
struct tls_shared *lab_shared(struct lab *l, const struct lab_wish *wish);

#endif
