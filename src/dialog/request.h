/* SPDX-License-Identifier: BSD-2-Clause */
/* request.h - the first lines of a request that a user agent sends
 * (RFC 3261 8.1.1, 12.2.1.1).
 *
 * One place decides what the Request-URI and the Routes are, for requests
 * inside and outside of dialogs alike:
 *
 *     no route            Request-URI = target
 *     first route has lr  Request-URI = target, Route: all of them
 *     first route has not Request-URI = first route, Route: the others, target */

#ifndef DIALOG_REQUEST_H
#define DIALOG_REQUEST_H

#include "sip/write.h"

struct request_head {
    enum method         method;
    struct slice        target;   /* a URI without <>                            */
    struct slice        from, to; /* name-addr, without tag                      */
    struct slice        from_tag; /* and to_tag: written unless empty            */
    struct slice        to_tag;
    struct slice        call_id;
    uint32_t            cseq;
    const struct slice *routes; /* each a name-addr with its <>                  */
    unsigned            route_count;
};

struct request_start {
    struct slice start_line;  /* with its CRLF; in the scratch of the gather     */
    struct uri   destination; /* where RFC 3263 begins; borrows from the head    */
};

/* Begin `g` with Max-Forwards, Routes, From, To, Call-ID and CSeq.  The Via is
 * the stack's to add; everything else is the caller's, ending in gather_body.
 *
 * Borrows what `head` points to for as long as `g` and `out` are used.  Returns
 * 0 or -ERR_SYNTAX if the target or the first route is no URI. */
int request_begin(struct gather *g, const struct request_head *head, struct request_start *out);

#endif
