/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/queue.h"

#include "support/test.h"

#include <stdlib.h>

enum { LIMIT = 100000 };

static bool put(struct queue *q, const char *text, size_t len)
{
    char *at = queue_room(q, len, LIMIT);

    if (at == NULL)
        return false;
    memcpy(at, text, len);
    queue_added(q, len);
    return true;
}

TEST(bytes_leave_in_the_order_in_which_they_came)
{
    struct queue q = { 0 };

    CHECK(queue_empty(&q));
    CHECK_SLICE("", queue_bytes(&q));
    CHECK(put(&q, "abc", 3) && put(&q, "de", 2));
    CHECK_SLICE("abcde", queue_bytes(&q));
    queue_drop(&q, 4);
    CHECK_SLICE("e", queue_bytes(&q));
    queue_drop(&q, 1);
    CHECK(queue_empty(&q));
    queue_fini(&q);
}

TEST(room_is_not_content_before_it_is_added)
{
    struct queue q = { 0 };

    CHECK(queue_room(&q, 10, LIMIT) != NULL);
    CHECK(queue_empty(&q));
    queue_fini(&q);
}

TEST(the_limit_counts_what_waits)
{
    struct queue q     = { 0 };
    char        *block = calloc(1, LIMIT);

    CHECK(queue_room(&q, LIMIT + 1, LIMIT) == NULL);
    CHECK(put(&q, block, LIMIT));
    CHECK(!put(&q, "x", 1));
    queue_drop(&q, 10);
    CHECK(!put(&q, block, 11));
    CHECK(put(&q, block, 10));
    CHECK_INT(LIMIT, queue_bytes(&q).len);
    queue_fini(&q);
    free(block);
}

/* In and out in uneven pieces: the content survives each move and growth. */
TEST(the_content_survives_growing_and_moving)
{
    struct queue q  = { 0 };
    unsigned     in = 0, out = 0;
    char         piece[4001];

    for (unsigned round = 0; round < 2000; round++) {
        size_t       len = 1 + round * 37 % sizeof piece;
        struct slice waiting;

        for (size_t i = 0; i < len; i++)
            piece[i] = (char)((in + i) % 251);
        if (put(&q, piece, len))
            in += (unsigned)len;
        waiting = queue_bytes(&q);
        len     = waiting.len * (round % 5) / 5;
        for (size_t i = 0; i < len; i++, out++)
            CHECK((uint8_t)waiting.ptr[i] == out % 251);
        queue_drop(&q, len);
    }
    CHECK_INT(in - out, queue_bytes(&q).len);
    CHECK(q.cap <= 4 * LIMIT);
    queue_fini(&q);
}

TEST(a_large_block_is_given_back_when_it_runs_empty)
{
    struct queue q     = { 0 };
    char        *block = calloc(1, 1 << 20);

    CHECK(queue_room(&q, 1 << 20, 1 << 20) != NULL);
    queue_added(&q, 1 << 20);
    queue_drop(&q, 1 << 20);
    CHECK_INT(0, q.cap);
    CHECK(put(&q, "x", 1));
    queue_drop(&q, 1);
    CHECK(q.cap > 0); /* a small one stays */
    queue_fini(&q);
    free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_leave_in_the_order_in_which_they_came),
        cmocka_unit_test(room_is_not_content_before_it_is_added),
        cmocka_unit_test(the_limit_counts_what_waits),
        cmocka_unit_test(the_content_survives_growing_and_moving),
        cmocka_unit_test(a_large_block_is_given_back_when_it_runs_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
