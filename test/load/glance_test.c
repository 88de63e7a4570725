/* SPDX-License-Identifier: BSD-2-Clause */
#include "load/glance.h"

#include "support/test.h"

static struct glance g;

static bool look(const char *text)
{
    return glance_response(test_guarded(slice_from(text)), &g);
}

TEST(status_branch_and_cseq_are_found)
{
    CHECK(look("SIP/2.0 180 Ringing\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport=5\r\n"
               "Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK2\r\nTo: <sip:a@b>\r\nCSeq: 17 INVITE\r\n\r\n"));
    CHECK_INT(180, g.status);
    CHECK_SLICE("z9hG4bK1", g.branch);
    CHECK_INT(17, g.cseq);
    CHECK_INT(METHOD_INVITE, g.method);
}

TEST(in_any_order_and_case)
{
    CHECK(look("SIP/2.0 200 OK\nto: <sip:a@b>\nVIA:SIP/2.0/TCP h;branch=x , SIP/2.0/UDP i;branch=y\ncseq:1 BYE\n\n"));
    CHECK_SLICE("x", g.branch);
    CHECK_INT(METHOD_BYE, g.method);
}

TEST(what_is_unusual_is_left_to_the_parser)
{
    CHECK(!look(""));
    CHECK(!look("INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=x\r\nCSeq: 1 INVITE\r\n\r\n"));
    CHECK(!look("SIP/2.0 99 X\r\nVia: SIP/2.0/UDP h;branch=x\r\nCSeq: 1 INVITE\r\n\r\n"));
    CHECK(!look("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=x\r\n\r\n"));
    CHECK(!look("SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\n\r\nVia: SIP/2.0/UDP h;branch=x\r\n"));
    CHECK(!look("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\n ;branch=x\r\nCSeq: 1 INVITE\r\n\r\n"));
    CHECK(!look("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\nVia: SIP/2.0/UDP i;branch=x\r\nCSeq: 1 INVITE\r\n\r\n"));
    CHECK(!look("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h, SIP/2.0/UDP i;branch=x\r\nCSeq: 1 INVITE\r\n\r\n"));
    CHECK(!look("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=x\r\nCSeq: 4294967296 INVITE\r\n\r\n"));
    CHECK(!look("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=x\r\nCSeq: 1 INVITE now\r\n\r\n"));
    CHECK(!look("SIP/2.0 200 OK\r\nv: SIP/2.0/UDP h;branch=x\r\nCSeq: 1 INVITE\r\n\r\n"));
}

/* Neither is the second Via the topmost, nor the beginning of a branch one of ours. */
TEST(a_topmost_via_in_another_spelling_is_left_to_the_parser)
{
    CHECK(!look("SIP/2.0 200 OK\r\nv: SIP/2.0/UDP h;branch=x\r\nVia: SIP/2.0/UDP i;branch=y\r\nCSeq: 1 BYE\r\n\r\n"));
    CHECK(
        !look("SIP/2.0 200 OK\r\nVia : SIP/2.0/UDP h;branch=x\r\nVia: SIP/2.0/UDP i;branch=y\r\nCSeq: 1 BYE\r\n\r\n"));
    CHECK(!look("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=x(y\r\nCSeq: 1 BYE\r\n\r\n"));
    CHECK(!look("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=x:y;rport\r\nCSeq: 1 BYE\r\n\r\n"));
    CHECK(!look("SIP/2.0 200 OK\r\nVary: z\r\nVia: SIP/2.0/UDP h;branch=x ;rport\r\nCSeq: 1 BYE\r\n\r\n"));
    CHECK(look("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=x ;rport\r\nCSeq: 1 BYE\r\n\r\n"));
}

TEST(a_cseq_before_the_via_is_left_to_the_parser)
{
    CHECK(!look("SIP/2.0 200 OK\r\nCSeq: 1 BYE\r\nVia: SIP/2.0/UDP h;branch=x\r\n\r\n"));
}

/* Wherever it ends, nothing behind it is read. */
TEST(any_beginning_of_a_response_can_be_looked_at)
{
    const char *text = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=x\r\nCSeq: 12 BYE\r\n\r\n";

    for (size_t len = 0; len < strlen(text); len++)
        (void)glance_response(test_guarded((struct slice){ text, len }), &g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_branch_and_cseq_are_found),
        cmocka_unit_test(in_any_order_and_case),
        cmocka_unit_test(what_is_unusual_is_left_to_the_parser),
        cmocka_unit_test(a_topmost_via_in_another_spelling_is_left_to_the_parser),
        cmocka_unit_test(a_cseq_before_the_via_is_left_to_the_parser),
        cmocka_unit_test(any_beginning_of_a_response_can_be_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
