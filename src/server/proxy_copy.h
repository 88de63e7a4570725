/* SPDX-License-Identifier: BSD-2-Clause */
/* proxy_copy.h - the copies of a request that a proxy sends: whereto, by which way,
 * and what stands in them (RFC 3261 16.5, 16.6).  For proxy.c only. */

#ifndef SERVER_PROXY_COPY_H
#define SERVER_PROXY_COPY_H

#include "route/loop_mark.h"
#include "route/target_set.h"
#include "server/internal.h"

/* What one branch needs besides the request. */
struct branch_plan {
    struct route_target to;
    struct slice        headers; /* whole lines of its own, or empty                 */
    uint32_t            breadth; /* proxy_breadth()                                  */
    bool                path;    /* a REGISTER that gets our Path (edge.h)           */
    bool                edge;    /* of a phone whose edge proxy we are               */
};

/* May this request make a dialog?  Then we stay in its path if we are to (16.6 item 4). */
bool proxy_makes_dialog(const struct message *request);

/* "<sip:next.hop;lr>" for the URI of a static route, behind what `b` holds. */
struct slice proxy_next_hop(struct buf *b, struct slice uri);

/* The plan that all branches of a decision share; `hop` holds its text.  If that has overflown there is no
 * plan: nothing may be sent. */
void proxy_plan(struct branch_plan *plan, const struct passage *p, const struct policy_decision *decision,
                struct buf *hop);

/* The first `max` bindings that have not ended by `now`, with `secure` only those with a sips Contact, by
 * preference, and among equals the newest first; how many.  Of several of one instance only the first (RFC
 * 5626 7), of a GRUU the newest of its phone (RFC 5627 6.1).  They borrow from `a`. */
unsigned proxy_sort_bindings(const struct aor *a, msec now, bool secure, const struct gruu *gruu, struct binding list[],
                             unsigned max);

/* This binding as a target.  A sips Contact of a request that is none is called sip, by TLS all the same
 * (RFC 5630 5.3).  It borrows from `b`; instance and mark are left to the caller. */
struct route_target proxy_target(const struct passage *p, const struct binding *b);
/* The same, and its Contact in its parts is kept in `contact`, for as long as the target is used. */
struct route_target proxy_target_parsed(const struct passage *p, const struct binding *b, struct uri *contact);

/* A phone that registered over a stream, or from behind an address translator, or with a flow (RFC 5626),
 * can only be reached the way it came; NULL for any other, and where a Path says the way. */
const struct flow *proxy_flow_of(const struct binding *b);

/* Has it not ended by `now`, is there a way to it, and with `secure`: is its Contact sips? */
bool proxy_may_reach(const struct binding *b, msec now, bool secure);

enum { MARK_TEXT = LOOP_MARK + 1 };

/* The texts that `out` borrows. */
struct copy_marks {
    char mark[MARK_TEXT], up[DIALOG_TOKEN], down[DIALOG_TOKEN], located[DIALOG_TOKEN], flow[FLOW_TOKEN];
    char contact[CONTACT_TEXT]; /* the sip URI of one that is sips */
};

/* The copy for one branch, ready to be sent; 0 or the status that says why not.
 * `out` borrows from all the others. */
unsigned proxy_write_copy(struct server *s, const struct passage *p, const struct branch_plan *plan, struct gather *g,
                          struct forwarded *f, struct copy_marks *marks, struct outgoing *out);

#endif
