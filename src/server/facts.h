/* SPDX-License-Identifier: BSD-2-Clause */
/* facts.h - what route/policy has to know of a request is looked up, and asked of it. */

#ifndef SERVER_FACTS_H
#define SERVER_FACTS_H

#include "server/internal.h"

/* Decide.  The passage may lead elsewhere afterwards: to whose alias was called, to what a number rule makes of the
 * number.  USER_WAIT, USER_FAILED: there is no decision. */
enum user_state facts_decide(struct server *s, struct passage *p, struct policy_decision *decision);

#endif
