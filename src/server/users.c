/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/users.h"

#include "base/error.h"
#include "base/scan.h"
#include "base/siphash.h"
#include "sip/digest.h"

#include <stdlib.h>

enum { REALM_MAX = 256 };

/* Someone who waits for a commit. */
struct waiter {
    struct link    link; /* in order of seq */
    uint64_t       seq;
    users_done_fn *done;
    void          *arg;
};

struct users {
    struct rcu          *rcu, *own_rcu;
    struct rcu_table     table;
    struct budget       *budget; /* NULL: nobody accounts */
    struct hash_key      key;
    struct hasher       *hasher;
    struct store_client *store;
    struct link          waiters;
    char                 realm[REALM_MAX];
    size_t               realm_len;
    bool                 load_failed;
};

struct ha1s {
    char md5[DIGEST_HEX], sha256[DIGEST_HEX], sha512_256[DIGEST_HEX];
};

struct users *users_new(struct world *world, struct rcu *rcu)
{
    struct users *u = calloc(1, sizeof *u);

    if (u == NULL)
        return NULL;
    list_init(&u->waiters);
    random_fill(&world->random, &u->key, sizeof u->key);
    u->own_rcu = rcu == NULL ? rcu_single_new() : NULL;
    u->rcu     = rcu == NULL ? u->own_rcu : rcu;
    u->hasher  = hasher_new();
    if (u->rcu == NULL || u->hasher == NULL || rcu_table_init(&u->table, u->rcu, 0) != 0) {
        users_free(u);
        return NULL;
    }
    return u;
}

static struct user *user_of(struct rcu_entry *entry)
{
    return CONTAINER_OF(entry, struct user, entry);
}

void users_account(struct users *u, struct budget *b)
{
    u->budget = b;
}

static int64_t size_of(const struct user *user)
{
    return (int64_t)(sizeof *user + user->domain.len + user->name.len + user->ha1_md5.len + user->ha1_sha256.len +
                     user->ha1_sha512_256.len + 2 * sizeof(struct rcu_entry *));
}

static void account(struct users *u, int64_t bytes)
{
    if (u->budget != NULL)
        budget_move(u->budget, ACCOUNT_USERS, bytes);
}

static void free_entry(struct rcu_entry *entry, void *arg)
{
    account(arg, -size_of(user_of(entry)));
    free(user_of(entry));
}

static void free_retired(struct rcu_node *node)
{
    free(CONTAINER_OF(node, struct user, retired));
}

void users_report(struct users *u, uint64_t seq, int error)
{
    while (!list_empty(&u->waiters)) {
        struct waiter *w = CONTAINER_OF(u->waiters.next, struct waiter, link);

        if (w->seq > seq)
            return;
        list_unlink(&w->link);
        w->done(w->arg, error);
        free(w);
    }
}

void users_free(struct users *u)
{
    if (u == NULL)
        return;
    users_report(u, UINT64_MAX, -ERR_CLOSED);
    rcu_table_fini(&u->table, free_entry, u);
    hasher_free(u->hasher);
    rcu_free(u->own_rcu);
    free(u);
}

/* Domain in lower case, a NUL, the name.  False if either is too long to be ours. */
static bool hash_of(const struct users *u, struct slice domain, struct slice name, uint64_t *hash)
{
    char       memory[USER_DOMAIN_MAX + 1 + USER_NAME_MAX];
    struct buf b = BUF_ON(memory);

    if (domain.len > USER_DOMAIN_MAX || name.len > USER_NAME_MAX)
        return false;
    for (size_t i = 0; i < domain.len; i++)
        buf_put_byte(&b, ascii_lower(domain.ptr[i]));
    buf_put_byte(&b, '\0');
    buf_put(&b, name);
    *hash = siphash(&u->key, buf_slice(&b));
    return true;
}

static struct user *find(const struct users *u, struct slice domain, struct slice name)
{
    struct rcu_probe p;
    uint64_t         hash;

    if (!hash_of(u, domain, name, &hash))
        return NULL;
    for (struct rcu_entry *e = rcu_table_first(&u->table, hash, &p); e != NULL; e = rcu_table_next(&p)) {
        struct user *user = user_of(e);

        if (slice_eq(user->name, name) && slice_eq_nocase(user->domain, domain))
            return user;
    }
    return NULL;
}

static struct slice put(char **at, struct slice text, bool lower)
{
    struct slice copy = { *at, text.len };

    for (size_t i = 0; i < text.len; i++)
        (*at)[i] = lower ? ascii_lower(text.ptr[i]) : text.ptr[i];
    *at += text.len;
    return copy;
}

static struct user *user_new(const struct stored_user *s)
{
    struct user *user =
        malloc(sizeof *user + s->domain.len + s->name.len + s->ha1_md5.len + s->ha1_sha256.len + s->ha1_sha512_256.len);
    char *at;

    if (user == NULL)
        return NULL;
    at                   = (char *)(user + 1);
    user->domain         = put(&at, s->domain, true);
    user->name           = put(&at, s->name, false);
    user->ha1_md5        = put(&at, s->ha1_md5, true);
    user->ha1_sha256     = put(&at, s->ha1_sha256, true);
    user->ha1_sha512_256 = put(&at, s->ha1_sha512_256, true);
    return user;
}

/* In a section.  Takes `user`; one of the same name goes.  Returns 0, -ERR_NO_MEMORY
 * (there was none, and room had not been made) or -ERR_SYNTAX (it cannot be ours). */
static int replace(struct users *u, struct user *user)
{
    struct user *old   = find(u, user->domain, user->name);
    int          error = 0;
    uint64_t     hash;

    if (!hash_of(u, user->domain, user->name, &hash))
        error = -ERR_SYNTAX;
    else if (old == NULL)
        error = rcu_table_insert(&u->table, &user->entry, hash);
    if (error != 0) {
        free(user);
        return error;
    }
    account(u, size_of(user));
    if (old != NULL) {
        account(u, -size_of(old));
        rcu_table_replace(&u->table, &old->entry, &user->entry);
        rcu_retire(u->rcu, &old->retired, free_retired);
    }
    return 0;
}

void users_on_user(struct users *u, const struct stored_user *stored)
{
    struct user *user = user_new(stored);

    rcu_enter(u->rcu);
    if (user == NULL || replace(u, user) == -ERR_NO_MEMORY)
        u->load_failed = true;
    rcu_leave(u->rcu);
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

int users_start(struct users *u, struct store_client *store, struct slice realm)
{
    struct store_change change = { .kind = STORE_PUT_SETTING, .name = SLICE("realm") };
    uint64_t            seq;

    u->store = store;
    if (u->load_failed)
        return -ERR_NO_MEMORY;
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
    return u->table.count;
}

const struct user *users_find(const struct users *u, struct slice domain, struct slice name)
{
    return find(u, domain, name);
}

bool users_has(const struct users *u, struct slice domain, struct slice name)
{
    bool has;

    rcu_enter(u->rcu);
    has = find(u, domain, name) != NULL;
    rcu_leave(u->rcu);
    return has;
}

static struct slice ha1_of(const struct user *user, enum hash_algorithm algorithm)
{
    switch (algorithm) {
    case HASH_MD5:
        return user->ha1_md5;
    case HASH_SHA256:
        return user->ha1_sha256;
    case HASH_SHA512_256:
        return user->ha1_sha512_256;
    }
    return SLICE("");
}

struct slice users_ha1(const struct users *u, struct slice domain, struct slice name, enum hash_algorithm algorithm,
                       char memory[USER_HA1_MAX])
{
    const struct user *user;
    struct slice       ha1 = SLICE("");

    rcu_enter(u->rcu);
    user = find(u, domain, name);
    if (user != NULL)
        ha1 = ha1_of(user, algorithm);
    if (ha1.len > USER_HA1_MAX)
        ha1.len = 0; /* from a database that we did not write */
    memcpy(memory, ha1.ptr, ha1.len);
    rcu_leave(u->rcu);
    return (struct slice){ memory, ha1.len };
}

struct visit {
    void (*fn)(const struct user *user, void *arg);
    void *arg;
};

static void visit_one(struct rcu_entry *entry, void *arg)
{
    const struct visit *v = arg;

    v->fn(user_of(entry), v->arg);
}

void users_each(struct users *u, void (*fn)(const struct user *user, void *arg), void *arg)
{
    struct visit v = { fn, arg };

    rcu_enter(u->rcu);
    rcu_table_scan(&u->table, 0, SIZE_MAX, visit_one, &v);
    rcu_leave(u->rcu);
}

/* Queue the change and remember who waits for it; all or nothing. */
static int write_and_wait(struct users *u, const struct store_change *change, users_done_fn *done, void *arg)
{
    struct waiter *w;
    int            error;

    if (u->store == NULL)
        return -ERR_CLOSED;
    w = calloc(1, sizeof *w);
    if (w == NULL)
        return -ERR_NO_MEMORY;
    w->done = done;
    w->arg  = arg;
    error   = store_write(u->store, change, 1, &w->seq);
    if (error != 0) {
        free(w);
        return error;
    }
    list_append(&u->waiters, &w->link);
    return 0;
}

static uint64_t userhash(struct users *u, enum hash_algorithm algorithm, struct slice name)
{
    const struct slice parts[] = { name, SLICE(":"), users_realm(u) };

    return hasher_number(u->hasher, algorithm, parts, 3);
}

static int put_user(struct users *u, struct slice domain, struct slice name, struct slice password, users_done_fn *done,
                    void *arg)
{
    struct ha1s         ha1s;
    struct slice        realm  = users_realm(u);
    struct store_change change = { .kind = STORE_PUT_USER, .user = { .domain = domain, .name = name } };
    struct user        *user;
    int                 error;

    digest_ha1(u->hasher, HASH_MD5, name, realm, password, ha1s.md5);
    digest_ha1(u->hasher, HASH_SHA256, name, realm, password, ha1s.sha256);
    digest_ha1(u->hasher, HASH_SHA512_256, name, realm, password, ha1s.sha512_256);
    change.user.ha1_md5             = slice_from(ha1s.md5);
    change.user.ha1_sha256          = slice_from(ha1s.sha256);
    change.user.ha1_sha512_256      = slice_from(ha1s.sha512_256);
    change.user.userhash_sha256     = userhash(u, HASH_SHA256, name);
    change.user.userhash_sha512_256 = userhash(u, HASH_SHA512_256, name);
    user                            = user_new(&change.user);
    if (user == NULL)
        return -ERR_NO_MEMORY;
    change.user.domain = user->domain; /* lower case */
    error              = rcu_table_make_room(&u->table);
    if (error == 0)
        error = write_and_wait(u, &change, done, arg);
    if (error != 0)
        free(user);
    else
        replace(u, user); /* there is room, and the name is good */
    return error;
}

/* Within a section: what is replaced is retired. */
static int put_in_section(struct users *u, struct slice domain, struct slice name, struct slice password,
                          users_done_fn *done, void *arg)
{
    int error;

    rcu_enter(u->rcu);
    error = put_user(u, domain, name, password, done, arg);
    rcu_leave(u->rcu);
    return error;
}

int users_add(struct users *u, struct slice domain, struct slice name, struct slice password, users_done_fn *done,
              void *arg)
{
    if (!user_domain_is_good(domain) || !user_name_is_good(name) || !user_password_is_good(password))
        return -ERR_SYNTAX;
    if (users_has(u, domain, name))
        return -ERR_EXISTS;
    return put_in_section(u, domain, name, password, done, arg);
}

int users_set_password(struct users *u, struct slice domain, struct slice name, struct slice password,
                       users_done_fn *done, void *arg)
{
    if (!user_password_is_good(password))
        return -ERR_SYNTAX;
    if (!users_has(u, domain, name))
        return -ERR_NOT_FOUND;
    return put_in_section(u, domain, name, password, done, arg);
}

static int remove_user(struct users *u, struct user *user, users_done_fn *done, void *arg)
{
    struct store_change change = { .kind = STORE_DELETE_USER };
    int                 error;

    change.user.domain = user->domain;
    change.user.name   = user->name;
    error              = write_and_wait(u, &change, done, arg);
    if (error != 0)
        return error;
    rcu_table_remove(&u->table, &user->entry);
    account(u, -size_of(user));
    rcu_retire(u->rcu, &user->retired, free_retired);
    return 0;
}

int users_remove(struct users *u, struct slice domain, struct slice name, users_done_fn *done, void *arg)
{
    struct user *user;
    int          error;

    rcu_enter(u->rcu);
    user  = find(u, domain, name);
    error = user != NULL ? remove_user(u, user, done, arg) : -ERR_NOT_FOUND;
    rcu_leave(u->rcu);
    return error;
}

bool user_name_is_good(struct slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!is_alnum_byte(name.ptr[i]) && (name.ptr[i] == '\0' || strchr("-_.!~*'+", name.ptr[i]) == NULL))
            return false;
    return name.len > 0 && name.len <= USER_NAME_MAX;
}

bool user_domain_is_good(struct slice domain)
{
    struct scan  s = scan_from(domain);
    struct slice host;

    return domain.len <= USER_DOMAIN_MAX && scan_host(&s, &host) && scan_at_end(&s);
}

bool user_password_is_good(struct slice password)
{
    for (size_t i = 0; i < password.len; i++)
        if ((unsigned char)password.ptr[i] < ' ' || password.ptr[i] == 0x7f)
            return false;
    return password.len > 0 && password.len <= USER_PASSWORD_MAX;
}
