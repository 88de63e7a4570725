/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/refusal.h"

#include "sip/message.h"
#include "support/test.h"

TEST(every_refusal_that_has_a_name_has_a_row_and_rows_stand_in_order)
{
    static const unsigned named[] = {
#define STATUS(code, phrase) code,
#include "sip/status.def"
#undef STATUS
    };
    unsigned rows = 0, wanted = 0;

    for (unsigned i = 0; i < sizeof named / sizeof *named; i++) {
        if (named[i] < 300)
            continue;
        wanted++;
        CHECK_INT(named[i], refusal_of(named[i])->status);
    }
    for (; refusal_at(rows) != NULL; rows++)
        CHECK(rows == 0 || refusal_at(rows)->status > refusal_at(rows - 1)->status);
    CHECK_INT(wanted, rows);
}

/* RFC 3261 8.1.3.2 */
TEST(an_unknown_status_is_as_good_as_the_first_of_its_class)
{
    CHECK_INT(300, refusal_of(399)->status);
    CHECK_INT(400, refusal_of(471)->status);
    CHECK_INT(500, refusal_of(599)->status);
    CHECK_INT(600, refusal_of(607)->status);
    CHECK_INT(600, refusal_of(699)->status);
}

/* RFC 3261 12.2.1.2: these two, and no others. */
TEST(only_408_and_481_end_a_call_that_is_up)
{
    for (unsigned status = 300; status < 700; status++)
        CHECK((refusal_of(status)->within == WITHIN_LOST) == (status == 408 || status == 481));
}

/* RFC 3261 16.7 step 5, 21.6 */
TEST(after_a_6xx_nobody_else_is_tried)
{
    for (unsigned status = 300; status < 700; status++)
        CHECK((refusal_of(status)->outside == OUTSIDE_LAST) == (status >= 600));
}

TEST(everything_that_is_done_has_words)
{
    for (unsigned n = 0; refusal_at(n) != NULL; n++) {
        CHECK(refusal_outside_text(refusal_at(n)->outside)[0] != '\0');
        CHECK(refusal_within_text(refusal_at(n)->within)[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_refusal_that_has_a_name_has_a_row_and_rows_stand_in_order),
        cmocka_unit_test(an_unknown_status_is_as_good_as_the_first_of_its_class),
        cmocka_unit_test(only_408_and_481_end_a_call_that_is_up),
        cmocka_unit_test(after_a_6xx_nobody_else_is_tried),
        cmocka_unit_test(everything_that_is_done_has_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
