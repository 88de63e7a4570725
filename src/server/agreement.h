/* SPDX-License-Identifier: BSD-2-Clause */
/* agreement.h - what this server offers to those who want to agree on their protection
 * before they send anything else, and whether they have agreed (RFC 3329; the lists are
 * compared in route/sec_agree.h). */

#ifndef SERVER_AGREEMENT_H
#define SERVER_AGREEMENT_H

#include "server/internal.h"

/* Make the offer: TLS, if a listener has it, then digest by each algorithm, if users are
 * asked for passwords.  Without any of these, or if the configuration says so, there is
 * none, and sec-agree is an extension that is not known. */
void agreement_offer(struct server *s);

/* May the request go on?  If not, it has been answered: 494 with the offer and the
 * challenges for it, or 502. */
bool agreement_allows(struct server *s, object_id txn, const struct message *request);

/* An agreement that nothing but credentials proves: they have to be there ... */
bool agreement_wants_proof(const struct server *s, const struct message *request);
/* ... and they are: was the list that its sender saw ours?  True also without such. */
bool agreement_is_proved(struct server *s, const struct message *request, const struct auth_proof *proof);

/* 494 */
void agreement_refuse(struct server *s, object_id txn, const struct message *request, const struct reason *why);

#endif
