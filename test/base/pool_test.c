/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/pool.h"
#include "support/alloc.h"
#include "support/test.h"

#include <stdlib.h>

enum { KEEP = 4096 };

TEST(a_block_that_was_given_is_taken_again_without_malloc)
{
    struct pool p;
    void       *first, *second;

    pool_init(&p, KEEP);
    first  = pool_take(&p, 100);
    second = pool_take(&p, 100);
    pool_give(&p, first, 100);
    pool_give(&p, second, 100);
    alloc_fail_at(1);
    CHECK(pool_take(&p, 100) == second); /* the latest is still in the cache */
    CHECK(pool_take(&p, 100) == first);
    CHECK_INT(0, alloc_count());
    CHECK(pool_take(&p, 100) == NULL);
    alloc_fail_at(0);
    pool_give(&p, first, 100);
    pool_give(&p, second, 100);
    pool_fini(&p);
}

/* Whoever takes it next may ask for as much as any of its class. */
TEST(every_size_fits_into_the_blocks_of_its_class)
{
    struct pool p;

    pool_init(&p, 3 * POOL_LARGEST);
    for (size_t size = 0; size <= POOL_LARGEST; size += size < 2000 ? 1 : 997) {
        size_t whole = pool_size(size);
        char  *block = pool_take(&p, size);
        char  *again;

        CHECK(block != NULL && whole >= size && whole >= sizeof(void *));
        CHECK(size < 32 || whole - size <= size / 8 + 32);
        CHECK_INT(whole, pool_size(whole));
        CHECK(whole == POOL_LARGEST || pool_size(whole + 1) > whole);
        CHECK_INT(0, (uintptr_t)block % _Alignof(max_align_t));
        memset(block, 'x', size);
        pool_give(&p, block, size);
        again = pool_take(&p, whole);
        CHECK(again == block);
        memset(again, 'y', whole);
        pool_give(&p, again, whole);
    }
    pool_fini(&p);
}

TEST(no_class_keeps_more_than_its_bound)
{
    struct pool p;
    void       *blocks[300];

    pool_init(&p, KEEP);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 300; i++)
            CHECK((blocks[i] = pool_take(&p, 88)) != NULL);
        CHECK_INT(0, pool_kept(&p));
        for (size_t i = 0; i < 300; i++)
            pool_give(&p, blocks[i], 88);
        CHECK(pool_kept(&p) <= KEEP && pool_kept(&p) > KEEP - 88);
    }
    pool_fini(&p);
    CHECK_INT(0, pool_kept(&p));
}

TEST(what_is_larger_than_the_largest_class_is_not_kept)
{
    struct pool p;
    char       *block;

    pool_init(&p, SIZE_MAX / 1024);
    CHECK_INT(POOL_LARGEST + 1, pool_size(POOL_LARGEST + 1));
    block = pool_take(&p, POOL_LARGEST + 1);
    CHECK(block != NULL);
    memset(block, 'x', POOL_LARGEST + 1);
    pool_give(&p, block, POOL_LARGEST + 1);
    CHECK_INT(0, pool_kept(&p));
    pool_fini(&p);
}

TEST(the_pool_of_another_thread_takes_what_it_is_given)
{
    struct pool here, there;
    void       *block;

    pool_init(&here, KEEP);
    pool_init(&there, KEEP);
    block = pool_take(&here, 500);
    pool_give(&there, block, 500);
    CHECK_INT(0, pool_kept(&here));
    CHECK(pool_take(&there, 500) == block);
    pool_give(NULL, block, 500); /* to none: freed */
    pool_fini(&here);
    pool_fini(&there);
}

TEST(a_pool_of_zeros_and_no_pool_keep_nothing)
{
    struct pool p = { 0 };

    pool_give(&p, pool_take(&p, 64), 64);
    CHECK_INT(0, pool_kept(&p));
    pool_give(NULL, pool_take(NULL, 64), 64);
    pool_give(&p, NULL, 64);
    pool_fini(&p);
}

TEST(zeroed_blocks_are_zero_also_when_they_were_used_before)
{
    struct pool p;
    char       *block;

    pool_init(&p, KEEP);
    block = pool_take(&p, 200);
    memset(block, 'x', 200);
    pool_give(&p, block, 200);
    block = pool_take_zero(&p, 200);
    for (size_t i = 0; i < 200; i++)
        CHECK_INT(0, block[i]);
    pool_give(&p, block, 200);
    alloc_fail_at(1);
    CHECK(pool_take_zero(&p, 3000) == NULL);
    alloc_fail_at(0);
    pool_fini(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_that_was_given_is_taken_again_without_malloc),
        cmocka_unit_test(every_size_fits_into_the_blocks_of_its_class),
        cmocka_unit_test(no_class_keeps_more_than_its_bound),
        cmocka_unit_test(what_is_larger_than_the_largest_class_is_not_kept),
        cmocka_unit_test(the_pool_of_another_thread_takes_what_it_is_given),
        cmocka_unit_test(a_pool_of_zeros_and_no_pool_keep_nothing),
        cmocka_unit_test(zeroed_blocks_are_zero_also_when_they_were_used_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
