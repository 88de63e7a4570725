/* SPDX-License-Identifier: BSD-2-Clause */
/* way_back.h - who can only be reached by the flow that it opened: a phone behind an address
 * translator, on a stream, on a WebSocket (RFC 3581 4, RFC 5626, RFC 7118 5.4). */

#ifndef SERVER_WAY_BACK_H
#define SERVER_WAY_BACK_H

#include "sip/message.h"

/* The flow that leads back to `contact` of the request's sender; TRANSPORT_NONE if that is
 * somebody else, whose URI is looked up: a literal address that is neither where the request came
 * from, nor where its Via says it is, nor a private one seen from outside (RFC 3261 10.2.1
 * lets one register it). */
struct flow way_back_flow(const struct message *request, const struct uri *contact);

/* Is `flow`, which leads to `contact`, the only way there?  It is if a stream; a datagram
 * that comes from the address in the URI needs no more than the URI. */
bool way_back_is_needed(const struct flow *flow, const struct uri *contact);

/* The same for who sent this request, if no proxy stands between: true, and its flow and
 * Contact.  A GRUU (RFC 5627) leads to its domain, which knows him perhaps by his flow to us alone. */
bool way_back_of_sender(const struct message *request, struct flow *flow, struct uri *contact);

#endif
