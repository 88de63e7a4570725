/* SPDX-License-Identifier: BSD-2-Clause */
/* rehearsal.h - a request that is asked about, and not made: whoever serves it looks at it and
 * answers it as any other, and nothing leaves.
 *
 *     stack_rehearse(s, &r);           from now on REHEARSED is the id of its server transaction
 *     ... the user serves r.request under that id ...
 *     stack_rehearse(s, NULL);         r.status, r.answer: what it would have been answered
 *
 * It begins and ends within one turn. */

#ifndef STACK_REHEARSAL_H
#define STACK_REHEARSAL_H

#include "stack/stack.h"

/* The id of no transaction. */
#define REHEARSED ((object_id)-1)

struct rehearsal {
    struct message *request; /* borrowed */
    unsigned        status;  /* of the last answer that was given; 0: none */
    struct buf      answer;  /* its bytes, in memory of the caller's; overflown: it is longer than that */
};

/* NULL: it is over.  Meanwhile stack_request and stack_send do nothing, and say that there is no
 * room. */
void stack_rehearse(struct stack *s, struct rehearsal *r);

/* Take it that we listen there, and open nothing: for who only asks where requests would go.  As
 * stack_listen, but any transport will do, and port 0 is the default one. */
int stack_assume(struct stack *s, enum transport transport, const struct address *local, struct slice advertise,
                 unsigned *index);

enum { STACK_WAY_TEXT = 1024 };

/* Which way `out` would go: "udp 192.0.2.3:5060", or what the DNS would be asked first.  Asks
 * nobody. */
void stack_tell_way(struct stack *s, const struct outgoing *out, struct buf *b);

#endif
