/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/user_reader.h"

#include "base/error.h"

#include <assert.h>
#include <stdlib.h>

/* Times, because of changes meanwhile, before it is given up: while tables are imported there is
 * one with each commit, and who waits gives up by himself (user_hold.h). */
enum { ASK_AGAIN = 200 };

/* A question on its way. */
struct lookup {
    struct link         link; /* in reader->lookups */
    struct user_reader *reader;
    struct link         waits; /* struct user_wait */
    struct slice        domain, name;
    bool                hashed; /* the name is a key_of_hash */
    enum hash_algorithm algorithm;
    uint64_t            generation;
    unsigned            tries;
    char                text[USER_DOMAIN_MAX + USER_KEY_MAX];
};

struct user_reader {
    struct users        *users;
    struct user_cache   *cache; /* that of users */
    struct world        *world;
    struct store_client *store;
    struct hasher       *hasher;
    struct link          lookups; /* struct lookup */
    size_t               lookup_count;
    struct lookup       *latest; /* what USER_WAIT was said for last */
};

struct user_reader *user_reader_new(struct users *users, struct world *world, struct store_client *store)
{
    struct user_reader *r = calloc(1, sizeof *r);

    if (r == NULL)
        return NULL;
    *r = (struct user_reader){ users, users_cache(users), world, store, .hasher = hasher_new() };
    list_init(&r->lookups);
    if (r->hasher != NULL)
        return r;
    user_reader_free(r);
    return NULL;
}

static void lookup_free(struct lookup *l)
{
    struct user_reader *r = l->reader;

    while (!list_empty(&l->waits))
        list_unlink(l->waits.next);
    if (r->latest == l)
        r->latest = NULL;
    list_unlink(&l->link);
    r->lookup_count--;
    world_give(r->world, ACCOUNT_USERS, sizeof *l);
    free(l);
}

void user_reader_free(struct user_reader *r)
{
    if (r == NULL)
        return;
    while (!list_empty(&r->lookups))
        lookup_free(CONTAINER_OF(r->lookups.next, struct lookup, link));
    hasher_free(r->hasher);
    free(r);
}

/* ---- who waits ---- */

void user_reader_wait(struct user_reader *r, struct user_wait *w, void (*fn)(struct user_wait *w, int error))
{
    assert(r->latest != NULL);
    w->fn = fn;
    list_append(&r->latest->waits, &w->link);
}

void user_wait_stop(struct user_wait *w)
{
    list_unlink(&w->link);
}

/* The lookup is over first, since those who waited may ask for the same again. */
static void end_lookup(struct lookup *l, int error)
{
    struct link waits;

    list_init(&waits);
    list_move(&l->waits, &waits);
    lookup_free(l);
    for (struct link *w; (w = list_shift(&waits)) != NULL;) {
        struct user_wait *wait = CONTAINER_OF(w, struct user_wait, link);

        wait->fn(wait, error);
    }
}

/* ---- what the store said ---- */

static enum learned learn_hash(struct lookup *l, const struct store_answer *a)
{
    struct user_reader *r     = l->reader;
    struct cached_facts facts = { .kind = CACHED_NOBODY, .hashed = true, .domain = l->domain, .name = l->name };

    for (size_t i = 0; i < a->user_count; i++) {
        char                memory[USER_KEY_MAX];
        struct cached_facts user = user_facts(&a->users[i]);

        if (!slice_eq(l->name, user_hash_key(r->hasher, l->algorithm, user.name, users_realm(r->users), memory)))
            continue; /* another's by chance */
        facts.kind        = CACHED_ALIAS;
        facts.user_domain = user.domain;
        facts.user_name   = user.name;
        (void)user_cache_learn(r->cache, &user, l->generation, world_now(r->world)); /* he will be asked for next */
    }
    return user_cache_learn(r->cache, &facts, l->generation, world_now(r->world));
}

static enum learned learn_name(struct lookup *l, const struct store_answer *a)
{
    struct cached_facts facts = { .kind = CACHED_NOBODY, .domain = l->domain, .name = l->name };

    if (a->user_count > 0) {
        facts = user_facts(&a->users[0]);
    } else if (a->alias_count > 0) {
        facts.kind        = CACHED_ALIAS;
        facts.user_domain = a->aliases[0].user_domain;
        facts.user_name   = a->aliases[0].user_name;
    }
    return user_cache_learn(l->reader->cache, &facts, l->generation, world_now(l->reader->world));
}

static int ask(struct lookup *l);

static void on_answer(void *lookup, const struct store_answer *a)
{
    struct lookup *l     = lookup;
    int            error = a->error;

    if (error == 0) {
        switch (l->hashed ? learn_hash(l, a) : learn_name(l, a)) {
        case LEARNED:
            break;
        case LEARN_AGAIN:
            error = l->tries < ASK_AGAIN ? ask(l) : -ERR_LIMIT;
            if (error == 0)
                return;
            break;
        case LEARN_NO_MEMORY:
            error = -ERR_NO_MEMORY;
            break;
        }
    }
    counter_add(&l->reader->world->counters.user_lookups_failed, error != 0);
    end_lookup(l, error);
}

/* ---- asking it ---- */

static int ask(struct lookup *l)
{
    const struct store_name  name  = { l->domain, l->name };
    const struct store_query query = { .kind       = l->hashed ? STORE_FIND_USERHASH : STORE_FIND_USERS,
                                       .count      = 1,
                                       .names      = &name,
                                       .domain     = l->domain,
                                       .hash       = l->hashed ? user_hash_number(l->name) : 0,
                                       .sha512_256 = l->algorithm == HASH_SHA512_256 };

    l->tries++;
    l->generation = user_cache_generation(l->reader->cache);
    return l->reader->store == NULL ? -ERR_CLOSED : store_ask(l->reader->store, &query, on_answer, l);
}

static struct lookup *find_lookup(const struct user_reader *r, struct slice domain, struct slice name)
{
    LIST_EACH (link, &r->lookups) {
        struct lookup *l = CONTAINER_OF(link, struct lookup, link);

        if (slice_eq(l->name, name) && slice_eq_nocase(l->domain, domain))
            return l;
    }
    return NULL;
}

/* The database has domains in lower case. */
static struct lookup *lookup_new(struct user_reader *r, struct slice domain, struct slice name)
{
    struct lookup *l = r->lookup_count < USER_LOOKUPS ? calloc(1, sizeof *l) : NULL;

    if (l == NULL)
        return NULL;
    l->reader = r;
    list_init(&l->waits);
    for (size_t i = 0; i < domain.len; i++)
        l->text[i] = ascii_lower(domain.ptr[i]);
    memcpy(l->text + domain.len, name.ptr, name.len);
    l->domain = (struct slice){ l->text, domain.len };
    l->name   = (struct slice){ l->text + domain.len, name.len };
    list_append(&r->lookups, &l->link);
    r->lookup_count++;
    world_take(r->world, ACCOUNT_USERS, sizeof *l);
    return l;
}

static enum user_state failed(struct user_reader *r)
{
    counter_add(&r->world->counters.user_lookups_failed, 1);
    return USER_FAILED;
}

static enum user_state fetch(struct user_reader *r, struct slice domain, struct slice name, bool hashed,
                             enum hash_algorithm algorithm)
{
    struct lookup *l = find_lookup(r, domain, name);

    if (l == NULL) {
        counter_add(&r->world->counters.user_lookups, 1);
        l = lookup_new(r, domain, name);
        if (l == NULL)
            return failed(r);
        l->hashed    = hashed;
        l->algorithm = algorithm;
        if (ask(l) != 0) {
            lookup_free(l);
            return failed(r);
        }
    }
    r->latest = l;
    return USER_WAIT;
}

/* ---- and being asked ---- */

static bool may_exist(struct slice domain, struct slice name)
{
    return domain.len <= USER_DOMAIN_MAX && user_name_is_good(name);
}

static void copy_ha1(const struct cached *e, enum hash_algorithm algorithm, char memory[USER_HA1_MAX],
                     struct slice *ha1)
{
    *ha1 = e->facts.ha1[algorithm];
    if (ha1->len > USER_HA1_MAX)
        ha1->len = 0; /* from a database that we did not write */
    memcpy(memory, ha1->ptr, ha1->len);
    ha1->ptr = memory;
}

enum user_state user_reader_ha1(struct user_reader *r, struct slice domain, struct slice name,
                                enum hash_algorithm algorithm, char memory[USER_HA1_MAX], struct slice *ha1)
{
    const struct cached *e;
    enum user_state      state = USER_UNKNOWN;
    bool                 known;

    *ha1 = SLICE("");
    rcu_enter(users_rcu(r->users));
    e     = user_cache_find(r->cache, domain, name, world_now(r->world));
    known = e != NULL;
    if (known && e->facts.kind == CACHED_USER) {
        copy_ha1(e, algorithm, memory, ha1);
        state = USER_FOUND;
    }
    rcu_leave(users_rcu(r->users));
    return known || !may_exist(domain, name) ? state : fetch(r, domain, name, false, algorithm);
}

enum user_state user_reader_by_hash(struct user_reader *r, struct slice domain, enum hash_algorithm algorithm,
                                    struct slice userhash, char memory[USER_NAME_MAX], struct slice *name)
{
    char                 key_memory[USER_KEY_MAX];
    struct slice         key = user_hash_key_of_hex(algorithm, userhash, key_memory);
    const struct cached *e;
    enum user_state      state = USER_UNKNOWN;
    bool                 known;

    if (key.len == 0 || domain.len > USER_DOMAIN_MAX)
        return USER_UNKNOWN;
    rcu_enter(users_rcu(r->users));
    e     = user_cache_find(r->cache, domain, key, world_now(r->world));
    known = e != NULL;
    if (known && e->facts.kind == CACHED_ALIAS && e->facts.user_name.len <= USER_NAME_MAX) {
        memcpy(memory, e->facts.user_name.ptr, e->facts.user_name.len);
        *name = (struct slice){ memory, e->facts.user_name.len };
        state = USER_FOUND;
    }
    rcu_leave(users_rcu(r->users));
    return known ? state : fetch(r, domain, key, true, algorithm);
}

/* False: names that are longer than any of ours, from a database that we did not write. */
static bool set_id(struct user_id *id, struct slice domain, struct slice name)
{
    if (domain.len + name.len > sizeof id->memory)
        return false;
    memcpy(id->memory, domain.ptr, domain.len);
    memcpy(id->memory + domain.len, name.ptr, name.len);
    id->domain = (struct slice){ id->memory, domain.len };
    id->name   = (struct slice){ id->memory + domain.len, name.len };
    return true;
}

static enum user_state identify(const struct cached_facts *f, struct user_id *id)
{
    bool ok = false;

    switch (f->kind) {
    case CACHED_USER:
        ok = set_id(id, f->domain, f->name);
        break;
    case CACHED_ALIAS:
        ok           = set_id(id, f->user_domain, f->user_name);
        id->by_alias = true;
        break;
    case CACHED_NOBODY:
        break;
    }
    return ok ? USER_FOUND : USER_UNKNOWN;
}

enum user_state user_reader_resolve(struct user_reader *r, struct slice domain, struct slice name, struct user_id *id)
{
    const struct cached *e;
    enum user_state      state = USER_UNKNOWN;
    bool                 known;

    id->by_alias = false;
    rcu_enter(users_rcu(r->users));
    e     = user_cache_find(r->cache, domain, name, world_now(r->world));
    known = e != NULL;
    if (known)
        state = identify(&e->facts, id);
    rcu_leave(users_rcu(r->users));
    return known || !may_exist(domain, name) ? state : fetch(r, domain, name, false, HASH_MD5);
}
