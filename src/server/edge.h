/* SPDX-License-Identifier: BSD-2-Clause */
/* edge.h - the edge proxy (RFC 5626 5): phones of somebody else's domain come through this server to their
 * registrar, and are reached by the flow that they opened to us.
 *
 *     phone -- REGISTER --> edge -- Path: <sip:flow-TOKEN@edge;lr;ob> --> registrar
 *     phone <-- the flow of the token -- edge <-- Route: the same ----------
 *
 * The token is all there is (route/flow_token.h): nothing is kept here for a registration but the phone's
 * connection. */

#ifndef SERVER_EDGE_H
#define SERVER_EDGE_H

#include "server/internal.h"

/* What the user part of our Route value says of a flow. */
void edge_read_token(struct passage *p, const struct token_key *key);

/* A request of a phone is about to be forwarded to the servers of its domain: true; or an answer has been given. */
bool edge_admits(struct server *s, const struct passage *p);

/* Does this REGISTER get our Path?  It does if it comes from the phone itself (5.1). */
bool edge_wants_path(const struct message *request);
/* The user part of that; empty if the flow has no token. */
struct slice edge_write_token(struct server *s, const struct message *request, char memory[FLOW_TOKEN]);

/* A REGISTER that got our Path was answered: while the registration lasts the phone's connection is not idle. */
void edge_registered(struct server *s, const struct message *request, const struct message *response);

#endif
