/* SPDX-License-Identifier: BSD-2-Clause */
/* Workers that judge proofs at the same time: none is lost, nobody is held who is known. */
#include "server/attempts.h"

#include "support/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum { THREADS = 3, ROUNDS = 6000, FREE = 1000, WINDOW = 600000 };

static struct random_seeded seeded;
static struct random        dice = { random_seeded_fill, &seeded };

struct worker {
    struct attempts *attempts;
    atomic_uint     *news, *wrong;
    unsigned         number;
    msec             now;
};

static struct attempt by(const struct address *source, const char *user)
{
    return (struct attempt){ source, slice_from(user), SLICE("example.test") };
}

/* Each fails at a source and for a user that are common to all, and proves users of its own. */
static void *work(void *arg)
{
    struct worker       *w      = arg;
    const struct address common = address_v4(192, 0, 2, 66, 5060), own = address_v4(10, 0, 0, (uint8_t)w->number, 5060);
    const struct attempt guess = by(&common, "bob");
    struct attempts_news news;
    char                 name[32];
    msec                 wait;

    for (unsigned i = 0; i < ROUNDS; i++) {
        struct attempt right = by(&own, name);

        snprintf(name, sizeof name, "user%u-%u", w->number, i % 50);
        right.user = slice_from(name);
        attempts_failed(w->attempts, &guess, w->now, &news);
        *w->news += news.source;
        attempts_proved(w->attempts, &right, w->now);
        *w->wrong += !attempts_allow(w->attempts, &right, w->now, &wait);
        if (i % 500 == 0)
            attempts_held(w->attempts, w->now);
        w->now += i % 100 == 0;
    }
    return NULL;
}

TEST(failures_of_all_workers_are_counted_together_and_are_news_once)
{
    const struct attempts_rules rules = { FREE, WINDOW, 1000, 4096 };
    struct attempts            *a     = attempts_new(&dice, &rules);
    const struct address        other = address_v4(192, 0, 2, 67, 5060);
    const struct attempt        bob   = by(&other, "bob");
    atomic_uint                 news = 0, wrong = 0;
    struct worker               workers[THREADS];
    pthread_t                   threads[THREADS];
    msec                        wait;

    assert_non_null(a);
    for (unsigned i = 0; i < THREADS; i++)
        workers[i] = (struct worker){ a, &news, &wrong, i, 5000 };
    for (unsigned i = 0; i < THREADS; i++)
        CHECK_INT(0, pthread_create(&threads[i], NULL, work, &workers[i]));
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(1, news);
    CHECK_INT(0, wrong);
    CHECK(!attempts_allow(a, &bob, workers[0].now, &wait));
    CHECK_INT(2, attempts_held(a, workers[0].now));
    CHECK_INT(0, attempts_held(a, workers[0].now + WINDOW));
    attempts_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_of_all_workers_are_counted_together_and_are_news_once),
    };

    random_seed(&seeded, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
