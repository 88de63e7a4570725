/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/hash_index.h"

#include "base/error.h"
#include "support/alloc.h"
#include "support/test.h"

static bool has(const struct hash_index *x, uint64_t hash, uint32_t number)
{
    struct hash_probe p = hash_index_probe(x, hash);
    uint32_t          found;

    while (hash_index_next(&p, &found))
        if (found == number)
            return true;
    return false;
}

static uint64_t spread(uint32_t number)
{
    return (number + 1) * 0x9e3779b97f4a7c15u;
}

static size_t bytes_of(const struct hash_index *x)
{
    return ((size_t)1 << x->now.bits) * sizeof(uint64_t);
}

/* At every size, so in every stage of every doubling. */
TEST(numbers_are_found_in_every_stage_of_growth)
{
    struct hash_index x;

    CHECK_INT(0, hash_index_init(&x, 0));
    for (uint32_t i = 0; i < 700; i++) {
        CHECK(hash_index_add(&x, spread(i), i));
        for (uint32_t k = 0; k <= i; k++)
            CHECK(has(&x, spread(k), k));
        CHECK(!has(&x, spread(i + 1), i + 1));
    }
    CHECK_INT(700, x.count);
    CHECK(bytes_of(&x) <= 24 * x.count + 24);
    hash_index_fini(&x);
}

TEST(numbers_are_removed_in_every_stage_of_growth)
{
    for (uint32_t count = 1; count < 200; count++) {
        struct hash_index x;

        CHECK_INT(0, hash_index_init(&x, 0));
        for (uint32_t i = 0; i < count; i++)
            CHECK(hash_index_add(&x, spread(i), i));
        for (uint32_t i = 0; i < count; i++) {
            hash_index_remove(&x, spread(i), i);
            CHECK(!has(&x, spread(i), i));
            for (uint32_t k = i + 1; k < count; k++)
                CHECK(has(&x, spread(k), k));
        }
        CHECK_INT(0, x.count);
        hash_index_fini(&x);
    }
}

/* All begin at the last slot, so they go on at the first, whatever the size: what is moved goes round the end, too. */
TEST(what_reaches_over_the_end_is_found_moved_and_removed)
{
    enum { MOST = 300 };
    struct hash_index x;

    CHECK_INT(0, hash_index_init(&x, 0));
    for (uint32_t i = 0; i < MOST; i++) {
        CHECK(hash_index_add(&x, UINT64_MAX - i, i));
        CHECK(hash_index_add(&x, spread(i), MOST + i));
        for (uint32_t k = 0; k <= i; k++)
            CHECK(has(&x, UINT64_MAX - k, k) && has(&x, spread(k), MOST + k));
    }
    for (uint32_t i = 0; i < MOST; i++) {
        hash_index_remove(&x, UINT64_MAX - i, i);
        CHECK(!has(&x, UINT64_MAX - i, i) && has(&x, spread(i), MOST + i));
        for (uint32_t k = i + 1; k < MOST; k++)
            CHECK(has(&x, UINT64_MAX - k, k));
    }
    CHECK_INT(MOST, x.count);
    hash_index_fini(&x);
}

/* Against a list, by lot: more come than go, then more go than come, again and again. */
TEST(a_thousand_rounds_of_adding_and_removing_lose_nothing)
{
    enum { MOST = 3000 };
    static bool       there[MOST];
    struct hash_index x;
    uint64_t          lot = 1;

    CHECK_INT(0, hash_index_init(&x, 0));
    for (unsigned step = 0; step < 60000; step++) {
        bool     growing = step / 10000 % 2 == 0;
        uint32_t i;

        lot = lot * 6364136223846793005u + 1442695040888963407u;
        i   = (uint32_t)(lot >> 33) % MOST;
        if (!there[i] && (growing || lot >> 62 == 0)) {
            CHECK(hash_index_add(&x, spread(i) & ~(UINT64_C(3) << 60), i)); /* three quarters stand close together */
            there[i] = true;
        } else if (there[i] && (!growing || lot >> 62 == 0)) {
            hash_index_remove(&x, spread(i) & ~(UINT64_C(3) << 60), i);
            there[i] = false;
        }
        for (uint32_t k = step % 97; k < MOST; k += 97)
            CHECK(has(&x, spread(k) & ~(UINT64_C(3) << 60), k) == there[k]);
    }
    hash_index_fini(&x);
}

TEST(one_hash_may_have_many_numbers)
{
    struct hash_index x;
    struct hash_probe p;
    uint32_t          number, seen = 0;

    CHECK_INT(0, hash_index_init(&x, 0));
    for (uint32_t i = 0; i < 20; i++)
        CHECK(hash_index_add(&x, UINT64_C(5) << 32, i) && hash_index_add(&x, UINT64_C(6) << 32, i));
    hash_index_remove(&x, UINT64_C(5) << 32, 7);
    hash_index_remove(&x, UINT64_C(5) << 32, 7); /* it does not stand there any more */
    for (p = hash_index_probe(&x, UINT64_C(5) << 32); hash_index_next(&p, &number);)
        seen |= 1u << number;
    CHECK_INT((1u << 20) - 1 - (1u << 7), seen);
    CHECK_INT(39, x.count);
    hash_index_fini(&x);
}

TEST(an_index_that_is_emptied_gets_as_small_as_it_was)
{
    enum { MOST = 300000 };
    struct hash_index x;

    CHECK_INT(0, hash_index_init(&x, 1000));
    for (unsigned round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < MOST; i++)
            CHECK(hash_index_add(&x, spread(i), i));
        CHECK(bytes_of(&x) >= 12 * MOST - 12 && bytes_of(&x) <= 24 * MOST);
        for (uint32_t i = 0; i < MOST; i++) {
            hash_index_remove(&x, spread(i), i);
            if (i % 1000 == 0 && i + 1 < MOST)
                CHECK(!has(&x, spread(i), i) && has(&x, spread(MOST - 1), MOST - 1));
        }
        CHECK(x.count == 0 && x.old.slot == NULL && bytes_of(&x) == 2048 * sizeof(uint64_t));
    }
    hash_index_fini(&x);
}

TEST(without_memory_for_growth_it_fills_and_then_refuses)
{
    struct hash_index x;
    uint32_t          taken = 0;

    CHECK_INT(0, hash_index_init(&x, 0));
    for (bool added = true; added; taken += added) {
        alloc_fail_at(1);
        added = hash_index_add(&x, spread(taken), taken);
    }
    alloc_fail_at(0);
    CHECK_INT(15, taken);
    for (uint32_t i = 0; i < taken; i++)
        CHECK(has(&x, spread(i), i));
    CHECK(!has(&x, spread(taken), taken));
    for (uint32_t i = taken; i < 100; i++)
        CHECK(hash_index_add(&x, spread(i), i));
    for (uint32_t i = 0; i < 100; i++)
        CHECK(has(&x, spread(i), i));
    hash_index_fini(&x);
}

TEST(without_memory_there_is_none)
{
    struct hash_index x;

    alloc_fail_at(1);
    CHECK_INT(-ERR_NO_MEMORY, hash_index_init(&x, 1000));
    alloc_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_found_in_every_stage_of_growth),
        cmocka_unit_test(numbers_are_removed_in_every_stage_of_growth),
        cmocka_unit_test(what_reaches_over_the_end_is_found_moved_and_removed),
        cmocka_unit_test(a_thousand_rounds_of_adding_and_removing_lose_nothing),
        cmocka_unit_test(one_hash_may_have_many_numbers),
        cmocka_unit_test(an_index_that_is_emptied_gets_as_small_as_it_was),
        cmocka_unit_test(without_memory_for_growth_it_fills_and_then_refuses),
        cmocka_unit_test(without_memory_there_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
