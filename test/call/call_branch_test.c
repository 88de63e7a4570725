/* SPDX-License-Identifier: BSD-2-Clause */
/* Alice's call rings at bob, at carol and at dave, who are played message by message, behind one address; she does not
 * want all of them. */
#include "call/call.h"

#include "base/error.h"
#include "support/phones.h"

#include <stdio.h>

static struct network *network;
static struct user     alice;
static struct peer     bob, carol;
static struct message *invite;

static int setup(void **state)
{
    (void)state;
    network = play_begin(&alice, &bob, &carol);
    user_call(&alice, "sip:bob@10.0.0.2");
    run_for(network, 50);
    invite = peer_last(&bob, "INVITE");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    play_end(network, &alice, &bob, &carol);
    return 0;
}

/* Bob's address answers for the others, too: their Contacts lead to themselves. */
static void says(const char *tag, const char *status, const char *contact, const char *sdp)
{
    char line[96];

    snprintf(line, sizeof line, "Contact: <%s>\n", contact);
    peer_respond(&bob, invite, status, tag, line, sdp);
    run_for(network, 50);
}

static void bob_says(const char *status, const char *sdp)
{
    says("b", status, "sip:bob@10.0.0.2", sdp);
}

static void carol_says(const char *status, const char *sdp)
{
    says("c", status, "sip:carol@10.0.0.3", sdp);
}

static void check_bye(struct peer *p, const char *reason)
{
    CHECK_INT(1, peer_heard(p, "BYE"));
    if (reason != NULL)
        CHECK_SLICE(reason, message_header(peer_last(p, "BYE"), HEADER_REASON)->value);
    else
        CHECK(message_header(peer_last(p, "BYE"), HEADER_REASON) == NULL);
    peer_respond(p, peer_last(p, "BYE"), "200 OK", NULL, "", NULL);
    run_for(network, 50);
}

static void hang_up(struct peer *p)
{
    CHECK_INT(0, call_hang_up(alice.phone, alice.call));
    run_for(network, 50);
    check_bye(p, NULL);
}

static int drop(unsigned branch)
{
    int error = call_hang_up_branch(alice.phone, alice.call, branch);

    run_for(network, 50);
    return error;
}

static struct call_branch list[CALL_BRANCHES];

static unsigned count(void)
{
    return call_branches(alice.phone, alice.call, list);
}

#define GAVE_UP "SIP;cause=487;text=\"Caller gave up\""

TEST(who_rings_is_listed)
{
    CHECK_INT(0, count());
    bob_says("100 Trying", NULL);
    CHECK_INT(0, count());
    bob_says("180 Ringing", NULL);
    CHECK_INT(1, user_last(&alice, PHONE_RINGING)->event.branch);
    carol_says("183 Session Progress", sdp_at("10.0.0.3", 20000));
    CHECK_INT(2, user_last(&alice, PHONE_RINGING)->event.branch);
    CHECK_INT(2, user_last(&alice, PHONE_EARLY_MEDIA)->event.branch);
    bob_says("182 Queued", NULL);
    CHECK_INT(2, count());
    CHECK_INT(1, list[0].number);
    CHECK_INT(182, list[0].status);
    CHECK_SLICE("sip:bob@10.0.0.2", list[0].target);
    CHECK(!list[0].media);
    CHECK_INT(2, list[1].number);
    CHECK_INT(183, list[1].status);
    CHECK(list[1].media);
    bob_says("200 OK", sdp_at("10.0.0.2", 20000));
    CHECK_INT(0, count());
    CHECK_INT(0, call_branches(alice.phone, 12345, list));
    hang_up(&bob);
}

/* RFC 3261 15: BYE in an early dialog ends that one alone. */
TEST(one_of_them_is_hung_up_and_the_other_answers)
{
    bob_says("180 Ringing", NULL);
    carol_says("180 Ringing", NULL);
    CHECK_INT(0, drop(2));
    check_bye(&carol, GAVE_UP);
    CHECK_INT(1, count());
    CHECK_INT(1, list[0].number);
    CHECK_INT(-ERR_NOT_FOUND, drop(2));
    CHECK_INT(-ERR_NOT_FOUND, drop(3));
    CHECK_INT(0, peer_heard(&bob, "CANCEL"));
    bob_says("200 OK", sdp_at("10.0.0.2", 20000));
    CHECK_INT(1, user_heard(&alice, PHONE_ANSWERED));
    CHECK_INT(-ERR_UNSUPPORTED, drop(1));
    hang_up(&bob);
    CHECK_INT(-ERR_NOT_FOUND, call_hang_up_branch(alice.phone, 12345, 1));
}

/* What it goes on saying is no news. */
TEST(who_was_hung_up_is_not_heard_any_more)
{
    unsigned rang;

    bob_says("180 Ringing", NULL);
    carol_says("180 Ringing", NULL);
    CHECK_INT(0, drop(2));
    check_bye(&carol, GAVE_UP);
    rang = user_heard(&alice, PHONE_RINGING);
    carol_says("183 Session Progress", sdp_at("10.0.0.3", 20000));
    CHECK_INT(rang, user_heard(&alice, PHONE_RINGING));
    CHECK_INT(0, user_heard(&alice, PHONE_EARLY_MEDIA));
    CHECK_INT(1, count());
    bob_says("486 Busy Here", NULL);
    CHECK_INT(486, user_last(&alice, PHONE_ENDED)->event.status);
}

/* Whoever was heard last before is heard again. */
TEST(the_sound_goes_back_to_who_is_left)
{
    bob_says("183 Session Progress", sdp_at("10.0.0.2", 20000));
    carol_says("183 Session Progress", sdp_at("10.0.0.3", 20000));
    CHECK_INT(2, count());
    CHECK(list[1].media);
    CHECK_INT(0, drop(2));
    check_bye(&carol, GAVE_UP);
    CHECK_INT(1, count());
    CHECK(list[0].media);
    CHECK_INT(0, drop(1));
    check_bye(&bob, GAVE_UP);
    CHECK_INT(0, count());
    bob_says("487 Request Terminated", NULL);
    CHECK_INT(487, user_last(&alice, PHONE_ENDED)->event.status);
}

/* Its 2xx has crossed the BYE: a dialog that nobody wants (13.2.2.4), and a proxy has called off the others (16.7). */
TEST(who_answers_while_he_is_hung_up_ends_the_call)
{
    bob_says("180 Ringing", NULL);
    carol_says("180 Ringing", NULL);
    CHECK_INT(0, drop(2));
    carol_says("200 OK", sdp_at("10.0.0.3", 20000));
    CHECK_INT(1, peer_heard(&carol, "ACK"));
    CHECK_INT(2, peer_heard(&carol, "BYE"));
    CHECK_SLICE(GAVE_UP, message_header(peer_last(&carol, "BYE"), HEADER_REASON)->value);
    peer_respond(&carol, peer_last(&carol, "BYE"), "481 Gone", NULL, "", NULL);
    run_for(network, 50);
    CHECK_INT(0, user_heard(&alice, PHONE_ANSWERED));
    assert_string_equal("cancelled", call_cause_name(user_last(&alice, PHONE_ENDED)->event.cause));
    assert_string_equal("local", call_side_name(user_last(&alice, PHONE_ENDED)->event.side));
    bob_says("200 OK", sdp_at("10.0.0.2", 20000)); /* all the same: it is sent away */
    CHECK_INT(1, peer_heard(&bob, "ACK"));
    check_bye(&bob, "SIP;cause=200;text=\"Call completed elsewhere\"");
}

/* RFC 3261 15: nobody but the caller ends an early dialog by BYE; of a call that comes in there is one. */
TEST(a_call_that_comes_in_has_no_branches)
{
    char lines[512];

    bob_says("486 Busy Here", NULL);
    alice.ring = true;
    snprintf(lines, sizeof lines,
             "INVITE sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKin\nMax-Forwards: 70\n"
             "From: <sip:bob@10.0.0.2>;tag=b\nTo: <sip:alice@example.test>\nCall-ID: in\nCSeq: 1 INVITE\n"
             "Contact: <sip:bob@10.0.0.2>\nContent-Length: 0\n\n");
    peer_send(&bob, "10.0.0.1", lines);
    run_for(network, 50);
    CHECK_INT(1, user_heard(&alice, PHONE_INCOMING));
    CHECK_INT(0, count());
    CHECK_INT(-ERR_UNSUPPORTED, drop(1));
    CHECK_INT(0, call_reject(alice.phone, alice.call, 486));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_rings_is_listed, setup, teardown),
        cmocka_unit_test_setup_teardown(one_of_them_is_hung_up_and_the_other_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(who_was_hung_up_is_not_heard_any_more, setup, teardown),
        cmocka_unit_test_setup_teardown(the_sound_goes_back_to_who_is_left, setup, teardown),
        cmocka_unit_test_setup_teardown(who_answers_while_he_is_hung_up_ends_the_call, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_that_comes_in_has_no_branches, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
