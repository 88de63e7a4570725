/* SPDX-License-Identifier: BSD-2-Clause */
/* at_once.h - what is answered without a transaction, as a stateless user agent server does (RFC 3261 8.2.7): the plain
 * question by UDP what the server can do, as every load balancer asks twice a second, and the first REGISTER of a
 * phone, which is asked for a password.
 *
 * Neither changes anything, so nothing waits 32 s for a repetition, and a flood of either fills no memory.  A
 * repetition is answered again, a REGISTER with another nonce: each is good. */

#ifndef SERVER_AT_ONCE_H
#define SERVER_AT_ONCE_H

#include "server/internal.h"

/* True: it has been answered.  False: it is more than one of these two (somebody else is asked, something is
 * required, credentials are shown, a connection brought it, the server ends), and gets a transaction. */
bool at_once_answer(struct server *s, struct message *request);

#endif
