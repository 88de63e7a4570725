/* SPDX-License-Identifier: BSD-2-Clause */
/* mesh.h - conferences in which nobody mixes for another: each member has a call with each other one
 * (decision 71).  Of RFC 3515, RFC 3911 and RFC 3892; not for anybody but call/.
 *
 *     alice, who has calls with both          bob                             carol
 *       |  REFER in her call with bob          |                               |
 *       |  Refer-To: carol?Join=alice-carol    |                               |
 *       |  Contact: alice;mesh                 |                               |
 *       |------------------------------------->|  INVITE                       |
 *       |                                      |  Join: alice-carol            |
 *       |                                      |  Contact: bob;mesh            |
 *       |                                      |------------------------------>|
 *       |  NOTIFY 200                          |        200  Contact: carol;mesh
 *       |<-------------------------------------|<------------------------------|
 *
 * The parameter `mesh` of a Contact says: of this call I mix nothing into another of the same conference.  Who has
 * brought somebody in sees to it that he gets to all others; until then, and where that fails, he mixes for the two. */

#ifndef CALL_MESH_H
#define CALL_MESH_H

#include "call/conference_private.h"

bool mesh_is_marked(const struct message *m);
/* Our Contact in this call says so from now on.  False without memory. */
bool mesh_mark(struct call *c);

/* conference.c: this member has just come in; who had this place has left. */
void mesh_meet(struct conference *f, struct call_stream *s);
void mesh_forget(struct conference *f, int place);
/* call_refer.c: the final word on one that refer_introduce has begun. */
void mesh_on_introduced(struct call *c, object_id other, unsigned status, struct slice reason);

/* ---- who is brought to somebody: call_referral.c, call_out.c ---- */

/* May whoever is named by a REFER in this call be called without asking the user? */
bool mesh_may_call(struct call *c, struct slice target);
/* A 3xx sends our call there.  False for who is brought in, and a telephone number: the user was not asked about it. */
bool mesh_may_go_on(const struct call *c, struct slice target);
/* He shall be.  Returns the call that there is, or will be, with him already, or NULL. */
struct call *mesh_agree(struct call *c, struct slice target);
/* That call has been placed since the other side of `c` wanted it. */
void mesh_bring(struct call *placed, struct call *c);
/* The first 2xx: is it as it should be?  False, and the call is to be hung up: its phone would mix. */
bool mesh_is_met(struct call *c, const struct message *response);

/* ---- to whom somebody is brought: call_in.c ---- */

/* An INVITE joins this call.  0, or the status that it deserves; `*there`: a call of ours to the same phone, which is
 * on its way and for which this one comes. */
unsigned mesh_receive(struct call *joined, const struct message *invite, struct call **there);
/* This is the call that it has made. */
void mesh_note(struct call *c, struct call *joined, struct call *there);
/* The user has been told: answer it, if it needs no ringing. */
void mesh_let_in(struct call *c, const struct call *joined);

#endif
