/* SPDX-License-Identifier: BSD-2-Clause */
/* asleep.h - transactions that only wait for their end, in as few bytes as what may still
 * come needs.  Of four transactions of a call most live for seconds after it has ended:
 *
 *   server, INVITE, accepted    absorbs the INVITE, passes on the ACK, sends further 2xx
 *   server, others, completed   repeats its response
 *   client, INVITE, accepted    passes on further 2xx
 *   client, others, completed   absorbs its response
 *
 * Such a one is awake (struct server_txn, struct client_txn) until it has nothing else to
 * do, and then goes to sleep: all it had is given back, and one small block takes its place
 * under its id, where the lowest bit of the pointer tells it from one that is awake.  A server transaction wakes when
 * it has something to send, and stays awake: its block stays in the line, and who repeats himself without end would
 * leave one each time.  A client transaction never wakes.
 *
 * All of a line sleep equally long, so the first to come is the first to end: a line needs
 * one timer, and its sleepers none; their memory is given back in the order in which it was
 * taken (stack/fifo.h), whoever has woken.  Who would end before the last of the line stays awake,
 * as do those whose states are logged, and those who are seeking another way. */

#ifndef STACK_ASLEEP_H
#define STACK_ASLEEP_H

#include "stack/fifo.h"
#include "stack/stack.h"

struct server_txn;
struct client_txn;
struct server_asleep;
struct client_asleep;

struct asleep {
    struct asleep *next; /* in its line           */
    object_id      id;   /* 0: it was woken since */
    msec           end_at;
};

/* The end of the first one, who is no longer in the line, and whose memory goes with the
 * return; `quiet`: everything ends. */
typedef void asleep_end_fn(struct stack *s, struct asleep *a, bool quiet);

struct asleep_line {
    struct stack  *stack;
    struct asleep *first, *last;
    asleep_end_fn *end;
    struct timer   timer;
    struct fifo    memory; /* of all of them, in their order */
};

/* asleep.c */
void asleep_line_init(struct asleep_line *line, struct stack *s, asleep_end_fn *end);
/* Ends all of them, quietly. */
void asleep_line_fini(struct asleep_line *line);
/* May one who ends then stand last? */
bool asleep_line_takes(const struct asleep_line *line, msec end_at);
/* Memory for the next one, which must be added then; NULL without memory. */
void *asleep_line_room(struct asleep_line *line, size_t size);
void  asleep_line_add(struct asleep_line *line, struct asleep *a);

/* What an id_table of transactions holds. */
static inline bool is_asleep(const void *object)
{
    return ((uintptr_t)object & 1) != 0;
}
static inline void *asleep_mark(const void *sleeper)
{
    return (void *)((uintptr_t)sleeper | 1);
}
static inline void *asleep_unmark(const void *object)
{
    return (void *)((uintptr_t)object & ~(uintptr_t)1);
}

/* server_asleep.c */
asleep_end_fn server_asleep_end;
/* True: it sleeps, and `t` is gone.  False: it has other things to do, or there is no memory. */
bool server_txn_sleep(struct server_txn *t);
/* Does this request belong to it? */
bool server_asleep_matches(const struct server_asleep *a, const struct message *m, enum method method);
/* Awake again; NULL without memory: then it sleeps on. */
struct server_txn *server_asleep_wake(struct stack *s, struct server_asleep *a);
bool               server_asleep_is_invite(const struct server_asleep *a);
object_id          server_asleep_id(const struct server_asleep *a);
struct slice       server_asleep_tag(const struct stack *s, struct server_asleep *a);
struct flow        server_asleep_flow(const struct server_asleep *a);

/* client_asleep.c */
asleep_end_fn client_asleep_end;
bool          client_txn_sleep(struct client_txn *t);
/* True: it was for it, and is done with. */
bool        client_asleep_match(struct stack *s, struct client_asleep *a, struct message *response);
void        client_asleep_tell(struct client_asleep *a, const struct client_user *user);
struct flow client_asleep_flow(const struct client_asleep *a);

#endif
