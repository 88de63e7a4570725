/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log_ring.h"

#include "support/test.h"

#include <pthread.h>
#include <stdlib.h>

static unsigned woken;

static void count_wake(void *arg)
{
    (void)arg;
    woken++;
}

/* Record `n` holds n and a text whose length depends on it. */
static bool put(struct log_ring *r, int64_t n)
{
    uint64_t           memory[LOG_RECORD_MAX / 8];
    char               text[200];
    struct log_record *record = log_record_begin(memory, LOG_INFO, LOG_PART_CALL, "e");

    memset(text, (int)('a' + n % 26), sizeof text);
    log_record_put_text(record, "t", (struct slice){ text, (size_t)(n % 199) }, 200);
    record->nsec = (uint64_t)n;
    return log_ring_put(r, record);
}

/* The number of the oldest record, after a look at its text; -1 if there is none. */
static int64_t take(struct log_ring *r)
{
    const struct log_record *record = log_ring_first(r);
    char                     text[LOG_LINE_MAX];
    struct buf               b = BUF_ON(text);
    int64_t                  n;
    size_t                   head = strlen("level=info part=call event=e t=");

    if (record == NULL)
        return -1;
    n = (int64_t)record->nsec;
    log_record_write(&b, record, false);
    CHECK(buf_ok(&b));
    CHECK_INT((size_t)(n % 199) + (n % 199 == 0 ? 2 : 0), b.len - head);
    for (size_t i = head; i < b.len && n % 199 > 0; i++)
        CHECK(b.ptr[i] == (char)('a' + n % 26));
    log_ring_next(r);
    return n;
}

TEST(records_come_out_as_they_went_in_round_and_round)
{
    struct log_waker waker = { .wake = count_wake };
    struct log_ring  r;
    int64_t          in = 0, out = 0;

    CHECK_INT(0, log_ring_init(&r, 1, &waker));
    CHECK(log_ring_is_empty(&r) && take(&r) == -1);
    while (out < 5000) {
        for (int i = 0; i < 7; i++)
            if (put(&r, in))
                in++;
        for (int i = 0; i < 5 && out < in; i++)
            CHECK_INT(out++, take(&r));
    }
    while (out < in)
        CHECK_INT(out++, take(&r));
    CHECK(log_ring_is_empty(&r) && log_ring_first(&r) == NULL);
    log_ring_fini(&r);
}

TEST(a_full_ring_drops_what_is_new_and_counts_it)
{
    struct log_waker waker = { .wake = count_wake };
    struct log_ring  r;
    int64_t          in = 0;

    CHECK_INT(0, log_ring_init(&r, 1, &waker));
    while (put(&r, in))
        in++;
    CHECK(in > 10);
    CHECK(!put(&r, in));
    CHECK_INT(2, log_ring_dropped(&r));
    for (int64_t out = 0; out < in; out++)
        CHECK_INT(out, take(&r));
    CHECK(put(&r, in));
    CHECK_INT(in, take(&r));
    log_ring_fini(&r);
}

TEST(a_sleeping_taker_is_woken_once_and_one_that_is_awake_never)
{
    struct log_waker waker = { .wake = count_wake };
    struct log_ring  a, b;

    woken = 0;
    CHECK_INT(0, log_ring_init(&a, 1, &waker));
    CHECK_INT(0, log_ring_init(&b, 1, &waker));
    put(&a, 1);
    CHECK_INT(0, woken);
    log_waker_sleep(&waker);
    put(&a, 2);
    put(&b, 3);
    CHECK_INT(1, woken);
    log_waker_sleep(&waker);
    log_waker_stay(&waker);
    put(&b, 4);
    CHECK_INT(1, woken);
    log_ring_fini(&a);
    log_ring_fini(&b);
}

/* It will look by itself before the ring is full, as long as there is time for that. */
TEST(a_resting_taker_is_woken_once_when_a_ring_is_half_full_and_not_before)
{
    struct log_waker waker = { .wake = count_wake };
    struct log_ring  r;
    size_t           held = 0;

    woken = 0;
    CHECK_INT(0, log_ring_init(&r, 16384, &waker));
    log_waker_rest(&waker);
    for (int64_t n = 0; woken == 0; n++) {
        held = atomic_load(&r.written) - atomic_load(&r.taken);
        CHECK(put(&r, n));
    }
    CHECK(held <= r.size / 2 && atomic_load(&r.written) - atomic_load(&r.taken) > r.size / 2);
    put(&r, 0);
    CHECK_INT(1, woken);
    log_ring_fini(&r);
}

enum { MANY = 100000 };

static void *put_many(void *arg)
{
    for (int64_t n = 1; n <= MANY; n++)
        while (!put(arg, n))
            sched_yield();
    return NULL;
}

TEST(two_threads_lose_and_mix_up_nothing)
{
    struct log_waker waker = { .wake = count_wake };
    struct log_ring  r;
    pthread_t        putter;

    CHECK_INT(0, log_ring_init(&r, 4096, &waker));
    CHECK_INT(0, pthread_create(&putter, NULL, put_many, &r));
    for (int64_t n = 1; n <= MANY;) {
        if (log_ring_first(&r) == NULL)
            sched_yield();
        else
            CHECK_INT(n++, take(&r));
    }
    pthread_join(putter, NULL);
    CHECK(log_ring_is_empty(&r));
    log_ring_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_out_as_they_went_in_round_and_round),
        cmocka_unit_test(a_full_ring_drops_what_is_new_and_counts_it),
        cmocka_unit_test(a_sleeping_taker_is_woken_once_and_one_that_is_awake_never),
        cmocka_unit_test(a_resting_taker_is_woken_once_when_a_ring_is_half_full_and_not_before),
        cmocka_unit_test(two_threads_lose_and_mix_up_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
