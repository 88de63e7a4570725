/* SPDX-License-Identifier: BSD-2-Clause */
/* asked.h - somebody outside of any call wants us to call somebody: click to dial (RFC 3515, RFC 7647).
 *
 * The user is asked always, whatever the account's `transfer` allows for who is in a call with us; an account that is
 * registered hears of it from its registrar's host alone.  Four at once; for a minute the user may think about it.
 * Not for anybody but call/. */

#ifndef CALL_ASKED_H
#define CALL_ASKED_H

#include "call/state.h"

enum { ASKED_IDS = 16 };

/* A REFER that names no call of ours: answered, and told as PHONE_ASKED. */
void asked_receive(struct phone *p, struct account *a, object_id txn, struct message *request);
/* A SUBSCRIBE in a dialog of no call.  False: it is none of those that a REFER has made. */
bool asked_subscribe(struct phone *p, object_id txn, struct message *request);
/* A call that was placed for it has come so far. */
void asked_on_event(struct call *c, enum phone_event_kind kind);

/* As call_follow_refer and call_refuse_refer. */
int asked_follow(struct phone *p, object_id id, object_id *placed);
int asked_refuse(struct phone *p, object_id id);

void asked_sweep(struct phone *p); /* away with those that are over */
void asked_free_all(struct phone *p);
bool asked_are_idle(const struct phone *p);
void asked_leave(const struct account *a); /* nobody is called for it any more, and who asked is told so */
bool asked_use(const struct account *a);

#endif
