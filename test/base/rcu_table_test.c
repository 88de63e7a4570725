/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/rcu_table.h"

#include "base/error.h"
#include "base/random.h"
#include "base/slice.h"
#include "support/alloc.h"
#include "support/test.h"

#include <pthread.h>
#include <stdlib.h>

enum { KEYS = 3000, STEPS = 60000, THREADED_KEYS = 400, THREADED_STEPS = 60000 };

struct item {
    struct rcu_entry entry;
    unsigned         key, version;
    struct rcu_node  retired;
};

static struct random_seeded seeded;
static struct random        dice = { random_seeded_fill, &seeded };

static uint64_t hash_of(unsigned key)
{
    uint64_t x = (key + 1) * 0x9e3779b97f4a7c15u;

    return (x ^ x >> 29) * 0xbf58476d1ce4e5b9u;
}

static struct item *item(unsigned key, unsigned version)
{
    struct item *i = alloc_new(sizeof *i);

    i->key     = key;
    i->version = version;
    return i;
}

static void free_item(struct rcu_node *node)
{
    struct item *i = CONTAINER_OF(node, struct item, retired);

    i->key = i->version = UINT32_MAX; /* so that who sees it is seen */
    free(i);
}

static struct item *find(const struct rcu_table *t, unsigned key)
{
    struct rcu_probe p;

    for (struct rcu_entry *e = rcu_table_first(t, hash_of(key), &p); e != NULL; e = rcu_table_next(&p))
        if (CONTAINER_OF(e, struct item, entry)->key == key)
            return CONTAINER_OF(e, struct item, entry);
    return NULL;
}

/* Add, replace or remove; gives the version that is there afterwards, 0 for none. */
static unsigned change(struct rcu_table *t, unsigned key, unsigned version, bool remove)
{
    struct item *old = find(t, key);

    rcu_enter(t->rcu);
    if (remove && old != NULL)
        rcu_table_remove(t, &old->entry);
    else if (old != NULL)
        rcu_table_replace(t, &old->entry, &item(key, version)->entry);
    else if (!remove)
        CHECK_INT(0, rcu_table_insert(t, &item(key, version)->entry, hash_of(key)));
    if (old != NULL)
        rcu_retire(t->rcu, &old->retired, free_item);
    rcu_leave(t->rcu);
    return remove ? 0 : version;
}

static void collect(struct rcu_entry *entry, void *arg)
{
    unsigned *seen = arg;

    seen[CONTAINER_OF(entry, struct item, entry)->key]++;
}

static void drop(struct rcu_entry *entry, void *arg)
{
    (void)arg;
    free(CONTAINER_OF(entry, struct item, entry));
}

static void close_table(struct rcu_table *t)
{
    rcu_barrier(t->rcu);
    rcu_table_fini(t, drop, NULL);
    rcu_quit(t->rcu);
    rcu_free(t->rcu);
}

/* Rises and falls, so that it grows, cleans up and shrinks. */
static bool wants_removal(unsigned step)
{
    return random_below(&dice, 100) < (step / 10000 % 2 == 0 ? 20u : 80u);
}

TEST(it_is_the_model_after_any_changes)
{
    static unsigned  model[KEYS];
    struct rcu_table t;
    size_t           count = 0;

    CHECK_INT(0, rcu_table_init(&t, rcu_single_new(), 0));
    for (unsigned step = 1; step <= STEPS; step++) {
        unsigned key = random_below(&dice, KEYS);
        unsigned had = model[key];

        model[key] = change(&t, key, step, wants_removal(step));
        count += (model[key] != 0) - (size_t)(had != 0);
        CHECK_INT(count, t.count);
        for (unsigned look = 0; look < 4; look++) {
            unsigned           k = look == 0 ? key : random_below(&dice, KEYS);
            const struct item *i = find(&t, k);

            CHECK(model[k] == 0 ? i == NULL : i != NULL && i->version == model[k]);
        }
    }
    close_table(&t);
}

/* The listing of a running server: what stays is listed once, whatever moves. */
TEST(what_stays_is_given_once_while_the_rest_changes)
{
    static unsigned  seen[KEYS];
    struct rcu_table t;

    for (unsigned round = 0; round < 30; round++) {
        uint64_t cursor = 0;

        memset(seen, 0, sizeof seen);
        CHECK_INT(0, rcu_table_init(&t, rcu_single_new(), 0));
        for (unsigned key = 0; key < KEYS; key += 3)
            change(&t, key, 1, false);
        do {
            cursor = rcu_table_scan(&t, cursor, 1 + random_below(&dice, 20), collect, seen);
            for (unsigned i = random_below(&dice, 200); i > 0; i--) {
                unsigned key = random_below(&dice, KEYS);

                change(&t, key, 2, key % 3 != 0 && random_below(&dice, 100) < (round % 2 == 0 ? 20u : 70u));
            }
        } while (cursor != 0);
        for (unsigned key = 0; key < KEYS; key += 3)
            CHECK_INT(1, seen[key]);
        close_table(&t);
    }
}

static unsigned noted[KEYS];

/* Those of an odd key get the next note. */
static uint8_t look(struct rcu_entry *entry, void *arg)
{
    unsigned key = CONTAINER_OF(entry, struct item, entry)->key;

    (void)arg;
    noted[key]++;
    return (uint8_t)(key % 2 == 1 ? key % 5 + 2 : key % 5 + 1);
}

/* Wherever an entry is moved to, its note goes with it, and nobody is asked twice. */
TEST(each_that_has_such_a_note_is_visited_once_and_no_other)
{
    static const uint8_t distance[256] = { UINT8_MAX, 4, 0, 3, 1, 2, 9 };
    struct rcu_table     t;

    CHECK_INT(0, rcu_table_init(&t, rcu_single_new(), 0));
    for (unsigned key = 0; key < KEYS; key++) {
        change(&t, key, 1, false);
        rcu_table_note(&t, &find(&t, key)->entry, (uint8_t)(key % 5 + 1));
        if (key % 7 != 0)
            continue;
        change(&t, key, 2, false); /* another in its place keeps the note */
    }
    memset(noted, 0, sizeof noted);
    CHECK_INT(2, rcu_table_visit(&t, distance, 2, look, NULL)); /* notes 2 and 4: keys 1 and 3 modulo 5 */
    for (unsigned key = 0; key < KEYS; key++)
        CHECK_INT(key % 5 == 1 || key % 5 == 3, noted[key]);
    memset(noted, 0, sizeof noted);
    CHECK_INT(2, rcu_table_visit(&t, distance, 2, look, NULL));
    for (unsigned key = 0; key < KEYS; key++)
        CHECK_INT((key % 5 == 1 || key % 5 == 3) && key % 2 == 0, noted[key]);
    close_table(&t);
}

TEST(without_memory_it_fills_up_and_then_refuses)
{
    struct rcu_table t;
    unsigned         key = 0;
    struct item     *last;
    int              error;

    CHECK_INT(0, rcu_table_init(&t, rcu_single_new(), 0));
    do {
        last = item(key, 1);
        alloc_fail_at(1);
        error = rcu_table_insert(&t, &last->entry, hash_of(key));
        alloc_fail_at(0);
        key++;
    } while (error == 0);
    CHECK_INT(-ERR_NO_MEMORY, error);
    CHECK(key > 13); /* of 16 slots */
    CHECK(find(&t, key - 1) == NULL);
    CHECK(find(&t, key + 100) == NULL); /* a search ends */
    for (unsigned k = 0; k + 1 < key; k++)
        CHECK(find(&t, k) != NULL);
    CHECK_INT(0, rcu_table_insert(&t, &last->entry, hash_of(last->key))); /* memory is back */
    close_table(&t);
}

/* ---- threads ---- */

/* Versions of a key only rise; keys below KEPT are never removed. */
enum { KEPT = 100 };

struct stress {
    struct rcu_table table;
    atomic_bool      stop;
    atomic_uint      wrong, looks;
};

static void look_around(struct stress *s, unsigned last[THREADED_KEYS], unsigned key)
{
    const struct item *i;

    rcu_enter(s->table.rcu);
    i = find(&s->table, key);
    s->wrong += i == NULL && key < KEPT;
    if (i != NULL) {
        s->wrong += i->key != key || i->version < last[key];
        last[key] = i->version;
    }
    rcu_leave(s->table.rcu);
    s->looks++;
}

static void list_all(struct stress *s)
{
    unsigned seen[THREADED_KEYS] = { 0 };
    uint64_t cursor              = 0;

    do {
        rcu_enter(s->table.rcu);
        cursor = rcu_table_scan(&s->table, cursor, 10, collect, seen);
        rcu_leave(s->table.rcu);
    } while (cursor != 0);
    for (unsigned key = 0; key < KEPT; key++)
        s->wrong += seen[key] != 1;
}

static void *reader(void *arg)
{
    struct stress *s                   = arg;
    unsigned       last[THREADED_KEYS] = { 0 };
    unsigned       key                 = 0;

    rcu_join(s->table.rcu);
    while (!s->stop) {
        key = (key * 5 + 13) % THREADED_KEYS;
        look_around(s, last, key);
        if (key == 0)
            list_all(s);
    }
    rcu_quit(s->table.rcu);
    return NULL;
}

TEST(readers_in_other_threads_miss_nothing_that_stays)
{
    static struct stress s;
    pthread_t            threads[2];
    struct rcu          *rcu = rcu_threads_new();

    rcu_join(rcu);
    CHECK_INT(0, rcu_table_init(&s.table, rcu, 0));
    for (unsigned key = 0; key < KEPT; key++)
        change(&s.table, key, 1, false);
    for (int i = 0; i < 2; i++)
        CHECK_INT(0, pthread_create(&threads[i], NULL, reader, &s));
    for (unsigned step = 2; step < THREADED_STEPS || s.looks < 10000; step++) {
        unsigned key = random_below(&dice, THREADED_KEYS);

        change(&s.table, key, step, key >= KEPT && wants_removal(step));
    }
    s.stop = true;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(0, s.wrong);
    close_table(&s.table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_model_after_any_changes),
        cmocka_unit_test(what_stays_is_given_once_while_the_rest_changes),
        cmocka_unit_test(each_that_has_such_a_note_is_visited_once_and_no_other),
        cmocka_unit_test(without_memory_it_fills_up_and_then_refuses),
        cmocka_unit_test(readers_in_other_threads_miss_nothing_that_stays),
    };

    random_seed(&seeded, 4);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
