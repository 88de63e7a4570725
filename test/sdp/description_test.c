/* SPDX-License-Identifier: BSD-2-Clause */
#include "sdp/description.h"

#include "base/error.h"
#include "support/alloc.h"
#include "support/test.h"

#define TEXT "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=x\r\nc=IN IP4 192.0.2.1\r\nm=audio 1 RTP/AVP 0\r\n"

TEST(a_description_outlives_the_text_it_came_from)
{
    char               text[] = TEXT;
    struct description d, other = { 0 };
    struct sdp_fault   fault;

    CHECK_INT(0, description_set(&d, (struct slice){ text, sizeof text - 1 }, &fault));
    memset(text, 'x', sizeof text);
    description_move(&other, &d);
    CHECK(d.text == NULL);
    CHECK_SLICE("audio", other.sdp.media[0].kind);
    description_clear(&other);
    description_clear(&other);
}

TEST(what_is_none_is_not_kept)
{
    struct description d;
    struct sdp_fault   fault;

    CHECK_INT(-ERR_SYNTAX, description_set(&d, test_guarded(SLICE("nonsense")), &fault));
    assert_string_equal("v=0", fault.expected);
    CHECK(d.text == NULL);
    CHECK_INT(-ERR_SYNTAX, description_set(&d, (struct slice){ NULL, 0 }, &fault));
}

TEST(memory_that_fails_is_told_and_nothing_leaks)
{
    struct description d;
    struct sdp_fault   fault;

    for (unsigned n = 1;; n++) {
        int error;

        alloc_fail_at(n);
        error = description_set(&d, SLICE(TEXT), &fault);
        CHECK_INT(alloc_failed() ? -ERR_NO_MEMORY : 0, error);
        if (!alloc_failed())
            break;
    }
    alloc_fail_at(0);
    description_clear(&d);
}

TEST(the_first_lines_are_written)
{
    char           memory[128];
    struct buf     b = BUF_ON(memory);
    struct address a = address_v4(192, 0, 2, 1, 0);

    sdp_write_origin(&b, SLICE("me"), 5, 6, &a);
    sdp_write_session(&b, &a, SLICE("0 0"));
    CHECK_SLICE("v=0\r\no=me 5 6 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n", buf_slice(&b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_description_outlives_the_text_it_came_from),
        cmocka_unit_test(what_is_none_is_not_kept),
        cmocka_unit_test(memory_that_fails_is_told_and_nothing_leaks),
        cmocka_unit_test(the_first_lines_are_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
