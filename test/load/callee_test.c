/* SPDX-License-Identifier: BSD-2-Clause */
/* Who answers: requests that come to our users. */
#include "base/error.h"
#include "support/load_bench.h"

#include <stdio.h>
#include <stdlib.h>

static struct load_bench b;
static char              tag[200]; /* of the callee: the To of his 200, behind ";tag=" */

static int setup(void **state)
{
    int result = load_bench_open(&b);

    (void)state;
    load_bench_set(&b, LOAD_CALLEE_ONLY, "yes");
    load_bench_set(&b, LOAD_NO_REGISTER, "no");
    load_bench_set(&b, LOAD_USERS, "3");
    return result;
}

static int teardown(void **state)
{
    (void)state;
    return load_bench_close(&b);
}

static const struct tally *tally(void)
{
    return load_tally(b.load);
}

/* Registered, and nothing heard yet. */
static void begin(void)
{
    load_bench_start(&b, "invite", "");
    load_bench_run_for(&b, 1000);
    assert_int_equal(LOAD_RUN, load_phase(b.load));
    b.count = 0;
}

static void ask(const char *method, const char *branch, const char *to_tag, const char *extra)
{
    char text[1200];

    snprintf(text, sizeof text,
             "%s sip:u00000001@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK%s\r\n"
             "Via: SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKfar\r\nRecord-Route: <sip:192.0.2.1;lr>\r\nMax-Forwards: 70\r\n"
             "From: <sip:a@b.test>;tag=caller\r\nTo: <sip:u00000001@example.test>%s%s\r\nCall-ID: c1\r\nCSeq: 7 %s\r\n"
             "Contact: <sip:a@192.0.2.77>\r\n%sContent-Length: 0\r\n\r\n",
             method, branch, to_tag[0] != '\0' ? ";tag=" : "", to_tag, method, extra);
    load_bench_send(&b, text);
    load_bench_run_for(&b, 100);
}

static void call(void)
{
    const char *at;

    ask("INVITE", "one", "", "");
    at = strstr(load_bench_line(load_bench_last(&b, "SIP/2.0 200"), "To"), ";tag=");
    assert_non_null(at);
    strcpy(tag, at + 5);
}

TEST(users_register_before_and_unregister_after)
{
    begin();
    CHECK_INT(3, tally()->registered);
    load_stop(b.load);
    load_bench_run_for(&b, 1000);
    CHECK_INT(LOAD_DONE, load_phase(b.load));
    CHECK_INT(3, load_bench_heard(&b, "REGISTER"));
    CHECK_INT(3, tally()->unregistered);
}

TEST(users_who_may_not_register_are_told_before_the_run)
{
    b.other = 403;
    load_bench_start(&b, "invite", "");
    load_bench_run_for(&b, 1000);
    CHECK_INT(LOAD_DONE, load_phase(b.load));
    CHECK_INT(-ERR_PERMISSION, load_error(b.load));
    CHECK_INT(3, tally()->not_registered);
}

/* RFC 3261 12.1.1, 13.3.1. */
TEST(a_call_rings_is_answered_and_ends)
{
    begin();
    call();
    CHECK_INT(1, load_bench_heard(&b, "SIP/2.0 180"));
    CHECK_INT(1, load_bench_heard(&b, "SIP/2.0 200"));
    assert_string_equal("<sip:192.0.2.1;lr>", load_bench_line(load_bench_last(&b, "SIP/2.0 200"), "Record-Route"));
    assert_non_null(strstr(load_bench_last(&b, "SIP/2.0 200"), "branch=z9hG4bKfar"));
    assert_non_null(strstr(load_bench_last(&b, "SIP/2.0 200"), "m=audio 9 RTP/AVP 0 8"));
    ask("ACK", "two", tag, "");
    b.count = 0;
    load_bench_run_for(&b, 60000);
    CHECK_INT(0, b.count); /* what is acknowledged is not repeated */
    ask("BYE", "three", tag, "");
    CHECK_INT(1, load_bench_heard(&b, "SIP/2.0 200"));
    CHECK_INT(1, tally()->answered);
    CHECK_INT(0, tally()->unacknowledged);
}

/* RFC 3261 13.3.1.4. */
TEST(a_2xx_is_repeated_until_its_ack)
{
    begin();
    call();
    load_bench_run_for(&b, 40000);
    CHECK_INT(11, load_bench_heard(&b, "SIP/2.0 200"));
    CHECK_INT(1, tally()->unacknowledged);
    CHECK_INT(500, b.heard[2].at - b.heard[1].at);
    CHECK_INT(4000, b.heard[10].at - b.heard[9].at);
}

/* RFC 3261 17.2.1. */
TEST(an_invite_that_comes_again_is_no_second_call)
{
    begin();
    call();
    ask("INVITE", "one", "", "");
    CHECK_INT(2, load_bench_heard(&b, "SIP/2.0 200"));
    ask("ACK", "two", tag, "");
    ask("INVITE", "one", "", "");
    CHECK_INT(2, load_bench_heard(&b, "SIP/2.0 200"));
    CHECK_INT(1, tally()->answered);
    CHECK_INT(2, tally()->repeated);
}

TEST(a_bye_that_comes_again_is_answered_again)
{
    begin();
    call();
    ask("ACK", "two", tag, "");
    b.count = 0;
    ask("BYE", "three", tag, "");
    ask("BYE", "three", tag, "");
    CHECK_INT(2, load_bench_heard(&b, "SIP/2.0 200"));
    ask("BYE", "four", "stranger", "");
    CHECK_INT(1, load_bench_heard(&b, "SIP/2.0 481"));
}

/* RFC 3261 9.2. */
TEST(what_rings_can_be_cancelled)
{
    load_bench_set(&b, LOAD_RING, "10s");
    begin();
    ask("INVITE", "one", "", "");
    ask("CANCEL", "one", "", "");
    CHECK_INT(1, load_bench_heard(&b, "SIP/2.0 200"));
    CHECK_INT(1, load_bench_heard(&b, "SIP/2.0 487"));
    ask("CANCEL", "other", "", "");
    CHECK_INT(1, load_bench_heard(&b, "SIP/2.0 481"));
    load_bench_run_for(&b, 20000);
    CHECK_INT(0, tally()->answered);
}

TEST(it_rings_as_long_as_was_said)
{
    load_bench_set(&b, LOAD_RING, "3s");
    begin();
    ask("INVITE", "one", "", "");
    CHECK_INT(1, b.count);
    load_bench_run_for(&b, 3000);
    CHECK_INT(3000, b.heard[1].at - b.heard[0].at);
}

/* RFC 3261 8.2.2.3. */
TEST(an_extension_that_is_demanded_is_refused_by_name)
{
    begin();
    ask("INVITE", "one", "", "Require: 100rel, precondition\r\n");
    assert_non_null(strstr(load_bench_last(&b, "SIP/2.0 420"), "Unsupported: 100rel\r\nUnsupported: precondition\r\n"));
}

TEST(other_requests_have_their_answers)
{
    begin();
    ask("MESSAGE", "one", "", "");
    ask("OPTIONS", "two", "", "");
    CHECK_INT(2, load_bench_heard(&b, "SIP/2.0 200"));
    ask("SUBSCRIBE", "three", "", "");
    CHECK_INT(1, load_bench_heard(&b, "SIP/2.0 405"));
    call();
    ask("INVITE", "five", tag, "");
    CHECK_INT(1, load_bench_heard(&b, "SIP/2.0 488"));
}

/* RFC 3261 18.2.2, RFC 3581 4. */
TEST(answers_go_to_the_port_of_the_via)
{
    begin();
    load_bench_send(
        &b, "OPTIONS sip:192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5099;branch=z9hG4bKx\r\nMax-Forwards: 70\r\n"
            "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n");
    load_bench_run_for(&b, 100);
    CHECK_INT(0, b.count);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(users_register_before_and_unregister_after),
        CASE(users_who_may_not_register_are_told_before_the_run),
        CASE(a_call_rings_is_answered_and_ends),
        CASE(a_2xx_is_repeated_until_its_ack),
        CASE(an_invite_that_comes_again_is_no_second_call),
        CASE(a_bye_that_comes_again_is_answered_again),
        CASE(what_rings_can_be_cancelled),
        CASE(it_rings_as_long_as_was_said),
        CASE(an_extension_that_is_demanded_is_refused_by_name),
        CASE(other_requests_have_their_answers),
        CASE(answers_go_to_the_port_of_the_via),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
