/* SPDX-License-Identifier: BSD-2-Clause */
/* question.h - what was asked of a store, on its way to the reader and back with what
 * was found. */

#ifndef STORE_QUESTION_H
#define STORE_QUESTION_H

#include "base/arena.h"
#include "base/list.h"
#include "store/store.h"

struct mailbox;

struct question {
    struct link     link; /* of whoever has it */
    struct mailbox *from; /* the backend's: NULL once its client has been closed */
    /* Gives it back to the backend, when it has been told or nobody wants to hear it. */
    void (*done)(struct question *q);
    void               *backend; /* for done */
    size_t              size;    /* question_size, before anything was found */
    store_answer_fn    *fn;
    void               *owner;
    struct store_query  query;  /* with texts in the arena */
    struct store_answer answer; /* likewise */

    /* Private. */
    struct arena         arena;
    struct stored_user  *users;
    struct stored_alias *aliases;
    size_t               user_room, alias_room;
};

/* A copy of the query, with room for what may be found.  NULL without memory. */
struct question *question_new(const struct store_query *query, store_answer_fn *fn, void *owner);
void             question_free(struct question *q);
/* Bytes it takes now. */
size_t question_size(const struct question *q);

/* Found: copied into the answer.  False if that is all there is room for, or without
 * memory, which is the answer's error then. */
bool question_add_user(struct question *q, const struct stored_user *u);
bool question_add_alias(struct question *q, const struct stored_alias *a);

#endif
