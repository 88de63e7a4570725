/* SPDX-License-Identifier: BSD-2-Clause */
/* target_set.h - to whom a request may go, in which order, and who is asked together
 * (RFC 3261 16.5, 16.6).
 *
 *     who fills it                 who orders it             who sends
 *     bindings, a route table, ─►  by q; preferences   ─►    a group at a time: all of it at once,
 *     Contacts of a 3xx            (RFC 3841) drop and       the next when it has failed or its
 *                                  reorder; then groups      time is over
 *
 *     q     0.9    0.9    0.5    0.1
 *     group  0      0      1      2        equal q: in parallel; the next group after that
 *
 * A set borrows the memory of its list and all that the targets name; target_set_keep makes a copy of
 * what is left that owns all. */

#ifndef ROUTE_TARGET_SET_H
#define ROUTE_TARGET_SET_H

#include "base/msec.h"
#include "route/reason.h"
#include "route/response_context.h"
#include "sip/flow.h"
#include "sip/uri.h"

enum { LIMIT_TARGETS = 64 }; /* who may be thought of; LIMIT_BRANCHES are asked */

/* The most q can be, and what a Contact without it has (RFC 3261 20.10: thousandths). */
enum { Q_MOST = 1000 };

struct route_target {
    struct slice uri;    /* the Request-URI of its copy; see `secure`                                  */
    struct slice path;   /* Route values on top of its copy (a Path, a next hop), a comma list; or empty */
    struct slice params; /* of its Contact: what the phone says it can (RFC 3840); or empty            */
    unsigned     q;      /* thousandths                                                                */
    unsigned     fit;    /* how well it is what the caller prefers: orders those of equal q, 0 if nothing is */
    unsigned     group;  /* from 0, rising by one at most: see target_set_group                        */
    msec         time;   /* for a final answer, then the next group's turn has come; 0: the usual      */

    const struct uri   *parsed;    /* `uri` in its parts, from who has them; or NULL.  Not kept           */
    const struct flow  *flow;      /* or NULL: `uri` or `path` is looked up                               */
    const struct flow  *like;      /* or NULL: see struct outgoing                                        */
    bool                flow_only; /* what does not go by the flow does not go                        */
    bool                phone;     /* of a user of ours                                               */
    bool                secure;    /* by TLS only, though the request is sip: a sips `uri` becomes a sip one */
    bool                stay;      /* what follows in the dialog must come here, whatever the configuration    */
    enum rc_branch_kind kind;
    uint64_t            instance; /* a hash of that of the binding, or 0                              */
    uint64_t            mark;     /* a hash of which of its bindings it is, and its flow; or 0         */

    const uint16_t *fail_over; /* 0 at its end: only these statuses lead to the next group; NULL: any failure.
                                * Not copied: of a configuration that lives as long as the request      */
    struct reason why;         /* it is a target                                                   */
};

struct explain;

struct target_set {
    struct route_target *list;
    unsigned             count, room;
    unsigned             next;    /* the first that has not had its turn       */
    size_t               size;    /* bytes of the block that it is, if it was kept */
    struct explain      *explain; /* or NULL: nobody wants to know             */
};

/* Empty.  Borrows `memory`, which need not be initialised. */
void target_set_init(struct target_set *set, struct route_target memory[], unsigned room);

/* Behind the others, a copy of `*t`.  False if there is no room. */
bool target_set_add(struct target_set *set, const struct route_target *t);
/* Is there one with this URI (RFC 3261 16.5: none is added twice)? */
bool target_set_has(const struct target_set *set, const struct uri *uri);
/* Without this one. */
void target_set_drop(struct target_set *set, unsigned at);
/* Only the first `count`. */
void target_set_cut(struct target_set *set, unsigned count);
/* The highest q first, of equal q the highest fit; equals keep their order. */
void target_set_sort(struct target_set *set);

enum target_order {
    TARGETS_BY_Q, /* equal q and fit in parallel, one q after the other (16.6), one fit after the other (RFC 3841) */
    TARGETS_PARALLEL,   /* all at once                                        */
    TARGETS_SEQUENTIAL, /* one after the other                                */
};

/* Number the groups, in the order in which the targets stand.  No group gets more than `width` members: who is too
 * many for it begins another one (RFC 5393 5.3.3: whom the breadth does not reach is asked later). */
void target_set_group(struct target_set *set, enum target_order order, unsigned width);

/* How many the next group has (0: there is none), and the first of them; they have had their
 * turn then.  What `*first` points to lives as long as the set's memory. */
unsigned target_set_next(struct target_set *set, const struct route_target **first);
/* How many have not. */
unsigned target_set_left(const struct target_set *set);

/* A copy of what is left, with all texts and flows, in one block, for free().  NULL without memory. */
struct target_set *target_set_keep(const struct target_set *set);

#endif
