/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/bans.h"

#include "base/error.h"
#include "base/list.h"
#include "base/prefix_map.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* One of the list; readers see it by the table. */
struct entry {
    struct rcu_node  retired;
    struct entry    *next; /* in `gone` */
    struct ban       ban;  /* its reason lies behind it; not its hits */
    _Atomic uint64_t hits;
    char             reason[];
};

/* What is in force; immutable. */
struct table {
    struct rcu_node    retired;
    struct prefix_map *banned, *allowed;
    size_t             count, allowed_count;
    struct entry      *entries[]; /* in the order of `banned` */
};

struct bans {
    struct rcu             *rcu;
    struct budget          *budget;
    _Atomic(struct table *) table;
    atomic_size_t           in_force; /* 0: nobody looks at the table */
    atomic_uint             generation;
    pthread_mutex_t         lock; /* the rest */
    struct entry          **list;
    size_t                  count, room;
    struct entry           *gone; /* out of the list, but the table still has them */
    struct prefix          *allowed;
    size_t                  allowed_count;
    bool                    stale; /* the table is not what the list says */
};

struct bans *bans_new(struct rcu *rcu)
{
    struct bans *b = calloc(1, sizeof *b);

    if (b == NULL)
        return NULL;
    b->rcu = rcu;
    pthread_mutex_init(&b->lock, NULL); /* glibc's default kind cannot fail */
    return b;
}

/* ---- memory ---- */

static void account(const struct bans *b, int64_t bytes)
{
    if (b->budget != NULL)
        budget_move(b->budget, ACCOUNT_BANS, bytes);
}

static int64_t size_of_entry(const struct entry *e)
{
    return (int64_t)(sizeof *e + e->ban.reason.len);
}

static int64_t size_of_table(const struct table *t)
{
    return (int64_t)(sizeof *t + t->count * sizeof *t->entries + prefix_map_size(t->count) +
                     prefix_map_size(t->allowed_count));
}

static int64_t size_of(const struct bans *b)
{
    const struct table *t    = RCU_READ(&b->table);
    int64_t             size = (int64_t)(sizeof *b + b->room * sizeof *b->list + b->allowed_count * sizeof *b->allowed);

    for (size_t i = 0; i < b->count; i++)
        size += size_of_entry(b->list[i]);
    for (const struct entry *e = b->gone; e != NULL; e = e->next)
        size += size_of_entry(e);
    return size + (t != NULL ? size_of_table(t) : 0);
}

void bans_account(struct bans *b, struct budget *budget)
{
    b->budget = budget;
    account(b, size_of(b));
}

static void free_table(struct rcu_node *node)
{
    struct table *t = CONTAINER_OF(node, struct table, retired);

    prefix_map_free(t->banned);
    prefix_map_free(t->allowed);
    free(t);
}

static void free_entry(struct rcu_node *node)
{
    free(CONTAINER_OF(node, struct entry, retired));
}

static void free_gone(struct entry *e)
{
    while (e != NULL) {
        struct entry *next = e->next;

        free(e);
        e = next;
    }
}

void bans_free(struct bans *b)
{
    struct table *t;

    if (b == NULL)
        return;
    account(b, -size_of(b));
    t = RCU_READ(&b->table);
    if (t != NULL)
        free_table(&t->retired);
    for (size_t i = 0; i < b->count; i++)
        free(b->list[i]);
    free_gone(b->gone);
    free(b->list);
    free(b->allowed);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

/* ---- the list, with the lock held ---- */

/* Where it is, or would be. */
static size_t place_of(const struct bans *b, const struct prefix *network)
{
    size_t low = 0, high = b->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (prefix_compare(&b->list[middle]->ban.network, network) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct entry *find(const struct bans *b, const struct prefix *network)
{
    size_t at = place_of(b, network);

    return at < b->count && prefix_compare(&b->list[at]->ban.network, network) == 0 ? b->list[at] : NULL;
}

static struct entry *entry_new(const struct ban *ban)
{
    size_t        len = ban->reason.len < BAN_REASON ? ban->reason.len : BAN_REASON;
    struct entry *e   = calloc(1, sizeof *e + len);

    if (e == NULL)
        return NULL;
    e->ban        = *ban;
    e->ban.reason = (struct slice){ e->reason, len };
    if (len > 0)
        memcpy(e->reason, ban->reason.ptr, len);
    return e;
}

/* Whoever makes up addresses can earn bans for them, but leaves room for those that somebody decides. */
static int make_room(struct bans *b, const struct ban *ban)
{
    size_t         room = b->room > 0 ? 2 * b->room : 16;
    struct entry **list;

    if (b->count >= (ban->strikes > 0 ? BANS_EARNED : BANS_MAX))
        return -ERR_LIMIT;
    if (b->count < b->room)
        return 0;
    list = realloc(b->list, room * sizeof *list);
    if (list == NULL)
        return -ERR_NO_MEMORY;
    account(b, (int64_t)((room - b->room) * sizeof *list));
    b->list = list;
    b->room = room;
    return 0;
}

static bool is_in_force(const struct ban *ban, uint64_t wall)
{
    return ban->until > wall;
}

/* ---- the table, with the lock held ---- */

/* A network within another that is banned altogether adds nothing, and must not take anything
 * away: of two the smaller is found. */
static size_t collect(const struct bans *b, uint64_t wall, struct table *t, struct prefix *networks)
{
    const struct prefix *around = NULL;
    size_t               count  = 0;

    for (size_t i = 0; i < b->count; i++) {
        struct entry *e = b->list[i];

        if (!is_in_force(&e->ban, wall) || (around != NULL && prefix_covers(around, &e->ban.network)))
            continue;
        if (!e->ban.datagrams_only)
            around = &e->ban.network;
        t->entries[count] = e;
        networks[count++] = e->ban.network;
    }
    return count;
}

static struct table *table_new(const struct bans *b, uint64_t wall)
{
    struct table  *t        = calloc(1, sizeof *t + b->count * sizeof *t->entries);
    struct prefix *networks = malloc((b->count + 1) * sizeof *networks);

    if (t != NULL && networks != NULL) {
        t->count         = collect(b, wall, t, networks);
        t->allowed_count = b->allowed_count;
        t->banned        = prefix_map_new(networks, t->count);
        t->allowed       = prefix_map_new(b->allowed, b->allowed_count);
    }
    free(networks);
    if (t != NULL && (t->banned == NULL || t->allowed == NULL)) {
        free_table(&t->retired);
        t = NULL;
    }
    return t;
}

/* No table has them any more; a reader may still count for them. */
static void retire_gone(struct bans *b)
{
    while (b->gone != NULL) {
        struct entry *e = b->gone;

        b->gone = e->next;
        account(b, -size_of_entry(e));
        rcu_retire(b->rcu, &e->retired, free_entry);
    }
}

/* Without memory the old one goes on, and the next second tries again. */
static void publish(struct bans *b, uint64_t wall)
{
    struct table *old = RCU_READ(&b->table), *t = table_new(b, wall);

    b->stale = t == NULL;
    if (t == NULL)
        return;
    account(b, size_of_table(t));
    RCU_PUBLISH(&b->table, t);
    atomic_store_explicit(&b->in_force, t->count, memory_order_release);
    atomic_fetch_add_explicit(&b->generation, 1, memory_order_release);
    retire_gone(b);
    if (old == NULL)
        return;
    account(b, -size_of_table(old));
    rcu_retire(b->rcu, &old->retired, free_table);
}

static void changed(struct bans *b, uint64_t wall)
{
    if (b->count <= BANS_AT_ONCE)
        publish(b, wall);
    else
        b->stale = true;
}

/* ---- what it is for ---- */

/* Out of the list, but not out of the table. */
static void let_go(struct bans *b, struct entry *e)
{
    e->next = b->gone;
    b->gone = e;
}

static int put(struct bans *b, struct entry *e)
{
    struct entry *old   = find(b, &e->ban.network);
    size_t        at    = place_of(b, &e->ban.network);
    int           error = old == NULL ? make_room(b, &e->ban) : 0;

    if (error != 0)
        return error;
    account(b, size_of_entry(e));
    if (old != NULL) {
        atomic_store_explicit(&e->hits, atomic_load_explicit(&old->hits, memory_order_relaxed), memory_order_relaxed);
        let_go(b, old);
    } else {
        memmove(&b->list[at + 1], &b->list[at], (b->count - at) * sizeof(struct entry *));
        b->count++;
    }
    b->list[at] = e;
    return 0;
}

int bans_put(struct bans *b, const struct ban *ban, uint64_t wall)
{
    struct entry *e = entry_new(ban);
    int           error;

    if (e == NULL)
        return -ERR_NO_MEMORY;
    pthread_mutex_lock(&b->lock);
    error = put(b, e);
    if (error == 0)
        changed(b, wall);
    pthread_mutex_unlock(&b->lock);
    if (error != 0)
        free(e);
    return error;
}

static void take_out(struct bans *b, size_t at)
{
    let_go(b, b->list[at]);
    memmove(&b->list[at], &b->list[at + 1], (b->count - at - 1) * sizeof(struct entry *));
    b->count--;
}

bool bans_remove(struct bans *b, const struct prefix *network, uint64_t wall)
{
    const struct entry *e;
    bool                found;

    pthread_mutex_lock(&b->lock);
    e     = find(b, network);
    found = e != NULL && is_in_force(&e->ban, wall);
    if (found) {
        take_out(b, place_of(b, network));
        changed(b, wall);
    }
    pthread_mutex_unlock(&b->lock);
    return found;
}

bool bans_get(struct bans *b, const struct prefix *network, struct ban *out)
{
    const struct entry *e;

    pthread_mutex_lock(&b->lock);
    e = find(b, network);
    if (e != NULL) {
        *out        = e->ban;
        out->reason = SLICE("");
        out->hits   = atomic_load_explicit(&e->hits, memory_order_relaxed);
    }
    pthread_mutex_unlock(&b->lock);
    return e != NULL;
}

void bans_each(struct bans *b, uint64_t wall, void (*fn)(void *arg, const struct ban *ban), void *arg)
{
    pthread_mutex_lock(&b->lock);
    for (size_t i = 0; i < b->count; i++) {
        struct ban ban = b->list[i]->ban;

        ban.hits = atomic_load_explicit(&b->list[i]->hits, memory_order_relaxed);
        if (is_in_force(&ban, wall))
            fn(arg, &ban);
    }
    pthread_mutex_unlock(&b->lock);
}

size_t bans_count(struct bans *b)
{
    return atomic_load_explicit(&b->in_force, memory_order_relaxed);
}

/* What somebody has decided ends with its time. */
static bool is_forgotten(const struct ban *ban, uint64_t wall)
{
    return !is_in_force(ban, wall) && (ban->strikes == 0 || wall - ban->until >= BANS_REMEMBERED);
}

void bans_expire(struct bans *b, uint64_t wall, void (*forgotten)(void *arg, const struct ban *ban), void *arg)
{
    const struct table *t;
    size_t              kept = 0;

    pthread_mutex_lock(&b->lock);
    for (size_t i = 0; i < b->count; i++) {
        struct entry *e = b->list[i];

        if (!is_forgotten(&e->ban, wall)) {
            b->list[kept++] = e;
            continue;
        }
        forgotten(arg, &e->ban);
        let_go(b, e);
    }
    b->count = kept;
    t        = RCU_READ(&b->table);
    for (size_t i = 0; t != NULL && i < t->count && !b->stale; i++)
        b->stale = !is_in_force(&t->entries[i]->ban, wall);
    if (b->stale || b->gone != NULL)
        publish(b, wall);
    pthread_mutex_unlock(&b->lock);
}

int bans_allow(struct bans *b, const struct prefix *allowed, size_t count, uint64_t wall)
{
    struct prefix *copy = malloc((count + 1) * sizeof *copy);

    if (copy == NULL)
        return -ERR_NO_MEMORY;
    if (count > 0)
        memcpy(copy, allowed, count * sizeof *copy);
    pthread_mutex_lock(&b->lock);
    account(b, ((int64_t)count - (int64_t)b->allowed_count) * (int64_t)sizeof *copy);
    free(b->allowed);
    b->allowed       = copy;
    b->allowed_count = count;
    publish(b, wall);
    pthread_mutex_unlock(&b->lock);
    return 0;
}

unsigned bans_generation(const struct bans *b)
{
    return atomic_load_explicit(&b->generation, memory_order_acquire);
}

/* An answer to us, who have asked. */
static bool is_response(struct slice datagram)
{
    static const struct slice version = SLICE_INIT("SIP/2.0 ");

    return datagram.len > version.len && memcmp(datagram.ptr, version.ptr, version.len) == 0;
}

static struct entry *look_up(const struct table *t, const struct address *from, const struct slice *datagram)
{
    int           index = prefix_map_find(t->banned, from);
    struct entry *e     = index != PREFIX_NONE ? t->entries[index] : NULL;

    if (e == NULL || (e->ban.datagrams_only && (datagram == NULL || is_response(*datagram))) ||
        prefix_map_find(t->allowed, from) != PREFIX_NONE)
        return NULL;
    return e;
}

bool bans_hit(struct bans *b, const struct address *from, const struct slice *datagram)
{
    struct entry *e;

    if (atomic_load_explicit(&b->in_force, memory_order_acquire) == 0)
        return false;
    rcu_enter(b->rcu);
    e = look_up(RCU_READ(&b->table), from, datagram);
    if (e != NULL)
        atomic_fetch_add_explicit(&e->hits, 1, memory_order_relaxed);
    rcu_leave(b->rcu);
    return e != NULL;
}
