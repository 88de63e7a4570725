/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/fifo.h"
#include "support/test.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CHUNK = 16 * 1024, BLOCK = 400 };

static struct fifo f;

/* Whether the kernel still has memory there for us. */
static bool is_mapped(const char *at)
{
    uintptr_t     page = (uintptr_t)at & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
    unsigned char seen;

    return mincore((void *)page, 1, &seen) == 0;
}

static char *take(size_t size, int fill)
{
    char *block = fifo_take(&f, size);

    CHECK(block != NULL && (uintptr_t)block % _Alignof(max_align_t) == 0);
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
        fifo_give(&f);
    }
    CHECK(f.first == NULL && f.last == NULL);
    fifo_fini(&f);
}

TEST(what_is_given_back_goes_back_to_the_kernel_while_later_ones_stay)
{
    char *first, *last = NULL;

    fifo_init(&f, CHUNK);
    first = take(BLOCK, 1);
    for (int i = 0; i < 199; i++)
        last = take(BLOCK, 2);
    for (int i = 0; i < 199; i++)
        fifo_give(&f);
    check_filled(last, BLOCK, 2);
    CHECK(is_mapped(last));
    CHECK(is_mapped(first)); /* the first chunk is kept for the next ... */
    for (int i = 0; i < 40; i++)
        take(BLOCK, 3);
    CHECK(f.spare == NULL); /* ... who comes */
    for (int i = 0; i < 41; i++)
        fifo_give(&f);
    fifo_fini(&f);
    CHECK(!is_mapped(first) && !is_mapped(last));
}

TEST(who_is_larger_than_a_chunk_has_one_of_his_own_and_it_is_not_kept)
{
    char *large;

    fifo_init(&f, CHUNK);
    take(BLOCK, 1);
    large = take(3 * CHUNK, 2);
    take(BLOCK, 3);
    fifo_give(&f);
    check_filled(large, 3 * CHUNK, 2);
    fifo_give(&f);
    CHECK(!is_mapped(large + CHUNK));
    fifo_give(&f);
    fifo_fini(&f);
}

TEST(taking_and_giving_by_turns_uses_the_same_memory)
{
    char *block;

    fifo_init(&f, CHUNK);
    block = take(BLOCK, 1);
    fifo_give(&f);
    for (int i = 0; i < 100; i++) {
        CHECK(take(BLOCK, 1) == block);
        fifo_give(&f);
    }
    fifo_fini(&f);
}

TEST(without_chunks_each_block_is_mallocs)
{
    fifo_init(&f, 0);
    for (int i = 0; i < 10; i++)
        take(BLOCK, i);
    for (int i = 0; i < 10; i++)
        fifo_give(&f);
    CHECK(f.spare == NULL);
    fifo_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_lie_apart_until_they_are_given_back),
        cmocka_unit_test(what_is_given_back_goes_back_to_the_kernel_while_later_ones_stay),
        cmocka_unit_test(who_is_larger_than_a_chunk_has_one_of_his_own_and_it_is_not_kept),
        cmocka_unit_test(taking_and_giving_by_turns_uses_the_same_memory),
        cmocka_unit_test(without_chunks_each_block_is_mallocs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
