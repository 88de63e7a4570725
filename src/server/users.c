/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/users.h"

#include "base/error.h"
#include "base/scan.h"
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
    struct table         table;
    struct hash_key      key;
    struct hasher       *hasher;
    struct store_client *store;
    struct link          waiters;
    char                 realm[REALM_MAX];
    size_t               realm_len;
    bool                 load_failed;
};

struct ha1s {
    char md5[DIGEST_HEX], sha256[DIGEST_HEX];
};

struct users *users_new(struct world *world)
{
    struct users *u = calloc(1, sizeof *u);

    if (u == NULL)
        return NULL;
    list_init(&u->waiters);
    random_fill(&world->random, &u->key, sizeof u->key);
    u->hasher = hasher_new();
    if (u->hasher == NULL || table_init(&u->table, 16) != 0) {
        hasher_free(u->hasher);
        free(u);
        return NULL;
    }
    return u;
}

static struct user *user_of(struct table_link *link)
{
    return CONTAINER_OF(link, struct user, link);
}

static void free_user(struct table_link *link, void *arg)
{
    table_remove(&((struct users *)arg)->table, link);
    free(user_of(link));
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
    table_each(&u->table, free_user, u);
    table_fini(&u->table);
    hasher_free(u->hasher);
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
    uint64_t hash;

    if (!hash_of(u, domain, name, &hash))
        return NULL;
    for (struct table_link *l = table_first(&u->table, hash); l != NULL; l = table_next(l)) {
        struct user *user = user_of(l);

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
    struct user *user = malloc(sizeof *user + s->domain.len + s->name.len + s->ha1_md5.len + s->ha1_sha256.len);
    char        *at;

    if (user == NULL)
        return NULL;
    at               = (char *)(user + 1);
    user->domain     = put(&at, s->domain, true);
    user->name       = put(&at, s->name, false);
    user->ha1_md5    = put(&at, s->ha1_md5, true);
    user->ha1_sha256 = put(&at, s->ha1_sha256, true);
    return user;
}

/* Takes `user`; one of the same name goes. */
static void replace(struct users *u, struct user *user)
{
    struct user *old = find(u, user->domain, user->name);
    uint64_t     hash;

    if (!hash_of(u, user->domain, user->name, &hash)) {
        free(user); /* from a database that we did not write */
        return;
    }
    if (old != NULL)
        free_user(&old->link, u);
    table_insert(&u->table, &user->link, hash);
}

void users_on_user(struct users *u, const struct stored_user *stored)
{
    struct user *user = user_new(stored);

    if (user == NULL)
        u->load_failed = true;
    else
        replace(u, user);
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

struct visit {
    void (*fn)(const struct user *user, void *arg);
    void *arg;
};

static void visit_one(struct table_link *link, void *arg)
{
    const struct visit *v = arg;

    v->fn(user_of(link), v->arg);
}

void users_each(struct users *u, void (*fn)(const struct user *user, void *arg), void *arg)
{
    struct visit v = { fn, arg };

    table_each(&u->table, visit_one, &v);
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
    change.user.ha1_md5    = slice_from(ha1s.md5);
    change.user.ha1_sha256 = slice_from(ha1s.sha256);
    user                   = user_new(&change.user);
    if (user == NULL)
        return -ERR_NO_MEMORY;
    change.user.domain = user->domain; /* lower case */
    error              = write_and_wait(u, &change, done, arg);
    if (error != 0)
        free(user);
    else
        replace(u, user);
    return error;
}

int users_add(struct users *u, struct slice domain, struct slice name, struct slice password, users_done_fn *done,
              void *arg)
{
    if (!user_domain_is_good(domain) || !user_name_is_good(name) || !user_password_is_good(password))
        return -ERR_SYNTAX;
    if (find(u, domain, name) != NULL)
        return -ERR_EXISTS;
    return put_user(u, domain, name, password, done, arg);
}

int users_set_password(struct users *u, struct slice domain, struct slice name, struct slice password,
                       users_done_fn *done, void *arg)
{
    if (!user_password_is_good(password))
        return -ERR_SYNTAX;
    if (find(u, domain, name) == NULL)
        return -ERR_NOT_FOUND;
    return put_user(u, domain, name, password, done, arg);
}

int users_remove(struct users *u, struct slice domain, struct slice name, users_done_fn *done, void *arg)
{
    struct user        *user   = find(u, domain, name);
    struct store_change change = { .kind = STORE_DELETE_USER };
    int                 error;

    if (user == NULL)
        return -ERR_NOT_FOUND;
    change.user.domain = user->domain;
    change.user.name   = user->name;
    error              = write_and_wait(u, &change, done, arg);
    if (error == 0)
        free_user(&user->link, u);
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
