/* SPDX-License-Identifier: BSD-2-Clause */
/* pass.h - what a route passes on without state (RFC 3261 16.11).
 *
 *     request, CANCEL, ACK ---- route says stateless, nobody has to prove anything ---- sent on, forgotten
 *                         \--- anything else ------------------------------------------ as ever, with a transaction
 *     response of such ------------------------------------------------------------- to where its request came from
 *
 * What is to be answered (a refusal, a challenge, too many hops) is answered with a transaction: the same request finds
 * the same answer.  So nothing here ever waits, and whatever is not certain is not passed. */

#ifndef SERVER_PASS_H
#define SERVER_PASS_H

#include "server/internal.h"

/* From now on the stack asks here first. */
void pass_start(struct server *s);

#endif
