/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/destination.h"

#include "support/test.h"

TEST(a_pattern_is_a_domain_or_a_number_or_a_star)
{
    static const char *const good[] = {
        "a.test", "*.a.test", "*", "+49*", "+4930", "192.0.2.7", "[2001:db8::1]", "+*"
    };
    static const char *const bad[] = { "",  "a b",   "*.",   "a.*",   "+49a*",
                                       "+", "*.*.a", "+4*9", "sip:a", "+111111111111111111111111111111111" };

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CHECK(destination_is_pattern(test_guarded(slice_from(good[i]))));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (destination_is_pattern(test_guarded(slice_from(bad[i]))))
            fail_msg("taken: %s", bad[i]);
}

TEST(the_longest_prefix_of_a_number_fits_best)
{
    struct slice number = SLICE("+4930123");

    CHECK(destination_number_fit(SLICE("+49*"), number) > destination_number_fit(SLICE("+4*"), number));
    CHECK(destination_number_fit(SLICE("+4930*"), number) > destination_number_fit(SLICE("+49*"), number));
    CHECK_INT(SIZE_MAX, destination_number_fit(SLICE("+4930123"), number));
    CHECK_INT(0, destination_number_fit(SLICE("+493012"), number));
    CHECK_INT(0, destination_number_fit(SLICE("+49301234*"), number));
    CHECK_INT(0, destination_number_fit(SLICE("*"), number));
    CHECK_INT(0, destination_number_fit(SLICE("+49*"), SLICE("")));
}

static void check_number(const char *wanted, const char *text)
{
    char       memory[DESTINATION_NUMBER];
    struct uri uri;

    CHECK(uri_parse(test_guarded(slice_from(text)), &uri));
    CHECK_SLICE(wanted, destination_number(&uri, memory));
}

/* RFC 3966 5.1.1: visual separators mean nothing. */
TEST(a_number_is_its_digits)
{
    check_number("+4930123", "tel:+49-(30).1-23;ext=5");
    check_number("+4930123", "sip:+49-30-123@a.test;user=phone");
    check_number("+4930123", "sip:+4930123;phone-context=x@a.test");
    check_number("", "tel:112;phone-context=+49");
    check_number("", "sip:alice@a.test");
    check_number("", "sip:+x@a.test");
    check_number("", "mailto:+49@a.test");
    check_number("", "sip:+1111111111222222222233333333334444@a.test");
}

static bool fits(const char *pattern, const char *text)
{
    struct uri uri;

    CHECK(uri_parse(slice_from(text), &uri));
    return destination_fits(slice_from(pattern), &uri);
}

TEST(a_uri_fits_by_its_host)
{
    CHECK(fits("*", "tel:112;phone-context=x"));
    CHECK(fits("*.b.test", "sip:x@a.B.test."));
    CHECK(!fits("*.b.test", "sip:x@b.test"));
    CHECK(!fits("b.test", "tel:+49"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_is_a_domain_or_a_number_or_a_star),
        cmocka_unit_test(the_longest_prefix_of_a_number_fits_best),
        cmocka_unit_test(a_number_is_its_digits),
        cmocka_unit_test(a_uri_fits_by_its_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
