/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/blocks.h"

#include "support/page_probe.h"
#include "support/test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { MANY = 40000, BLOCK = 144, SIZES = 7 };

static struct blocks b;

static unsigned dice;

static unsigned roll(unsigned sides)
{
    dice = dice * 1103515245u + 12345u;
    return (dice >> 16) % sides;
}

static char *take(size_t size, int fill)
{
    char *block = blocks_take(&b, size);

    CHECK(block != NULL && (uintptr_t)block % BLOCKS_STEP == 0);
    return memset(block, fill, size);
}

static void give_filled(char *block, size_t size, int fill)
{
    for (size_t i = 0; i < size; i++)
        CHECK_INT(fill, block[i]);
    blocks_give(&b, block, size);
}

TEST(blocks_of_all_sizes_lie_apart_in_whatever_order_they_come_and_go)
{
    static const size_t sizes[SIZES] = { 1, 16, 17, 144, 1000, BLOCKS_LARGEST, BLOCKS_LARGEST + 1 };
    static char        *blocks[3000];
    static unsigned     size[3000];

    dice = 7;
    blocks_init(&b, false);
    for (unsigned step = 0; step < 60000; step++) {
        unsigned i = roll(3000);

        if (blocks[i] != NULL) {
            give_filled(blocks[i], sizes[size[i]], (int)i % 100);
            blocks[i] = NULL;
        } else {
            size[i]   = roll(SIZES);
            blocks[i] = take(sizes[size[i]], (int)i % 100);
        }
    }
    for (unsigned i = 0; i < 3000; i++)
        if (blocks[i] != NULL)
            give_filled(blocks[i], sizes[size[i]], (int)i % 100);
    CHECK_INT(1, b.segments);
    blocks_fini(&b);
}

/* Of the place that they are in, not one in a hundred bytes is lost. */
TEST(a_block_takes_its_size_and_hardly_more)
{
    static char *blocks[MANY];

    blocks_init(&b, false);
    for (int i = 0; i < MANY; i++)
        blocks[i] = take(BLOCK, 1);
    CHECK_INT((MANY * (size_t)BLOCK + BLOCKS_SEGMENT - 1) / BLOCKS_SEGMENT, b.segments);
    CHECK_INT(BLOCK, blocks_size(BLOCK - 15));
    for (int i = 0; i < MANY; i++)
        give_filled(blocks[i], BLOCK, 1);
    blocks_fini(&b);
}

TEST(a_segment_that_is_empty_goes_back_to_the_kernel_while_the_others_stay)
{
    static char *blocks[MANY];
    size_t       most;

    blocks_init(&b, false);
    for (int i = 0; i < MANY; i++)
        blocks[i] = take(BLOCK, 2);
    most = b.segments;
    for (int i = 0; i < MANY - 1; i++)
        give_filled(blocks[i], BLOCK, 2);
    CHECK(most > 2 && b.segments == 1);
    CHECK(page_is_mapped(blocks[MANY - 1]) && !page_is_mapped(blocks[0]));
    give_filled(blocks[MANY - 1], BLOCK, 2);
    CHECK(page_is_mapped(blocks[MANY - 1])); /* the last is kept for the next ones */
    blocks_fini(&b);
    CHECK(!page_is_mapped(blocks[MANY - 1]));
}

TEST(huge_pages_are_asked_for_where_there_is_much)
{
    static char *blocks[MANY];

    blocks_init(&b, false);
    for (int i = 0; i < MANY; i++)
        blocks[i] = take(BLOCKS_LARGEST, 1);
    CHECK(b.segments > BLOCKS_SMALL);
    CHECK(!page_wants_huge(blocks[0]));
    CHECK(page_wants_huge(blocks[MANY - 1]) || !page_huge_known());
    for (int i = 0; i < MANY; i++)
        give_filled(blocks[i], BLOCKS_LARGEST, 1);
    blocks_fini(&b);
}

TEST(without_memory_there_is_no_block_until_there_is_some)
{
    struct rlimit all, none;
    char         *block;

    blocks_init(&b, false);
    CHECK_INT(0, getrlimit(RLIMIT_AS, &all));
    none          = all;
    none.rlim_cur = BLOCKS_RUN;
    CHECK_INT(0, setrlimit(RLIMIT_AS, &none));
    block = blocks_take(&b, BLOCK);
    CHECK_INT(0, setrlimit(RLIMIT_AS, &all));
    CHECK(block == NULL && b.segments == 0);
    give_filled(take(BLOCK, 1), BLOCK, 1);
    CHECK_INT(1, b.segments);
    blocks_fini(&b);
}

TEST(what_was_given_back_is_taken_again_before_anything_new)
{
    char *first, *second;

    blocks_init(&b, false);
    first  = take(BLOCK, 1);
    second = take(BLOCK, 2);
    give_filled(first, BLOCK, 1);
    CHECK(take(BLOCK, 3) == first);
    give_filled(first, BLOCK, 3);
    give_filled(second, BLOCK, 2);
    first = take(BLOCKS_LARGEST, 4); /* a run that is empty serves any size */
    CHECK((uintptr_t)first / BLOCKS_RUN == (uintptr_t)second / BLOCKS_RUN);
    give_filled(first, BLOCKS_LARGEST, 4);
    blocks_fini(&b);
}

TEST(exact_ones_and_large_ones_are_mallocs)
{
    char *block;

    blocks_init(&b, true);
    give_filled(take(BLOCK, 1), BLOCK, 1);
    blocks_fini(&b);
    blocks_init(&b, false);
    block = take(3 * BLOCKS_RUN, 1);
    CHECK_INT(0, b.segments);
    give_filled(block, 3 * BLOCKS_RUN, 1);
    blocks_give(&b, NULL, BLOCK);
    blocks_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_of_all_sizes_lie_apart_in_whatever_order_they_come_and_go),
        cmocka_unit_test(a_block_takes_its_size_and_hardly_more),
        cmocka_unit_test(a_segment_that_is_empty_goes_back_to_the_kernel_while_the_others_stay),
        cmocka_unit_test(huge_pages_are_asked_for_where_there_is_much),
        cmocka_unit_test(without_memory_there_is_no_block_until_there_is_some),
        cmocka_unit_test(what_was_given_back_is_taken_again_before_anything_new),
        cmocka_unit_test(exact_ones_and_large_ones_are_mallocs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
