/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/user_change.h"

#include "base/error.h"

#include <stddef.h>

/* Of one user, those that the store lists and those that it does not know yet. */
static const size_t MOST_ALIASES = (size_t)2 * STORE_ROWS_MAX;

/* What a name is: pinned, else as the store says. */
struct fact {
    enum cached_kind          kind;
    const struct stored_user *row;    /* a user, in the store's words */
    const struct cached      *cached; /* or in the cache's            */
};

static struct fact fact_of(struct users *u, const struct store_answer *a, struct slice domain, struct slice name)
{
    const struct cached *e = user_cache_pinned(u->cache, domain, name);

    if (e != NULL)
        return (struct fact){ .kind = e->facts.kind, .cached = e };
    for (size_t i = 0; i < a->user_count; i++)
        if (slice_eq(a->users[i].name, name) && slice_eq(a->users[i].domain, domain))
            return (struct fact){ .kind = CACHED_USER, .row = &a->users[i] };
    for (size_t i = 0; i < a->alias_count; i++)
        if (slice_eq(a->aliases[i].name, name) && slice_eq(a->aliases[i].domain, domain))
            return (struct fact){ .kind = CACHED_ALIAS };
    return (struct fact){ .kind = CACHED_NOBODY };
}

static bool has_hashes(const struct fact *f, const struct stored_user *u)
{
    if (f->cached != NULL)
        return slice_eq(f->cached->facts.ha1[HASH_MD5], u->ha1_md5) &&
               slice_eq(f->cached->facts.ha1[HASH_SHA256], u->ha1_sha256) &&
               slice_eq(f->cached->facts.ha1[HASH_SHA512_256], u->ha1_sha512_256);
    return slice_eq(f->row->ha1_md5, u->ha1_md5) && slice_eq(f->row->ha1_sha256, u->ha1_sha256) &&
           slice_eq(f->row->ha1_sha512_256, u->ha1_sha512_256);
}

static enum user_outcome outcome_of(const struct user_change *c, const struct fact *f, const struct stored_user *u)
{
    switch (f->kind) {
    case CACHED_NOBODY:
        return USER_ADDED;
    case CACHED_ALIAS:
        return USER_REFUSED;
    case CACHED_USER:
        break;
    }
    if (c->how == USER_PUT_NEW)
        return USER_REFUSED;
    return has_hashes(f, u) ? USER_UNCHANGED : USER_CHANGED;
}

static int decide_many(struct user_change *c, const struct store_answer *a)
{
    for (size_t i = 0; i < c->count; i++) {
        struct fact f = fact_of(c->users, a, c->rows[i].domain, c->rows[i].name);

        if (c->outcomes[i] != USER_BAD)
            c->outcomes[i] = outcome_of(c, &f, &c->rows[i]);
    }
    return 0;
}

static int decide_alias(const struct user_change *c, const struct store_answer *a)
{
    struct fact user = fact_of(c->users, a, c->alias.user_domain, c->alias.user_name);

    if (fact_of(c->users, a, c->alias.domain, c->alias.name).kind != CACHED_NOBODY)
        return -ERR_EXISTS;
    return user.kind == CACHED_USER ? 0 : -ERR_NOT_FOUND;
}

int user_change_decide(struct user_change *c, const struct store_answer *a)
{
    struct slice domain = c->rows[0].domain, name = c->rows[0].name;

    switch (c->kind) {
    case ADD_USER:
        return fact_of(c->users, a, domain, name).kind == CACHED_NOBODY ? 0 : -ERR_EXISTS;
    case SET_PASSWORD:
    case REMOVE_USER:
        return fact_of(c->users, a, domain, name).kind == CACHED_USER ? 0 : -ERR_NOT_FOUND;
    case ADD_ALIAS:
        return decide_alias(c, a);
    case REMOVE_ALIAS:
        return fact_of(c->users, a, c->alias.domain, c->alias.name).kind == CACHED_ALIAS ? 0 : -ERR_NOT_FOUND;
    case PUT_MANY:
        break;
    }
    return decide_many(c, a);
}

static void take_pinned(const struct cached *e, void *arg)
{
    struct user_change *c = arg;

    if (e->facts.kind == CACHED_ALIAS && slice_eq(e->facts.user_name, c->rows[0].name) &&
        slice_eq(e->facts.user_domain, c->rows[0].domain) && c->alias_count < MOST_ALIASES)
        c->aliases[c->alias_count++] =
            (struct stored_alias){ .domain = e->facts.domain, .name = e->facts.name }; /* pinned: until it is written */
}

static bool is_his(const struct user_change *c, const struct stored_alias *a)
{
    return slice_eq(a->user_name, c->rows[0].name) && slice_eq(a->user_domain, c->rows[0].domain);
}

/* The store's aliases of the user, and those it does not know yet. */
static int take_aliases(struct user_change *c, const struct store_answer *a)
{
    c->aliases = arena_alloc(&c->arena, MOST_ALIASES * sizeof *c->aliases);
    for (size_t i = 0; c->aliases != NULL && i < a->alias_count && is_his(c, &a->aliases[i]); i++)
        c->aliases[c->alias_count++] = (struct stored_alias){ .domain = arena_copy(&c->arena, a->aliases[i].domain),
                                                              .name   = arena_copy(&c->arena, a->aliases[i].name) };
    if (c->aliases != NULL)
        user_cache_each_pinned(c->users->cache, take_pinned, c);
    return arena_ok(&c->arena) ? 0 : -ERR_NO_MEMORY;
}

/* How many aliases somebody has: enough are too many. */
static int count_aliases(const struct user_change *c, const struct store_answer *a)
{
    size_t his = 0;

    for (size_t i = 0; i < a->alias_count; i++)
        his += slice_eq(a->aliases[i].user_name, c->alias.user_name) &&
               slice_eq(a->aliases[i].user_domain, c->alias.user_domain);
    return his >= USER_ALIASES_MAX ? -ERR_LIMIT : 0;
}

int user_change_decide_aliases(struct user_change *c, const struct store_answer *a)
{
    return c->kind == REMOVE_USER ? take_aliases(c, a) : count_aliases(c, a);
}
