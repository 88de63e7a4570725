/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/rate.h"

#include "support/test.h"

TEST(a_rate_is_a_number_and_the_time_that_it_is_for)
{
    static const struct {
        const char *text;
        uint64_t    interval;
    } cases[] = { { "10/s", 100000 },       { "10/second", 100000 }, { "1/m", 60000000 }, { "300/minute", 200000 },
                  { "1/hour", 3600000000 }, { "5000/h", 720000 },    { "1000000/s", 1 } };
    struct rate r;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(rate_parse(test_guarded(slice_from(cases[i].text)), &r));
        CHECK(rate_interval(&r) == cases[i].interval);
    }
}

TEST(what_is_no_rate_is_refused)
{
    static const char *const bad[] = { "",      "10",        "/s",   "0/s",   "10/",  "10/day",
                                       "10/ss", "1000001/s", "-1/s", "10 /s", "10/s " };
    struct rate              r;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!rate_parse(test_guarded(slice_from(bad[i])), &r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rate_is_a_number_and_the_time_that_it_is_for),
        cmocka_unit_test(what_is_no_rate_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
