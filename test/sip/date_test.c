/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/date.h"

#include "support/test.h"

#include <stdio.h>
#include <time.h>

static void check(const char *want, uint64_t seconds)
{
    char       memory[64];
    struct buf b = BUF_ON(memory);

    date_write(&b, seconds);
    CHECK_SLICE(want, buf_slice(&b));
}

/* RFC 3261 20.17 */
TEST(a_date_is_written_as_the_rfc_shows_it)
{
    check("Sat, 13 Nov 2010 23:29:00 GMT", 1289690940);
    check("Thu, 01 Jan 1970 00:00:00 GMT", 0);
    check("Tue, 29 Feb 2000 12:00:01 GMT", 951825601);
    check("Wed, 31 Dec 2025 23:59:59 GMT", 1767225599);
    check("Mon, 01 Mar 2100 00:00:00 GMT", 4107542400);
}

/* Each day of 150 years. */
TEST(it_agrees_with_the_calendar_of_the_c_library)
{
    for (time_t at = 3600; at < (time_t)150 * 366 * 86400; at += 86400) {
        char      want[64];
        struct tm date;

        CHECK(gmtime_r(&at, &date) != NULL);
        CHECK(strftime(want, sizeof want, "%a, %d %b %Y %H:%M:%S GMT", &date) > 0);
        check(want, (uint64_t)at);
    }
}

TEST(the_text_of_a_second_is_made_when_another_comes)
{
    struct date_line line = { 0 };

    CHECK_SLICE("Thu, 01 Jan 1970 00:00:00 GMT", date_text(&line, 0));
    CHECK_SLICE("Sat, 13 Nov 2010 23:29:00 GMT", date_text(&line, 1289690940));
    CHECK_SLICE("Sat, 13 Nov 2010 23:29:00 GMT", date_text(&line, 1289690940));
    CHECK_SLICE("Sat, 13 Nov 2010 23:28:59 GMT", date_text(&line, 1289690939));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_date_is_written_as_the_rfc_shows_it),
        cmocka_unit_test(it_agrees_with_the_calendar_of_the_c_library),
        cmocka_unit_test(the_text_of_a_second_is_made_when_another_comes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
