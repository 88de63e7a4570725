/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/fifo.h"

#include "base/pages.h"
#include "support/page_probe.h"
#include "support/test.h"

#include <string.h>

enum { CHUNK = 16 * 1024, BLOCK = 400 };

static struct fifo f;

static char *take(size_t size, int fill)
{
    char *block = fifo_take(&f, size);

    CHECK(block != NULL && (uintptr_t)block % FIFO_ALIGN == 0);
    return memset(block, fill, size);
}

static void check_filled(const char *block, size_t size, int fill)
{
    for (size_t i = 0; i < size; i++)
        CHECK_INT(fill, block[i]);
}

TEST(blocks_lie_apart_until_they_are_given_back)
{
    char *blocks[200];

    fifo_init(&f, CHUNK);
    for (int i = 0; i < 200; i++)
        blocks[i] = take(BLOCK + (size_t)i, i % 100);
    for (int i = 0; i < 200; i++) {
        check_filled(blocks[i], BLOCK + (size_t)i, i % 100);
        fifo_give(&f, BLOCK + (size_t)i);
    }
    CHECK(f.first == NULL && f.last == NULL);
    fifo_fini(&f);
}

static void walk(size_t chunk)
{
    char *blocks[200];

    fifo_init(&f, chunk);
    CHECK(fifo_first(&f) == NULL);
    for (int i = 0; i < 200; i++)
        blocks[i] = take(BLOCK + (size_t)i, i % 100);
    for (int i = 0; i < 200; i++) {
        CHECK(fifo_first(&f) == blocks[i]);
        CHECK(fifo_second(&f, BLOCK + (size_t)i) == (i < 199 ? blocks[i + 1] : NULL));
        fifo_give(&f, BLOCK + (size_t)i);
    }
    CHECK(fifo_first(&f) == NULL);
    fifo_fini(&f);
}

TEST(who_knows_their_sizes_walks_them_in_their_order)
{
    walk(CHUNK);
    walk(0);
}

TEST(what_is_given_back_goes_back_to_the_kernel_while_later_ones_stay)
{
    char *first, *last = NULL;

    fifo_init(&f, CHUNK);
    first = take(BLOCK, 1);
    for (int i = 0; i < 199; i++)
        last = take(BLOCK, 2);
    for (int i = 0; i < 199; i++)
        fifo_give(&f, BLOCK);
    check_filled(last, BLOCK, 2);
    CHECK(page_is_mapped(last));
    CHECK(page_is_mapped(first)); /* the first chunk is kept for the next ... */
    for (int i = 0; i < 40; i++)
        take(BLOCK, 3);
    CHECK(f.spare == NULL); /* ... who comes */
    for (int i = 0; i < 41; i++)
        fifo_give(&f, BLOCK);
    fifo_fini(&f);
    CHECK(!page_is_mapped(first) && !page_is_mapped(last));
}

TEST(who_is_larger_than_a_chunk_has_one_of_his_own_and_it_is_not_kept)
{
    char *large;

    fifo_init(&f, CHUNK);
    take(BLOCK, 1);
    large = take(3 * CHUNK, 2);
    take(BLOCK, 3);
    fifo_give(&f, BLOCK);
    check_filled(large, 3 * CHUNK, 2);
    fifo_give(&f, 3 * CHUNK);
    CHECK(!page_is_mapped(large + CHUNK));
    fifo_give(&f, BLOCK);
    fifo_fini(&f);
}

TEST(taking_and_giving_by_turns_uses_the_same_memory)
{
    char *block;

    fifo_init(&f, CHUNK);
    block = take(BLOCK, 1);
    fifo_give(&f, BLOCK);
    for (int i = 0; i < 100; i++) {
        CHECK(take(BLOCK, 1) == block);
        fifo_give(&f, BLOCK);
    }
    fifo_fini(&f);
}

/* The last of so many of 1000 bytes. */
static char *take_many(int count)
{
    char *block = NULL;

    for (int i = 0; i < count; i++)
        block = take(1000, 1);
    return block;
}

static void give_many(int count)
{
    for (int i = 0; i < count; i++)
        fifo_give(&f, 1000);
}

TEST(chunks_are_huge_pages_where_there_is_much)
{
    enum { FEW = FIFO_LARGE / 1024, MANY = 3 * FIFO_LARGE / 1000 + 100 };
    char *small, *large;

    fifo_init(&f, CHUNK);
    small = take_many(FEW);
    CHECK(f.bytes <= FIFO_LARGE && !page_wants_huge(small));
    large = take_many(MANY);
    CHECK(page_wants_huge(large) || !page_huge_known());
    CHECK_INT(0, f.bytes % PAGES_HUGE);
    give_many(FEW + MANY - 1);
    check_filled(large, 1000, 1);
    CHECK(f.bytes == PAGES_HUGE && f.spare_bytes <= CHUNK);
    CHECK(!page_wants_huge(take_many(PAGES_HUGE / 1000))); /* small ones again, behind what was left of it */
    give_many(PAGES_HUGE / 1000 + 1);
    CHECK(f.bytes == 0 && f.spare_bytes <= CHUNK);
    fifo_fini(&f);
}

/* A twentieth more or less, again and again: few, a little less and more than what makes it take huge
 * pages, and many. */
TEST(traffic_that_swings_a_little_asks_for_no_memory)
{
    static const int usual[] = { 100, FIFO_LARGE * 3 / 4 / 1000, FIFO_LARGE / 1000, 64 << 10 };

    for (int i = 0; i < 4; i++) {
        int    swing = usual[i] / 20;
        size_t had   = 0;

        fifo_init(&f, CHUNK);
        take_many(usual[i] * 3 / 2);
        give_many(usual[i] * 3 / 2 - usual[i] - swing);
        for (int k = 0; k < 140; k++) {
            give_many(swing);
            if (k == 40) /* all that was there at first has gone */
                had = f.bytes + f.spare_bytes;
            CHECK(k < 40 || f.bytes + f.spare_bytes == had);
            take_many(swing);
            CHECK(k < 40 || f.bytes + f.spare_bytes == had);
        }
        give_many(usual[i] + swing);
        CHECK(f.bytes == 0 && f.spare_bytes <= CHUNK);
        fifo_fini(&f);
    }
}

TEST(what_is_kept_gets_less_with_what_is_in_use)
{
    enum { MANY = 64 << 10 };

    fifo_init(&f, CHUNK);
    take_many(MANY);
    for (int i = 0; i < MANY; i++) {
        fifo_give(&f, 1000);
        CHECK(f.spare_bytes <= (f.bytes / 8 > PAGES_HUGE ? f.bytes / 8 : PAGES_HUGE));
    }
    CHECK(f.spare_bytes <= CHUNK);
    fifo_fini(&f);
}

TEST(without_chunks_each_block_is_mallocs)
{
    fifo_init(&f, 0);
    for (int i = 0; i < 10; i++)
        take(BLOCK, i);
    for (int i = 0; i < 10; i++)
        fifo_give(&f, BLOCK);
    CHECK(f.spare == NULL);
    fifo_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_lie_apart_until_they_are_given_back),
        cmocka_unit_test(who_knows_their_sizes_walks_them_in_their_order),
        cmocka_unit_test(what_is_given_back_goes_back_to_the_kernel_while_later_ones_stay),
        cmocka_unit_test(who_is_larger_than_a_chunk_has_one_of_his_own_and_it_is_not_kept),
        cmocka_unit_test(taking_and_giving_by_turns_uses_the_same_memory),
        cmocka_unit_test(chunks_are_huge_pages_where_there_is_much),
        cmocka_unit_test(traffic_that_swings_a_little_asks_for_no_memory),
        cmocka_unit_test(what_is_kept_gets_less_with_what_is_in_use),
        cmocka_unit_test(without_chunks_each_block_is_mallocs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
