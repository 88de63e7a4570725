/* SPDX-License-Identifier: BSD-2-Clause */
/* Alice changes her call with bob, who is played message by message, while something else goes on in it. */
#include "call/call.h"

#include "base/error.h"
#include "support/phones.h"

#include <stdio.h>

static struct network *network;
static struct user     alice;
static struct peer     bob;

#define CONTACT_BOB "Contact: <sip:bob@10.0.0.2>\n"

static int setup(void **state)
{
    (void)state;
    network = play_begin(&alice, &bob, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    play_end(network, &alice, &bob, NULL);
    return 0;
}

/* The last INVITE of alice's is answered; the description has the direction that fits her offer. */
static void accept(const char *headers, const char *direction)
{
    char lines[256], sdp[512];

    snprintf(lines, sizeof lines, CONTACT_BOB "%s", headers);
    snprintf(sdp, sizeof sdp, "%s%s", sdp_at("10.0.0.2", 20000), direction);
    peer_respond(&bob, peer_last(&bob, "INVITE"), "200 OK", "b", lines, sdp);
    run_for(network, 50);
}

static void talk_with(const char *headers)
{
    user_call(&alice, "sip:bob@10.0.0.2");
    run_for(network, 50);
    accept(headers, "");
    CHECK_INT(1, user_heard(&alice, PHONE_ANSWERED));
}

static void talk(void)
{
    talk_with("");
}

static void hang_up(void)
{
    call_hang_up(alice.phone, alice.call);
    run_for(network, 50);
    peer_respond(&bob, peer_last(&bob, "BYE"), "200 OK", NULL, "", NULL);
    run_for(network, 50);
}

static unsigned invites(void)
{
    run_for(network, 50);
    return peer_heard(&bob, "INVITE");
}

/* How often her last INVITE says that. */
static unsigned offers(const char *text)
{
    struct slice body  = peer_last(&bob, "INVITE")->body;
    unsigned     count = 0;

    for (size_t i = 0; i + strlen(text) <= body.len; i++)
        count += memcmp(body.ptr + i, text, strlen(text)) == 0;
    return count;
}

static int hold(bool on)
{
    return call_hold(alice.phone, alice.call, on);
}

static bool is_held(void)
{
    return user_last(&alice, PHONE_CHANGED)->event.held;
}

/* RFC 3261 14.1: one INVITE at a time; what is wished meanwhile follows it. */
TEST(a_resume_behind_a_hold_waits_for_it_and_is_done)
{
    talk();
    CHECK_INT(0, hold(true));
    CHECK_INT(0, hold(false));
    CHECK_INT(2, invites());
    CHECK_INT(1, offers("a=sendonly"));
    accept("", "a=recvonly\r\n");
    CHECK_INT(1, user_heard(&alice, PHONE_CHANGED));
    CHECK(is_held());
    CHECK_INT(3, invites());
    CHECK_INT(0, offers("a=sendonly"));
    accept("", "");
    CHECK(!is_held());
    CHECK_INT(2, user_heard(&alice, PHONE_CHANGED));
    CHECK_INT(3, invites());
    hang_up();
}

/* Nobody need hear of what was taken back before it was said; its user hears that it is as wished. */
TEST(wishes_that_take_each_other_back_are_not_sent)
{
    talk();
    CHECK_INT(0, hold(true));
    CHECK_INT(0, hold(false));
    CHECK_INT(0, hold(true));
    CHECK_INT(2, invites());
    accept("", "a=recvonly\r\n");
    CHECK_INT(2, invites());
    CHECK_INT(2, user_heard(&alice, PHONE_CHANGED));
    CHECK(is_held());
    hang_up();
}

TEST(a_refused_change_does_not_take_the_next_one_with_it)
{
    unsigned index;

    talk();
    CHECK_INT(0, hold(true));
    CHECK_INT(0, call_add_stream(alice.phone, alice.call, SLICE("audio"), SDP_SENDRECV, &index));
    CHECK_INT(-ERR_LOCKED, call_turn_stream(alice.phone, alice.call, index, SDP_RECVONLY));
    CHECK_INT(2, invites());
    peer_respond(&bob, peer_last(&bob, "INVITE"), "488 Not Acceptable Here", "b", "", NULL);
    CHECK_INT(3, invites());
    CHECK_INT(1, user_heard(&alice, PHONE_UNCHANGED));
    CHECK_INT(0, offers("a=sendonly"));
    CHECK_INT(2, offers("m=audio"));
    peer_respond(&bob, peer_last(&bob, "INVITE"), "488 Not Acceptable Here", "b", "", NULL);
    CHECK_INT(3, invites());
    CHECK_INT(2, user_heard(&alice, PHONE_UNCHANGED));
    hang_up();
}

/* Both wish to remove one of two: the last stream stays, though nobody has heard of the first wish yet. */
TEST(streams_that_are_wished_away_do_not_count)
{
    unsigned index;

    talk();
    CHECK_INT(0, call_add_stream(alice.phone, alice.call, SLICE("audio"), SDP_SENDRECV, &index));
    CHECK_INT(2, invites());
    accept("", "m=audio 20010 RTP/AVP 0\r\n");
    CHECK_INT(1, user_heard(&alice, PHONE_CHANGED));
    CHECK_INT(0, hold(true));
    CHECK_INT(0, call_remove_stream(alice.phone, alice.call, index));
    CHECK_INT(-ERR_NOT_FOUND, call_remove_stream(alice.phone, alice.call, index));
    CHECK_INT(-ERR_UNSUPPORTED, call_remove_stream(alice.phone, alice.call, 0));
    CHECK_INT(3, invites());
    accept("", "a=recvonly\r\nm=audio 20010 RTP/AVP 0\r\na=recvonly\r\n");
    CHECK_INT(4, invites());
    CHECK_INT(1, offers("m=audio 0 "));
    CHECK_INT(1, offers("a=sendonly"));
    accept("", "a=recvonly\r\nm=audio 0 RTP/AVP 0\r\n");
    CHECK_INT(3, user_heard(&alice, PHONE_CHANGED));
    hang_up();
}

/* An INVITE of bob's in the dialog, and the ACK for its 2xx. */
static void bob_says(const char *method, unsigned cseq, const char *sdp)
{
    const struct message *in = peer_last(&bob, "INVITE");
    char                  text[2048];

    snprintf(text, sizeof text,
             "%s sip:alice@10.0.0.1:5060 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKb%s%u\n"
             "From: <sip:bob@10.0.0.2>;tag=b\nTo: <sip:alice@example.test>;tag=%.*s\nCall-ID: %.*s\nCSeq: %u %s\n"
             "Max-Forwards: 70\n" CONTACT_BOB "%s\n%s",
             method, method, cseq, SLICE_ARG(in->from_tag), SLICE_ARG(in->call_id), cseq, method,
             sdp[0] != '\0' ? "Content-Type: application/sdp\n" : "", sdp);
    peer_send(&bob, "10.0.0.1", text);
    run_for(network, 50);
}

TEST(a_hold_while_their_invite_has_no_ack_yet_waits_for_that)
{
    talk();
    bob_says("INVITE", 20, sdp_at("10.0.0.2", 20000));
    CHECK_INT(0, hold(true));
    CHECK_INT(1, invites());
    bob_says("ACK", 20, "");
    CHECK_INT(2, invites());
    CHECK_INT(1, offers("a=sendonly"));
    accept("", "a=recvonly\r\n");
    CHECK(is_held());
    hang_up();
}

/* The answer is in the ACK: until it is here no offer of ours may go out (RFC 3264 4). */
TEST(a_hold_waits_for_the_answer_in_their_ack)
{
    talk();
    bob_says("INVITE", 20, "");
    CHECK_INT(0, hold(true));
    CHECK_INT(1, invites());
    bob_says("ACK", 20, sdp_at("10.0.0.2", 20000));
    CHECK_INT(2, invites());
    accept("", "a=recvonly\r\n");
    CHECK(is_held());
    hang_up();
}

/* RFC 3261 14.1 lets it be repeated without end. */
TEST(a_change_that_always_meets_491_is_given_up_and_the_call_goes_on)
{
    talk();
    CHECK_INT(0, hold(true));
    for (unsigned heard = 1, i = 0; i < 100 && user_heard(&alice, PHONE_UNCHANGED) == 0; i++) {
        run_for(network, 1000);
        if (peer_heard(&bob, "INVITE") > heard)
            peer_respond(&bob, peer_last(&bob, "INVITE"), "491 Request Pending", "b", "", NULL);
        heard = peer_heard(&bob, "INVITE");
    }
    CHECK_INT(491, user_last(&alice, PHONE_UNCHANGED)->event.status);
    run_for(network, 10000);
    CHECK_INT(1, user_heard(&alice, PHONE_UNCHANGED));
    hang_up();
}

TEST(a_wish_while_a_change_waits_for_its_next_try_goes_with_that)
{
    talk();
    CHECK_INT(0, hold(true));
    CHECK_INT(2, invites());
    peer_respond(&bob, peer_last(&bob, "INVITE"), "500 Server Internal Error", "b", "Retry-After: 3\n", NULL);
    run_for(network, 1000);
    CHECK_INT(0, call_turn_stream(alice.phone, alice.call, 0, SDP_RECVONLY));
    CHECK_INT(2, invites());
    run_for(network, 2100);
    CHECK_INT(3, invites());
    CHECK_INT(1, offers("a=inactive"));
    accept("", "a=inactive\r\n");
    CHECK_INT(1, user_heard(&alice, PHONE_CHANGED));
    CHECK_INT(3, invites());
    hang_up();
}

/* RFC 3311 5.1: an UPDATE with an offer waits for the INVITE, too. */
TEST(an_update_behind_a_hold_goes_out_when_that_is_through)
{
    talk_with("Allow: INVITE, ACK, BYE, UPDATE\n");
    CHECK_INT(0, hold(true));
    CHECK_INT(0, call_update(alice.phone, alice.call));
    CHECK_INT(0, call_update(alice.phone, alice.call));
    CHECK_INT(2, invites());
    CHECK_INT(0, peer_heard(&bob, "UPDATE"));
    accept("", "a=recvonly\r\n");
    run_for(network, 500);
    CHECK_INT(1, peer_heard(&bob, "UPDATE"));
    peer_respond(&bob, peer_last(&bob, "UPDATE"), "200 OK", NULL, CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 5000);
    CHECK_INT(1, peer_heard(&bob, "UPDATE"));
    CHECK_INT(2, user_heard(&alice, PHONE_CHANGED));
    hang_up();
}

/* What was refused first is told; the call that was to be taken up is not, as its turn has not come. */
TEST(a_swap_behind_another_change_takes_up_the_other_call_when_it_is_held)
{
    object_id first, second;

    talk();
    first = alice.call;
    CHECK_INT(0, hold(true));
    CHECK_INT(2, invites());
    accept("", "a=recvonly\r\n");
    user_call(&alice, "sip:bob@10.0.0.2");
    second = alice.call;
    run_for(network, 50);
    accept("", "");
    CHECK_INT(0, call_turn_stream(alice.phone, second, 0, SDP_SENDONLY));
    CHECK_INT(0, call_swap(alice.phone, second, first));
    CHECK_INT(4, invites());
    accept("", "a=recvonly\r\n");
    CHECK_INT(5, invites()); /* the hold, not the other call */
    CHECK(user_last(&alice, PHONE_CHANGED)->event.call == second);
    accept("", "a=inactive\r\n");
    CHECK_INT(6, invites());
    accept("", "");
    CHECK(user_last(&alice, PHONE_CHANGED)->event.call == first);
    CHECK(!is_held());
    alice.call = second;
    hang_up();
    alice.call = first;
    hang_up();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_resume_behind_a_hold_waits_for_it_and_is_done, setup, teardown),
        cmocka_unit_test_setup_teardown(wishes_that_take_each_other_back_are_not_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(a_refused_change_does_not_take_the_next_one_with_it, setup, teardown),
        cmocka_unit_test_setup_teardown(streams_that_are_wished_away_do_not_count, setup, teardown),
        cmocka_unit_test_setup_teardown(a_hold_while_their_invite_has_no_ack_yet_waits_for_that, setup, teardown),
        cmocka_unit_test_setup_teardown(a_hold_waits_for_the_answer_in_their_ack, setup, teardown),
        cmocka_unit_test_setup_teardown(a_change_that_always_meets_491_is_given_up_and_the_call_goes_on, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_wish_while_a_change_waits_for_its_next_try_goes_with_that, setup, teardown),
        cmocka_unit_test_setup_teardown(an_update_behind_a_hold_goes_out_when_that_is_through, setup, teardown),
        cmocka_unit_test_setup_teardown(a_swap_behind_another_change_takes_up_the_other_call_when_it_is_held, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
