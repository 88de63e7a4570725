/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/user_change.h"

#include "base/error.h"

#include <stdlib.h>

static bool is_to_be_put(const struct user_change *c, size_t i)
{
    return c->kind != PUT_MANY ||
           (c->how != USER_PUT_CHECK && (c->outcomes[i] == USER_ADDED || c->outcomes[i] == USER_CHANGED));
}

static size_t put_users(const struct user_change *c, struct store_change *changes, struct cached_facts *facts)
{
    size_t n = 0;

    for (size_t i = 0; i < c->count; i++) {
        const struct stored_user *u = &c->rows[i];

        if (!is_to_be_put(c, i))
            continue;
        changes[n] = (struct store_change){ .kind = STORE_PUT_USER, .user = *u };
        facts[n++] = user_facts(u);
    }
    return n;
}

static struct cached_facts nobody(struct slice domain, struct slice name)
{
    return (struct cached_facts){ .kind = CACHED_NOBODY, .domain = domain, .name = name };
}

/* The store removes the aliases by itself. */
static size_t remove_user(const struct user_change *c, struct store_change *changes, struct cached_facts *facts)
{
    size_t n = 0;

    changes[0] = (struct store_change){ .kind = STORE_DELETE_USER, .user = c->rows[0] };
    facts[n++] = nobody(c->rows[0].domain, c->rows[0].name);
    for (size_t i = 0; i < c->alias_count; i++)
        facts[n++] = nobody(c->aliases[i].domain, c->aliases[i].name);
    return n;
}

static struct cached_facts facts_of_alias(const struct stored_alias *a)
{
    return (struct cached_facts){ .kind        = CACHED_ALIAS,
                                  .domain      = a->domain,
                                  .name        = a->name,
                                  .user_domain = a->user_domain,
                                  .user_name   = a->user_name };
}

/* The changes, and what is known from then on.  The number of each. */
static size_t make_changes(const struct user_change *c, struct store_change *changes, struct cached_facts *facts,
                           size_t *fact_count)
{
    switch (c->kind) {
    case ADD_USER:
    case SET_PASSWORD:
    case PUT_MANY:
        return *fact_count = put_users(c, changes, facts);
    case REMOVE_USER:
        *fact_count = remove_user(c, changes, facts);
        return 1;
    case ADD_ALIAS:
        changes[0] = (struct store_change){ .kind = STORE_PUT_ALIAS, .alias = c->alias };
        facts[0]   = facts_of_alias(&c->alias);
        break;
    case REMOVE_ALIAS:
        changes[0] = (struct store_change){ .kind = STORE_DELETE_ALIAS, .alias = c->alias };
        facts[0]   = nobody(c->alias.domain, c->alias.name);
        break;
    }
    return *fact_count = 1;
}

struct work {
    struct store_change *changes;
    struct cached_facts *facts;
    struct cached      **entries;
    size_t               change_count, fact_count;
};

static void work_fini(struct work *w)
{
    for (size_t i = 0; w->entries != NULL && i < w->fact_count; i++)
        if (w->entries[i] != NULL)
            user_cache_discard(w->entries[i]);
    free(w->changes);
    free(w->facts);
    free((void *)w->entries);
}

static bool work_init(struct work *w, const struct user_change *c)
{
    size_t most = c->count + c->alias_count + 1;

    *w = (struct work){ calloc(most, sizeof *w->changes), calloc(most, sizeof *w->facts),
                        (struct cached **)calloc(most, sizeof(struct cached *)), 0, 0 };
    if (w->changes == NULL || w->facts == NULL || w->entries == NULL)
        return false;
    w->change_count = make_changes(c, w->changes, w->facts, &w->fact_count);
    for (size_t i = 0; i < w->fact_count; i++) {
        w->entries[i] = user_cache_prepare(&w->facts[i], c->kind != PUT_MANY);
        if (w->entries[i] == NULL)
            return false;
    }
    return true;
}

/* They are in force. */
static void pin(struct user_change *c, struct work *w)
{
    for (size_t i = 0; i < w->fact_count; i++) {
        (void)user_cache_pin(c->users->cache, w->entries[i], c->seq);
        w->entries[i] = NULL;
    }
}

/* Of a name that comes twice in one call both were new. */
static int64_t added_by(const struct user_change *c)
{
    int64_t added = 0;

    if (c->kind == ADD_USER || c->kind == REMOVE_USER)
        return c->kind == ADD_USER ? 1 : -1;
    for (size_t i = 0; c->kind == PUT_MANY && i < c->count; i++)
        added += is_to_be_put(c, i) && c->outcomes[i] == USER_ADDED;
    return added;
}

int user_change_write(struct user_change *c)
{
    struct users *u = c->users;
    struct work   w;
    int           error = work_init(&w, c) ? 0 : -ERR_NO_MEMORY;

    if (error == 0 && w.change_count > 0)
        error = store_write(u->store, w.changes, w.change_count, &c->seq);
    if (error == 0) {
        u->count += added_by(c);
        if (w.change_count > 0)
            u->last_seq = c->seq;
        else
            c->seq = u->last_seq; /* that nothing is left to do may be due to what is not on the disk yet */
        pin(c, &w);
    }
    work_fini(&w);
    return error;
}
