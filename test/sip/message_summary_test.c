/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/message_summary.h"

#include "support/test.h"

static struct message_summary s;

static bool parse(const char *text)
{
    return message_summary_parse(test_guarded(slice_from(text)), &s);
}

/* RFC 3842 5.1: its example. */
TEST(each_kind_of_message_is_counted)
{
    CHECK(parse("Messages-Waiting: yes\r\nMessage-Account: sip:alice@vmail.example.com\r\nVoice-Message: 4/8 (1/2)\r\n"
                "fax-message : 2 / 4\r\n\r\nTo: <alice@atlanta.example.com>\r\nText-Message: 7/7\r\n"));
    CHECK(s.waiting);
    CHECK_SLICE("sip:alice@vmail.example.com", s.account);
    CHECK_INT(4, s.of[MESSAGE_VOICE].new);
    CHECK_INT(8, s.of[MESSAGE_VOICE].old);
    CHECK_INT(1, s.of[MESSAGE_VOICE].new_urgent);
    CHECK_INT(2, s.of[MESSAGE_VOICE].old_urgent);
    CHECK_INT(2, s.of[MESSAGE_FAX].new);
    CHECK_INT(0, s.of[MESSAGE_FAX].new_urgent);
    CHECK(!s.of[MESSAGE_TEXT].known); /* that is a header of a message */
}

/* 3.5 */
TEST(a_lamp_alone_is_enough)
{
    CHECK(parse("MESSAGES-WAITING: NO"));
    CHECK(!s.waiting && !s.of[MESSAGE_VOICE].known);
    CHECK(parse("Messages-Waiting:yes\n"));
    CHECK(s.waiting);
}

/* 3.5: a larger value is 2^32-1. */
TEST(what_is_too_large_is_as_much_as_there_may_be)
{
    CHECK(parse("Messages-Waiting: yes\r\nVoice-Message: 99999999999/0\r\n"));
    CHECK_INT(UINT32_MAX, s.of[MESSAGE_VOICE].new);
}

TEST(what_is_no_summary_is_refused)
{
    CHECK(!parse(""));
    CHECK(!parse("hello"));
    CHECK(!parse("\r\nMessages-Waiting: yes\r\n"));
    CHECK(!parse("Voice-Message: 1/1\r\n"));
    CHECK(!parse("Messages-Waiting: perhaps\r\n"));
}

TEST(a_line_that_cannot_be_read_is_passed_over)
{
    CHECK(parse("Messages-Waiting: yes\r\nVoice-Message: 1\r\nVoice-Message: 1/2 (3\r\nrubbish\r\nFax-Message: 3/4\r\n"
                "Pager-Message: -1/2\r\nNone: 1/1 x\r\n"));
    CHECK(!s.of[MESSAGE_VOICE].known);
    CHECK(!s.of[MESSAGE_PAGER].known);
    CHECK(!s.of[MESSAGE_NONE].known);
    CHECK_INT(4, s.of[MESSAGE_FAX].old);
}

TEST(each_class_has_the_name_that_it_is_read_by)
{
    CHECK_SLICE("multimedia-message", message_class_name(MESSAGE_MULTIMEDIA));
    CHECK_SLICE("", message_class_name(MESSAGE_CLASSES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_message_is_counted),
        cmocka_unit_test(a_lamp_alone_is_enough),
        cmocka_unit_test(what_is_too_large_is_as_much_as_there_may_be),
        cmocka_unit_test(what_is_no_summary_is_refused),
        cmocka_unit_test(a_line_that_cannot_be_read_is_passed_over),
        cmocka_unit_test(each_class_has_the_name_that_it_is_read_by),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
