/* SPDX-License-Identifier: BSD-2-Clause */
/* tls_fault.h - why a TLS session ended badly: a kind for the counter and a text for the
 * log, in words that tell an operator what to look at.  Never a secret; what the peer's
 * certificate says is cut and cleaned. */

#ifndef NET_TLS_FAULT_H
#define NET_TLS_FAULT_H

#include "base/buf.h"
#include "base/counters.h"

enum tls_fault_kind {
    TLS_FAULT_PROTOCOL,    /* garbage, or a peer that breaks the rules           */
    TLS_FAULT_VERSION,     /* no common version, cipher or group                 */
    TLS_FAULT_CERTIFICATE, /* the peer's is missing, or no good                  */
    TLS_FAULT_REFUSED,     /* the peer sent an alert: it does not want us        */
    TLS_FAULT_INTERNAL,    /* memory, or no certificate of ours                  */
};

struct tls_fault {
    enum tls_fault_kind kind;
    char                text[256];
};

/* The counter of that kind. */
struct counter *tls_fault_counter(struct counters *c, enum tls_fault_kind kind);

/* Say what OpenSSL's error queue of this thread says, and empty it.  `start`: the first bytes
 * of what came last, while nothing has been agreed on; may be empty. */
void tls_fault_from_queue(struct tls_fault *f, struct slice start);

#endif
