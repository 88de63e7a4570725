/* SPDX-License-Identifier: BSD-2-Clause */
/* Nonces of several workers: nobody gets in twice with one (RFC 7616 5.4). */
#include "server/nonces.h"

#include "support/alloc.h"
#include "support/test.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define REALM SLICE("example.test")

enum { THREADS = 2, COUNTS = 40000, ROUND = 20, SLOTS = 64 };

static struct random_seeded seeded;
static struct random        dice = { random_seeded_fill, &seeded };

TEST(a_nonce_is_known_by_its_mac_and_says_when_it_ends)
{
    struct nonces *n = nonces_new(&dice, SLOTS), *others = nonces_new(&dice, SLOTS);
    char           text[NONCE_TEXT];
    struct slice   all = { text, NONCE_TEXT };
    struct nonce   nonce;

    nonces_make(n, nonces_realm(n, REALM), 123456789, text);
    CHECK(nonces_read(nonces_realm(n, REALM), all, &nonce));
    CHECK(nonce.ends_at == 123456789);
    CHECK(!nonces_read(nonces_realm(others, REALM), all, &nonce));
    CHECK(!nonces_read(nonces_realm(n, SLICE("other")), all, &nonce));
    CHECK(!nonces_read(nonces_realm(n, REALM), (struct slice){ text, NONCE_TEXT - 1 }, &nonce));
    for (size_t i = 0; i < NONCE_TEXT; i++) {
        text[i] ^= 1;
        CHECK(!nonces_read(nonces_realm(n, REALM), all, &nonce));
        text[i] ^= 1;
    }
    nonces_free(others);
    nonces_free(n);
}

/* Its numbers are read whatever stands there: so no other byte may be taken for the one that was written. */
TEST(a_nonce_is_known_only_as_it_was_written)
{
    struct nonces           *n     = nonces_new(&dice, SLOTS);
    const struct nonce_realm realm = nonces_realm(n, REALM);
    char                     text[NONCE_TEXT];
    struct slice             all = { text, NONCE_TEXT };
    struct nonce             nonce;

    nonces_make(n, realm, 0xabcdef1234, text);
    for (size_t i = 0; i < NONCE_TEXT; i++)
        for (int by = 1; by < 256; by++) {
            text[i] ^= (char)by;
            CHECK(!nonces_read(realm, all, &nonce));
            text[i] ^= (char)by;
        }
    CHECK(nonces_read(realm, test_guarded(all), &nonce));
    CHECK(nonce.ends_at == 0xabcdef1234);
    nonces_free(n);
}

static bool is_plain(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.';
}

/* Each of the 64 values stands in each place; nobody has to quote one, or takes it for an end. */
TEST(whatever_a_nonce_says_is_written_plainly_and_read_back)
{
    struct nonces           *n     = nonces_new(&dice, SLOTS);
    const struct nonce_realm realm = nonces_realm(n, REALM);
    char                     text[NONCE_TEXT];
    struct nonce             nonce;

    for (msec value = 0; value < 64; value++)
        for (unsigned place = 0; place < 6 * NONCE_END; place += 6) {
            nonces_make(n, realm, value << place, text);
            CHECK(nonces_read(realm, test_guarded((struct slice){ text, NONCE_TEXT }), &nonce));
            CHECK(nonce.ends_at == value << place);
            CHECK(nonce.number == value * NONCE_END + place / 6);
            for (size_t i = 0; i < NONCE_TEXT; i++)
                CHECK(is_plain(text[i]));
        }
    nonces_free(n);
}

static struct nonce made(struct nonces *n)
{
    char         text[NONCE_TEXT];
    struct nonce nonce;

    nonces_make(n, nonces_realm(n, REALM), 1000, text);
    CHECK(nonces_read(nonces_realm(n, REALM), (struct slice){ text, NONCE_TEXT }, &nonce));
    return nonce;
}

TEST(a_slot_is_that_of_the_latest_nonce_that_was_used_though_both_end_at_the_same_time)
{
    struct nonces *n     = nonces_new(&dice, SLOTS);
    struct nonce   first = made(n), last = first;

    CHECK(nonces_use(n, &first, 1));
    for (unsigned i = 0; i < SLOTS - 1; i++)
        made(n);
    last = made(n);
    CHECK(nonces_use(n, &first, 2));
    CHECK(nonces_use(n, &last, 1));
    CHECK(!nonces_use(n, &first, 3));
    CHECK(!nonces_use(n, &last, 1));
    CHECK(nonces_use(n, &last, 2));
    nonces_free(n);
}

/* Who asks for challenges without end locks nobody out. */
TEST(a_nonce_that_is_made_and_not_used_takes_nobodys_slot)
{
    struct nonces *n      = nonces_new(&dice, SLOTS);
    struct nonce   used   = made(n);
    struct nonce   unused = made(n);

    CHECK(nonces_use(n, &used, 1));
    for (unsigned i = 0; i < 100 * SLOTS; i++)
        made(n);
    CHECK(nonces_use(n, &used, 2));
    CHECK(!nonces_use(n, &used, 1));
    CHECK(nonces_use(n, &unused, 1));
    CHECK(!nonces_use(n, &unused, 1));
    nonces_free(n);
}

/* RFC 7616 3.4: "if the same nc value is seen twice, then the request is a replay". */
TEST(a_count_is_good_once_and_may_be_late_within_the_window)
{
    struct nonces *n     = nonces_new(&dice, SLOTS);
    struct nonce   nonce = made(n);

    CHECK(!nonces_use(n, &nonce, 0));
    CHECK(nonces_use(n, &nonce, 3));
    CHECK(nonces_use(n, &nonce, 1));
    CHECK(!nonces_use(n, &nonce, 1));
    CHECK(!nonces_use(n, &nonce, 3));
    CHECK(nonces_use(n, &nonce, 40));
    CHECK(!nonces_use(n, &nonce, 40 - NONCE_WINDOW - 1)); /* never used, but who knows that now */
    CHECK(nonces_use(n, &nonce, 40 - NONCE_WINDOW));
    CHECK(!nonces_use(n, &nonce, 40 - NONCE_WINDOW));
    CHECK(nonces_use(n, &nonce, 41));
    CHECK(!nonces_use(n, &nonce, 40));
    CHECK(nonces_use(n, &nonce, 39));
    CHECK(nonces_use(n, &nonce, NONCE_COUNT_MAX));
    CHECK(!nonces_use(n, &nonce, NONCE_COUNT_MAX + 1));
    nonces_free(n);
}

/* Every order of some counts, each of them twice: each is taken once. */
TEST(whatever_the_order_each_count_is_taken_once)
{
    struct nonces *n = nonces_new(&dice, SLOTS);

    for (unsigned round = 0; round < 2000; round++) {
        struct nonce nonce     = made(n);
        unsigned     taken[21] = { 0 }, highest = 0;
        bool         expected;

        for (unsigned i = 0; i < 60; i++) {
            unsigned count = 1 + random_below(&dice, 20);

            expected = taken[count] == 0 && count + NONCE_WINDOW >= highest;
            CHECK_INT(expected, nonces_use(n, &nonce, count));
            taken[count] += expected;
            if (count > highest)
                highest = count;
        }
    }
    nonces_free(n);
}

/* RFC 2069 has no count: such credentials use up the nonce. */
TEST(without_a_count_it_is_good_once)
{
    struct nonces *n     = nonces_new(&dice, SLOTS);
    struct nonce   nonce = made(n);

    CHECK(nonces_use(n, &nonce, NONCE_ONCE));
    CHECK(!nonces_use(n, &nonce, NONCE_ONCE));
    CHECK(!nonces_use(n, &nonce, 1));
    CHECK(!nonces_use(n, &nonce, NONCE_COUNT_MAX - 1));
    nonce = made(n);
    CHECK(nonces_use(n, &nonce, 5));
    CHECK(nonces_use(n, &nonce, NONCE_ONCE));
    CHECK(!nonces_use(n, &nonce, 6));
    nonces_free(n);
}

struct worker {
    struct nonces *nonces;
    const char    *nonce;
    atomic_uint   *accepted; /* of each count, by all */
    atomic_uint   *ready;    /* how often they have met */
    unsigned       bad;
};

/* Begin each round at the same moment: both spin until the other has come. */
static void meet(struct worker *w, unsigned round)
{
    (*w->ready)++;
    while (*w->ready < round * THREADS)
        sched_yield();
}

/* Every worker sees every request, as if an attacker sent each to all of them. */
static void *replay(void *arg)
{
    struct worker *w    = arg;
    struct slice   text = { w->nonce, NONCE_TEXT };
    struct nonce   nonce;
    char           other[NONCE_TEXT];

    for (unsigned count = 1; count <= COUNTS; count++) {
        if (count % ROUND == 1)
            meet(w, count / ROUND + 1);
        if (count % (4 * ROUND) == 0)
            nonces_make(w->nonces, nonces_realm(w->nonces, REALM), 5, other); /* challenges go on */
        if (count % (4 * ROUND) == 1 && !nonces_read(nonces_realm(w->nonces, REALM), text, &nonce))
            w->bad++;
        if (nonces_use(w->nonces, &nonce, count))
            w->accepted[count]++;
    }
    return NULL;
}

TEST(no_worker_accepts_what_another_has)
{
    static atomic_uint accepted[COUNTS + 1];
    struct worker      workers[THREADS];
    pthread_t          threads[THREADS];
    struct nonces     *n = nonces_new(&dice, NONCE_SLOTS);
    char               text[NONCE_TEXT];
    atomic_uint        ready = 0;
    unsigned           total = 0;

    for (unsigned i = 0; i < THREADS; i++)
        workers[i] = (struct worker){ n, text, accepted, &ready, 0 };
    nonces_make(n, nonces_realm(n, REALM), 1000, text);
    for (unsigned i = 0; i < THREADS; i++)
        CHECK_INT(0, pthread_create(&threads[i], NULL, replay, &workers[i]));
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        CHECK_INT(0, workers[i].bad);
    }
    for (unsigned count = 1; count <= COUNTS; count++) {
        CHECK(accepted[count] <= 1);
        total += accepted[count];
    }
    CHECK(total > 0);
    CHECK_INT(1, accepted[COUNTS]); /* nothing is above the last */
    nonces_free(n);
}

TEST(without_memory_there_are_none)
{
    alloc_fail_at(1);
    CHECK(nonces_new(&dice, SLOTS) == NULL);
    alloc_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_nonce_is_known_by_its_mac_and_says_when_it_ends),
        cmocka_unit_test(a_nonce_is_known_only_as_it_was_written),
        cmocka_unit_test(whatever_a_nonce_says_is_written_plainly_and_read_back),
        cmocka_unit_test(a_slot_is_that_of_the_latest_nonce_that_was_used_though_both_end_at_the_same_time),
        cmocka_unit_test(a_nonce_that_is_made_and_not_used_takes_nobodys_slot),
        cmocka_unit_test(a_count_is_good_once_and_may_be_late_within_the_window),
        cmocka_unit_test(whatever_the_order_each_count_is_taken_once),
        cmocka_unit_test(without_a_count_it_is_good_once),
        cmocka_unit_test(no_worker_accepts_what_another_has),
        cmocka_unit_test(without_memory_there_are_none),
    };

    random_seed(&seeded, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
