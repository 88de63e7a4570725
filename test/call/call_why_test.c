/* SPDX-License-Identifier: BSD-2-Clause */
/* Why a call ends: what is said on the wire, and what its user is told (RFC 3326). */
#include "call/call.h"

#include "support/phones.h"

#include <stdio.h>

static struct network *network;
static struct user     alice;
static struct peer     bob, carol;

#define CONTACT_BOB "Contact: <sip:bob@10.0.0.2>\n"

static int setup(void **state)
{
    (void)state;
    network = play_begin(&alice, &bob, &carol);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    play_end(network, &alice, &bob, &carol);
    return 0;
}

static const struct told *ended(void)
{
    CHECK_INT(1, user_heard(&alice, PHONE_ENDED));
    return user_last(&alice, PHONE_ENDED);
}

static struct message *invite(void)
{
    user_call(&alice, "sip:bob@10.0.0.2");
    run_for(network, 50);
    return peer_last(&bob, "INVITE");
}

/* A request of Bob's to Alice, who is called or has called. */
static void bob_sends(const char *method, const char *call_id, const char *from_tag, const char *to_tag,
                      const char *headers)
{
    char lines[1024];

    snprintf(lines, sizeof lines,
             "%s sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK%s\nMax-Forwards: 70\n"
             "From: <sip:bob@10.0.0.2>;tag=%s\nTo: <sip:alice@example.test>%s%s\nCall-ID: %s\nCSeq: 1 %s\n" CONTACT_BOB
             "%sContent-Length: 0\n\n",
             method, strcmp(method, "CANCEL") == 0 ? "INVITE" : method, from_tag, to_tag[0] != '\0' ? ";tag=" : "",
             to_tag, call_id, method, headers);
    peer_send(&bob, "10.0.0.1", lines);
    run_for(network, 50);
}

static void bob_cancels(const char *headers)
{
    alice.ring = true;
    bob_sends("INVITE", "c1", "b", "", "");
    CHECK_INT(1, user_heard(&alice, PHONE_INCOMING));
    bob_sends("CANCEL", "c1", "b", "", headers);
}

TEST(a_cancelled_call_that_was_answered_elsewhere_is_not_missed)
{
    bob_cancels("Reason: SIP;cause=200;text=\"Call completed elsewhere\"\n");
    assert_string_equal("elsewhere", call_cause_name(ended()->event.cause));
    assert_string_equal("SIP", ended()->reason_protocol);
    CHECK_INT(200, ended()->event.reason_cause);
    assert_string_equal("Call completed elsewhere", ended()->reason_text);
}

TEST(any_other_cancelled_call_is)
{
    bob_cancels("Reason: Q.850;cause=16;text=\"Terminated\"\n");
    assert_string_equal("cancelled", call_cause_name(ended()->event.cause));
    assert_string_equal("Q.850", ended()->reason_protocol);
    CHECK_INT(16, ended()->event.reason_cause);
}

TEST(a_cancel_without_a_reason_has_none)
{
    bob_cancels("");
    assert_string_equal("cancelled", call_cause_name(ended()->event.cause));
    assert_string_equal("", ended()->reason_protocol);
    CHECK_INT(0, ended()->event.reason_cause);
}

TEST(the_reason_of_a_bye_is_told)
{
    struct message *m = invite();
    char            call_id[64], tag[64];

    peer_respond(&bob, m, "200 OK", "b", CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 50);
    snprintf(call_id, sizeof call_id, "%.*s", SLICE_ARG(m->call_id));
    snprintf(tag, sizeof tag, "%.*s", SLICE_ARG(m->from_tag));
    bob_sends("BYE", call_id, "b", tag, "Reason: Q.850;cause=41;text=\"Temporary \\\"failure\\\"\"\n");
    assert_string_equal("normal", call_cause_name(ended()->event.cause));
    assert_string_equal("Q.850", ended()->reason_protocol);
    CHECK_INT(41, ended()->event.reason_cause);
    assert_string_equal("Temporary \"failure\"", ended()->reason_text);
}

/* What a peer writes is cut, never trusted. */
TEST(an_endless_reason_is_cut)
{
    char headers[700], text[600];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    snprintf(headers, sizeof headers, "Reason: %s;cause=200\n", text);
    bob_cancels(headers);
    CHECK(strlen(ended()->reason_protocol) < 16);
    snprintf(headers, sizeof headers, "Reason: SIP;text=\"%s\"\n", text);
    bob_cancels(headers);
}

/* RFC 3326 3.2: the answer could not be used. */
TEST(a_call_that_ends_for_its_description_says_488)
{
    struct message *m = invite();

    peer_respond(&bob, m, "200 OK", "b", CONTACT_BOB, "v=0\r\n");
    run_for(network, 50);
    CHECK_SLICE("SIP;cause=488;text=\"Not Acceptable Here\"",
                message_header(peer_last(&bob, "BYE"), HEADER_REASON)->value);
    peer_respond(&bob, peer_last(&bob, "BYE"), "200 OK", NULL, "", NULL);
    run_for(network, 50);
    assert_string_equal("bad_sdp", call_cause_name(ended()->event.cause));
}

TEST(a_branch_that_answered_too_late_is_told_that_another_was_first)
{
    struct message *m = invite();

    peer_respond(&bob, m, "200 OK", "b1", CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    peer_respond(&bob, m, "200 OK", "b2", "Contact: <sip:two@10.0.0.3>\n", sdp_at("10.0.0.3", 20000));
    run_for(network, 50);
    CHECK_SLICE("SIP;cause=200;text=\"Call completed elsewhere\"",
                message_header(peer_last(&carol, "BYE"), HEADER_REASON)->value);
    peer_respond(&carol, peer_last(&carol, "BYE"), "200 OK", NULL, "", NULL);
    call_hang_up(alice.phone, alice.call);
    run_for(network, 50);
    CHECK(message_header(peer_last(&bob, "BYE"), HEADER_REASON) == NULL);
    peer_respond(&bob, peer_last(&bob, "BYE"), "200 OK", NULL, "", NULL);
}

static void check_reason(const char *method, const char *reason)
{
    CHECK_SLICE(reason, message_header(peer_last(&bob, method), HEADER_REASON)->value);
}

/* The phone that has rung may tell its user why it stopped. */
TEST(a_caller_that_gives_up_says_so_in_its_cancel)
{
    struct message *m = invite();

    peer_respond(&bob, m, "180 Ringing", "b", CONTACT_BOB, NULL);
    run_for(network, 50);
    call_hang_up(alice.phone, alice.call);
    run_for(network, 50);
    check_reason("CANCEL", "SIP;cause=487;text=\"Caller gave up\"");
    peer_respond(&bob, peer_last(&bob, "CANCEL"), "200 OK", "b", "", NULL);
    peer_respond(&bob, m, "487 Request Terminated", "b", "", NULL);
}

TEST(a_caller_whose_time_is_over_says_so_in_its_cancel)
{
    struct call_options options = { .account = alice.account, .target = SLICE("sip:bob@10.0.0.2"), .expires = 5 };
    struct message     *m;

    CHECK_INT(0, call_place(alice.phone, &options, &alice.call));
    run_for(network, 50);
    m = peer_last(&bob, "INVITE");
    peer_respond(&bob, m, "180 Ringing", "b", CONTACT_BOB, NULL);
    run_for(network, 5000);
    check_reason("CANCEL", "SIP;cause=408;text=\"Not answered in time\"");
    peer_respond(&bob, peer_last(&bob, "CANCEL"), "200 OK", "b", "", NULL);
    peer_respond(&bob, m, "487 Request Terminated", "b", "", NULL);
}

/* RFC 3261 9.1: the answer was faster than the CANCEL. */
TEST(the_bye_after_a_cancel_that_came_too_late_has_its_reason)
{
    struct message *m = invite();

    peer_respond(&bob, m, "180 Ringing", "b", CONTACT_BOB, NULL);
    run_for(network, 50);
    call_hang_up(alice.phone, alice.call);
    peer_respond(&bob, m, "200 OK", "b", CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 50);
    check_reason("BYE", "SIP;cause=487;text=\"Caller gave up\"");
    peer_respond(&bob, peer_last(&bob, "CANCEL"), "481 No", "b", "", NULL);
    peer_respond(&bob, peer_last(&bob, "BYE"), "200 OK", "b", "", NULL);
}

/* RFC 3261 12.2.1.2: whoever of the two has lost it, a log on the way tells why it ended. */
TEST(a_call_that_the_other_side_has_lost_ends_with_its_status)
{
    peer_respond(&bob, invite(), "200 OK", "b", CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 50);
    CHECK_INT(0, call_hold(alice.phone, alice.call, true));
    run_for(network, 50);
    peer_respond(&bob, peer_last(&bob, "INVITE"), "481 Gone", "b", "", NULL);
    run_for(network, 50);
    check_reason("BYE", "SIP;cause=481;text=\"No such call\"");
    peer_respond(&bob, peer_last(&bob, "BYE"), "481 Gone", "b", "", NULL);
}

/* A refusal that did not end it says nothing of its end. */
TEST(what_an_earlier_refusal_said_is_forgotten)
{
    struct message *m = invite();

    peer_respond(&bob, m, "302 Moved", "r", "Contact: <sip:carol@10.0.0.3>\nWarning: 399 b.test \"Gone\"\n", NULL);
    run_for(network, 50);
    peer_respond(&carol, peer_last(&carol, "INVITE"), "486 Busy Here", "c", "", NULL);
    run_for(network, 50);
    CHECK_INT(486, ended()->event.status);
    CHECK_INT(0, ended()->event.warning_code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_cancelled_call_that_was_answered_elsewhere_is_not_missed, setup, teardown),
        cmocka_unit_test_setup_teardown(any_other_cancelled_call_is, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cancel_without_a_reason_has_none, setup, teardown),
        cmocka_unit_test_setup_teardown(the_reason_of_a_bye_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(an_endless_reason_is_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_that_ends_for_its_description_says_488, setup, teardown),
        cmocka_unit_test_setup_teardown(a_branch_that_answered_too_late_is_told_that_another_was_first, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_caller_that_gives_up_says_so_in_its_cancel, setup, teardown),
        cmocka_unit_test_setup_teardown(a_caller_whose_time_is_over_says_so_in_its_cancel, setup, teardown),
        cmocka_unit_test_setup_teardown(the_bye_after_a_cancel_that_came_too_late_has_its_reason, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_that_the_other_side_has_lost_ends_with_its_status, setup, teardown),
        cmocka_unit_test_setup_teardown(what_an_earlier_refusal_said_is_forgotten, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
