/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/attempts.h"

#include "base/siphash.h"
#include "server/crowd.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
    WAYS         = 8,
    FIRST_DELAY  = 1000,
    DOUBLINGS    = 20,
    NETWORK      = 8, /* bytes of an address that count; more than IPv4 has */
    PLACES_LEAST = 64,
    TICK         = 16384, /* ms; how exactly it is known when a place proved itself */
    STAMP_BITS   = 28,
    STAMP_MASK   = (1 << STAMP_BITS) - 1,
};

/* How often one key was wrong. */
struct count {
    struct crowd_entry entry;
    msec               last;
    unsigned           failures;
};

/* A place is one word, its set one cache line: read and written without a lock, and what
 * two threads write at once is a place that has to prove itself again.
 *
 *     | 36 bits of the hash | 28 bits: when, in ticks, and never 0 | */
struct place_set {
    _Alignas(64) _Atomic uint64_t places[WAYS];
};

struct attempts {
    _Atomic(unsigned) failures; /* of the rules, which a reload may change while others read */
    _Atomic(msec)     window, delay_max;
    struct hash_key   key;
    struct budget    *budget;
    _Atomic(msec)     quiet_at; /* from then on every count is forgotten, so none is looked up */
    size_t            place_sets;
    struct place_set *known;
    void             *memory; /* where those are, somewhere */
    struct crowd     *counts;
};

/* ---- names ---- */

enum kind { SOURCE, USER, USER_AT_PLACE, ANYBODY_THERE };

/* What is not part of its kind is empty.  A domain is the same in whatever case. */
static uint64_t hash_of(const struct attempts *a, enum kind kind, const uint8_t *network, struct slice domain,
                        struct slice user)
{
    uint64_t number = 0, hash;

    if (network != NULL)
        memcpy(&number, network, NETWORK);
    hash = siphash13_key(&a->key, user, domain, number) + kind * UINT64_C(0x9e3779b97f4a7c15);
    return hash != 0 ? hash : 1;
}

static uint64_t key_of(const struct attempts *a, const struct attempt *t, enum kind kind)
{
    switch (kind) {
    case SOURCE:
        return hash_of(a, kind, t->source->ip, SLICE(""), SLICE(""));
    case USER:
        return hash_of(a, kind, NULL, t->domain, t->user);
    case USER_AT_PLACE:
    case ANYBODY_THERE:
        break;
    }
    return hash_of(a, USER_AT_PLACE, t->source->ip, t->domain, t->user);
}

/* ---- counts ---- */

static msec delay_of(const struct attempts *a, unsigned failures)
{
    unsigned free_ones = a->failures, doublings;
    msec     delay;

    if (failures < free_ones)
        return 0;
    doublings = failures - free_ones < DOUBLINGS ? failures - free_ones : DOUBLINGS;
    delay     = (msec)FIRST_DELAY << doublings;
    return delay < a->delay_max ? delay : a->delay_max;
}

static const struct count *count_of(const struct crowd_entry *e)
{
    return (const struct count *)(const void *)e;
}

static bool is_forgotten(const struct crowd_entry *e, msec now, const void *attempts)
{
    const struct attempts *a = attempts;
    const struct count    *c = count_of(e);

    return c->failures == 0 || now >= c->last + delay_of(a, c->failures) + a->window;
}

static bool is_weaker(const struct crowd_entry *e, const struct crowd_entry *than)
{
    const struct count *a = count_of(e), *b = count_of(than);

    return a->failures != b->failures ? a->failures < b->failures : a->last < b->last;
}

static const struct crowd_kind count_kind = { sizeof(struct count), is_forgotten, is_weaker };

/* How long until a proof of this key may be judged. */
static msec wait_of(struct attempts *a, uint64_t key, msec now)
{
    const struct count *c;
    msec                wait = 0;

    crowd_lock(a->counts, key);
    c = crowd_find(a->counts, key, now);
    if (c != NULL && c->last + delay_of(a, c->failures) > now)
        wait = c->last + delay_of(a, c->failures) - now;
    crowd_unlock(a->counts, key);
    return wait;
}

/* One more; how many these are. */
static unsigned count_up(struct attempts *a, uint64_t key, msec now)
{
    struct count *c;
    unsigned      failures;

    crowd_lock(a->counts, key);
    c        = crowd_take(a->counts, key, now);
    c->last  = now;
    failures = c->failures += c->failures < UINT32_MAX;
    crowd_unlock(a->counts, key);
    return failures;
}

/* So many less, down to none. */
static void count_down(struct attempts *a, uint64_t key, unsigned by, msec now)
{
    struct count *c;

    crowd_lock(a->counts, key);
    c = crowd_find(a->counts, key, now);
    if (c != NULL)
        c->failures -= by < c->failures ? by : c->failures;
    crowd_unlock(a->counts, key);
}

/* ---- life ---- */

/* The first address from there on that is a cache line's. */
static struct place_set *at_a_line(void *memory)
{
    const size_t line = sizeof(struct place_set);

    return (struct place_set *)((char *)memory + (line - (uintptr_t)memory % line) % line);
}

void attempts_set_rules(struct attempts *a, const struct attempts_rules *rules)
{
    atomic_store_explicit(&a->failures, rules->failures, memory_order_relaxed);
    atomic_store_explicit(&a->window, rules->window, memory_order_relaxed);
    atomic_store_explicit(&a->delay_max, rules->delay_max, memory_order_relaxed);
}

struct attempts *attempts_new(const struct random *random, const struct attempts_rules *rules)
{
    struct attempts *a = calloc(1, sizeof *a);

    if (a == NULL)
        return NULL;
    attempts_set_rules(a, rules);
    a->place_sets = (rules->places > PLACES_LEAST ? rules->places : PLACES_LEAST) / WAYS;
    a->memory     = calloc(a->place_sets + 1, sizeof *a->known); /* pages that nobody writes to cost nothing */
    a->counts     = crowd_new(&count_kind, a, ATTEMPTS_COUNTS);
    if (a->memory == NULL || a->counts == NULL) {
        attempts_free(a);
        return NULL;
    }
    a->known = at_a_line(a->memory);
    random_fill(random, &a->key, sizeof a->key);
    return a;
}

static int64_t size_of(const struct attempts *a)
{
    return (int64_t)(sizeof *a + crowd_size(a->counts) + (a->place_sets + 1) * sizeof *a->known);
}

void attempts_account(struct attempts *a, struct budget *b)
{
    a->budget = b;
    budget_move(b, ACCOUNT_ATTEMPTS, size_of(a));
}

void attempts_free(struct attempts *a)
{
    if (a == NULL)
        return;
    if (a->budget != NULL)
        budget_move(a->budget, ACCOUNT_ATTEMPTS, -size_of(a));
    crowd_free(a->counts);
    free(a->memory);
    free(a);
}

/* ---- known places ---- */

static uint64_t stamp_of(msec now)
{
    return (now / TICK + 1) & STAMP_MASK;
}

static struct place_set *set_of(struct attempts *a, uint64_t place)
{
    return &a->known[(place & STAMP_MASK) % a->place_sets];
}

static uint64_t word_of(struct place_set *set, unsigned way)
{
    return atomic_load_explicit(&set->places[way], memory_order_relaxed);
}

/* Another worker may be a little ahead of us. */
static uint64_t ticks_since(uint64_t word, msec now)
{
    uint64_t ticks = (stamp_of(now) - word) & STAMP_MASK;

    return ticks <= STAMP_MASK / 2 ? ticks : 0;
}

/* Where in the set the place is; WAYS if it is not. */
static unsigned way_of(struct place_set *set, uint64_t place)
{
    unsigned way = 0;

    while (way < WAYS && (word_of(set, way) == 0 || word_of(set, way) >> STAMP_BITS != place >> STAMP_BITS))
        way++;
    return way;
}

/* How long ago it proved itself; NEVER: it is not known. */
static msec age_of(struct attempts *a, uint64_t place, msec now)
{
    struct place_set *set = set_of(a, place);
    unsigned          way = way_of(set, place);
    msec              age = way < WAYS ? ticks_since(word_of(set, way), now) * TICK : NEVER;

    return age <= ATTEMPTS_KNOWN_FOR ? age : NEVER;
}

/* A free one, or the one that proved itself first. */
static unsigned oldest_of(struct place_set *set, msec now)
{
    unsigned oldest = 0;

    for (unsigned i = 1; i < WAYS && word_of(set, oldest) != 0; i++)
        if (word_of(set, i) == 0 || ticks_since(word_of(set, i), now) > ticks_since(word_of(set, oldest), now))
            oldest = i;
    return oldest;
}

static void note_place(struct attempts *a, uint64_t place, msec now)
{
    struct place_set *set = set_of(a, place);
    unsigned          way = way_of(set, place);

    if (way == WAYS)
        way = oldest_of(set, now);
    atomic_store_explicit(&set->places[way], (place & ~(uint64_t)STAMP_MASK) | stamp_of(now), memory_order_relaxed);
}

/* ---- what it is for ---- */

static uint64_t place_of_anybody(const struct attempts *a, const struct address *source)
{
    return hash_of(a, ANYBODY_THERE, source->ip, SLICE(""), SLICE(""));
}

bool attempts_knows(struct attempts *a, const struct attempt *t, msec now)
{
    return age_of(a, key_of(a, t, USER_AT_PLACE), now) != NEVER;
}

bool attempts_knows_source(struct attempts *a, const struct address *source, msec now)
{
    return age_of(a, place_of_anybody(a, source), now) != NEVER;
}

/* Most of the time nobody guesses, and then nobody is looked for. */
static bool is_quiet(const struct attempts *a, msec now)
{
    return now >= atomic_load_explicit(&a->quiet_at, memory_order_relaxed);
}

bool attempts_allow(struct attempts *a, const struct attempt *t, msec now, msec *wait)
{
    uint64_t place;
    msec     other;

    *wait = 0;
    if (is_quiet(a, now))
        return true;
    place = key_of(a, t, USER_AT_PLACE);
    if (age_of(a, place, now) != NEVER) {
        *wait = wait_of(a, place, now);
    } else {
        *wait = wait_of(a, key_of(a, t, SOURCE), now);
        other = wait_of(a, key_of(a, t, USER), now);
        *wait = other > *wait ? other : *wait;
    }
    return *wait == 0;
}

void attempts_failed(struct attempts *a, const struct attempt *t, msec now, struct attempts_news *news)
{
    const uint64_t place = key_of(a, t, USER_AT_PLACE);
    const bool     known = age_of(a, place, now) != NEVER;
    unsigned       source, user;

    atomic_store_explicit(&a->quiet_at, now + a->delay_max + a->window, memory_order_relaxed);
    source = count_up(a, key_of(a, t, SOURCE), now);
    user   = count_up(a, known ? place : key_of(a, t, USER), now);
    *news  = (struct attempts_news){ .source   = source == a->failures,
                                     .user     = user == a->failures,
                                     .failures = source == a->failures ? source : user,
                                     .delay    = delay_of(a, source > user ? source : user) };
}

void attempts_proved(struct attempts *a, const struct attempt *t, msec now)
{
    const uint64_t place = key_of(a, t, USER_AT_PLACE);
    const msec     age   = age_of(a, place, now);

    if (age == NEVER || age > a->window) {
        note_place(a, place, now);
        note_place(a, place_of_anybody(a, t->source), now);
    }
    if (is_quiet(a, now))
        return;
    count_down(a, place, UINT32_MAX, now);
    if (age == NEVER)
        count_down(a, key_of(a, t, USER), UINT32_MAX, now);
    if (age == NEVER || age > a->window)
        count_down(a, key_of(a, t, SOURCE), 1, now);
}

struct holding {
    struct attempts *attempts;
    msec             now;
    size_t           held;
};

static void add_held(void *holding, const struct crowd_entry *e)
{
    struct holding     *h = holding;
    const struct count *c = count_of(e);

    h->held += c->last + delay_of(h->attempts, c->failures) > h->now;
}

size_t attempts_held(struct attempts *a, msec now)
{
    struct holding h = { a, now, 0 };

    if (!is_quiet(a, now))
        crowd_each(a->counts, now, add_held, &h);
    return h.held;
}
