/* SPDX-License-Identifier: BSD-2-Clause */
/* spread.h - whether one worker serves all, as the workers' stacks carry it out: what the first one sees is told to
 * base/spreading.h, and each takes the part that it has of what all may. */

#ifndef STACK_SPREAD_H
#define STACK_SPREAD_H

#include "base/spreading.h"
#include "stack/stack.h"

/* Of one stack; of those but the first worker's only the looks and the share, and who is told of that. */
struct spread {
    bool             may_gather; /* the kernel lets it */
    bool             gave_up;    /* it does not, and all stay spread: only the shares go on */
    struct spreading law;
    uint64_t         lost_seen, dropped_seen;
    struct timer     timer;         /* while all are spread */
    msec             patient_until; /* there is no overload before */
    uint32_t         looks_seen;    /* of world->backlog */
    uint32_t         share;         /* of what all may have: see shares.h; 0: an equal part */
    stack_limits_fn *on_limits;     /* NULL: nobody wants to know */
    void            *user;
};

/* There has been another look at what waits: draw the conclusions. */
void spread_look(struct stack *s);
/* A socket was opened. */
void spread_opened(struct stack *s, struct udp *udp);
void spread_end(struct stack *s);
/* This worker's part of what all may have, of which `part` would be an equal one. */
uint32_t spread_limit(const struct stack *s, uint32_t part);
/* stack.c: it has become another. */
void stack_take_limits(struct stack *s);

#endif
