/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/privacy.h"
#include "support/test.h"

static struct message *parse(const char *from, const char *lines)
{
    char               memory[1024];
    struct buf         b = BUF_ON(memory);
    struct parse_fault fault;
    struct message    *m;

    buf_printf(&b,
               "INVITE sip:b@b.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.4;branch=z9hG4bK7\r\nFrom: <%s>;tag=1\r\n"
               "To: <sip:b@b.test>\r\nCall-ID: one\r\nCSeq: 1 INVITE\r\n%sContent-Length: 0\r\n\r\n",
               from, lines);
    m = message_parse(test_guarded(buf_slice(&b)), &fault);
    assert_non_null(m);
    return m;
}

static unsigned read_of(const char *lines)
{
    struct message *m      = parse("sip:a@a.test", lines);
    unsigned        values = privacy_read(m);

    message_drop(m);
    return values;
}

/* RFC 3323 4.2, RFC 3325 9.3. */
TEST(the_values_of_privacy_are_read_in_any_case_and_order)
{
    CHECK_INT(0, read_of(""));
    CHECK_INT(PRIVACY_NONE, read_of("Privacy: none\r\n"));
    CHECK_INT(PRIVACY_ID, read_of("privacy:id\r\n"));
    CHECK_INT(PRIVACY_HEADER | PRIVACY_SESSION | PRIVACY_USER | PRIVACY_ID | PRIVACY_CRITICAL,
              read_of("Privacy: Header;SESSION ; user;\r\n id;critical\r\n"));
    CHECK_INT(PRIVACY_ID | PRIVACY_HEADER, read_of("Privacy: id, header\r\n"));
}

TEST(what_cannot_be_read_is_a_wish_for_privacy_too)
{
    CHECK_INT(PRIVACY_OTHER, read_of("Privacy:\r\n"));
    CHECK_INT(PRIVACY_OTHER, read_of("Privacy: history\r\n"));
    CHECK_INT(PRIVACY_ID | PRIVACY_OTHER, read_of("Privacy: id;\r\n"));
    CHECK_INT(PRIVACY_NONE | PRIVACY_OTHER, read_of("Privacy: none \"x\"\r\n"));
}

static bool allows(const char *from, const char *lines)
{
    struct message *m      = parse(from, lines);
    bool            result = privacy_allows(m);

    message_drop(m);
    return result;
}

/* RFC 3325 7; RFC 3323 4.2: none stands alone, or it is not meant. */
TEST(an_identity_may_be_told_unless_anything_is_to_be_hidden)
{
    CHECK(allows("sip:a@a.test", ""));
    CHECK(allows("sip:a@a.test", "Privacy: none\r\n"));
    CHECK(!allows("sip:a@a.test", "Privacy: id\r\n"));
    CHECK(!allows("sip:a@a.test", "Privacy: none;id\r\n"));
    CHECK(!allows("sip:a@a.test", "Privacy: user\r\n"));
    CHECK(!allows("sip:a@a.test", "Privacy: \r\n"));
    CHECK(!allows("sip:a@a.test", "Privacy: strange\r\n"));
}

/* RFC 3323 4.1.1.3 */
TEST(who_calls_himself_anonymous_means_it_unless_he_says_none)
{
    CHECK(!allows("sip:anonymous@Anonymous.invalid", ""));
    CHECK(allows("sip:anonymous@anonymous.invalid", "Privacy: none\r\n"));
    CHECK(!allows("sip:x@anonymous.invalid.", ""));
    CHECK(!allows("sip:Anonymous@a.test", "")); /* as it was written before there was .invalid */
    CHECK(allows("sip:anonymous@a.test", "Privacy: none\r\n"));
    CHECK(allows("sip:anonymous.x@a.test", ""));
}

TEST(what_is_done_here_is_id_and_none)
{
    CHECK(privacy_is_in_reach(0));
    CHECK(privacy_is_in_reach(PRIVACY_NONE));
    CHECK(privacy_is_in_reach(PRIVACY_ID | PRIVACY_CRITICAL));
    CHECK(!privacy_is_in_reach(PRIVACY_ID | PRIVACY_HEADER));
    CHECK(!privacy_is_in_reach(PRIVACY_SESSION));
    CHECK(!privacy_is_in_reach(PRIVACY_USER));
    CHECK(!privacy_is_in_reach(PRIVACY_OTHER));
}

/* RFC 3323 5 */
TEST(critical_privacy_that_cannot_be_provided_fails_and_says_what_it_is)
{
    char       memory[128];
    struct buf b = BUF_ON(memory);

    CHECK(!privacy_must_fail(PRIVACY_HEADER, &b));
    CHECK(!privacy_must_fail(PRIVACY_ID | PRIVACY_CRITICAL, &b));
    CHECK_INT(0, b.len);
    CHECK(privacy_must_fail(PRIVACY_ID | PRIVACY_HEADER | PRIVACY_USER | PRIVACY_CRITICAL, &b));
    CHECK_SLICE("Privacy cannot be provided: header, user", buf_slice(&b));
    b = BUF_ON(memory);
    CHECK(privacy_must_fail(PRIVACY_OTHER | PRIVACY_CRITICAL, &b));
    CHECK_SLICE("Privacy cannot be provided", buf_slice(&b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_values_of_privacy_are_read_in_any_case_and_order),
        cmocka_unit_test(what_cannot_be_read_is_a_wish_for_privacy_too),
        cmocka_unit_test(an_identity_may_be_told_unless_anything_is_to_be_hidden),
        cmocka_unit_test(who_calls_himself_anonymous_means_it_unless_he_says_none),
        cmocka_unit_test(what_is_done_here_is_id_and_none),
        cmocka_unit_test(critical_privacy_that_cannot_be_provided_fails_and_says_what_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
