/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/shares.h"

#include "support/test.h"

enum { WORKERS = 4, PART = SHARES_WHOLE / WORKERS };

static uint32_t shares[WORKERS];

static void share(uint32_t a, uint32_t b, uint32_t c, uint32_t d, bool spread)
{
    const uint32_t used[WORKERS] = { a, b, c, d };
    uint64_t       sum           = 0;

    shares_out(used, WORKERS, spread, shares);
    for (unsigned i = 0; i < WORKERS; i++) {
        CHECK(shares[i] >= used[i]);
        sum += shares[i];
    }
    CHECK(sum == SHARES_WHOLE || (uint64_t)a + b + c + d > SHARES_WHOLE);
}

TEST(spread_what_is_free_is_shared_equally)
{
    share(0, 0, 0, 0, true);
    for (unsigned i = 0; i < WORKERS; i++)
        CHECK_INT(PART, shares[i]);
    share(SHARES_WHOLE / 2, 0, 0, 0, true);
    CHECK_INT(SHARES_WHOLE / 2 + PART / 2, shares[0]);
    CHECK_INT(PART / 2, shares[3]);
}

TEST(gathered_nearly_all_of_it_is_the_first_ones)
{
    share(0, 0, 0, 0, false);
    CHECK(shares[0] > SHARES_WHOLE - PART / 2);
    CHECK_INT(PART / 8, shares[1]);
    share(1000, PART, 0, 0, false);
    CHECK(shares[1] > PART);
}

TEST(where_nothing_is_free_each_keeps_what_it_has)
{
    share(SHARES_WHOLE, 5, 0, SHARES_WHOLE, true);
    CHECK_INT(SHARES_WHOLE, shares[0]);
    CHECK_INT(5, shares[1]);
    CHECK_INT(0, shares[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spread_what_is_free_is_shared_equally),
        cmocka_unit_test(gathered_nearly_all_of_it_is_the_first_ones),
        cmocka_unit_test(where_nothing_is_free_each_keeps_what_it_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
