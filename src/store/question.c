/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/question.h"

#include "base/error.h"

#include <stdlib.h>

enum {
    HASH_ROWS  = 16,      /* that share 64 bits of their hash: one, unless somebody has searched for more */
    TEXT_LIMIT = 4 << 20, /* bytes that an answer may take; a file that others wrote may hold anything */
};

static size_t rows_of(const struct store_query *q)
{
    switch (q->kind) {
    case STORE_FIND_USERS:
    case STORE_LIST_USERS:
    case STORE_LIST_ALIASES:
        return q->count;
    case STORE_FIND_USERHASH:
        return HASH_ROWS;
    }
    return 0;
}

static struct store_name copy_name(struct arena *a, struct store_name name)
{
    return (struct store_name){ arena_copy(a, name.domain), arena_copy(a, name.name) };
}

static void copy_texts(struct question *q, const struct store_query *query)
{
    struct store_name *names = NULL;

    if (query->kind == STORE_FIND_USERS)
        names = arena_alloc(&q->arena, query->count * sizeof *names);
    for (size_t i = 0; names != NULL && i < query->count; i++)
        names[i] = copy_name(&q->arena, query->names[i]);
    q->query.names       = names;
    q->query.domain      = arena_copy(&q->arena, query->domain);
    q->query.after       = copy_name(&q->arena, query->after);
    q->query.after_alias = copy_name(&q->arena, query->after_alias);
}

static void make_room(struct question *q)
{
    size_t rows = rows_of(&q->query);

    q->user_room  = q->query.kind == STORE_LIST_ALIASES ? 0 : rows;
    q->alias_room = q->query.kind == STORE_LIST_ALIASES || q->query.kind == STORE_FIND_USERS ? rows : 0;
    if (q->user_room > 0)
        q->users = arena_alloc(&q->arena, q->user_room * sizeof *q->users);
    if (q->alias_room > 0)
        q->aliases = arena_alloc(&q->arena, q->alias_room * sizeof *q->aliases);
    q->answer.users   = q->users;
    q->answer.aliases = q->aliases;
}

struct question *question_new(const struct store_query *query, store_answer_fn *fn, void *owner)
{
    struct question *q = calloc(1, sizeof *q);

    if (q == NULL)
        return NULL;
    q->query = *query;
    q->fn    = fn;
    q->owner = owner;
    arena_init(&q->arena, NULL, 0, TEXT_LIMIT);
    copy_texts(q, query);
    make_room(q);
    if (arena_ok(&q->arena))
        return q;
    question_free(q);
    return NULL;
}

void question_free(struct question *q)
{
    arena_fini(&q->arena);
    free(q);
}

size_t question_size(const struct question *q)
{
    return sizeof *q + q->arena.spent;
}

static bool is_whole(struct question *q)
{
    if (!arena_ok(&q->arena))
        q->answer.error = -ERR_NO_MEMORY;
    return q->answer.error == 0;
}

bool question_add_user(struct question *q, const struct stored_user *u)
{
    struct stored_user *to = &q->users[q->answer.user_count];

    if (q->answer.user_count == q->user_room)
        return false;
    *to                = *u;
    to->domain         = arena_copy(&q->arena, u->domain);
    to->name           = arena_copy(&q->arena, u->name);
    to->ha1_md5        = arena_copy(&q->arena, u->ha1_md5);
    to->ha1_sha256     = arena_copy(&q->arena, u->ha1_sha256);
    to->ha1_sha512_256 = arena_copy(&q->arena, u->ha1_sha512_256);
    if (!is_whole(q))
        return false;
    return ++q->answer.user_count < q->user_room;
}

bool question_add_alias(struct question *q, const struct stored_alias *a)
{
    struct stored_alias *to = &q->aliases[q->answer.alias_count];

    if (q->answer.alias_count == q->alias_room)
        return false;
    to->domain      = arena_copy(&q->arena, a->domain);
    to->name        = arena_copy(&q->arena, a->name);
    to->user_domain = arena_copy(&q->arena, a->user_domain);
    to->user_name   = arena_copy(&q->arena, a->user_name);
    if (!is_whole(q))
        return false;
    return ++q->answer.alias_count < q->alias_room;
}
