/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/rcu_table.h"

#include "base/error.h"
#include "base/slice.h"

#include <stdlib.h>

/* Growth begins at three quarters; moving so many slots with each change empties the
 * old array while the new one fills to three quarters at most.  A small table doubles, a
 * large one grows by a quarter: with a million entries they take 11 to 15 bytes each, where
 * doubling would take up to 21. */
enum { SMALLEST = 16, SMALL = 1024, MOVES = 8, TAG = 15, TAG_SHIFT = 8, REMOVED = 1, LINE = 64 /* of a cache */ };

/* A slot is 0, REMOVED, or an entry with its tag in the low four bits. */
struct rcu_slots {
    struct rcu_node             retired;
    size_t                      size;
    size_t                      used;  /* not empty; the writer's          */
    size_t                      moved; /* so many of `old`; the writer's   */
    uint8_t                    *notes; /* one for each slot; the writer's  */
    _Atomic(struct rcu_slots *) old;   /* what is being moved, or NULL     */
    _Atomic(uintptr_t)          slot[];
};

static struct rcu_slots *slots_new(size_t size)
{
    struct rcu_slots *s = size <= UINT32_MAX ? calloc(1, sizeof *s + size * (sizeof s->slot[0] + 1)) : NULL;

    if (s == NULL)
        return NULL;
    s->size  = size;
    s->notes = (uint8_t *)&s->slot[size];
    return s;
}

static void free_slots(struct rcu_node *node)
{
    free(CONTAINER_OF(node, struct rcu_slots, retired));
}

/* In the order of the hashes, whatever the size. */
static size_t home_of(const struct rcu_slots *s, uint64_t hash)
{
    return (size_t)((hash >> 32) * s->size >> 32);
}

/* The last hash that has the same home. */
static uint64_t last_of_home(const struct rcu_slots *s, uint64_t hash)
{
    uint64_t next = (((uint64_t)home_of(s, hash) + 1) << 32) + s->size - 1;

    return (next / s->size << 32) - 1;
}

static size_t after(const struct rcu_slots *s, size_t at)
{
    return at + 1 < s->size ? at + 1 : 0;
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
    return atomic_load_explicit(&s->slot[at], memory_order_acquire);
}

static void write_slot(struct rcu_slots *s, size_t at, uintptr_t value)
{
    atomic_store_explicit(&s->slot[at], value, memory_order_release);
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
    size_t size = expected / 16 * 23; /* it fills to less than three quarters */

    if (size < SMALLEST)
        size = SMALLEST;
    *t = (struct rcu_table){ .rcu = rcu };
    atomic_init(&t->slots, slots_new(size));
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

        *at = after(s, *at);
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

void rcu_table_prefetch(const struct rcu_table *t, uint64_t hash)
{
    const struct rcu_slots *s  = current(t);
    size_t                  at = home_of(s, hash);

    __builtin_prefetch((const void *)&s->slot[at]);
    __builtin_prefetch(&s->notes[at]);
}

/* No entry is looked at, so it may be another one with the same tag. */
static uintptr_t guess(const struct rcu_slots *s, uint64_t hash)
{
    size_t    at = home_of(s, hash);
    uintptr_t slot;

    while ((slot = read_slot(s, at)) != 0 && ((slot & TAG) != tag_of(hash) || slot <= TAG))
        at = after(s, at);
    return slot & ~(uintptr_t)TAG;
}

void rcu_table_prefetch_entry(const struct rcu_table *t, uint64_t hash, size_t bytes)
{
    uintptr_t at = guess(current(t), hash);

    for (size_t i = 0; at != 0 && i < bytes; i += LINE)
        __builtin_prefetch((const void *)(at + i)); /* NOLINT(performance-no-int-to-ptr): tagged */
}

/* ---- changing ---- */

static void put(struct rcu_slots *s, struct rcu_entry *entry, uint64_t hash, uint8_t note)
{
    size_t at = home_of(s, hash);

    while (read_slot(s, at) != 0)
        at = after(s, at);
    s->notes[at] = note;
    write_slot(s, at, slot_of(entry, hash));
    s->used++;
}

/* Where it is; the size if it is not there. */
static size_t place_of(const struct rcu_slots *s, const struct rcu_entry *entry)
{
    uintptr_t slot;

    for (size_t at = home_of(s, entry->hash); (slot = read_slot(s, at)) != 0; at = after(s, at))
        if (entry_in(slot) == entry)
            return at;
    return s->size;
}

static void exchange(struct rcu_slots *s, const struct rcu_entry *entry, uintptr_t value)
{
    size_t at = place_of(s, entry);

    if (at == s->size)
        return;
    if (value == REMOVED)
        s->notes[at] = 0;
    write_slot(s, at, value);
}

/* The hashes of those that the next change moves: without, the millionth entry takes half as long again. */
static void prefetch_some(const struct rcu_slots *old, size_t at)
{
    for (int i = 0; i < MOVES && at < old->size; i++, at++)
        __builtin_prefetch(entry_in(read_slot(old, at)));
}

static void move_some(struct rcu_table *t)
{
    struct rcu_slots *s   = current(t);
    struct rcu_slots *old = old_of(s);

    if (old == NULL)
        return;
    for (int i = 0; i < MOVES && s->moved < old->size; i++) {
        size_t            at    = s->moved++;
        struct rcu_entry *entry = entry_in(read_slot(old, at));

        if (entry != NULL)
            put(s, entry, entry->hash, old->notes[at]);
    }
    prefetch_some(old, s->moved);
    if (s->moved < old->size)
        return;
    RCU_PUBLISH(&s->old, NULL);
    rcu_retire(t->rcu, &old->retired, free_slots);
}

/* Into more room, or as much if it was only full of removed slots, or half. */
static size_t next_size(size_t size, size_t live)
{
    if (live > size / 2)
        return size < SMALL ? 2 * size : size + size / 4;
    return live <= size / 4 && size > SMALLEST ? size / 2 : size;
}

static void begin_move(struct rcu_table *t)
{
    struct rcu_slots *s     = current(t);
    struct rcu_slots *fresh = slots_new(next_size(s->size, t->count + 1));

    if (fresh == NULL)
        return;
    atomic_init(&fresh->old, s);
    RCU_PUBLISH(&t->slots, fresh);
}

int rcu_table_make_room(struct rcu_table *t)
{
    struct rcu_slots *s = current(t);

    if (old_of(s) == NULL && s->used + 1 > s->size / 4 * 3) {
        begin_move(t);
        s = current(t);
    }
    return s->used + 1 > s->size - 1 - s->size / 8 ? -ERR_NO_MEMORY : 0;
}

int rcu_table_insert(struct rcu_table *t, struct rcu_entry *entry, uint64_t hash)
{
    int error;

    move_some(t);
    error = rcu_table_make_room(t);
    if (error != 0)
        return error;
    entry->hash = hash;
    put(current(t), entry, hash, 0);
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

/* ---- notes ---- */

static void write_note(struct rcu_slots *s, const struct rcu_entry *entry, uint8_t note)
{
    size_t at = place_of(s, entry);

    if (at < s->size)
        s->notes[at] = note;
}

void rcu_table_note(struct rcu_table *t, const struct rcu_entry *entry, uint8_t note)
{
    struct rcu_slots *s   = current(t);
    struct rcu_slots *old = old_of(s);

    write_note(s, entry, note);
    if (old != NULL)
        write_note(old, entry, note);
}

/* From `at` on; the least distance of what was not visited, or `nearest`. */
static unsigned visit_slots(struct rcu_slots *s, size_t at, unsigned nearest, const uint8_t distance[256],
                            unsigned below, rcu_visit_fn *fn, void *arg)
{
    for (; at < s->size; at++) {
        unsigned d = distance[s->notes[at]];

        if (d < below)
            s->notes[at] = fn(entry_in(read_slot(s, at)), arg);
        else if (d < nearest)
            nearest = d;
    }
    return nearest;
}

unsigned rcu_table_visit(struct rcu_table *t, const uint8_t distance[256], unsigned below, rcu_visit_fn *fn, void *arg)
{
    struct rcu_slots *s       = current(t);
    struct rcu_slots *old     = old_of(s);
    unsigned          nearest = visit_slots(s, 0, UINT8_MAX, distance, below, fn, arg);

    return old == NULL ? nearest : visit_slots(old, s->moved, nearest, distance, below, fn, arg);
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

        for (size_t at = home; (slot = read_slot(s, at)) != 0; at = after(s, at)) {
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
        r.to = last_of_home(s, r.from);
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
    for (size_t at = 0; at < s->size; at++) {
        struct rcu_entry *entry = entry_in(read_slot(s, at));

        if (entry != NULL)
            fn(entry, arg);
    }
    free(s);
    *t = (struct rcu_table){ .rcu = t->rcu };
}
