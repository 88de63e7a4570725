/* SPDX-License-Identifier: BSD-2-Clause */
/* gruu.h - what a server does with GRUUs (RFC 5627; what they look like is in
 * route/gruu.h): gives them to phones that register, finds the phone that one names,
 * refuses those that would lead a request round in a circle. */

#ifndef SERVER_GRUU_H
#define SERVER_GRUU_H

#include "route/reason.h"
#include "server/internal.h"

/* ---- the registrar's ---- */

/* ;pub-gruu="...";temp-gruu="..." for a Contact of the 200 (5.2): the phone's, of the AOR
 * `key`.  Each call makes another temporary one; all stay valid.  Nothing for a binding
 * without instance, or with an instance or AOR too long for a URI. */
void gruu_put_params(struct server *s, struct buf *b, struct slice key, const struct binding *binding);

/* Why a Contact with an instance may not be bound to `key`, whose hash is `hash`: it leads back to
 * it, by whatever of our names or by GRUU: 403 (5.1).  NULL: it may. */
const struct reason *gruu_refusal(struct server *s, const struct uri *contact, struct slice key, uint64_t hash);

/* ---- the proxy's ---- */

/* A Request-URI with `gr`, in a domain of ours: what it is goes into p->gruu, and p->aor
 * becomes whose it is. */
void gruu_open(struct server *s, struct passage *p);

/* Does a request with this Request-URI go to that binding? */
bool gruu_fits(const struct gruu *g, const struct binding *b);

/* Does a request that may make a dialog have a GRUU of ours for Contact, and it is not that of
 * who sends it and has proved who he is (6.2)? */
bool gruu_is_anothers(struct server *s, const struct passage *p);
/* Such a request, with whosever GRUU, has come by proxies that stay in the dialog: so do we,
 * or what follows would go round by the GRUU (6.2). */
bool gruu_needs_us(struct server *s, const struct message *request);

#endif
