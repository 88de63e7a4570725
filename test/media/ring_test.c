/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/ring.h"
#include "support/test.h"

#include <pthread.h>
#include <sched.h>

TEST(what_goes_in_comes_out_in_order_over_the_seam)
{
    struct ring r;
    int16_t     in[3], out[3];

    CHECK_INT(0, ring_init(&r, 5));
    CHECK_INT(8, r.size);
    for (int16_t round = 0; round < 20; round++) {
        for (int16_t i = 0; i < 3; i++)
            in[i] = (int16_t)(round * 3 + i);
        CHECK_INT(3, ring_write(&r, in, 3));
        CHECK_INT(3, ring_held(&r));
        CHECK_INT(3, ring_read(&r, out, 3));
        CHECK(memcmp(in, out, sizeof in) == 0);
    }
    ring_fini(&r);
}

TEST(a_full_ring_takes_no_more_and_an_empty_one_gives_no_more)
{
    struct ring   r;
    const int16_t in[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    int16_t       out[8];

    CHECK_INT(0, ring_init(&r, 4));
    CHECK_INT(4, ring_write(&r, in, 8));
    CHECK_INT(0, ring_write(&r, in, 1));
    CHECK_INT(3, ring_read(&r, NULL, 3));
    CHECK_INT(1, ring_read(&r, out, 8));
    CHECK_INT(4, out[0]);
    CHECK_INT(0, ring_read(&r, out, 8));
    ring_fini(&r);
}

enum { MANY = 200000 };

static void *write_many(void *arg)
{
    struct ring *r = arg;

    for (int32_t i = 0; i < MANY;) {
        int16_t sample = (int16_t)(i % 32000);

        if (ring_write(r, &sample, 1) == 1)
            i++;
        else
            sched_yield();
    }
    return NULL;
}

/* Meant for ThreadSanitizer, true everywhere. */
TEST(two_threads_pass_every_sample_once)
{
    struct ring r;
    pthread_t   writer;
    int16_t     block[64];

    CHECK_INT(0, ring_init(&r, 256));
    CHECK_INT(0, pthread_create(&writer, NULL, write_many, &r));
    for (int32_t next = 0; next < MANY;) {
        size_t count = ring_read(&r, block, 64);

        for (size_t i = 0; i < count; i++, next++)
            CHECK_INT(next % 32000, block[i]);
        if (count == 0)
            sched_yield();
    }
    pthread_join(writer, NULL);
    CHECK_INT(0, ring_held(&r));
    ring_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out_in_order_over_the_seam),
        cmocka_unit_test(a_full_ring_takes_no_more_and_an_empty_one_gives_no_more),
        cmocka_unit_test(two_threads_pass_every_sample_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
