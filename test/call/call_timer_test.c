/* SPDX-License-Identifier: BSD-2-Clause */
/* Session timers and Expires in calls between two phones, and with a peer that is played. */
#include "call/call.h"

#include "support/phones.h"

#include <stdio.h>

static struct network *network;
static struct user     alice, bob;
static struct peer     carol;

enum { SECOND = 1000 };

static int setup(void **state)
{
    (void)state;
    network = network_new(1);
    user_init_timed(&alice, network, "alice", "10.0.0.1", 120, 0);
    user_init_timed(&bob, network, "bob", "10.0.0.2", 0, 100);
    peer_init(&carol, network, "carol", "10.0.0.3");
    bob.answer = true;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    run_for(network, 70000);
    user_check_quiet(&alice);
    user_check_quiet(&bob);
    user_fini(&alice);
    user_fini(&bob);
    peer_fini(&carol);
    network_free(network);
    return 0;
}

static void carol_answers(const char *headers)
{
    char all[512];

    snprintf(all, sizeof all, "Contact: <sip:carol@10.0.0.3>\n%s", headers);
    peer_respond(&carol, peer_last(&carol, "INVITE"), "200 OK", "c", all, sdp_at("10.0.0.3", 20000));
    run_for(network, 50);
}

static void call_carol(const char *headers)
{
    user_call(&alice, "sip:carol@10.0.0.3");
    run_for(network, 50);
    carol_answers(headers);
    CHECK_INT(1, user_heard(&alice, PHONE_ANSWERED));
}

static bool offers(const char *direction)
{
    struct slice body = peer_last(&carol, "INVITE")->body;

    return memmem(body.ptr, body.len, direction, strlen(direction)) != NULL;
}

static void hang_up_on_carol(void)
{
    call_hang_up(alice.phone, alice.call);
    run_for(network, 50);
    peer_respond(&carol, peer_last(&carol, "BYE"), "200 OK", NULL, "", NULL);
    run_for(network, 50);
}

static const struct phone_event *ended(const struct user *u)
{
    const struct told *t = user_last(u, PHONE_ENDED);

    CHECK(t != NULL);
    return &t->event;
}

/* RFC 4028 10: for ever, and no user hears of it. */
TEST(a_call_that_is_refreshed_goes_on_and_nobody_is_told)
{
    user_call(&alice, "sip:bob@10.0.0.2");
    run_for(network, 1000 * SECOND);
    CHECK_INT(0, user_heard(&alice, PHONE_ENDED));
    CHECK_INT(0, user_heard(&alice, PHONE_CHANGED) + user_heard(&alice, PHONE_UNCHANGED));
    CHECK_INT(0, user_heard(&bob, PHONE_CHANGED) + user_heard(&bob, PHONE_UNCHANGED));
    CHECK_INT(0, call_hang_up(alice.phone, alice.call));
    run_for(network, 100);
    assert_string_equal("normal", call_cause_name(ended(&bob)->cause));
}

TEST(a_hold_is_told_and_its_refresh_is_not)
{
    user_call(&alice, "sip:bob@10.0.0.2");
    run_for(network, 70 * SECOND);
    CHECK_INT(0, call_hold(alice.phone, alice.call, true));
    run_for(network, 70 * SECOND);
    CHECK_INT(1, user_heard(&alice, PHONE_CHANGED));
    CHECK_INT(1, user_heard(&bob, PHONE_CHANGED));
    CHECK(user_last(&bob, PHONE_CHANGED)->event.held_by_peer);
    CHECK_INT(0, call_hang_up(alice.phone, alice.call));
}

/* A hold that was refused is not tried again by the refresh. */
TEST(a_refresh_offers_what_holds_and_not_what_was_refused)
{
    call_carol("Require: timer\nSession-Expires: 120;refresher=uac\n");
    CHECK_INT(0, call_hold(alice.phone, alice.call, true));
    run_for(network, 50);
    CHECK(offers("sendonly"));
    peer_respond(&carol, peer_last(&carol, "INVITE"), "488 Not Acceptable Here", NULL,
                 "Warning: 399 c.test \"Not now\"\n", NULL);
    run_for(network, 50);
    CHECK_INT(1, user_heard(&alice, PHONE_UNCHANGED));
    assert_string_equal("Not now", user_last(&alice, PHONE_UNCHANGED)->warning);
    run_for(network, 60 * SECOND);
    CHECK_INT(3, peer_heard(&carol, "INVITE"));
    CHECK(!offers("sendonly"));
    carol_answers("");
    hang_up_on_carol();
    CHECK_INT(0, ended(&alice)->warning_code);
}

/* Carol holds alice. */
static void carol_sends(const char *method, unsigned cseq, const char *body)
{
    const struct message *m = peer_last(&carol, "INVITE");
    char                  lines[1024];

    snprintf(lines, sizeof lines,
             "%s sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.3;branch=z9hG4bK%s\nMax-Forwards: 70\n"
             "From: <sip:carol@10.0.0.3>;tag=c\nTo: <sip:alice@example.test>;tag=%.*s\nCall-ID: %.*s\nCSeq: %u %s\n"
             "Contact: <sip:carol@10.0.0.3>\nSupported: timer\nSession-Expires: 120;refresher=uas\n"
             "Content-Type: application/sdp\nContent-Length: %zu\n\n%s",
             method, method, SLICE_ARG(m->from_tag), SLICE_ARG(m->call_id), cseq, method,
             strlen(body) + (size_t)(strlen(body) > 0 ? 7 : 0), body);
    peer_send(&carol, "10.0.0.1", lines);
    run_for(network, 50);
}

/* RFC 4028 7.4: what is agreed is that she only hears. */
TEST(a_refresh_of_who_is_held_offers_no_more_than_is_agreed)
{
    call_carol("Require: timer\nSession-Expires: 120;refresher=uac\n");
    carol_sends("INVITE", 1,
                "v=0\no=- 1 2 IN IP4 10.0.0.3\ns=-\nc=IN IP4 10.0.0.3\nt=0 0\nm=audio 20000 RTP/AVP 0\na=sendonly\n");
    CHECK(peer_last_status(&carol, 200) != NULL);
    carol_sends("ACK", 1, "");
    CHECK(user_last(&alice, PHONE_CHANGED)->event.held_by_peer);
    run_for(network, 60 * SECOND);
    CHECK_INT(2, peer_heard(&carol, "INVITE"));
    CHECK(offers("recvonly"));
    carol_answers("");
    hang_up_on_carol();
}

/* RFC 4028 7.2 */
TEST(a_2xx_without_session_expires_of_one_who_knows_it_turns_it_off)
{
    call_carol("Supported: timer\n");
    run_for(network, 500 * SECOND);
    CHECK_INT(1, peer_heard(&carol, "INVITE"));
    CHECK_INT(0, user_heard(&alice, PHONE_ENDED));
    hang_up_on_carol();
}

/* RFC 4028 10, RFC 3326 */
TEST(a_session_that_nobody_refreshes_is_ended_with_a_reason)
{
    const struct header *reason;

    call_carol("Require: timer\nSession-Expires: 120;refresher=uas\n");
    run_for(network, 87 * SECOND);
    CHECK_INT(0, peer_heard(&carol, "BYE"));
    run_for(network, 2 * SECOND);
    CHECK(peer_heard(&carol, "BYE") > 0);
    reason = message_header(peer_last(&carol, "BYE"), HEADER_REASON);
    CHECK_SLICE("SIP;cause=408;text=\"Session expired\"", reason->value);
    peer_respond(&carol, peer_last(&carol, "BYE"), "200 OK", NULL, "", NULL);
    run_for(network, 50);
    assert_string_equal("expired", call_cause_name(ended(&alice)->cause));
    assert_string_equal("network", call_side_name(ended(&alice)->side));
}

/* RFC 3261 20.19, 13.3.1: he gave it five seconds, and the callee keeps to that. */
TEST(a_callee_that_rings_stops_when_the_invite_expires)
{
    struct call_options options = { .account = alice.account, .target = SLICE("sip:bob@10.0.0.2"), .expires = 5 };

    bob.answer = false;
    bob.ring   = true;
    CHECK_INT(0, call_place(alice.phone, &options, &alice.call));
    run_for(network, 4900);
    CHECK_INT(0, user_heard(&bob, PHONE_ENDED));
    run_for(network, 200);
    CHECK_INT(1, user_heard(&bob, PHONE_ENDED));
    CHECK_INT(1, user_heard(&alice, PHONE_ENDED));
    assert_string_equal("cancelled", call_cause_name(ended(&alice)->cause));
}

/* RFC 4028 6, 7.3 */
TEST(less_than_the_callee_takes_is_raised)
{
    user_fini(&alice);
    user_init_timed(&alice, network, "anna", "10.0.0.4", 95, 0);
    user_call(&alice, "sip:bob@10.0.0.2");
    run_for(network, 1000);
    CHECK_INT(1, user_heard(&alice, PHONE_ANSWERED));
    run_for(network, 200 * SECOND);
    CHECK_INT(0, user_heard(&alice, PHONE_ENDED));
    CHECK_INT(0, call_hang_up(alice.phone, alice.call));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_call_that_is_refreshed_goes_on_and_nobody_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_hold_is_told_and_its_refresh_is_not, setup, teardown),
        cmocka_unit_test_setup_teardown(a_refresh_offers_what_holds_and_not_what_was_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_refresh_of_who_is_held_offers_no_more_than_is_agreed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_2xx_without_session_expires_of_one_who_knows_it_turns_it_off, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_session_that_nobody_refreshes_is_ended_with_a_reason, setup, teardown),
        cmocka_unit_test_setup_teardown(a_callee_that_rings_stops_when_the_invite_expires, setup, teardown),
        cmocka_unit_test_setup_teardown(less_than_the_callee_takes_is_raised, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
