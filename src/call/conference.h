/* SPDX-License-Identifier: BSD-2-Clause */
/* conference.h - calls that talk together: each other side hears the user and all others, and they it.
 *
 *     bob ---- call 1 --+
 *                       +-- [mixer] -- the user, by the sound of each call
 *     carol -- call 2 --+
 *
 * The phone mixes (media/mixer.h); the other sides see a plain call (decision 70).  Whoever is held, by either
 * side, is out until that ends; a call that ends, or loses its stream of sound, leaves; where one alone is
 * left there is no conference.  PHONE_CONFERENCE tells each of them whenever the members have changed.
 * A call that asks to join another one (PHONE_INCOMING with `joins`) does so when it is answered. */

#ifndef CALL_CONFERENCE_H
#define CALL_CONFERENCE_H

#include "call/call.h"

/* Let `call` talk together with `other` and all whom that talks with already; a conference in which it was
 * before is left.  Both have to be answered.  Returns 0, too if they do talk together; -ERR_NOT_FOUND;
 * -ERR_UNSUPPORTED (one has no sound, or not of one rate, or they are the same); -ERR_LIMIT: PHONE_MEMBERS of
 * them; -ERR_NO_MEMORY. */
int call_join(struct phone *p, object_id call, object_id other);

/* By itself again.  -ERR_NOT_FOUND; -ERR_UNSUPPORTED: it is in no conference. */
int call_leave(struct phone *p, object_id call);

/* The members of its conference, itself among them; 0: it is in none. */
size_t call_members(const struct phone *p, object_id call, object_id members[PHONE_MEMBERS]);

/* Let the members of its conference, and whoever joins it, call each other, so that this phone need not mix for them,
 * nor end their talk when it goes (RFC 3515, RFC 3911, decision 71):
 *
 *     alice ---- bob        The other side of each call is asked to call those of the calls before it, who let it in
 *        \      /          without ringing.  PHONE_MESH tells of each two what has come of it; until then, and if
 *         carol            nothing does (a phone that does not know how, a user who does not want to), they are mixed
 * here.
 *
 * -ERR_NOT_FOUND; -ERR_UNSUPPORTED: it is in no conference. */
int call_mesh(struct phone *p, object_id call);

/* Write what all members and the user say.  Takes `recording`, also when it fails; NULL: stop, which returns
 * what its closing says (audio_sink_close).  The end of the conference stops it.  Else as call_leave. */
int call_record_conference(struct phone *p, object_id call, struct audio_sink *recording);

#endif
