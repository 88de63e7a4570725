/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/user_change.h"

#include "base/error.h"
#include "sip/digest.h"

#include <stdlib.h>

struct users *users_new(struct world *world, struct rcu *rcu, size_t cache)
{
    struct users *u = calloc(1, sizeof *u);

    if (u == NULL)
        return NULL;
    u->world   = world;
    u->own_rcu = rcu == NULL ? rcu_single_new() : NULL;
    u->rcu     = rcu == NULL ? u->own_rcu : rcu;
    u->hasher  = hasher_new();
    list_init(&u->asking);
    user_changes_init(u);
    if (u->rcu != NULL)
        u->cache = user_cache_new(u->rcu, &world->random, cache);
    if (u->cache == NULL || u->hasher == NULL) {
        users_free(u);
        return NULL;
    }
    return u;
}

void users_account(struct users *u, struct budget *b)
{
    user_cache_account(u->cache, b);
}

/* Somebody who is to hear an answer, even if there is none. */
struct asking {
    struct link      link; /* in users->asking */
    store_answer_fn *fn;
    void            *owner;
};

static void on_list(void *asking, const struct store_answer *a)
{
    struct asking *waits = asking;

    list_unlink(&waits->link);
    waits->fn(waits->owner, a);
    free(waits);
}

static void end_lists(struct users *u)
{
    const struct store_answer none = { .error = -ERR_CLOSED };

    while (!list_empty(&u->asking))
        on_list(CONTAINER_OF(u->asking.next, struct asking, link), &none);
}

void users_free(struct users *u)
{
    if (u == NULL)
        return;
    user_changes_end(u);
    end_lists(u);
    user_cache_free(u->cache);
    hasher_free(u->hasher);
    rcu_free(u->own_rcu);
    free(u);
}

static void set_realm(struct users *u, struct slice realm)
{
    u->realm_len = realm.len < REALM_MAX ? realm.len : REALM_MAX;
    memcpy(u->realm, realm.ptr, u->realm_len);
}

void users_on_setting(struct users *u, struct slice name, struct slice value)
{
    if (slice_eq(name, SLICE("realm")) && value.len > 0)
        set_realm(u, value);
}

void users_on_sizes(struct users *u, const struct store_sizes *sizes)
{
    u->count = (int64_t)sizes->users;
    atomic_store_explicit(&u->no_aliases, !sizes->aliases, memory_order_relaxed);
}

int users_start(struct users *u, struct store_client *store, struct slice realm)
{
    struct store_change change = { .kind = STORE_PUT_SETTING, .name = SLICE("realm") };
    uint64_t            seq;

    u->store = store;
    if (u->realm_len > 0)
        return 0;
    set_realm(u, realm);
    change.value = users_realm(u);
    return store_write(store, &change, 1, &seq);
}

struct slice users_realm(const struct users *u)
{
    return (struct slice){ u->realm, u->realm_len };
}

size_t users_count(const struct users *u)
{
    return (size_t)u->count;
}

void users_report(struct users *u, uint64_t seq, int error)
{
    user_changes_report(u, seq, error);
}

int users_ask(struct users *u, const struct store_query *query, store_answer_fn *fn, void *owner)
{
    struct asking *a     = calloc(1, sizeof *a);
    int            error = u->store == NULL ? -ERR_CLOSED : -ERR_NO_MEMORY;

    if (a != NULL && u->store != NULL) {
        *a    = (struct asking){ .fn = fn, .owner = owner };
        error = store_ask(u->store, query, on_list, a);
    }
    if (error != 0)
        free(a);
    else
        list_append(&u->asking, &a->link);
    return error;
}

bool users_may_have_aliases(const struct users *u)
{
    return !atomic_load_explicit(&u->no_aliases, memory_order_relaxed);
}

struct user_cache *users_cache(struct users *u)
{
    return u->cache;
}

struct rcu *users_rcu(struct users *u)
{
    return u->rcu;
}

struct cached_facts user_facts(const struct stored_user *u)
{
    return (struct cached_facts){
        .kind   = CACHED_USER,
        .domain = u->domain,
        .name   = u->name,
        .ha1    = { [HASH_MD5] = u->ha1_md5, [HASH_SHA256] = u->ha1_sha256, [HASH_SHA512_256] = u->ha1_sha512_256 }
    };
}

/* ---- changes ---- */

static struct slice copy_lower(struct arena *a, struct slice text)
{
    struct slice copy = arena_copy(a, text);

    for (size_t i = 0; i < copy.len; i++)
        ((char *)copy.ptr)[i] = ascii_lower(copy.ptr[i]);
    return copy;
}

static uint64_t userhash(struct users *u, enum hash_algorithm algorithm, struct slice name)
{
    const struct slice parts[] = { name, SLICE(":"), users_realm(u) };

    return hasher_number(u->hasher, algorithm, parts, 3);
}

static void copy_user(struct user_change *c, const struct stored_user *from, struct stored_user *to)
{
    *to = (struct stored_user){
        .domain              = copy_lower(&c->arena, from->domain),
        .name                = arena_copy(&c->arena, from->name),
        .ha1_md5             = copy_lower(&c->arena, from->ha1_md5),
        .ha1_sha256          = copy_lower(&c->arena, from->ha1_sha256),
        .ha1_sha512_256      = copy_lower(&c->arena, from->ha1_sha512_256),
        .userhash_sha256     = userhash(c->users, HASH_SHA256, from->name),
        .userhash_sha512_256 = userhash(c->users, HASH_SHA512_256, from->name),
    };
}

static void set_users(struct user_change *c, const struct stored_user *users, size_t count)
{
    c->rows     = arena_alloc(&c->arena, (count + 1) * sizeof *c->rows);
    c->outcomes = arena_alloc(&c->arena, (count + 1) * sizeof *c->outcomes);
    c->count    = count;
    for (size_t i = 0; c->rows != NULL && c->outcomes != NULL && i < count; i++)
        copy_user(c, &users[i], &c->rows[i]);
}

static int change_user(struct users *u, enum change_kind kind, const struct stored_user *user, users_done_fn *done,
                       void *arg)
{
    struct user_change *c;
    int                 error = user_change_new(u, kind, &c);

    if (error != 0)
        return error;
    c->done = done;
    c->arg  = arg;
    set_users(c, user, 1);
    return user_change_begin(c);
}

static int put_password(struct users *u, enum change_kind kind, struct slice domain, struct slice name,
                        struct slice password, users_done_fn *done, void *arg)
{
    char               md5[DIGEST_HEX], sha256[DIGEST_HEX], sha512_256[DIGEST_HEX];
    struct slice       realm = users_realm(u);
    struct stored_user user  = { .domain = domain, .name = name };

    if (!user_password_is_good(password))
        return -ERR_SYNTAX;
    digest_ha1(u->hasher, HASH_MD5, name, realm, password, md5);
    digest_ha1(u->hasher, HASH_SHA256, name, realm, password, sha256);
    digest_ha1(u->hasher, HASH_SHA512_256, name, realm, password, sha512_256);
    user.ha1_md5        = slice_from(md5);
    user.ha1_sha256     = slice_from(sha256);
    user.ha1_sha512_256 = slice_from(sha512_256);
    return change_user(u, kind, &user, done, arg);
}

int users_add(struct users *u, struct slice domain, struct slice name, struct slice password, users_done_fn *done,
              void *arg)
{
    if (!user_domain_is_good(domain) || !user_name_is_good(name))
        return -ERR_SYNTAX;
    return put_password(u, ADD_USER, domain, name, password, done, arg);
}

int users_set_password(struct users *u, struct slice domain, struct slice name, struct slice password,
                       users_done_fn *done, void *arg)
{
    return put_password(u, SET_PASSWORD, domain, name, password, done, arg);
}

int users_remove(struct users *u, struct slice domain, struct slice name, users_done_fn *done, void *arg)
{
    return change_user(u, REMOVE_USER, &(struct stored_user){ .domain = domain, .name = name }, done, arg);
}

static int change_alias(struct users *u, enum change_kind kind, const struct stored_alias *alias, users_done_fn *done,
                        void *arg)
{
    struct user_change *c;
    int                 error = user_change_new(u, kind, &c);

    if (error != 0)
        return error;
    c->done = done;
    c->arg  = arg;
    c->alias =
        (struct stored_alias){ copy_lower(&c->arena, alias->domain), arena_copy(&c->arena, alias->name),
                               copy_lower(&c->arena, alias->user_domain), arena_copy(&c->arena, alias->user_name) };
    set_users(c, NULL, 0);
    return user_change_begin(c);
}

static bool is_number(struct slice name)
{
    char memory[USER_NUMBER_MAX];

    return slice_eq(name, user_number_of_text(name, memory));
}

int users_add_alias(struct users *u, const struct stored_alias *alias, users_done_fn *done, void *arg)
{
    bool good = alias->domain.len == 0 ? is_number(alias->name)
                                       : user_domain_is_good(alias->domain) && user_name_is_good(alias->name);

    if (good)
        atomic_store_explicit(&u->no_aliases, false, memory_order_relaxed);
    return good ? change_alias(u, ADD_ALIAS, alias, done, arg) : -ERR_SYNTAX;
}

int users_remove_alias(struct users *u, struct slice domain, struct slice name, users_done_fn *done, void *arg)
{
    return change_alias(u, REMOVE_ALIAS, &(struct stored_alias){ .domain = domain, .name = name }, done, arg);
}

static bool is_good(const struct stored_user *u)
{
    return user_domain_is_good(u->domain) && user_name_is_good(u->name) && user_ha1_is_good(u->ha1_md5, HASH_MD5) &&
           user_ha1_is_good(u->ha1_sha256, HASH_SHA256) && user_ha1_is_good(u->ha1_sha512_256, HASH_SHA512_256);
}

int users_put_many(struct users *u, const struct stored_user *users, size_t count, enum user_put how,
                   users_many_fn *done, void *arg)
{
    struct user_change *c;
    int                 error = count <= STORE_ROWS_MAX ? user_change_new(u, PUT_MANY, &c) : -ERR_LIMIT;

    if (error != 0)
        return error;
    c->many = done;
    c->how  = how;
    c->arg  = arg;
    set_users(c, users, count);
    for (size_t i = 0; arena_ok(&c->arena) && i < count; i++)
        c->outcomes[i] = is_good(&users[i]) ? USER_ADDED : USER_BAD;
    return user_change_begin(c);
}
