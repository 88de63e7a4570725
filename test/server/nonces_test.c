/* SPDX-License-Identifier: BSD-2-Clause */
/* Nonces of several workers: nobody gets in twice with one (RFC 7616 5.4). */
#include "server/nonces.h"

#include "support/alloc.h"
#include "support/test.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define REALM SLICE("example.test")

enum { THREADS = 2, COUNTS = 40000, ROUND = 20 };

static struct random_seeded seeded;
static struct random        dice = { random_seeded_fill, &seeded };

TEST(a_nonce_is_known_by_its_mac_and_says_when_it_was_made)
{
    struct nonces *n = nonces_new(&dice), *others = nonces_new(&dice);
    struct hasher *h = hasher_new();
    char           text[NONCE_TEXT];
    struct slice   nonce = { text, NONCE_TEXT };
    msec           made_at;
    uint32_t       slot;

    nonces_make(n, h, REALM, 123456789, text);
    CHECK(nonces_read(n, h, REALM, nonce, &made_at, &slot));
    CHECK(made_at == 123456789);
    CHECK(!nonces_read(others, h, REALM, nonce, &made_at, &slot));
    CHECK(!nonces_read(n, h, SLICE("other"), nonce, &made_at, &slot));
    CHECK(!nonces_read(n, h, REALM, (struct slice){ text, NONCE_TEXT - 1 }, &made_at, &slot));
    for (size_t i = 0; i < NONCE_TEXT; i++) {
        text[i] ^= 1;
        CHECK(!nonces_read(n, h, REALM, nonce, &made_at, &slot));
        text[i] ^= 1;
    }
    hasher_free(h);
    nonces_free(others);
    nonces_free(n);
}

TEST(a_count_must_rise_and_a_recycled_slot_is_another_nonces)
{
    struct nonces *n = nonces_new(&dice);
    struct hasher *h = hasher_new();
    char           text[NONCE_TEXT];
    msec           made_at;
    uint32_t       slot;

    nonces_make(n, h, REALM, 1000, text);
    CHECK(nonces_read(n, h, REALM, (struct slice){ text, NONCE_TEXT }, &made_at, &slot));
    CHECK(nonces_use(n, slot, made_at, 1));
    CHECK(!nonces_use(n, slot, made_at, 1));
    CHECK(nonces_use(n, slot, made_at, 7));
    CHECK(!nonces_use(n, slot, made_at, 6));
    for (unsigned i = 0; i < NONCE_SLOTS; i++)
        nonces_make(n, h, REALM, 2000, text);
    CHECK(!nonces_use(n, slot, made_at, 8));
    hasher_free(h);
    nonces_free(n);
}

struct worker {
    struct nonces *nonces;
    struct hasher *hasher; /* each has its own */
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
    struct worker *w     = arg;
    struct slice   nonce = { w->nonce, NONCE_TEXT };
    msec           made_at;
    uint32_t       slot;
    char           other[NONCE_TEXT];

    for (unsigned count = 1; count <= COUNTS; count++) {
        if (count % ROUND == 1)
            meet(w, count / ROUND + 1);
        if (count % (4 * ROUND) == 0)
            nonces_make(w->nonces, w->hasher, REALM, 5, other); /* challenges go on */
        if (count % (4 * ROUND) == 1 && !nonces_read(w->nonces, w->hasher, REALM, nonce, &made_at, &slot))
            w->bad++;
        if (nonces_use(w->nonces, slot, made_at, count))
            w->accepted[count]++;
    }
    return NULL;
}

TEST(no_worker_accepts_what_another_has)
{
    static atomic_uint accepted[COUNTS + 1];
    struct worker      workers[THREADS];
    pthread_t          threads[THREADS];
    struct nonces     *n = nonces_new(&dice);
    char               text[NONCE_TEXT];
    atomic_uint        ready = 0;
    unsigned           total = 0;

    for (unsigned i = 0; i < THREADS; i++)
        workers[i] = (struct worker){ n, hasher_new(), text, accepted, &ready, 0 };
    nonces_make(n, workers[0].hasher, REALM, 1000, text);
    for (unsigned i = 0; i < THREADS; i++)
        CHECK_INT(0, pthread_create(&threads[i], NULL, replay, &workers[i]));
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        CHECK_INT(0, workers[i].bad);
        hasher_free(workers[i].hasher);
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
    CHECK(nonces_new(&dice) == NULL);
    alloc_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_nonce_is_known_by_its_mac_and_says_when_it_was_made),
        cmocka_unit_test(a_count_must_rise_and_a_recycled_slot_is_another_nonces),
        cmocka_unit_test(no_worker_accepts_what_another_has),
        cmocka_unit_test(without_memory_there_are_none),
    };

    random_seed(&seeded, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
