/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/pages.h"

#include "support/page_probe.h"
#include "support/test.h"

#include <string.h>

static void check_zero(const char *pages, size_t size)
{
    for (size_t i = 0; i < size; i++)
        CHECK_INT(0, pages[i]);
}

TEST(pages_are_zero_and_go_back_to_the_kernel)
{
    enum { SIZE = 64 << 10 };
    char *pages = pages_take(SIZE);

    check_zero(pages, SIZE);
    memset(pages, 1, SIZE);
    pages_give(pages, SIZE);
    CHECK(!page_is_mapped(pages) && !page_is_mapped(pages + SIZE - 1));
    pages_give(NULL, SIZE);
}

/* Nothing of what was asked for to find such a place remains before or behind it. */
TEST(what_may_be_huge_begins_at_a_multiple_of_a_huge_page)
{
    enum { SIZE = PAGES_HUGE + (12 << 10) };
    char *pages[3];

    for (int i = 0; i < 3; i++) {
        pages[i] = pages_take(SIZE);
        CHECK(pages[i] != NULL && (uintptr_t)pages[i] % PAGES_HUGE == 0);
        memset(pages[i], 1, SIZE);
    }
    for (int i = 0; i < 3; i++) {
        pages_give(pages[i], SIZE);
        CHECK(!page_is_mapped(pages[i]) && !page_is_mapped(pages[i] + SIZE) && !page_is_mapped(pages[i] - 1));
    }
}

TEST(huge_pages_are_asked_for_where_they_are_wanted)
{
    char *pages = pages_take(PAGES_HUGE);

    CHECK(!page_wants_huge(pages));
    pages_make_huge(pages, PAGES_HUGE);
    CHECK(page_wants_huge(pages) || !page_huge_known());
    check_zero(pages, PAGES_HUGE);
    pages_give(pages, PAGES_HUGE);
}

TEST(without_memory_there_are_none)
{
    CHECK(pages_take(SIZE_MAX / 2) == NULL);
    CHECK(pages_take(SIZE_MAX) == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_zero_and_go_back_to_the_kernel),
        cmocka_unit_test(what_may_be_huge_begins_at_a_multiple_of_a_huge_page),
        cmocka_unit_test(huge_pages_are_asked_for_where_they_are_wanted),
        cmocka_unit_test(without_memory_there_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
