/* SPDX-License-Identifier: BSD-2-Clause */
/* number_rules.h - number rules are applied to whom a passage is for. */

#ifndef SERVER_NUMBER_RULES_H
#define SERVER_NUMBER_RULES_H

#include "server/internal.h"

/* The passage leads to what the rules make of its number from now on: NUMBER_CHANGED.  Or `*decision` is that
 * it is refused (NUMBER_REJECTED, NUMBER_FAILED), or they have nothing to say (NUMBER_SAME). */
enum number_outcome number_rules_follow(struct server *s, struct passage *p, struct policy_decision *decision);

#endif
