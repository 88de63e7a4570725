/* SPDX-License-Identifier: BSD-2-Clause */
/* Walks of REGISTERs, time and power cuts: what is served is what the model says. */
#include "support/register_walk.h"
#include "support/test.h"

#include "base/random.h"

enum { WALKS = 300, LONGEST = 300 };

TEST(what_is_served_equals_the_model)
{
    for (uint64_t seed = 1; seed <= WALKS; seed++) {
        struct random_seeded r;
        uint8_t              bytes[LONGEST];

        random_seed(&r, seed);
        random_seeded_fill(&r, bytes, sizeof bytes);
        register_walk(bytes, sizeof bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_served_equals_the_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
