/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/entropy.h"

#include "support/test.h"

static struct entropy entropy;

/* No byte of the buffer is handed out twice, across any number of refills. */
TEST(pieces_of_any_length_differ)
{
    static uint8_t taken[3000][16];

    CHECK(entropy_init(&entropy));
    for (unsigned i = 0; i < 3000; i++)
        entropy_fill(&entropy, taken[i], 16);
    for (unsigned i = 0; i < 3000; i++)
        for (unsigned j = i + 1; j < 3000; j++)
            if (memcmp(taken[i], taken[j], 16) == 0)
                fail();
}

TEST(a_request_larger_than_the_buffer_is_filled_to_the_end)
{
    uint8_t  bytes[5000] = { 0 };
    unsigned zeros       = 0;

    CHECK(entropy_init(&entropy));
    entropy_fill(&entropy, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        zeros += bytes[i] == 0;
    CHECK(zeros < 80); /* 20 expected */
    entropy_fill(&entropy, bytes, 0);
}

TEST(what_was_handed_out_is_wiped)
{
    uint8_t bytes[64];

    CHECK(entropy_init(&entropy));
    entropy_fill(&entropy, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        CHECK_INT(0, entropy.bytes[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_any_length_differ),
        cmocka_unit_test(a_request_larger_than_the_buffer_is_filled_to_the_end),
        cmocka_unit_test(what_was_handed_out_is_wiped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
