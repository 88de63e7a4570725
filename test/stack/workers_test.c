/* SPDX-License-Identifier: BSD-2-Clause */
/* The rings between workers, with real threads and real worlds. */
#include "stack/workers.h"

#include "net/entropy.h"
#include "net/world_uv.h"
#include "support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 3, THINGS = 20000 };

struct runner {
    struct workers *workers;
    struct world   *world;
    pthread_t       thread;
    struct timer    timer;
    unsigned        index;
    unsigned        sent[THREADS], next[THREADS]; /* to and from each worker */
    unsigned        full, out_of_order;
};

static struct entropy entropy;

static struct random real_random(void)
{
    assert_true(entropy_init(&entropy));
    return (struct random){ entropy_fill, &entropy };
}

static bool has_all(const struct runner *r)
{
    for (unsigned i = 0; i < THREADS; i++)
        if (i != r->index && (r->sent[i] < THINGS || r->next[i] < THINGS))
            return false;
    return true;
}

static void on_take(void *arg, struct handed *h)
{
    struct runner *r    = arg;
    unsigned       from = (unsigned)h->connection, number;

    assert_int_equal(HANDED_BYTES, h->kind);
    memcpy(&number, h->u.bytes.ptr, sizeof number);
    r->out_of_order += number != r->next[from];
    r->next[from]++;
    handed_drop(h);
}

/* A batch to each of the others, then a pause: so that both a running and a sleeping
 * reader are met, and now and then a full ring. */
static void on_timer(struct timer *timer, msec now)
{
    struct runner *r = CONTAINER_OF(timer, struct runner, timer);

    for (unsigned to = 0; to < THREADS; to++) {
        for (unsigned i = 0; to != r->index && i < 700 && r->sent[to] < THINGS; i++) {
            struct handed h = { .kind = HANDED_BYTES, .connection = r->index };

            h.u.bytes.len = sizeof r->sent[to];
            h.u.bytes.ptr = malloc(h.u.bytes.len);
            assert_non_null(h.u.bytes.ptr);
            memcpy(h.u.bytes.ptr, &r->sent[to], h.u.bytes.len);
            if (!workers_hand(r->workers, r->index, to, &h)) {
                handed_drop(&h);
                r->full++;
                break;
            }
            r->sent[to]++;
        }
    }
    if (has_all(r)) /* nobody needs its turns any more */
        world_uv_stop(r->world);
    else
        world_timer(r->world, &r->timer, on_timer, now + 1);
}

static void *run(void *arg)
{
    struct runner *r = arg;

    world_uv_run(r->world);
    return NULL;
}

TEST(all_that_is_handed_over_arrives_once_and_in_order)
{
    static struct runner runners[THREADS];
    struct random        random = real_random();
    struct workers      *w      = workers_new(THREADS, &random);

    memset(runners, 0, sizeof runners);
    for (unsigned i = 0; i < THREADS; i++) {
        runners[i]       = (struct runner){ .workers = w, .index = i };
        runners[i].world = world_uv_new(NULL);
        assert_non_null(runners[i].world);
        workers_join(w, i, runners[i].world, on_take, &runners[i]);
        world_timer(runners[i].world, &runners[i].timer, on_timer, 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(0, pthread_create(&runners[i].thread, NULL, run, &runners[i]));
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(runners[i].thread, NULL);
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK_INT(0, runners[i].out_of_order);
        workers_leave(w, i);
        world_uv_free(runners[i].world);
    }
    workers_free(w);
}

TEST(what_nobody_took_is_freed)
{
    struct random   random = real_random();
    struct workers *w      = workers_new(2, &random);
    struct world   *world  = world_uv_new(NULL);
    struct handed   h      = { .kind = HANDED_BYTES };

    workers_join(w, 0, world, on_take, NULL);
    workers_join(w, 1, world, on_take, NULL);
    h.u.bytes.ptr = malloc(8);
    h.u.bytes.len = 8;
    CHECK(workers_hand(w, 0, 1, &h));
    workers_leave(w, 0);
    workers_leave(w, 1);
    world_uv_free(world);
    workers_free(w);
}

/* A world that only keeps what was posted last. */
struct quiet {
    struct world world;
    void (*fn)(void *arg);
    void    *arg;
    unsigned posts;
};

static int keep_post(struct world *w, void (*fn)(void *arg), void *arg)
{
    struct quiet *q = CONTAINER_OF(w, struct quiet, world);

    q->fn  = fn;
    q->arg = arg;
    q->posts++;
    return 0;
}

static void count_taken(void *arg, struct handed *h)
{
    CHECK_INT(HANDED_KEEP, h->kind);
    ++*(unsigned *)arg;
}

TEST(who_is_given_many_things_in_a_turn_is_woken_once_at_its_end)
{
    static const struct world_ops ops    = { .post = keep_post };
    struct random                 random = real_random();
    struct workers               *w      = workers_new(2, &random);
    struct quiet                  from = { .world.ops = &ops }, to = { .world.ops = &ops };
    struct handed                 h       = { .kind = HANDED_KEEP };
    unsigned                      taken[] = { 0, 0 };

    workers_join(w, 0, &from.world, count_taken, &taken[0]);
    workers_join(w, 1, &to.world, count_taken, &taken[1]);
    for (unsigned turn = 1; turn <= 2; turn++) {
        for (int i = 0; i < 5; i++)
            CHECK(workers_hand(w, 0, 1, &h));
        CHECK_INT(turn, from.posts);
        CHECK_INT(turn - 1, to.posts);
        from.fn(from.arg); /* its turn ends */
        CHECK_INT(turn, to.posts);
        to.fn(to.arg);
        CHECK_INT(5 * turn, taken[1]);
    }
    CHECK_INT(0, taken[0]);
    workers_leave(w, 0);
    workers_leave(w, 1);
    workers_free(w);
}

TEST(a_ring_of_many_workers_is_shorter)
{
    struct random   random = real_random();
    struct workers *w      = workers_new(WORKERS_MAX, &random);
    struct world   *world  = world_uv_new(NULL);
    struct handed   h      = { .kind = HANDED_KEEP };
    unsigned        n      = 0;

    for (unsigned i = 0; i < WORKERS_MAX; i++)
        workers_join(w, i, world, on_take, NULL);
    while (workers_hand(w, 0, WORKERS_MAX - 1, &h))
        n++;
    CHECK_INT(WORKERS_RING_MIN, n);
    CHECK(!workers_hand(w, 0, WORKERS_MAX, &h)); /* nobody */
    for (unsigned i = 0; i < WORKERS_MAX; i++)
        workers_leave(w, i);
    world_uv_free(world);
    workers_free(w);
}

TEST(homes_are_spread_evenly_and_differ_from_process_to_process)
{
    struct random   random = real_random();
    struct workers *w = workers_new(4, &random), *other = workers_new(4, &random);
    unsigned        count[4] = { 0 }, same = 0;

    for (unsigned i = 0; i < 4000; i++) {
        char text[32];

        snprintf(text, sizeof text, "%u@example.test", i);
        count[workers_home(w, slice_from(text))]++;
        same += workers_home(w, slice_from(text)) == workers_home(other, slice_from(text));
    }
    for (unsigned i = 0; i < 4; i++)
        CHECK(count[i] > 800 && count[i] < 1200);
    CHECK(same < 1500);
    workers_free(w);
    workers_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_is_handed_over_arrives_once_and_in_order),
        cmocka_unit_test(what_nobody_took_is_freed),
        cmocka_unit_test(who_is_given_many_things_in_a_turn_is_woken_once_at_its_end),
        cmocka_unit_test(a_ring_of_many_workers_is_shorter),
        cmocka_unit_test(homes_are_spread_evenly_and_differ_from_process_to_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
