/* SPDX-License-Identifier: BSD-2-Clause */
/* methods.h - what the phone does with a request, by its method (RFC 3261 8.2.1).
 *
 * One table: a row for each method that the phone knows.  Allow is made from it; what has no row is
 * answered 405 if it is a method that SIP knows, and 501 if it is nobody's.  Not for anybody but call/. */

#ifndef CALL_METHODS_H
#define CALL_METHODS_H

#include "call/state.h"

/* Both have to see to it that the request is answered in the end.  Of the request have been looked at:
 * whom it is for, which extensions it requires, and its content as far as `accept` says. */
typedef void method_outside_fn(struct phone *p, struct account *a, object_id txn, struct message *request);
/* Its CSeq has been taken. */
typedef void method_within_fn(struct call *c, struct fork *f, object_id txn, struct message *request);

/* In a dialog that no call has; whoever takes it finds out whether there is one. */
typedef void method_alone_fn(struct phone *p, object_id txn, struct message *request);

struct phone_method {
    enum method        method;
    const char        *accept;  /* a list of content types that its body may have; NULL: its functions see to that */
    method_outside_fn *outside; /* NULL: it belongs into a dialog, 481                                             */
    method_within_fn  *within;  /* in a dialog of a call; NULL: it belongs outside, 405                             */
};

/* NULL: the phone does not know it. */
const struct phone_method *phone_method(enum method method);
/* NULL: 481. */
method_alone_fn *method_alone(enum method method);

/* "Accept: application/sdp, text/plain": what any of them takes. */
void put_accept_all(struct gather *g);
/* The packages that we tell of. */
void put_allow_events(struct gather *g);
/* "Allow: INVITE, ACK, ..." */
void put_allow(struct gather *g);

#endif
