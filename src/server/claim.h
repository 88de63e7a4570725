/* SPDX-License-Identifier: BSD-2-Clause */
/* claim.h - does a request come from whom it says (RFC 3261 22.3)?
 *
 *     From                                    credentials of             authenticated as
 *     sip:alice@ours                          alice, or whose alias it is     alice
 *                                             who may act for alice           that one
 *     sip:anonymous@anonymous.invalid         any user of ours (RFC 3323)     that one
 *     tel:+4930123                            whose alias it is               that one
 *     anything else                           are not looked at: nothing is claimed
 */

#ifndef SERVER_CLAIM_H
#define SERVER_CLAIM_H

#include "server/internal.h"

/* What was found is in p->standing; AUTH_OK also for who has proved to be somebody else than he claims, and is not
 * authenticated.  AUTH_NONE also if there is nothing to prove. */
enum auth_result claim_check(struct server *s, struct passage *p, struct auth_proof *proof);

#endif
