/* SPDX-License-Identifier: BSD-2-Clause */
/* One operation, rule by rule. */
#include "base/error.h"
#include "support/load_bench.h"

#include <stdlib.h>

static struct load_bench b;

static int setup(void **state)
{
    int result = load_bench_open(&b);

    (void)state;
    load_bench_set(&b, LOAD_COUNT, "1");
    load_bench_set(&b, LOAD_CALLER_ONLY, "yes");
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

/* Is this what the server has heard, method by method, the probe left out? */
static void check_heard(const char *methods)
{
    char   text[400] = "";
    size_t len       = 0;

    for (unsigned i = 1; i < b.count; i++) {
        size_t word = strcspn(b.heard[i].text, " ");

        memcpy(text + len, b.heard[i].text, word);
        len += word;
        text[len++] = i + 1 < b.count ? ' ' : '\0';
    }
    assert_string_equal(methods, text);
}

TEST(a_call_is_invite_ack_bye)
{
    b.rings = true;
    load_bench_run(&b, "invite");
    check_heard("INVITE ACK BYE");
    load_bench_check(&b);
    CHECK_INT(1, tally()->ok);
    CHECK_INT(1, tally()->latency.count);
    CHECK_INT(1, tally()->ringing.count);
    CHECK_INT(1, tally()->hang_up.count);
    CHECK_INT(0, tally()->retransmitted);
}

/* RFC 3261 13.2.2.4, 12.2.1.1. */
TEST(requests_in_the_call_follow_its_routes_to_the_contact)
{
    const char *ack, *bye;

    b.routes = "Record-Route: <sip:second@192.0.2.1;lr>, <sip:first@192.0.2.1;lr>\r\n";
    load_bench_run(&b, "invite");
    ack = load_bench_last(&b, "ACK sip:far@192.0.2.1:5060 SIP/2.0\r\n");
    bye = load_bench_last(&b, "BYE sip:far@192.0.2.1:5060 SIP/2.0\r\n");
    assert_non_null(ack);
    assert_non_null(bye);
    assert_string_equal("<sip:first@192.0.2.1;lr>", load_bench_line(ack, "Route"));
    assert_non_null(strstr(bye, "Route: <sip:first@192.0.2.1;lr>\r\nRoute: <sip:second@192.0.2.1;lr>\r\n"));
    assert_non_null(strstr(load_bench_line(bye, "To"), ";tag=server-tag"));
    assert_string_equal("1 ACK", load_bench_line(ack, "CSeq"));
    assert_string_equal("2 BYE", load_bench_line(bye, "CSeq"));
}

/* RFC 3261 12.2.1.1: a first route without lr becomes the Request-URI. */
TEST(a_strict_router_is_asked_as_it_wants)
{
    b.routes = "Record-Route: <sip:old@192.0.2.1>\r\n";
    load_bench_run(&b, "invite");
    assert_non_null(load_bench_last(&b, "BYE sip:old@192.0.2.1 SIP/2.0\r\n"));
    assert_string_equal("<sip:far@192.0.2.1:5060>", load_bench_line(load_bench_last(&b, "BYE"), "Route"));
}

TEST(a_call_is_held_as_long_as_was_said)
{
    load_bench_set(&b, LOAD_HOLD, "30s");
    load_bench_run(&b, "invite");
    check_heard("INVITE ACK BYE");
    CHECK_INT(30002, b.heard[3].at - b.heard[1].at);
}

/* RFC 3261 17.1.1.3: the same branch, Request-URI and number; the To of the response. */
TEST(a_refusal_is_acknowledged_in_its_transaction)
{
    char branch[200], to[200];

    b.invite = 486;
    load_bench_run(&b, "invite");
    check_heard("INVITE ACK");
    strcpy(branch, load_bench_line(load_bench_last(&b, "INVITE"), "Via"));
    assert_string_equal(branch, load_bench_line(load_bench_last(&b, "ACK"), "Via"));
    strcpy(to, load_bench_line(load_bench_last(&b, "ACK"), "To"));
    assert_non_null(strstr(to, ";tag=server-tag"));
    CHECK_INT(strlen("INVITE") - strlen("ACK"),
              strcspn(load_bench_last(&b, "INVITE"), "\r") - strcspn(load_bench_last(&b, "ACK"), "\r"));
    CHECK_INT(1, tally()->status[486]);
}

static void answer_twice(struct load_bench *bench, const struct message *m)
{
    if (m->method == METHOD_ACK)
        return;
    load_bench_say(bench, m, m->method == METHOD_INVITE ? bench->invite : 200);
    if (m->method == METHOD_INVITE)
        load_bench_say(bench, m, bench->invite);
}

/* RFC 3261 13.2.2.4: each 2xx, however often; 17.1.1.2: each refusal. */
TEST(what_is_answered_twice_is_acknowledged_twice)
{
    b.on_request = answer_twice;
    load_bench_run(&b, "invite");
    CHECK_INT(2, load_bench_heard(&b, "ACK"));
    CHECK_INT(1, load_bench_heard(&b, "BYE"));
    CHECK_INT(1, tally()->ok);
    CHECK_INT(1, tally()->repeated);
    b.invite = 404;
    load_bench_run(&b, "invite");
    CHECK_INT(4, load_bench_heard(&b, "ACK"));
    CHECK_INT(1, tally()->repeated);
    load_bench_check(&b);
}

/* RFC 3261 17.1.1.2: Timer A doubles, B ends it. */
TEST(an_invite_is_repeated_until_someone_speaks)
{
    static const msec at[] = { 0, 500, 1500, 3500, 7500, 15500, 31500 };

    b.invite = 0;
    load_bench_run(&b, "invite");
    CHECK_INT(7, load_bench_heard(&b, "INVITE"));
    for (unsigned i = 0; i < 7; i++)
        CHECK_INT(at[i], b.heard[1 + i].at - b.heard[1].at);
    CHECK_INT(6, tally()->retransmitted);
    CHECK_INT(1, tally()->failures[LOAD_FAILED_TIMEOUT]);
    load_bench_check(&b);
}

static void ring_for_ever(struct load_bench *bench, const struct message *m)
{
    static struct message *invite;

    if (m->method == METHOD_INVITE) {
        invite = message_hold((struct message *)m);
        load_bench_say(bench, m, 180);
    } else if (m->method == METHOD_CANCEL) {
        load_bench_say(bench, m, 200);
        load_bench_say(bench, invite, 487);
        message_drop(invite);
    } else if (m->method == METHOD_OPTIONS) {
        load_bench_say(bench, m, 200);
    }
}

/* RFC 3261 9.1. */
TEST(what_rings_too_long_is_cancelled)
{
    char branch[200];

    b.on_request = ring_for_ever;
    load_bench_set(&b, LOAD_TIMEOUT, "5s");
    load_bench_run(&b, "invite");
    check_heard("INVITE CANCEL ACK");
    strcpy(branch, load_bench_line(load_bench_last(&b, "INVITE"), "Via"));
    assert_string_equal(branch, load_bench_line(load_bench_last(&b, "CANCEL"), "Via"));
    assert_string_equal("1 CANCEL", load_bench_line(load_bench_last(&b, "CANCEL"), "CSeq"));
    CHECK_INT(5000, b.heard[2].at - b.heard[1].at - 2);
    CHECK_INT(1, tally()->failures[LOAD_FAILED_TIMEOUT]);
    CHECK_INT(0, tally()->status[487]);
    load_bench_check(&b);
}

/* RFC 3261 22.2: the same request again, its number one higher, the ACK before. */
TEST(a_challenge_is_answered_once)
{
    b.demands = true;
    load_bench_start(&b, "invite", "secret");
    load_bench_run_for(&b, 60000);
    network_run_until(b.network, network_now(b.network) + 100);
    check_heard("INVITE ACK INVITE ACK BYE");
    assert_non_null(strstr(load_bench_line(load_bench_last(&b, "INVITE"), "Authorization"), "username=\"u0"));
    assert_string_equal("2 INVITE", load_bench_line(load_bench_last(&b, "INVITE"), "CSeq"));
    assert_string_equal("3 BYE", load_bench_line(load_bench_last(&b, "BYE"), "CSeq"));
    CHECK_INT(1, tally()->challenges);
    CHECK_INT(1, tally()->ok);
    CHECK_INT(4000, tally()->latency.most); /* both ways twice */
}

static void never_content(struct load_bench *bench, const struct message *m)
{
    bench->extra = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"\r\n";
    if (m->method != METHOD_ACK)
        load_bench_say(bench, m, 401);
}

TEST(a_wrong_password_is_not_tried_for_ever)
{
    b.on_request = never_content;
    load_bench_start(&b, "invite", "wrong");
    load_bench_run_for(&b, 60000);
    network_run_until(b.network, network_now(b.network) + 100);
    check_heard("INVITE ACK INVITE ACK");
    CHECK_INT(1, tally()->status[401]);
    load_bench_check(&b);
}

/* RFC 3261 10.2: one Call-ID for all of a user, numbers that rise. */
TEST(registrations_of_a_user_are_one_series)
{
    char first[200], last[200];

    load_bench_set(&b, LOAD_CALLER_ONLY, "no");
    load_bench_set(&b, LOAD_USERS, "2");
    load_bench_set(&b, LOAD_COUNT, "6");
    load_bench_set(&b, LOAD_KEEP, "yes");
    load_bench_run(&b, "register");
    check_heard("REGISTER REGISTER REGISTER REGISTER REGISTER REGISTER");
    strcpy(first, load_bench_line(b.heard[1].text, "Call-ID"));
    strcpy(last, load_bench_line(b.heard[3].text, "Call-ID"));
    assert_string_equal(first, last);
    CHECK(strcmp(first, load_bench_line(b.heard[2].text, "Call-ID")) != 0);
    CHECK(strtoul(load_bench_line(b.heard[1].text, "CSeq"), NULL, 10) <
          strtoul(load_bench_line(b.heard[3].text, "CSeq"), NULL, 10));
    CHECK_INT(6, tally()->ok);
}

TEST(shuffled_each_user_registers_once_before_one_comes_again)
{
    unsigned seen = 0, in_order = 0;

    load_bench_set(&b, LOAD_CALLER_ONLY, "no");
    load_bench_set(&b, LOAD_USERS, "7");
    load_bench_set(&b, LOAD_COUNT, "7");
    load_bench_set(&b, LOAD_SHUFFLE, "yes");
    load_bench_set(&b, LOAD_KEEP, "yes");
    load_bench_run(&b, "register");
    for (unsigned i = 0; i < 7; i++) {
        unsigned user = (unsigned)strtoul(strstr(load_bench_line(b.heard[i + 1].text, "To"), "sip:u") + 5, NULL, 10);

        seen |= 1u << user;
        in_order += user == i;
    }
    CHECK_INT(0x7f, seen);
    CHECK(in_order < 7);
}

TEST(what_was_registered_is_taken_back_at_the_end)
{
    load_bench_set(&b, LOAD_CALLER_ONLY, "no");
    load_bench_set(&b, LOAD_USERS, "3");
    load_bench_set(&b, LOAD_COUNT, "5");
    load_bench_run(&b, "register");
    CHECK_INT(8, load_bench_heard(&b, "REGISTER"));
    CHECK_INT(3, tally()->unregistered);
    assert_non_null(strstr(load_bench_line(load_bench_last(&b, "REGISTER"), "Contact"), ";expires=0"));
}

TEST(a_response_to_nobody_changes_nothing)
{
    load_bench_set(&b, LOAD_HOLD, "2s");
    load_bench_start(&b, "invite", "");
    load_bench_run_for(&b, 1000);
    load_bench_send(&b,
                    "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKstranger\r\nFrom: <sip:a@b>;tag=1\r\n"
                    "To: <sip:a@b>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n");
    load_bench_send(&b, "nonsense");
    load_bench_run_for(&b, 10000);
    CHECK_INT(2, tally()->malformed);
    CHECK_INT(1, tally()->ok);
    CHECK_INT(1, load_bench_heard(&b, "ACK"));
    load_bench_check(&b);
}

TEST(a_first_ctrl_c_ends_calls_in_order)
{
    load_bench_set(&b, LOAD_HOLD, "1m");
    load_bench_start(&b, "invite", "");
    load_bench_run_for(&b, 1000);
    load_stop(b.load);
    load_bench_run_for(&b, 1000);
    CHECK_INT(LOAD_DONE, load_phase(b.load));
    CHECK_INT(1, tally()->ok);
    check_heard("INVITE ACK BYE");
}

TEST(a_second_ctrl_c_does_not_wait)
{
    b.rings  = true;
    b.invite = 0;
    load_bench_start(&b, "invite", "");
    load_bench_run_for(&b, 1000);
    load_stop(b.load);
    CHECK_INT(LOAD_DRAIN, load_phase(b.load));
    load_stop(b.load);
    CHECK_INT(LOAD_DONE, load_phase(b.load));
    CHECK_INT(1, tally()->failures[LOAD_FAILED_INTERRUPTED]);
    load_bench_check(&b);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_call_is_invite_ack_bye),
        CASE(requests_in_the_call_follow_its_routes_to_the_contact),
        CASE(a_strict_router_is_asked_as_it_wants),
        CASE(a_call_is_held_as_long_as_was_said),
        CASE(a_refusal_is_acknowledged_in_its_transaction),
        CASE(what_is_answered_twice_is_acknowledged_twice),
        CASE(an_invite_is_repeated_until_someone_speaks),
        CASE(what_rings_too_long_is_cancelled),
        CASE(a_challenge_is_answered_once),
        CASE(a_wrong_password_is_not_tried_for_ever),
        CASE(registrations_of_a_user_are_one_series),
        CASE(shuffled_each_user_registers_once_before_one_comes_again),
        CASE(what_was_registered_is_taken_back_at_the_end),
        CASE(a_response_to_nobody_changes_nothing),
        CASE(a_first_ctrl_c_ends_calls_in_order),
        CASE(a_second_ctrl_c_does_not_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
