/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/fold.h"
#include "support/test.h"

TEST(both_ways_to_fold_are_one)
{
    static const uint64_t edges[] = { 0, 1, 2, UINT32_MAX, UINT64_C(1) << 32, UINT64_C(1) << 63, UINT64_MAX };
    const unsigned        count   = sizeof edges / sizeof *edges;
    uint64_t              a = 0x9e3779b97f4a7c15u, b = 0xc2b2ae3d27d4eb4fu;

    for (unsigned i = 0; i < count; i++)
        for (unsigned k = 0; k < count; k++)
            CHECK(fold(edges[i], edges[k]) == fold_halves(edges[i], edges[k]));
    for (int i = 0; i < 10000; i++) {
        CHECK(fold(a, b) == fold_halves(a, b));
        a = fold_halves(a, b) + (uint64_t)i;
        b = b << 7 ^ a >> 3;
    }
}

/* 2^64 - 1 squared is 2^128 - 2^65 + 1. */
TEST(what_is_folded_is_the_whole_product)
{
    CHECK(fold_halves(UINT64_MAX, UINT64_MAX) == ((UINT64_MAX - 1) ^ 1));
    CHECK(fold_halves(UINT64_C(1) << 32, UINT64_C(1) << 33) == 2);
    CHECK(fold_halves(3, 5) == 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_to_fold_are_one),
        cmocka_unit_test(what_is_folded_is_the_whole_product),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
