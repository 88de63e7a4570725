/* SPDX-License-Identifier: BSD-2-Clause */
/* options.h - the server itself is asked what it can do, over UDP, as every load balancer does twice a second.
 *
 * Such an answer is the same each time and changes nothing, so it is made as a stateless user agent server makes it
 * (RFC 3261 8.2.7): no transaction waits 32 s for a repetition, and a flood of OPTIONS fills no memory. */

#ifndef SERVER_OPTIONS_H
#define SERVER_OPTIONS_H

#include "server/internal.h"

/* True: it has been answered.  False: it is more than that plain question (somebody else is asked, something is
 * required, credentials are shown, a connection brought it, the server ends), and gets a transaction. */
bool options_at_once(struct server *s, struct message *request);

#endif
