/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/duration.h"

#include "support/test.h"

static msec parsed(const char *text)
{
    msec out = 12345;

    return duration_parse(test_guarded(slice_from(text)), DURATION_MAX, &out) ? out : NEVER;
}

TEST(a_duration_is_a_number_with_its_unit)
{
    CHECK_INT(20000, parsed("20s"));
    CHECK_INT(500, parsed("500ms"));
    CHECK_INT(120000, parsed("2m"));
    CHECK_INT(3600000, parsed("1h"));
    CHECK_INT(0, parsed("0s"));
}

TEST(a_plain_number_is_seconds)
{
    CHECK_INT(7000, parsed("7"));
    CHECK_INT(1500, parsed("1.5"));
}

TEST(digits_behind_the_point_are_good_to_the_millisecond)
{
    CHECK_INT(1500, parsed("1.5s"));
    CHECK_INT(90000, parsed("1.5m"));
    CHECK_INT(1234, parsed("1.2345678s"));
    CHECK_INT(2, parsed("2.9ms"));
}

TEST(what_is_no_duration_is_refused)
{
    static const char *const bad[] = { "",     "s",    "-1s",  "1 s", "1d",  "1.s", ".5s",  "1sec",
                                       "0x10", "1mss", "1,5s", "1s2", "++1", "1e3", "soon", "NaN" };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(parsed(bad[i]) == NEVER);
}

TEST(a_duration_above_the_limit_is_refused)
{
    msec out = 1;

    CHECK(duration_parse(SLICE("60s"), 60000, &out));
    CHECK_INT(60000, out);
    CHECK(!duration_parse(SLICE("60001ms"), 60000, &out));
    CHECK_INT(60000, out);
    CHECK(parsed("8784h") == DURATION_MAX);
    CHECK(parsed("8785h") == NEVER);
    CHECK(parsed("99999999999999999999h") == NEVER);
    CHECK(parsed("18446744073709551615") == NEVER);
}

TEST(a_scan_stays_where_it_is_if_there_is_no_duration)
{
    struct scan s   = scan_from(SLICE("5s,x"));
    msec        out = 0;

    CHECK(duration_scan(&s, &out));
    CHECK_SLICE(",x", scan_rest(&s));
    CHECK(!duration_scan(&s, &out));
    CHECK_SLICE(",x", scan_rest(&s));
}

TEST(a_duration_is_written_for_people)
{
    static const struct {
        msec        duration;
        const char *text;
    } rows[] = { { 0, "0 ms" }, { 350, "350 ms" }, { 2590, "2.5 s" }, { 75000, "01:15" }, { 3723000, "1:02:03" } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char       memory[32];
        struct buf b = BUF_ON(memory);

        duration_write(&b, rows[i].duration);
        CHECK_SLICE(rows[i].text, buf_slice(&b));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_duration_is_a_number_with_its_unit),
        cmocka_unit_test(a_plain_number_is_seconds),
        cmocka_unit_test(digits_behind_the_point_are_good_to_the_millisecond),
        cmocka_unit_test(what_is_no_duration_is_refused),
        cmocka_unit_test(a_duration_above_the_limit_is_refused),
        cmocka_unit_test(a_scan_stays_where_it_is_if_there_is_no_duration),
        cmocka_unit_test(a_duration_is_written_for_people),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
