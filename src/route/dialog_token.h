/* SPDX-License-Identifier: BSD-2-Clause */
/* dialog_token.h - the user part of our Record-Route: what a later request of the dialog
 * brings back to us (RFC 3261 16.6 item 4, 16.12).
 *
 *     MAC ["t"] [way back]  16 hex digits; a t if one side is a trunk; for a peer that only a flow reaches, that flow
 *
 * The MAC is over the Call-ID and all behind it, under a key of this server's: who brings it
 * was given it for this very call, and has changed nothing.  So no state is kept for dialogs,
 * and (if the key is kept) they survive a restart.
 *
 * The way back is that of RFC 5626 5.1: a phone behind an address translator, or on a
 * WebSocket, is reached by the flow that it opened and by nothing else.  It holds for one
 * contact; when the phone has another (a target refresh), that is looked up like any.  A stream is
 * named by a connection, and what those are called holds for one life of the process (`boot`). */

#ifndef ROUTE_DIALOG_TOKEN_H
#define ROUTE_DIALOG_TOKEN_H

#include "route/flow_token.h"
#include "sip/uri.h"

enum { DIALOG_TOKEN = 160 }; /* bytes of the longest, at most */

struct way_back {
    struct flow flow;    /* TRANSPORT_NONE: none                     */
    uint32_t    contact; /* dialog_token_contact() of whom it is to */
    bool        trunk;   /* the dialog leads to one, or comes from one: it may go on doing so (policy.h) */
};

/* Whom a URI names, in 32 bits: its host, any case, and port.  A GRUU (RFC 5627) names a phone and no
 * address: what is DIALOG_TOKEN_WHOEVER here is in the Request-URI whatever its domain made of it. */
enum { DIALOG_TOKEN_WHOEVER = 0 };
uint32_t dialog_token_contact(const struct uri *contact, const struct token_key *key);
bool     dialog_token_leads_to(const struct way_back *way, const struct uri *uri, const struct token_key *key);

/* `way->flow` may be none.  A flow to a link-local address is left out. */
void dialog_token_write(struct buf *b, struct slice call_id, const struct way_back *way, const struct token_key *key);

/* Is `user` a token of ours for this call?  If so `*way` is what it says; no flow, if it was a
 * stream of an earlier life. */
bool dialog_token_read(struct slice user, struct slice call_id, const struct token_key *key, struct way_back *way);

#endif
