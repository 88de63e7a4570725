/* SPDX-License-Identifier: BSD-2-Clause */
/* A phone calls somebody who refuses: with every status that there is, with and without what
 * would help.  What it should do is said here once more, not taken from dialog/refusal.def. */
#include "call/call.h"

#include "support/phones.h"

#include <stdio.h>

static struct network *network;
static struct user     alice;
static struct peer     bob, carol;

#define CHALLENGE "Digest realm=\"example.test\", nonce=\"n1\", qop=\"auth\"\n"

static int setup(void **state)
{
    (void)state;
    network = network_new(1);
    user_init_timed(&alice, network, "alice", "10.0.0.1", 1800, 0);
    peer_init(&bob, network, "bob", "10.0.0.2");
    peer_init(&carol, network, "carol", "10.0.0.3");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    play_end(network, &alice, &bob, &carol);
    return 0;
}

static struct message *last_invite(void)
{
    return peer_last(&bob, "INVITE");
}

static void refuse(unsigned status, const char *headers)
{
    char line[32];

    snprintf(line, sizeof line, "%u Because", status);
    peer_respond(&bob, last_invite(), line, "b", headers, NULL);
    run_for(network, 50);
}

static void call_bob(void)
{
    user_call(&alice, "sip:bob@10.0.0.2");
    run_for(network, 50);
    CHECK_INT(1, peer_heard(&bob, "INVITE"));
}

static const struct phone_event *ended(void)
{
    const struct told *t = user_last(&alice, PHONE_ENDED);

    CHECK(t != NULL);
    return &t->event;
}

static void check_refused(unsigned status)
{
    CHECK_INT(1, user_heard(&alice, PHONE_ENDED));
    assert_string_equal("refused", call_cause_name(ended()->cause));
    assert_string_equal("remote", call_side_name(ended()->side));
    CHECK_INT(status, ended()->status);
    assert_string_equal("Because", user_last(&alice, PHONE_ENDED)->reason);
}

static void hang_up(void)
{
    call_hang_up(alice.phone, alice.call);
    run_for(network, 50);
    peer_respond(&bob, peer_last(&bob, "BYE"), "200 OK", NULL, "", NULL);
    run_for(network, 50);
}

static void answer(const char *headers)
{
    char all[512];

    snprintf(all, sizeof all, "Contact: <sip:bob@10.0.0.2>\n%s", headers);
    peer_respond(&bob, last_invite(), "200 OK", "b", all, sdp_at("10.0.0.2", 20000));
    run_for(network, 50);
    CHECK_INT(1, user_heard(&alice, PHONE_ANSWERED));
    hang_up();
}

/* RFC 3261 8.1.3.5, 21.3 to 21.6: each of them, with nothing in it that would help. */
TEST(every_status_ends_the_call_and_is_told_to_the_user)
{
    for (unsigned status = 300; status < 700; status++) {
        bool     smaller = status == 413 || status == 513;
        unsigned invites = smaller ? 2 : 1;

        call_bob();
        refuse(status, "");
        if (smaller) {
            CHECK_INT(0, last_invite()->body.len);
            refuse(status, "");
        }
        check_refused(status);
        CHECK_INT(invites, peer_heard(&bob, "INVITE"));
        CHECK_INT(invites, peer_heard(&bob, "ACK"));
        run_for(network, 40000);
        CHECK_INT(invites, peer_heard(&bob, "INVITE"));
        teardown(NULL);
        setup(NULL);
    }
}

/* The same with all that a server may name: who follows it does so for that status alone. */
TEST(what_would_help_is_taken_from_the_statuses_that_it_belongs_to)
{
    static const char help[] = "Contact: <sip:carol@10.0.0.3>\nWWW-Authenticate: " CHALLENGE
                               "Proxy-Authenticate: " CHALLENGE "Min-SE: 7200\nMin-Expires: 7200\nRetry-After: 3\n"
                               "Accept: text/plain\nRequire: teleport\nWarning: 399 b.test \"Well\"\n";

    for (unsigned status = 300; status < 700; status++) {
        bool follows = status < 400 && status != 305 && status != 380;
        bool later = status == 500 || status == 503 || (status > 505 && status < 600 && status != 513 && status != 580);
        bool again = status == 401 || status == 407 || status == 413 || status == 422 || status == 513;

        call_bob();
        refuse(status, help);
        CHECK_INT(follows ? 1 : 0, peer_heard(&carol, "INVITE"));
        CHECK_INT(again ? 2 : 1, peer_heard(&bob, "INVITE"));
        CHECK_INT(follows || later || again ? 0 : 1, user_heard(&alice, PHONE_ENDED));
        if (later)
            run_for(network, 3000);
        CHECK_INT(later || again ? 2 : 1, peer_heard(&bob, "INVITE"));
        if (follows)
            peer_respond(&carol, peer_last(&carol, "INVITE"), "603 Because", "c", "", NULL);
        else if (later || again)
            refuse(603, "");
        run_for(network, 50);
        check_refused(follows || later || again ? 603 : status);
        teardown(NULL);
        setup(NULL);
    }
}

/* RFC 3261 21.5.4: as the Retry-After says, twice at most, and only if it is short. */
TEST(a_short_retry_after_is_waited_for)
{
    call_bob();
    refuse(503, "Retry-After: 7 (soon)\n");
    run_for(network, 6000);
    CHECK_INT(1, peer_heard(&bob, "INVITE"));
    run_for(network, 1000);
    CHECK_INT(2, peer_heard(&bob, "INVITE"));
    CHECK_INT(0, user_heard(&alice, PHONE_ENDED));
    refuse(500, "Retry-After: 0\n");
    run_for(network, 50);
    CHECK_INT(3, peer_heard(&bob, "INVITE"));
    refuse(503, "Retry-After: 1\n");
    check_refused(503);
    CHECK_INT(1, ended()->retry_after);
}

TEST(a_long_retry_after_is_told_to_the_user)
{
    call_bob();
    refuse(503, "Retry-After: 11\n");
    check_refused(503);
    CHECK_INT(11, ended()->retry_after);
}

TEST(who_waits_for_a_retry_after_can_be_hung_up)
{
    call_bob();
    refuse(503, "Retry-After: 9\n");
    CHECK_INT(0, call_hang_up(alice.phone, alice.call));
    run_for(network, 50);
    assert_string_equal("cancelled", call_cause_name(ended()->cause));
    CHECK(phone_is_idle(alice.phone));
    run_for(network, 20000);
    CHECK_INT(1, peer_heard(&bob, "INVITE"));
    CHECK_INT(0, peer_heard(&bob, "CANCEL"));
}

/* RFC 3261 8.1.3.5: without the description, which then comes in the 2xx and in the ACK. */
TEST(a_description_that_is_too_large_is_left_to_the_callee)
{
    call_bob();
    CHECK(last_invite()->body.len > 0);
    refuse(413, "");
    CHECK_INT(2, peer_heard(&bob, "INVITE"));
    CHECK_INT(0, last_invite()->body.len);
    answer("");
    CHECK(peer_last(&bob, "ACK")->body.len > 0);
}

/* RFC 3261 8.1.3.5: the extension is given up, not the call. */
TEST(a_420_is_answered_by_doing_without)
{
    call_bob();
    CHECK(message_lists(last_invite(), HEADER_SUPPORTED, SLICE("timer")));
    CHECK(message_header(last_invite(), HEADER_SESSION_EXPIRES) != NULL);
    refuse(420, "Unsupported: teleport, timer\n");
    CHECK_INT(2, peer_heard(&bob, "INVITE"));
    CHECK(!message_lists(last_invite(), HEADER_SUPPORTED, SLICE("timer")));
    CHECK(message_header(last_invite(), HEADER_SESSION_EXPIRES) == NULL);
    refuse(420, "Unsupported: teleport, timer\n");
    check_refused(420);
}

/* RFC 3261 8.1.3.5, 21.4.13: a description is what a call is about; who takes its type may make one that he likes. */
TEST(a_415_is_answered_without_a_description_if_that_can_help)
{
    call_bob();
    refuse(415, "Accept: text/plain, application/sdp;level=1\nAccept-Encoding: identity\n");
    CHECK_INT(2, peer_heard(&bob, "INVITE"));
    CHECK_INT(0, last_invite()->body.len);
    refuse(415, "Accept: application/sdp\n");
    check_refused(415);
    CHECK_INT(2, peer_heard(&bob, "INVITE"));
}

TEST(a_415_of_one_who_takes_no_description_ends_the_call)
{
    call_bob();
    refuse(415, "Accept: text/plain\n");
    check_refused(415);
    CHECK_INT(1, peer_heard(&bob, "INVITE"));
}

/* RFC 3261 8.1.3.5, 21.4.16 */
TEST(a_421_is_answered_by_requiring_what_it_wants)
{
    call_bob();
    CHECK(message_header(last_invite(), HEADER_REQUIRE) == NULL);
    refuse(421, "Require: 100rel, timer\n");
    CHECK_INT(2, peer_heard(&bob, "INVITE"));
    CHECK(message_lists(last_invite(), HEADER_REQUIRE, SLICE("100rel")));
    CHECK(message_lists(last_invite(), HEADER_REQUIRE, SLICE("timer")));
    refuse(421, "Require: 100rel\n");
    check_refused(421);
    CHECK_INT(2, peer_heard(&bob, "INVITE"));
}

TEST(a_421_for_something_unknown_ends_the_call)
{
    call_bob();
    refuse(421, "Require: 100rel, teleport\n");
    check_refused(421);
    CHECK_INT(1, peer_heard(&bob, "INVITE"));
}

/* One of the two is wrong, and will be again. */
TEST(what_a_420_did_not_want_a_421_does_not_get)
{
    call_bob();
    refuse(420, "Unsupported: timer\n");
    refuse(421, "Require: timer\n");
    check_refused(421);
    CHECK_INT(2, peer_heard(&bob, "INVITE"));
}

/* RFC 4028 7.3: raised as often as it has to be, but not for ever. */
TEST(a_422_is_followed_a_few_times)
{
    char headers[64];

    call_bob();
    refuse(422, "Min-SE: 3600\n");
    CHECK_INT(2, peer_heard(&bob, "INVITE"));
    CHECK_SLICE("3600", message_header(last_invite(), HEADER_SESSION_EXPIRES)->value);
    CHECK_SLICE("3600", message_header(last_invite(), HEADER_MIN_SE)->value);
    for (unsigned i = 1; i < 20; i++) {
        snprintf(headers, sizeof headers, "Min-SE: %u\n", 3600 + i);
        refuse(422, headers);
    }
    check_refused(422);
    CHECK_INT(5, peer_heard(&bob, "INVITE"));
}

/* RFC 3261 20.43 */
TEST(the_warning_of_a_refusal_is_told)
{
    const struct told *t;

    call_bob();
    refuse(488, "Warning: 305 b.test \"No \\\"codec\\\" in common\"\n");
    check_refused(488);
    t = user_last(&alice, PHONE_ENDED);
    CHECK_INT(305, t->event.warning_code);
    assert_string_equal("No \"codec\" in common", t->warning);
    CHECK(!t->event.has_retry_after);
}

/* RFC 3261 13.2.1, 20.19 */
TEST(an_invite_that_expires_says_so_and_is_cancelled_then)
{
    struct call_options options = { .account = alice.account, .target = SLICE("sip:bob@10.0.0.2"), .expires = 20 };

    CHECK_INT(0, call_place(alice.phone, &options, &alice.call));
    run_for(network, 50);
    CHECK_SLICE("20", message_header(last_invite(), HEADER_EXPIRES)->value);
    peer_respond(&bob, last_invite(), "180 Ringing", "b", "Contact: <sip:bob@10.0.0.2>\n", NULL);
    run_for(network, 19900);
    CHECK_INT(0, peer_heard(&bob, "CANCEL"));
    run_for(network, 100);
    CHECK_INT(1, peer_heard(&bob, "CANCEL"));
    assert_string_equal("cancelled", call_cause_name(ended()->cause));
    peer_respond(&bob, peer_last(&bob, "CANCEL"), "200 OK", "b", "", NULL);
    refuse(487, "");
}

TEST(what_is_left_of_its_time_stands_in_the_second_invite)
{
    struct call_options options = { .account = alice.account, .target = SLICE("sip:bob@10.0.0.2"), .expires = 20 };

    CHECK_INT(0, call_place(alice.phone, &options, &alice.call));
    run_for(network, 50);
    refuse(503, "Retry-After: 5\n");
    run_for(network, 5000);
    CHECK_SLICE("15", message_header(last_invite(), HEADER_EXPIRES)->value);
    refuse(503, "Retry-After: 10\n");
    run_for(network, 10000);
    refuse(486, "");
    check_refused(486);
}

/* The answer comes first, and its time means nothing any more. */
TEST(an_answered_call_does_not_expire)
{
    struct call_options options = { .account = alice.account, .target = SLICE("sip:bob@10.0.0.2"), .expires = 5 };

    CHECK_INT(0, call_place(alice.phone, &options, &alice.call));
    run_for(network, 50);
    peer_respond(&bob, last_invite(), "200 OK", "b", "Contact: <sip:bob@10.0.0.2>\n", sdp_at("10.0.0.2", 20000));
    run_for(network, 10000);
    CHECK_INT(0, user_heard(&alice, PHONE_ENDED));
    hang_up();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_status_ends_the_call_and_is_told_to_the_user, setup, teardown),
        cmocka_unit_test_setup_teardown(what_would_help_is_taken_from_the_statuses_that_it_belongs_to, setup, teardown),
        cmocka_unit_test_setup_teardown(a_short_retry_after_is_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_retry_after_is_told_to_the_user, setup, teardown),
        cmocka_unit_test_setup_teardown(who_waits_for_a_retry_after_can_be_hung_up, setup, teardown),
        cmocka_unit_test_setup_teardown(a_description_that_is_too_large_is_left_to_the_callee, setup, teardown),
        cmocka_unit_test_setup_teardown(a_420_is_answered_by_doing_without, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_420_did_not_want_a_421_does_not_get, setup, teardown),
        cmocka_unit_test_setup_teardown(a_421_for_something_unknown_ends_the_call, setup, teardown),
        cmocka_unit_test_setup_teardown(a_421_is_answered_by_requiring_what_it_wants, setup, teardown),
        cmocka_unit_test_setup_teardown(a_415_of_one_who_takes_no_description_ends_the_call, setup, teardown),
        cmocka_unit_test_setup_teardown(a_415_is_answered_without_a_description_if_that_can_help, setup, teardown),
        cmocka_unit_test_setup_teardown(a_422_is_followed_a_few_times, setup, teardown),
        cmocka_unit_test_setup_teardown(the_warning_of_a_refusal_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(an_invite_that_expires_says_so_and_is_cancelled_then, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_left_of_its_time_stands_in_the_second_invite, setup, teardown),
        cmocka_unit_test_setup_teardown(an_answered_call_does_not_expire, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
