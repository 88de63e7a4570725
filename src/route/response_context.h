/* SPDX-License-Identifier: BSD-2-Clause */
/* response_context.h - "rc": the branches of one forwarded request, and which of
 * their responses goes upstream (RFC 3261 16.7-16.10, RFC 4320, RFC 6026 7.3).
 *
 *   rc_add ──► OPEN ── final, timeout, error ──► CLOSED
 *               │                                  ▲
 *               │  3xx, if followed; or            │
 *               └─ a flow that failed ─► FOLLOWING ┘ rc_followed
 *
 * The context holds no message: its caller keeps the latest response of each
 * branch by index, feeds in what happens, and does what it is told, in order:
 *
 *   RC_FORWARD  send the latest response of `branch` upstream; `challenges` is the
 *               set (bit i: branch i) of other branches whose WWW-Authenticate and
 *               Proxy-Authenticate are to be added (16.7 item 7)
 *   RC_CANCEL   CANCEL `branch` (once it has had a provisional response)
 *   RC_ANSWER   answer `status` ourselves; with `retry` the response of `branch` may say
 *               when to ask again (Retry-After), which is as true of the answer (21.5.1)
 *   RC_SILENCE  no final response at all: too late for anything but INVITE
 *   RC_FOLLOW   the 3xx of `branch` was announced as one to be followed (but for 305 and 380, whose Contacts are
 *               no other places to ask at): call rc_add for each contact, then rc_followed
 *   RC_NEXT     the flow of `branch` leads nowhere, another one of the same phone may
 *               (RFC 5626 7): call rc_add if there is one, then rc_followed
 *   RC_MORE     the turn of the next group of targets has come (target_set.h): call rc_add for each, then
 *               rc_group.  It is the last of its list
 *
 * Of groups (16.6, "processed in order") one follows another when all branches have ended and no response
 * has ended it all: a 2xx, a 6xx, a CANCEL; or when its time is over.  Then what still rings is cancelled.
 *
 * No final response is chosen while a branch is open; 2xx goes up at once, and
 * always.  Each request gets one of FORWARD (final), ANSWER and SILENCE, but for
 * further 2xx to an INVITE. */

#ifndef ROUTE_RESPONSE_CONTEXT_H
#define ROUTE_RESPONSE_CONTEXT_H

#include "base/limits.h"
#include "base/msec.h"
#include "route/reason.h"

#include <stdbool.h>
#include <stdint.h>

enum rc_action_kind { RC_FORWARD, RC_CANCEL, RC_ANSWER, RC_SILENCE, RC_FOLLOW, RC_NEXT, RC_MORE };

struct rc_action {
    enum rc_action_kind kind;
    unsigned            branch; /* all but SILENCE, MORE; ANSWER: only with `retry` */
    unsigned      status; /* FORWARD, ANSWER; CANCEL: what its Reason tells (RFC 3326), 0: what the client's tells */
    uint32_t      challenges; /* FORWARD                      */
    bool          retry;      /* ANSWER: for the 503 of `branch` */
    struct reason why;
};

enum { RC_ACTIONS = LIMIT_BRANCHES + 2 };

struct rc_actions {
    struct rc_action list[RC_ACTIONS];
    unsigned         count;
};

enum rc_branch_state { RC_OPEN, RC_FOLLOWING, RC_CLOSED };

/* What a branch leads to, and so what its failure means. */
enum rc_branch_kind {
    RC_TARGET,   /* a URI that is looked up                                                       */
    RC_REDIRECT, /* one whose 3xx is ours to follow                                               */
    RC_INSTANCE, /* a flow to a phone that may have others: 430, 408 or an error asks for RC_NEXT; when there
                  * is none, 480: no caller is to see a 430 (RFC 5626 11.5)                       */
    RC_FLOW,     /* the flow of a token, for somebody who may know others: an error is 430 (RFC 5626 5.3.1) */
};

/* 16 bytes: nearly every request has one, and many wait at a time. */
struct rc_branch {
    msec                 timer_c; /* NEVER: not running                            */
    uint16_t             status;  /* the final one, 0 while open                   */
    enum rc_branch_state state : 8;
    enum rc_branch_kind  kind : 8;
    bool                 provisional : 1; /* has had any 1xx                               */
    bool                 reached : 1;     /* has had one from the phone itself: not 100    */
    bool                 cancelled : 1;
    bool                 made : 1;  /* `status` is ours: no response is held         */
    bool                 taken : 1; /* others have taken its place: no candidate     */
};

struct response_context {
    struct rc_branch *branches; /* the caller's memory, `room` of them               */
    uint8_t           count, room;
    bool              is_invite;
    bool              answered;  /* a final response went up, or silence was chosen   */
    bool              closed;    /* no new branches: 6xx, final sent, or cancelled    */
    bool              cancelled; /* by the client                                    */
    bool              recurse;   /* the 3xx of every branch is ours to follow        */
    bool              ring_on;   /* nobody is cancelled because another has answered (RFC 3841 9.1, no-cancel) */
    bool              more;      /* a group of targets is left                       */
    bool              alone;     /* and waits until all branches have ended, whatever its time says */
    msec              next_at;   /* when it has its turn at the latest; NEVER        */
    msec              timer_c;
    msec              linger;
    msec              keep_until; /* a 2xx may still be repeated until then            */
};

/* `timer_c` must be more than 3 minutes (16.6 item 11).  `linger` is how long
 * further 2xx to an INVITE may come: Timer M, 64*T1.  There is no room for branches yet. */
void rc_init(struct response_context *rc, bool is_invite, msec timer_c, msec linger);
/* Room for `room` branches, LIMIT_BRANCHES at most and no fewer than there are: those move there.  Borrows `memory`. */
void rc_room(struct response_context *rc, struct rc_branch memory[], unsigned room);

/* A request is sent on another branch.  Its index, or -1 if there is
 * no room or none may be added any more. */
int rc_add(struct response_context *rc, enum rc_branch_kind kind, msec now);

/* What has been added by now is a group; are there `more` after it?  If it has had no final answer `time` from now, the
 * next one is asked for; with `alone` only once all branches have ended (RFC 5393 5.3.3: there is no breadth for both).
 * To be called once the branches are added, at the start if there are more groups, and after RC_MORE always. */
void rc_group(struct response_context *rc, bool more, bool alone, msec time, msec now, struct rc_actions *out);
/* This group has answered in time: it may take as long as it wants from now on. */
void rc_in_time(struct response_context *rc);
/* No group has a turn any more: this failure is one for all. */
void rc_no_more(struct response_context *rc);

/* What happened on a branch.  A timeout counts as 408, an error (nobody could be
 * reached) as 503, or what its kind says; and 503 goes up as 500. */
void rc_response(struct response_context *rc, unsigned branch, unsigned status, msec now, struct rc_actions *out);
void rc_timeout(struct response_context *rc, unsigned branch, struct rc_actions *out);
void rc_error(struct response_context *rc, unsigned branch, struct rc_actions *out);
/* After RC_FOLLOW and RC_NEXT: was there any branch to take its place?  If not, its own
 * status is a candidate like others. */
void rc_followed(struct response_context *rc, unsigned branch, bool any, struct rc_actions *out);

/* The client has cancelled the INVITE (16.10). */
void rc_cancel(struct response_context *rc, struct rc_actions *out);
/* Timer C (16.8), and the time of a group. */
void rc_timer(struct response_context *rc, msec now, struct rc_actions *out);

/* When to call rc_timer, or to ask rc_is_done again; NEVER if no timer runs. */
msec rc_deadline(const struct response_context *rc);
/* All branches are closed, the request has its answer, and nothing is waited for but 2xx that may
 * still come to an INVITE. */
bool rc_only_lingers(const struct response_context *rc);
/* All branches are closed, the request has its answer, and no 2xx can come. */
bool rc_is_done(const struct response_context *rc, msec now);

#endif
