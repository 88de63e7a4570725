/* SPDX-License-Identifier: BSD-2-Clause */
/* tls.h - one TLS session as a machine over byte slices (RFC 8446, RFC 5246; RFC 5922 for
 * who the peer is).
 *
 *     bytes from the stream --> tls_next --> TLS_OPEN, TLS_BYTES, ...
 *     plain bytes to send   --> tls_write
 *     after ANY call:           tls_output --> bytes for the stream
 *
 * No socket, no clock of its own: the stream is the caller's, the time is the world's, so
 * sessions run in scenarios.  OpenSSL does the protocol; it reads from the slice in hand and
 * writes to the context's buffer, so that an idle session has no buffer of its own.
 *
 * A session belongs to its context, a context to one worker: one thread.  Whoever makes a
 * session frees it, before the context.  After each call that may write (tls_connect,
 * tls_next, tls_write, tls_shut) the output is taken with tls_output, before a call on another
 * session of this context. */

#ifndef NET_TLS_H
#define NET_TLS_H

#include "net/tls_fault.h"
#include "net/tls_shared.h"
#include "net/world.h"

struct tls_context;
struct tls;

/* Borrows both.  Takes up new certificates of `shared` by itself, at the next session.
 * NULL without memory. */
struct tls_context *tls_context_new(struct world *w, struct tls_shared *shared);
/* When no session of it is left. */
void tls_context_free(struct tls_context *c);

/* A session with a peer that has connected to us.  `clients` as tls_demand.  NULL without
 * memory or if we have no certificate. */
struct tls *tls_accept(struct tls_context *c, enum tls_clients clients);

/* A session with a server we have connected to.  `domain` (copied) is what the peer must prove
 * to be: the domain of the URI, before any look-up (RFC 5922 7.3), or an address in digits; it
 * is also the SNI.  Empty: any name will do, of a certificate that we trust.  Takes up an
 * earlier session with that domain, if there is one.  The first message is in the output.
 * NULL without memory. */
struct tls *tls_connect(struct tls_context *c, struct slice domain);

/* Before its first tls_next: this one must show a certificate if `clients` says so, or the keys
 * do; whichever is more. */
void tls_demand(struct tls *t, enum tls_clients clients);

void tls_free(struct tls *t);

enum tls_event {
    TLS_MORE,   /* nothing more in what was given; *in is empty             */
    TLS_OPEN,   /* once: the handshake is over                              */
    TLS_BYTES,  /* `plain` has some                                         */
    TLS_CLOSED, /* the peer has said that it sends no more                  */
    TLS_FAULT,  /* over; see tls_fault.  An alert may be in the output      */
};

/* What is next in the bytes that have come.  Moves `in` past what was used.  Call until
 * TLS_MORE, TLS_CLOSED or TLS_FAULT; the latter two come again with each further call.
 * `plain` is valid until the next tls_next of any session of this context (a tls_write in
 * between does no harm). */
enum tls_event tls_next(struct tls *t, struct slice *in, struct slice *plain);

/* Seal and send the parts, one behind the other.  Copies.  Returns 0; -ERR_CLOSED before
 * TLS_OPEN and after tls_shut or a fault (a peer that sends no more can still be written
 * to); -ERR_NO_MEMORY, and then nothing was written, or tls_next says TLS_FAULT. */
int tls_write(struct tls *t, const struct slice *parts, size_t count);

/* Say that we send no more.  Nothing before TLS_OPEN. */
void tls_shut(struct tls *t);

/* What the calls since the last tls_output have for the stream, perhaps nothing.  Valid until
 * the next call on any session of this context. */
struct slice tls_output(struct tls *t);

/* After TLS_FAULT.  Lives as long as the session. */
const struct tls_fault *tls_fault(const struct tls *t);

bool tls_is_open(const struct tls *t);
/* Has part of a record come whose rest has not? */
bool tls_is_partial(const struct tls *t);
/* After TLS_OPEN: has the peer shown a certificate that we trust? */
bool tls_peer_verified(const struct tls *t);
/* And does it prove that the peer is this SIP domain or address (RFC 5922 7.1, 7.2)?  If servers
 * are not to be verified, a server is who we took it for. */
bool tls_peer_is(const struct tls *t, struct slice domain);
/* The name that the peer, having connected to us, asked for (SNI); may be empty. */
struct slice tls_server_name(const struct tls *t);
/* "TLSv1.3", "TLS_AES_256_GCM_SHA384"; static text. */
const char *tls_protocol(const struct tls *t);
const char *tls_cipher(const struct tls *t);
/* An earlier session was taken up again. */
bool tls_is_resumed(const struct tls *t);
/* The certificate the peer has shown, borrowed; NULL if none. */
struct x509_st *tls_peer_certificate(const struct tls *t);

/* Bytes that the session takes, for the accounts: an estimate that was measured (see
 * an_idle_session_is_small in tls_memory_test). */
size_t tls_memory(const struct tls *t);

#endif
