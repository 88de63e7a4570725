/* SPDX-License-Identifier: BSD-2-Clause */
/* proxy_context.h - one forwarded request: for proxy.c, which does what route/response_context says, the others named
 * here, and their tests. */

#ifndef SERVER_PROXY_CONTEXT_H
#define SERVER_PROXY_CONTEXT_H

#include "base/expect.h"
#include "route/response_context.h"
#include "server/internal.h"
#include "server/proxy_copy.h"

struct branch {
    object_id       client;
    struct message *response; /* the latest, held */
    uint64_t        instance; /* of the binding: whose flow this is, or 0 */
    uint64_t        mark;     /* and which, see target_set.h              */
    uint32_t        breadth;  /* of Max-Breadth, while it is open         */
    const uint16_t *fail_over;
};

/* The branches of who has more than one. */
struct fork_room {
    struct rc_branch rc[LIMIT_BRANCHES];
    struct branch    branches[LIMIT_BRANCHES];
};

/* One forwarded request, from its arrival until nothing more can come. */
struct context {
    struct server          *server;
    const struct snapshot  *snapshot; /* held: its decision was made with it */
    object_id               id, txn;
    struct message         *request;  /* held until the final response has gone up */
    char                   *instead;  /* what was called in the place of its Request-URI, or NULL */
    char                   *asserted; /* who has proved that he asks, as header lines, or NULL */
    enum identity_side      upstream; /* he is */
    struct timer            timer;
    struct response_context rc;
    struct branch          *branches; /* by the numbers of rc: `first`, or those of `fork` */
    struct rc_branch        rc_first;
    struct branch           first;
    struct fork_room       *fork;       /* of who has more than one, or NULL                */
    struct target_set      *left;       /* whose turn has not come, or NULL                 */
    bool                    several;    /* there was a choice: see proxy_log.h              */
    bool                    next_due;   /* it has                                           */
    msec                    group_time; /* that those asked last have; 0: the usual        */
    bool                    edge;       /* a phone's, whose edge proxy we are               */
    struct standing        *caller;     /* proxy_follow.c: what he has proved, or NULL  */
    char                   *asked;      /* proxy_follow.c: URIs that are or were targets, a line each; or NULL */
    const struct message   *cancel;     /* what is being acted upon, or NULL                */
};

static inline unsigned context_room(const struct context *c)
{
    return c->fork != NULL ? LIMIT_BRANCHES : 1;
}

/* Does it contradict itself?  A count too high would be followed out of its array, an
 * id of another one would drop that. */
static inline bool context_is_sound(const struct context *c)
{
    return c->rc.count <= context_room(c) && c->rc.room == context_room(c) && (c->request != NULL || c->rc.answered) &&
           id_find(&c->server->contexts, c->id) == c;
}

/* For a request that is to be forwarded: holds it and the snapshot in force.  NULL without memory, or if there are too
 * many. */
struct context *context_new(struct server *s, const struct passage *p);
/* Room for one branch more, if there is memory for it, and not LIMIT_BRANCHES already. */
void context_make_room(struct context *c);
/* With all that it keeps; its branches are forgotten. */
void context_free(struct context *c);
/* That of the request of this transaction, or NULL; NULL, too, if that only waits for its end. */
struct context *context_of(struct server *s, object_id txn);

/* The request's passage once more, to whom it was decided to go.  False if it has been answered. */
bool proxy_open_again(const struct context *c, struct passage *p);

/* proxy_late.c: nothing can come for it any more but further 2xx to an INVITE, which go up without it.  It is freed. */
void proxy_let_go(struct context *c);

/* proxy_answer.c: RC_FORWARD, RC_ANSWER. */
void proxy_forward_up(struct context *c, const struct rc_action *action);
void proxy_answer_up(struct context *c, const struct rc_action *action);

/* proxy.c: add a branch and send on it.  False if there can be no more.  One whose client is 0
 * afterwards was not taken by the stack. */
bool proxy_send_branch(struct context *c, const struct passage *p, const struct branch_plan *plan);

/* proxy_group.c: put these into groups, as the configuration says and the request's Max-Breadth allows.  Without a
 * context, for who only wants to know. */
void proxy_order(struct server *s, const struct passage *p, struct target_set *set);
/* A branch for each target of the first group; the set is kept as long as others are left.  0, or the status that
 * says why there is none. */
unsigned proxy_groups_start(struct context *c, const struct passage *p, struct branch_plan *plan,
                            struct target_set *set);
/* The same for the group whose turn has come.  What is to be done next stands in `actions`. */
void proxy_groups_next(struct context *c, struct rc_actions *actions);
/* These, which are ordered, go before all that are left, and their first group gets its branches.  False if that
 * was not to be.  Then proxy_groups_wait. */
bool proxy_groups_insert(struct context *c, const struct passage *p, struct target_set *set);
/* From now on the next group waits for its turn. */
void proxy_groups_wait(struct context *c, const struct passage *p, struct rc_actions *actions);

/* Nobody else has a turn. */
void proxy_groups_drop(struct context *c);

/* proxy_table.c: a branch for the first target of the decision's route; the others wait until it fails.  As
 * proxy_groups_start. */
unsigned proxy_table(struct context *c, const struct passage *p, struct branch_plan *plan,
                     const struct policy_decision *d);
enum { TABLE_TEXT = ROUTE_TARGETS * AOR_TEXT };
/* Its targets, each a group, in the order that is this call's; their texts are in `text`, of TABLE_TEXT bytes.  False
 * if these are too few. */
bool proxy_table_fill(const struct server *s, const struct passage *p, const struct branch_plan *plan,
                      const struct policy_decision *d, struct target_set *set, struct buf *text);

/* proxy_follow.c: is what its phones redirect to to be asked for this request?  Then who calls is kept. */
bool proxy_follows(struct context *c, const struct passage *p, const struct policy_decision *decision);
/* The 3xx of `branch`: branches for its Contacts.  False if there are none. */
bool proxy_follow(struct context *c, const struct passage *p, unsigned branch);

/* proxy_cancel.c: CANCEL this branch, and say why (RFC 3326): because of `status`, or of what the client
 * said. */
void proxy_cancel_branch(struct context *c, unsigned branch, unsigned status);

/* proxy_fork.c: the user's phones that can be reached, the best first, as targets.  They borrow from the location,
 * from `list`, which has room for as many as the set, and the first of them from `contact`. */
void proxy_fill(struct server *s, const struct passage *p, struct binding list[], struct uri *contact,
                struct target_set *set);
/* A branch for each phone of the user whose turn it is.  0, or the status that says why there is none. */
unsigned proxy_fork(struct context *c, const struct passage *p, struct branch_plan *plan);
/* What went by the flow of `branch` has failed with `error`. */
void proxy_flow_failed(struct context *c, unsigned branch, int error);
/* The flow of `branch` has failed: a branch for another one of the same phone that has not been tried for
 * this request.  False if there is none. */
bool proxy_next_flow(struct context *c, const struct passage *p, unsigned branch);

#endif
