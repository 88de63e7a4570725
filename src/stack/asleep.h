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
 * one timer, and its sleepers none.  Their blocks stand in the order of their coming, one behind the other, and are
 * given back in that order (stack/fifo.h), whoever has woken.  Who would end before the last of the line stays awake,
 * as do those whose states are logged, and those who are seeking another way. */

#ifndef STACK_ASLEEP_H
#define STACK_ASLEEP_H

#include "stack/fifo.h"
#include "stack/stack.h"

struct server_txn;
struct client_txn;
struct server_asleep;
struct client_asleep;

/* What each begins with; `method` and `flow_len` are for those who put it there, here because they cost nothing. */
struct asleep {
    object_id id;     /* 0: it was woken since                       */
    uint32_t  end_at; /* the low half: see asleep_end_at             */
    uint16_t  units;  /* of its size, which is a multiple of FIFO_ALIGN */
    uint8_t   method, flow_len;
};

enum { ASLEEP_MAX = UINT16_MAX * FIFO_ALIGN }; /* bytes of one */

/* The end of the first one, whose memory goes with the return; `next` ends after it, or is NULL; `quiet`: everything
 * ends. */
typedef void asleep_end_fn(struct stack *s, struct asleep *a, const struct asleep *next, bool quiet);

struct asleep_line {
    struct stack  *stack;
    asleep_end_fn *end;
    struct timer   timer;
    msec           last_end; /* of who came last            */
    struct fifo    memory;   /* all of them, in their order */
};

/* asleep.c */
void asleep_line_init(struct asleep_line *line, struct stack *s, asleep_end_fn *end);
/* Ends all of them, quietly. */
void asleep_line_fini(struct asleep_line *line);
/* A block for who stands last from now on.  `head` has its id, method and flow's length; end and size are filled in,
 * and it is to be copied to where the block begins.  NULL: it would end before the last one, is larger than ASLEEP_MAX,
 * or there is no memory. */
void *asleep_line_add(struct asleep_line *line, struct asleep *head, msec end_at, size_t size);
/* It needs no more than `size` bytes after all; of the one that was added last, before its head is copied. */
void asleep_line_trim(struct asleep_line *line, struct asleep *head, void *block, size_t size);
/* When it ends: within 49 days of the last one. */
msec asleep_end_at(const struct asleep_line *line, const struct asleep *a);
/* Bytes of its block. */
static inline size_t asleep_size(const struct asleep *a)
{
    return (size_t)a->units * FIFO_ALIGN;
}

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
/* True: it sleeps, and `t` is gone.  False: it has other things to do, or there is no memory.  `request`: what it has
 * answered, so that only the rest of that answer is kept (stack/rest_of_response.h); NULL: it is not there any more. */
bool server_txn_sleep(struct server_txn *t, const struct message *request);
/* Does this request of that hash belong to it?  Its branch and sent-by are in the hash. */
bool server_asleep_matches(const struct server_asleep *a, uint64_t hash, enum method method);
/* Awake again; NULL without memory: then it sleeps on.  So it does when its answer lacks what the request said, and
 * `repeated`, which has to bring that, comes from another host or says what no repetition does; NULL: nobody repeats
 * it, it is to send something new.
 */
struct server_txn *server_asleep_wake(struct stack *s, struct server_asleep *a, const struct message *repeated);
bool               server_asleep_is_invite(const struct server_asleep *a);
object_id          server_asleep_id(const struct server_asleep *a);
/* The To tag of its responses, TAG_LENGTH letters; if none of ours has needed one, the same for whoever asks. */
void        server_asleep_tag(const struct stack *s, const struct server_asleep *a, char tag[]);
struct flow server_asleep_flow(const struct server_asleep *a);

/* client_asleep.c */
asleep_end_fn client_asleep_end;
bool          client_txn_sleep(struct client_txn *t);
/* True: it was for it, and is done with. */
bool        client_asleep_match(struct stack *s, struct client_asleep *a, struct message *response);
void        client_asleep_tell(struct client_asleep *a, const struct client_user *user);
struct flow client_asleep_flow(const struct client_asleep *a);

#endif
