/* SPDX-License-Identifier: BSD-2-Clause */
/* rest_of_response.h - what a response says that its request does not (RFC 3261 8.2.6.2).
 *
 *     SIP/2.0 200 OK                                 SIP/2.0 200 OK
 *     Via: SIP/2.0/UDP a;branch=x;rport=5062         [via]=5062
 *     From: <sip:a@example.test>;tag=1         ──►   [from]
 *     To: <sip:b@example.test>;tag=2                 [to];tag=2
 *     Call-ID: c                                     [call-id]
 *     CSeq: 1 MESSAGE                                [cseq]
 *     Content-Length: 0                              [end] Content-Length: 0
 *
 * Who repeats a request (17.1.2.2) sends those lines along, so that whoever only waits for that needs to keep the rest
 * only: of a 200 to a BYE 70 bytes instead of 300.  A mark, one byte with which no header line begins, stands where a
 * line of the request was, or its beginning; whatever is not so to the byte stays, in whatever order, and so do
 * the status line and the body.
 *
 * Joined with the same request it is the same response.  Joined with another it has the Vias, From, To, Call-ID and
 * CSeq of that one, whole lines or their beginnings, each once, and nothing else of it: it is never larger than the
 * rest and the request together, but for line ends that lacked CR. */

#ifndef STACK_REST_OF_RESPONSE_H
#define STACK_REST_OF_RESPONSE_H

#include "sip/write.h"

/* Write the rest of `response`, whose request is `request`, to `out`, which has room for as many bytes as the response
 * has.  Returns its length.  0: it is better kept in full, as nothing of it is in the request, or it has lines that
 * would be taken for marks, or the request has fields that are folded, end with LF only, or are very many. */
size_t rest_cut(char *out, struct slice response, const struct message *request);

/* Put the response that has this rest, as its request has come again, into `g`, which borrows both.  gather_ok tells
 * whether there was room for all; for the request that was cut there is.  False: together they would be no response,
 * as the other request has a To tag where the first had none, or the other way round, or no place for the port that
 * was seen; nobody repeats a request so. */
bool rest_join(struct gather *g, struct slice rest, const struct message *request);

#endif
