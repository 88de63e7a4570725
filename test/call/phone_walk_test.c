/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever a peer says and its user does, a phone lives, sends messages, and is idle in the end: drawn walks of the
 * kind that fuzz/phone_fuzz.c takes. */
#include "support/phone_walk.h"
#include "support/test.h"

enum { SEEDS = 300, BYTES = 400 };

TEST(a_phone_outlives_whatever_its_peer_says)
{
    struct phone_walked all = { 0 };

    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        uint32_t            drawn = seed;
        uint8_t             bytes[BYTES];
        struct phone_walked one;

        for (size_t i = 0; i < BYTES; i++) {
            drawn    = drawn * 1664525 + 1013904223;
            bytes[i] = (uint8_t)(drawn >> 16);
        }
        one = phone_walk(bytes, sizeof bytes);
        all.sent += one.sent;
        all.heard += one.heard;
        all.told += one.told;
        all.calls += one.calls;
    }
    CHECK(all.sent > 5 * SEEDS && all.heard > 5 * SEEDS && all.told > SEEDS);
    CHECK(all.calls > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_phone_outlives_whatever_its_peer_says) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
