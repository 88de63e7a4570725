/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/post.h"

#include "base/error.h"
#include "support/test.h"

#include <pthread.h>

static struct post_queue queue;
static unsigned          order[8], count;

static int setup(void **state)
{
    (void)state;
    count = 0;
    return post_queue_init(&queue);
}

static int teardown(void **state)
{
    (void)state;
    post_queue_fini(&queue);
    return 0;
}

static void note(void *arg)
{
    if (count < 8)
        order[count] = (unsigned)(uintptr_t)arg;
    count++;
}

TEST(posts_run_first_in_first_out_and_once)
{
    bool first;

    for (uintptr_t i = 1; i <= 3; i++) {
        CHECK_INT(0, post_add(&queue, note, (void *)i, &first));
        CHECK(first == (i == 1));
    }
    CHECK(post_waiting(&queue));
    CHECK_INT(0, count);
    post_run(&queue);
    post_run(&queue);
    CHECK_INT(3, count);
    for (unsigned i = 0; i < 3; i++)
        CHECK_INT(i + 1, order[i]);
    CHECK(!post_waiting(&queue));
}

static void post_one(void *arg)
{
    bool first;

    count++;
    CHECK_INT(0, post_add(&queue, note, arg, &first));
    CHECK(first);
}

TEST(what_a_post_posts_waits)
{
    bool first;

    CHECK_INT(0, post_add(&queue, post_one, NULL, &first));
    post_run(&queue);
    CHECK_INT(1, count);
    CHECK(post_waiting(&queue));
    post_run(&queue);
    CHECK_INT(2, count);
}

TEST(the_queue_grows_to_its_limit)
{
    bool first;

    for (unsigned i = 0; i < POST_LIMIT; i++)
        CHECK_INT(0, post_add(&queue, note, NULL, &first));
    CHECK_INT(-ERR_LIMIT, post_add(&queue, note, NULL, &first));
    post_run(&queue);
    CHECK_INT(POST_LIMIT, count);
}

static void *add_many(void *arg)
{
    bool first;

    for (unsigned i = 0; i < 2000; i++)
        if (post_add(&queue, note, arg, &first) != 0)
            return arg;
    return NULL;
}

TEST(threads_may_add_while_another_runs)
{
    pthread_t threads[4];
    void     *failed;

    for (unsigned i = 0; i < 4; i++)
        CHECK_INT(0, pthread_create(&threads[i], NULL, add_many, &queue));
    for (unsigned i = 0; i < 100; i++)
        post_run(&queue);
    for (unsigned i = 0; i < 4; i++) {
        pthread_join(threads[i], &failed);
        CHECK(failed == NULL);
    }
    post_run(&queue);
    CHECK_INT(8000, count);
}

#define LIVE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIVE_TEST(posts_run_first_in_first_out_and_once),
        LIVE_TEST(what_a_post_posts_waits),
        LIVE_TEST(the_queue_grows_to_its_limit),
        LIVE_TEST(threads_may_add_while_another_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
