/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/arena.h"
#include "support/alloc.h"
#include "support/test.h"

TEST(memory_of_the_owner_is_used_first_and_aligned)
{
    _Alignas(16) char memory[256];
    struct arena      a;

    arena_init(&a, memory + 1, sizeof memory - 1, 0);
    for (int i = 0; i < 5; i++) {
        char *got = arena_alloc(&a, 17);

        CHECK(got != NULL && got > memory && got + 17 <= memory + sizeof memory);
        CHECK_INT(0, (uintptr_t)got % _Alignof(max_align_t));
    }
    CHECK(a.chunks == NULL);
    arena_fini(&a);
}

TEST(memory_comes_zeroed)
{
    char         memory[256];
    struct arena a;

    memset(memory, 'x', sizeof memory);
    arena_init(&a, memory, sizeof memory, 10000);
    for (size_t size = 1; size < 3000; size = size * 3 + 1) {
        const char *got = arena_alloc(&a, size);

        for (size_t i = 0; i < size; i++)
            CHECK_INT(0, got[i]);
    }
    arena_fini(&a);
}

TEST(exhaustion_is_for_ever)
{
    struct arena a;

    arena_init(&a, NULL, 0, 4096);
    CHECK(arena_alloc(&a, 2000) != NULL);
    CHECK(arena_ok(&a));
    CHECK(arena_alloc(&a, 4096) == NULL);
    CHECK(!arena_ok(&a));
    CHECK(arena_alloc(&a, 1) == NULL);
    CHECK_INT(0, arena_copy(&a, SLICE("x")).len);
    arena_fini(&a);
}

TEST(chunks_never_exceed_the_limit)
{
    struct arena a;
    size_t       got = 0;

    arena_init(&a, NULL, 0, 10000);
    while (arena_alloc(&a, 100) != NULL)
        got += 100;
    CHECK(a.spent <= 10000);
    CHECK(got > 8000);
    arena_fini(&a);
}

TEST(a_size_that_wraps_is_refused)
{
    struct arena a;

    arena_init(&a, NULL, 0, SIZE_MAX);
    CHECK(arena_alloc(&a, SIZE_MAX - 3) == NULL);
    CHECK(!arena_ok(&a));
    arena_fini(&a);
}

TEST(a_copy_is_another_text_with_the_same_bytes)
{
    char         original[] = "alice";
    struct arena a;
    struct slice copy;

    arena_init(&a, NULL, 0, 4096);
    copy        = arena_copy(&a, slice_from(original));
    original[0] = 'X';
    CHECK_SLICE("alice", copy);
    CHECK_INT(0, arena_copy(&a, (struct slice){ NULL, 0 }).len);
    CHECK(arena_ok(&a));
    arena_fini(&a);
}

TEST(no_memory_is_remembered_and_nothing_leaks)
{
    struct arena a;

    arena_init(&a, NULL, 0, 100000);
    CHECK(arena_alloc(&a, 3000) != NULL);
    alloc_fail_at(1);
    CHECK(arena_alloc(&a, 3000) == NULL);
    alloc_fail_at(0);
    CHECK(!arena_ok(&a));
    CHECK(arena_alloc(&a, 8) == NULL);
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_of_the_owner_is_used_first_and_aligned),
        cmocka_unit_test(memory_comes_zeroed),
        cmocka_unit_test(exhaustion_is_for_ever),
        cmocka_unit_test(chunks_never_exceed_the_limit),
        cmocka_unit_test(a_size_that_wraps_is_refused),
        cmocka_unit_test(a_copy_is_another_text_with_the_same_bytes),
        cmocka_unit_test(no_memory_is_remembered_and_nothing_leaks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
