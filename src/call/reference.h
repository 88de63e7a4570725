/* SPDX-License-Identifier: BSD-2-Clause */
/* reference.h - calls that have to do with other calls: one takes another's place, joins it,
 * or is made because somebody asked for it (RFC 3891, RFC 3911, RFC 3515).  Not for anybody but call/. */

#ifndef CALL_REFERENCE_H
#define CALL_REFERENCE_H

#include "call/state.h"
#include "sip/refer_to.h"

/* call_replace.c */
/* Which call does a new INVITE name?  0 with one, or none, of them; or the status that it deserves. */
unsigned call_named(struct phone *p, const struct account *a, const struct message *invite, struct call **replaced,
                    struct call **joined);
/* Does a request name one though it is no new INVITE (RFC 3891 3, RFC 3911 4)? */
bool call_names_wrongly(const struct message *request);
/* Note that, and who referred the caller. */
void call_note_named(struct call *c, const struct call *replaced, const struct call *joined);
/* Answer `c` and hang up `old`; or refuse it, and `old` goes on. */
void call_take_place(struct call *c, struct call *old);
/* The call that is up and whose dialog a Target-Dialog names (RFC 4538), or NULL. */
struct call *call_of_target_dialog(const struct phone *p, const struct message *request);
/* Replaces, Join, Referred-By of an INVITE of ours.  False: too long. */
bool call_name_other(struct call *c, const struct call_options *options);
/* That there were these dialogs is known for a while. */
void call_remember_ended(struct call *c);

/* call_referred.c: has a REFER what it must have, and whom does it want called?  0, or the status that it deserves. */
unsigned referred_read(const struct message *request, struct refer_to *to);
/* Does it say Refer-Sub: false?  Only who says so makes no subscription (RFC 4488 4). */
bool refer_is_unwatched(const struct message *m);

/* call_refer.c: a call that we hand on */
void refer_notify(struct call *c, struct fork *f, object_id txn, struct message *notify); /* method_within_fn */
void refer_on_event(struct call *c, enum phone_event_kind kind); /* its user has just been told this */
void refer_fill_event(const struct call *c, enum phone_event_kind kind, struct phone_event *e);
void refer_free(struct call *c);
/* This host has another address: what is under way will not be answered. */
void refer_moved(struct call *c);
/* The other side knows where we are: ask it for what we have missed, if we have moved. */
void refer_arrived(struct call *c);
/* Ask the other side of `c` to call that of `other`, which is to let it in (mesh.h); mesh_on_introduced tells what has
 * come of it.  -ERR_LOCKED: it is being asked for something already; else as call_transfer_to. */
int refer_introduce(struct call *c, const struct call *other);

/* call_referred.c: the other side wants us to call somebody */
void referred_within(struct call *c, struct fork *f, object_id txn, struct message *request);
void referred_subscribe(struct call *c, struct fork *f, object_id txn, struct message *request);
void referred_outside(struct phone *p, struct account *a, object_id txn, struct message *request);
void referred_on_event(struct call *c, enum phone_event_kind kind);
void referred_fill_event(const struct call *c, enum phone_event_kind kind, struct phone_event *e);
/* Is there something left to tell in its dialog, though the session may be over? */
bool referred_pins(const struct call *c);
void referred_free(struct call *c);

#endif
