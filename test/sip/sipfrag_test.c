/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/sipfrag.h"
#include "support/test.h"

static bool read_body(const char *text, unsigned *status, struct slice *reason)
{
    return sipfrag_read(test_guarded(slice_from(text)), status, reason);
}

/* RFC 3515 2.4.5 */
TEST(a_body_begins_with_a_status_line)
{
    unsigned     status;
    struct slice reason;

    CHECK(read_body("SIP/2.0 100 Trying\r\n", &status, &reason));
    CHECK_INT(100, status);
    CHECK_SLICE("Trying", reason);
    CHECK(read_body("SIP/2.0 200 OK\r\nContact: <sip:c@h>\r\n\r\nrest", &status, &reason));
    CHECK_INT(200, status);
    CHECK_SLICE("OK", reason);
    CHECK(read_body("sip/2.0 603 Declined", &status, &reason));
    CHECK_SLICE("Declined", reason);
    CHECK(read_body("SIP/2.0 486\n", &status, &reason));
    CHECK_INT(486, status);
    CHECK_SLICE("", reason);
    CHECK(read_body("SIP/2.0 486 ", &status, &reason));
    CHECK_SLICE("", reason);
}

TEST(rubbish_is_no_status)
{
    static const char *const bad[] = {
        "",
        "200 OK",
        "SIP/2.0",
        "SIP/2.0 ",
        "SIP/2.0 20 OK",
        "SIP/2.0 0200 OK",
        "SIP/2.0 700 x",
        "SIP/2.0 099 x",
        "SIP/2.0 200OK",
        "SIP/3.0 200 OK",
        "INVITE sip:a@h SIP/2.0\r\n",
        " SIP/2.0 200 OK",
    };
    unsigned     status;
    struct slice reason;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (read_body(bad[i], &status, &reason)) {
            print_error("read: %s\n", bad[i]);
            fail();
        }
}

/* RFC 3420 2: the type, in any case, with or without its version. */
TEST(the_type_is_known)
{
    CHECK(sipfrag_is(SLICE(SIPFRAG_TYPE)));
    CHECK(sipfrag_is(SLICE("Message/SIPfrag")));
    CHECK(sipfrag_is(SLICE("message / sipfrag ; version=2.0")));
    CHECK(!sipfrag_is(SLICE("message/sip")));
    CHECK(!sipfrag_is(SLICE("message/sipfrags")));
    CHECK(!sipfrag_is(SLICE("")));
}

TEST(what_is_written_is_read_back)
{
    char         text[128];
    struct buf   b = BUF_ON(text);
    unsigned     status;
    struct slice reason;

    sipfrag_write(&b, 486, SLICE("Busy\r\nContact: <sip:x>"));
    CHECK_SLICE("SIP/2.0 486 BusyContact: <sip:x>\r\n", buf_slice(&b));
    CHECK(sipfrag_read(buf_slice(&b), &status, &reason));
    CHECK_INT(486, status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_begins_with_a_status_line),
        cmocka_unit_test(rubbish_is_no_status),
        cmocka_unit_test(the_type_is_known),
        cmocka_unit_test(what_is_written_is_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
