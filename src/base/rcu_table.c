/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/rcu_table.h"

#include "base/error.h"
#include "base/slice.h"

#include <stdlib.h>

/* Growth begins at three quarters; moving so many slots with each change empties the
 * old array while the new one fills to three quarters at most. */
enum { SMALLEST_BITS = 4, MOVES = 8, TAG = 15, TAG_SHIFT = 8, REMOVED = 1 };

/* A slot is 0, REMOVED, or an entry with its tag in the low four bits. */
struct rcu_slots {
    struct rcu_node             retired;
    unsigned                    shift; /* home of a hash: its highest bits */
    size_t                      mask;
    size_t                      used;  /* not empty; the writer's          */
    size_t                      moved; /* so many of `old`; the writer's   */
    _Atomic(struct rcu_slots *) old;   /* what is being moved, or NULL     */
    _Atomic(uintptr_t)          slot[];
};

static struct rcu_slots *slots_new(unsigned bits)
{
    size_t            count = (size_t)1 << bits;
    struct rcu_slots *s     = calloc(1, sizeof *s + count * sizeof s->slot[0]);

    if (s == NULL)
        return NULL;
    s->shift = 64 - bits;
    s->mask  = count - 1;
    return s;
}

static void free_slots(struct rcu_node *node)
{
    free(CONTAINER_OF(node, struct rcu_slots, retired));
}

static size_t home_of(const struct rcu_slots *s, uint64_t hash)
{
    return (size_t)(hash >> s->shift);
}

static uintptr_t tag_of(uint64_t hash)
{
    return (uintptr_t)(hash >> TAG_SHIFT) & TAG;
}

static uintptr_t slot_of(const struct rcu_entry *entry, uint64_t hash)
{
    return (uintptr_t)entry | tag_of(hash);
}

static struct rcu_entry *entry_in(uintptr_t slot)
{
    return (struct rcu_entry *)(slot & ~(uintptr_t)TAG); /* NOLINT(performance-no-int-to-ptr): tagged */
}

static uintptr_t read_slot(const struct rcu_slots *s, size_t at)
{
    return atomic_load_explicit(&s->slot[at & s->mask], memory_order_acquire);
}

static void write_slot(struct rcu_slots *s, size_t at, uintptr_t value)
{
    atomic_store_explicit(&s->slot[at & s->mask], value, memory_order_release);
}

static struct rcu_slots *current(const struct rcu_table *t)
{
    return atomic_load_explicit(&t->slots, memory_order_acquire);
}

static struct rcu_slots *old_of(const struct rcu_slots *s)
{
    return atomic_load_explicit(&s->old, memory_order_acquire);
}

int rcu_table_init(struct rcu_table *t, struct rcu *rcu, size_t expected)
{
    unsigned bits = SMALLEST_BITS;

    while (bits < 40 && expected > (size_t)1 << bits >> 1)
        bits++;
    *t = (struct rcu_table){ .rcu = rcu };
    atomic_init(&t->slots, slots_new(bits));
    return current(t) != NULL ? 0 : -ERR_NO_MEMORY;
}

/* ---- reading ---- */

/* The next entry of one array with the hash, from p->at on. */
static struct rcu_entry *probe(const struct rcu_slots *s, uint64_t hash, size_t *at)
{
    uintptr_t tag = tag_of(hash);
    uintptr_t slot;

    while ((slot = read_slot(s, *at)) != 0) {
        struct rcu_entry *entry = entry_in(slot);

        ++*at;
        if ((slot & TAG) == tag && entry != NULL && entry->hash == hash)
            return entry;
    }
    return NULL;
}

/* Whether there is an old array is asked first: what is moved out of it while the new
 * one is searched is found in it then. */
struct rcu_entry *rcu_table_first(const struct rcu_table *t, uint64_t hash, struct rcu_probe *p)
{
    const struct rcu_slots *s = current(t);

    *p = (struct rcu_probe){ .slots = s, .old = old_of(s), .hash = hash, .at = home_of(s, hash) };
    return rcu_table_next(p);
}

struct rcu_entry *rcu_table_next(struct rcu_probe *p)
{
    struct rcu_entry *entry = probe(p->slots, p->hash, &p->at);

    if (entry != NULL || p->old == NULL)
        return entry;
    p->slots = p->old;
    p->old   = NULL;
    p->at    = home_of(p->slots, p->hash);
    return probe(p->slots, p->hash, &p->at);
}

/* ---- changing ---- */

static void put(struct rcu_slots *s, struct rcu_entry *entry, uint64_t hash)
{
    size_t at = home_of(s, hash);

    while (read_slot(s, at) != 0)
        at++;
    write_slot(s, at, slot_of(entry, hash));
    s->used++;
}

/* Exchange `entry` for `value` where it is; false if it is not there. */
static bool exchange(struct rcu_slots *s, const struct rcu_entry *entry, uintptr_t value)
{
    uintptr_t slot;

    for (size_t at = home_of(s, entry->hash); (slot = read_slot(s, at)) != 0; at++) {
        if (entry_in(slot) != entry)
            continue;
        write_slot(s, at, value);
        return true;
    }
    return false;
}

static void move_some(struct rcu_table *t)
{
    struct rcu_slots *s   = current(t);
    struct rcu_slots *old = old_of(s);

    if (old == NULL)
        return;
    for (int i = 0; i < MOVES && s->moved <= old->mask; i++) {
        struct rcu_entry *entry = entry_in(read_slot(old, s->moved++));

        if (entry != NULL)
            put(s, entry, entry->hash);
    }
    if (s->moved <= old->mask)
        return;
    RCU_PUBLISH(&s->old, NULL);
    rcu_retire(t->rcu, &old->retired, free_slots);
}

/* Into twice the room, or as much if it was only full of removed slots, or half. */
static void begin_move(struct rcu_table *t)
{
    struct rcu_slots *s    = current(t);
    unsigned          bits = 64 - s->shift;
    size_t            size = s->mask + 1, live = t->count + 1;
    struct rcu_slots *fresh;

    if (live > size / 2)
        bits++;
    else if (live <= size / 4 && bits > SMALLEST_BITS)
        bits--;
    fresh = slots_new(bits);
    if (fresh == NULL)
        return;
    atomic_init(&fresh->old, s);
    RCU_PUBLISH(&t->slots, fresh);
}

int rcu_table_make_room(struct rcu_table *t)
{
    struct rcu_slots *s = current(t);

    if (old_of(s) == NULL && s->used + 1 > (s->mask + 1) / 4 * 3) {
        begin_move(t);
        s = current(t);
    }
    return s->used + 1 > s->mask - s->mask / 8 ? -ERR_NO_MEMORY : 0;
}

int rcu_table_insert(struct rcu_table *t, struct rcu_entry *entry, uint64_t hash)
{
    int error;

    move_some(t);
    error = rcu_table_make_room(t);
    if (error != 0)
        return error;
    entry->hash = hash;
    put(current(t), entry, hash);
    t->count++;
    return 0;
}

void rcu_table_replace(struct rcu_table *t, struct rcu_entry *entry, struct rcu_entry *by)
{
    struct rcu_slots *s = current(t);
    struct rcu_slots *old;

    by->hash = entry->hash;
    exchange(s, entry, slot_of(by, by->hash));
    old = old_of(s);
    if (old != NULL)
        exchange(old, entry, slot_of(by, by->hash));
    move_some(t);
}

void rcu_table_remove(struct rcu_table *t, struct rcu_entry *entry)
{
    struct rcu_slots *s   = current(t);
    struct rcu_slots *old = old_of(s);

    exchange(s, entry, REMOVED);
    if (old != NULL)
        exchange(old, entry, REMOVED);
    t->count--;
    move_some(t);
}

/* ---- all of them ---- */

struct scan_range {
    uint64_t from, to; /* hashes, both included */
    void (*fn)(struct rcu_entry *entry, void *arg);
    void  *arg;
    size_t given;
};

static bool has(const struct rcu_slots *s, uint64_t hash)
{
    size_t at = home_of(s, hash);

    return probe(s, hash, &at) != NULL;
}

/* The entries of one array whose hash is in the range and not in `but`. */
static void scan_slots(const struct rcu_slots *s, const struct rcu_slots *but, struct scan_range *r)
{
    for (size_t home = home_of(s, r->from); home <= home_of(s, r->to); home++) {
        uintptr_t slot;

        for (size_t at = home; (slot = read_slot(s, at)) != 0; at++) {
            struct rcu_entry *entry = entry_in(slot);

            if (entry == NULL || home_of(s, entry->hash) != home || entry->hash < r->from || entry->hash > r->to ||
                (but != NULL && has(but, entry->hash)))
                continue;
            r->fn(entry, r->arg);
            r->given++;
        }
    }
}

/* The old array first: nothing is added to it, so what it has given is known when the
 * new one is walked, wherever moving has got to meanwhile. */
uint64_t rcu_table_scan(const struct rcu_table *t, uint64_t cursor, size_t want,
                        void (*fn)(struct rcu_entry *entry, void *arg), void *arg)
{
    const struct rcu_slots *s   = current(t);
    const struct rcu_slots *old = old_of(s);
    struct scan_range       r   = { .from = cursor, .fn = fn, .arg = arg };

    do {
        r.to = r.from | (((uint64_t)1 << s->shift) - 1);
        if (old != NULL)
            scan_slots(old, NULL, &r);
        scan_slots(s, old, &r);
        r.from = r.to + 1;
    } while (r.from != 0 && r.given < want);
    return r.from;
}

void rcu_table_fini(struct rcu_table *t, void (*fn)(struct rcu_entry *entry, void *arg), void *arg)
{
    struct rcu_slots *s = current(t);

    if (s == NULL)
        return;
    while (old_of(s) != NULL)
        move_some(t);
    for (size_t at = 0; at <= s->mask; at++) {
        struct rcu_entry *entry = entry_in(read_slot(s, at));

        if (entry != NULL)
            fn(entry, arg);
    }
    free(s);
    *t = (struct rcu_table){ .rcu = t->rcu };
}
