/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/world_uv.h"

#include "base/error.h"
#include "net/post.h"
#include "support/live.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static struct world *world;

static int setup(void **state)
{
    (void)state;
    world = live_world_new(NULL, NULL);
    return world == NULL;
}

static int teardown(void **state)
{
    (void)state;
    return live_world_free(world);
}

/* --- timers --- */

struct alarm {
    struct timer timer;
    msec         rang;
    unsigned     order;
};

static unsigned rung;

static void ring(struct timer *t, msec now)
{
    struct alarm *a = CONTAINER_OF(t, struct alarm, timer);

    a->rang  = now;
    a->order = ++rung;
}

TEST(timers_ring_at_their_time_and_in_order)
{
    struct alarm alarms[4] = { 0 };
    msec         at[4]     = { 30, 10, 20, 10 };
    msec         start     = world_now(world);

    rung = 0;
    for (unsigned i = 0; i < 4; i++)
        world_timer(world, &alarms[i].timer, ring, start + at[i]);
    LIVE_UNTIL(world, rung == 4);
    for (unsigned i = 0; i < 4; i++)
        CHECK(alarms[i].rang >= start + at[i]);
    CHECK_INT(1, alarms[1].order);
    CHECK_INT(2, alarms[3].order);
    CHECK_INT(3, alarms[2].order);
    CHECK_INT(4, alarms[0].order);
}

static void stop_world(struct timer *t, msec now)
{
    (void)t;
    (void)now;
    world_uv_stop(world);
}

/* The loop sleeps until the deadline: it does not poll its way there.
 * Seen by the processor time spent. */
TEST(the_loop_sleeps_until_the_deadline)
{
    struct timer    end = { 0 };
    struct timespec before, after;
    msec            start = loop_clock(), took;
    int64_t         spent;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    world_timer(world, &end, stop_world, start + 150);
    world_uv_run(world);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    took  = loop_clock() - start;
    spent = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
    CHECK(took >= 150);
    CHECK(spent < 50);
}

static msec seen_now;

static void look_twice(struct timer *t, msec now)
{
    (void)t;
    seen_now = world_now(world);
    CHECK(seen_now == now);
    usleep(3000); /* the clock goes on, the turn's time does not */
    CHECK(world_now(world) == seen_now);
}

TEST(now_is_constant_within_a_turn_and_fresh_in_the_next)
{
    struct timer one = { 0 };

    seen_now = 0;
    world_timer(world, &one, look_twice, world_now(world) + 1);
    LIVE_UNTIL(world, seen_now != 0);
    world_uv_turn(world, 0);
    CHECK(world_now(world) >= seen_now + 3);
}

/* --- posts --- */

static unsigned ran;

static void count_run(void *arg)
{
    (void)arg;
    ran++;
}

static void post_more(void *arg)
{
    ran++;
    if (ran < *(unsigned *)arg)
        CHECK_INT(0, world->ops->post(world, post_more, arg));
}

TEST(a_post_runs_later_and_never_inside_the_call)
{
    ran = 0;
    CHECK_INT(0, world->ops->post(world, count_run, NULL));
    CHECK_INT(0, ran);
    world_uv_turn(world, 1000); /* does not sleep: there is something to do */
    CHECK_INT(1, ran);
}

TEST(what_a_post_posts_comes_in_the_next_turn)
{
    unsigned want = 3;

    ran = 0;
    CHECK_INT(0, world->ops->post(world, post_more, &want));
    for (unsigned turn = 1; turn <= 3; turn++) {
        world_uv_turn(world, 1000);
        CHECK_INT(turn, ran);
    }
}

TEST(posts_are_bounded)
{
    ran = 0;
    for (unsigned i = 0; i < POST_LIMIT; i++)
        CHECK_INT(0, world->ops->post(world, count_run, NULL));
    CHECK_INT(-ERR_LIMIT, world->ops->post(world, count_run, NULL));
    world_uv_turn(world, 0);
    CHECK_INT(POST_LIMIT, ran);
    CHECK_INT(0, world->ops->post(world, count_run, NULL));
}

static void *post_from_elsewhere(void *arg)
{
    for (unsigned i = 0; i < 1000; i++)
        if (world->ops->post(world, count_run, arg) != 0)
            return (void *)1;
    usleep(20000); /* until the loop is asleep for good */
    return world->ops->post(world, (void (*)(void *))world_uv_stop, world) == 0 ? NULL : (void *)1;
}

TEST(another_thread_wakes_the_loop)
{
    pthread_t thread;
    void     *failed;

    ran = 0;
    CHECK_INT(0, pthread_create(&thread, NULL, post_from_elsewhere, NULL));
    world_uv_run(world);
    pthread_join(thread, &failed);
    CHECK(failed == NULL);
    CHECK_INT(1000, ran);
}

static void *post_once(void *arg)
{
    return world->ops->post(world, count_run, arg) == 0 ? NULL : (void *)1;
}

/* Another thread posts while a turn is under way. */
static void ring_and_let_post(struct timer *t, msec now)
{
    pthread_t thread;
    void     *failed = (void *)1;

    ring(t, now);
    if (pthread_create(&thread, NULL, post_once, NULL) == 0)
        pthread_join(thread, &failed);
    CHECK(failed == NULL);
}

/* What has been written to eventfds of this process and not been read. */
static unsigned wakes_waiting(void)
{
    DIR           *all = opendir("/proc/self/fdinfo");
    unsigned       sum = 0;
    struct dirent *entry;

    assert_non_null(all);
    while ((entry = readdir(all)) != NULL) {
        char     path[300], line[100];
        FILE    *f;
        unsigned count;

        snprintf(path, sizeof path, "/proc/self/fdinfo/%s", entry->d_name);
        f = fopen(path, "r");
        while (f != NULL && fgets(line, sizeof line, f) != NULL)
            if (sscanf(line, "eventfd-count: %x", &count) == 1)
                sum += count;
        if (f != NULL)
            fclose(f);
    }
    closedir(all);
    return sum;
}

/* A wake is a system call for each side, and a turn for nothing. */
TEST(a_post_of_another_thread_in_the_middle_of_a_turn_is_run_and_wakes_nobody)
{
    struct alarm alarm = { 0 };

    ran = 0;
    world_timer(world, &alarm.timer, ring_and_let_post, world_now(world));
    world_uv_turn(world, 0);
    CHECK_INT(1, ran);
    CHECK_INT(0, wakes_waiting());
    CHECK_INT(0, (intptr_t)post_once(NULL)); /* before the next turn sleeps, it looks */
    CHECK_INT(0, wakes_waiting());
    world_uv_turn(world, 0);
    CHECK_INT(2, ran);
}

struct player {
    struct world  *world;
    struct player *other;
    unsigned       left; /* of its hits */
};

/* The ball comes back while the one who has hit it is about to fall asleep. */
static void hit(void *arg)
{
    struct player *p = arg;
    struct world  *w = p->other->world;

    CHECK_INT(0, p->left == 0 ? w->ops->post(w, (void (*)(void *))world_uv_stop, w) : w->ops->post(w, hit, p->other));
    if (p->left-- == 0)
        world_uv_stop(p->world);
}

static void *play(void *arg)
{
    world_uv_run(arg);
    return NULL;
}

TEST(no_wake_is_lost_however_the_two_sides_meet)
{
    struct player here = { .world = world, .left = 20000 }, there = { .world = live_world_new(NULL, NULL) };
    pthread_t     thread;

    assert_non_null(there.world);
    there.left  = here.left + 1;
    here.other  = &there;
    there.other = &here;
    CHECK_INT(0, world->ops->post(world, hit, &here));
    CHECK_INT(0, pthread_create(&thread, NULL, play, there.world));
    world_uv_run(world);
    pthread_join(thread, NULL);
    CHECK_INT(0, live_world_free(there.world));
}

/* --- the rest --- */

static void on_signal(void *arg)
{
    (*(unsigned *)arg)++;
    world_uv_stop(world);
}

TEST(a_signal_is_heard_from_the_loop)
{
    unsigned heard = 0;

    CHECK_INT(0, world_uv_signal(world, SIGTERM, on_signal, &heard));
    CHECK_INT(0, kill(getpid(), SIGTERM));
    world_uv_run(world);
    CHECK_INT(1, heard);
}

TEST(random_bytes_differ_and_fill_any_length)
{
    uint8_t  one[2000] = { 0 }, two[2000] = { 0 };
    unsigned zeros = 0;

    random_fill(&world->random, one, sizeof one);
    random_fill(&world->random, two, sizeof two);
    CHECK(memcmp(one, two, sizeof one) != 0);
    for (size_t i = 0; i < sizeof one; i++)
        zeros += one[i] == 0;
    CHECK(zeros < 40); /* 8 expected */
}

/* The address a peer on this host sees; for one of our own, that one. */
TEST(the_source_towards_our_own_addresses_is_themselves)
{
    struct address five = live_v4(5, 5060), six = live_v6(5060), local;

    CHECK_INT(0, world_source(world, &five, &local));
    CHECK(address_eq_ip(&local, &five));
    CHECK_INT(0, local.port);
    if (!live_has_v6())
        skip();
    CHECK_INT(0, world_source(world, &six, &local));
    CHECK(address_eq_ip(&local, &six));
    CHECK_INT(0, local.port);
}

TEST(there_is_no_source_towards_nowhere)
{
    struct address none    = { .family = FAMILY_NONE }, local;
    struct address strange = { .ip = { 255, 255, 255, 255 }, .port = 5060, .family = FAMILY_4 };

    CHECK_INT(-ERR_UNREACHABLE, world_source(world, &none, &local));
    CHECK_INT(-ERR_UNREACHABLE, world_source(world, &strange, &local)); /* broadcast needs a permission */
}

TEST(the_source_towards_others_is_an_address_we_can_bind)
{
    static const struct udp_events deaf  = { .on_datagram = NULL, .on_error = NULL };
    struct address                 other = address_v4(192, 0, 2, 200, 5060), local;
    struct udp                    *u;

    if (world_source(world, &other, &local) != 0)
        skip(); /* a host without routes */
    CHECK_INT(FAMILY_4, local.family);
    CHECK_INT(0, world_udp_open(world, &local, &deaf, NULL, &u));
}

/* A table with a hole is a crash at the first call. */
TEST(every_operation_is_there)
{
    void *const *entries = (void *const *)(const void *)world->ops;

    for (size_t i = 0; i < sizeof *world->ops / sizeof *entries; i++)
        CHECK(entries[i] != NULL);
}

TEST(wall_time_is_after_2020)
{
    CHECK(world_wall(world) > 1577836800000);
}

#define LIVE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIVE_TEST(timers_ring_at_their_time_and_in_order),
        LIVE_TEST(the_loop_sleeps_until_the_deadline),
        LIVE_TEST(now_is_constant_within_a_turn_and_fresh_in_the_next),
        LIVE_TEST(a_post_runs_later_and_never_inside_the_call),
        LIVE_TEST(what_a_post_posts_comes_in_the_next_turn),
        LIVE_TEST(posts_are_bounded),
        LIVE_TEST(another_thread_wakes_the_loop),
        LIVE_TEST(a_post_of_another_thread_in_the_middle_of_a_turn_is_run_and_wakes_nobody),
        LIVE_TEST(no_wake_is_lost_however_the_two_sides_meet),
        LIVE_TEST(a_signal_is_heard_from_the_loop),
        LIVE_TEST(random_bytes_differ_and_fill_any_length),
        LIVE_TEST(the_source_towards_our_own_addresses_is_themselves),
        LIVE_TEST(there_is_no_source_towards_nowhere),
        LIVE_TEST(the_source_towards_others_is_an_address_we_can_bind),
        LIVE_TEST(every_operation_is_there),
        LIVE_TEST(wall_time_is_after_2020),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
