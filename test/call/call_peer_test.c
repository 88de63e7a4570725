/* SPDX-License-Identifier: BSD-2-Clause */
/* A phone calls a peer that is played message by message. */
#include "call/call.h"

#include "base/error.h"
#include "sip/digest.h"
#include "support/phones.h"

#include <stdio.h>

static struct network *network;
static struct user     alice;
static struct peer     bob, carol;

#define CONTACT_BOB "Contact: <sip:bob@10.0.0.2>\n"
#define CHALLENGE   "Digest realm=\"example.test\", nonce=\"n1\", qop=\"auth\"\n"

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

static struct message *invite(void)
{
    user_call(&alice, "sip:bob@10.0.0.2");
    run_for(network, 50);
    CHECK_INT(1, peer_heard(&bob, "INVITE"));
    return peer_last(&bob, "INVITE");
}

/* Alice's BYE in that dialog is answered. */
static void hang_up(void)
{
    call_hang_up(alice.phone, alice.call);
    run_for(network, 50);
    CHECK(peer_last(&bob, "BYE") != NULL);
    peer_respond(&bob, peer_last(&bob, "BYE"), "200 OK", NULL, "", NULL);
    run_for(network, 50);
}

static unsigned ended_with(enum call_cause cause)
{
    const struct told *t = user_last(&alice, PHONE_ENDED);

    CHECK(t != NULL);
    assert_string_equal(call_cause_name(cause), call_cause_name(t->event.cause));
    return t->event.status;
}

/* RFC 3261 8.1.1, 13.2.1 */
TEST(an_invite_has_all_that_it_must_have)
{
    static const char *const methods[] = { "INVITE", "ACK", "BYE", "CANCEL", "PRACK", "UPDATE", "OPTIONS" };
    struct message          *m         = invite();

    CHECK_SLICE("sip:bob@10.0.0.2", m->uri_text);
    CHECK_SLICE("sip:alice@example.test", m->from.uri.text);
    CHECK_SLICE("sip:bob@10.0.0.2", m->to.uri.text);
    CHECK(m->from_tag.len > 0);
    CHECK_INT(0, m->to_tag.len);
    CHECK_INT(70, m->max_forwards);
    CHECK_SLICE("<sip:alice@10.0.0.1:5060>", message_header(m, HEADER_CONTACT)->value);
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        CHECK(message_lists(m, HEADER_ALLOW, slice_from(methods[i])));
    CHECK_SLICE("application/sdp", message_header(m, HEADER_CONTENT_TYPE)->value);
    CHECK(m->body.len > 0);
    peer_respond(&bob, m, "486 Busy Here", "b", "", NULL);
    run_for(network, 50);
    CHECK_INT(486, ended_with(CALL_REFUSED));
    CHECK_INT(1, peer_heard(&bob, "ACK"));
}

/* RFC 3261 22.2, 22.3: both kinds of challenge, one after the other. */
TEST(challenges_are_answered_and_the_ack_repeats_the_credentials)
{
    struct message *m = invite(), *second, *third;

    peer_respond(&bob, m, "407 Proxy Authentication Required", "p", "Proxy-Authenticate: " CHALLENGE, NULL);
    run_for(network, 50);
    second = peer_last(&bob, "INVITE");
    CHECK(second != m && message_header(second, HEADER_PROXY_AUTHORIZATION) != NULL);
    CHECK(second->cseq.number == m->cseq.number + 1);
    CHECK(slice_eq(second->call_id, m->call_id));
    CHECK(slice_eq(second->from_tag, m->from_tag));
    peer_respond(&bob, second, "401 Unauthorized", "u", "WWW-Authenticate: " CHALLENGE, NULL);
    run_for(network, 50);
    third = peer_last(&bob, "INVITE");
    CHECK(message_header(third, HEADER_AUTHORIZATION) != NULL);
    CHECK(message_header(third, HEADER_PROXY_AUTHORIZATION) != NULL);
    peer_respond(&bob, third, "200 OK", "b", CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 50);
    CHECK(slice_eq(message_header(third, HEADER_AUTHORIZATION)->value,
                   message_header(peer_last(&bob, "ACK"), HEADER_AUTHORIZATION)->value));
    CHECK_INT(1, user_heard(&alice, PHONE_ANSWERED));
    hang_up();
}

TEST(a_wrong_password_ends_the_call_after_one_try)
{
    peer_respond(&bob, invite(), "401 Unauthorized", "u", "WWW-Authenticate: " CHALLENGE, NULL);
    run_for(network, 50);
    peer_respond(&bob, peer_last(&bob, "INVITE"), "401 Unauthorized", "u", "WWW-Authenticate: " CHALLENGE, NULL);
    run_for(network, 5000);
    CHECK_INT(2, peer_heard(&bob, "INVITE"));
    CHECK_INT(401, ended_with(CALL_REFUSED));
}

TEST(a_challenged_bye_is_sent_again)
{
    peer_respond(&bob, invite(), "200 OK", "b", CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 50);
    call_hang_up(alice.phone, alice.call);
    run_for(network, 50);
    peer_respond(&bob, peer_last(&bob, "BYE"), "407 Proxy Authentication Required", NULL,
                 "Proxy-Authenticate: " CHALLENGE, NULL);
    run_for(network, 50);
    CHECK_INT(2, peer_heard(&bob, "BYE"));
    CHECK(message_header(peer_last(&bob, "BYE"), HEADER_PROXY_AUTHORIZATION) != NULL);
    peer_respond(&bob, peer_last(&bob, "BYE"), "200 OK", NULL, "", NULL);
}

/* RFC 3261 8.1.3.4, RFC 3665 3.6: by descending q, nobody twice. */
TEST(a_redirect_is_followed_to_the_best_contact_first)
{
    struct message *m = invite(), *redirected;

    peer_respond(&bob, m, "302 Moved Temporarily", "r",
                 "Contact: <sip:two@10.0.0.3>;q=0.2, <sip:one@10.0.0.3>;q=0.9, <tel:+1>, <sip:bob@10.0.0.2>\n", NULL);
    run_for(network, 50);
    redirected = peer_last(&carol, "INVITE");
    CHECK(redirected != NULL);
    CHECK_SLICE("sip:one@10.0.0.3", redirected->uri_text);
    CHECK_SLICE("sip:bob@10.0.0.2", redirected->to.uri.text);
    CHECK(slice_eq(m->call_id, redirected->call_id));
    peer_respond(&carol, redirected, "404 Not Found", "c", "", NULL);
    run_for(network, 50);
    CHECK_SLICE("sip:two@10.0.0.3", peer_last(&carol, "INVITE")->uri_text);
    peer_respond(&carol, peer_last(&carol, "INVITE"), "486 Busy Here", "c", "", NULL);
    run_for(network, 5000);
    CHECK_INT(486, ended_with(CALL_REFUSED));
    CHECK_INT(1, peer_heard(&bob, "INVITE"));
}

TEST(a_circle_of_redirects_ends)
{
    char contact[64];

    user_call(&alice, "sip:0@10.0.0.2");
    for (unsigned i = 1; i < 20; i++) {
        run_for(network, 50);
        snprintf(contact, sizeof contact, "Contact: <sip:%u@10.0.0.2>\n", i);
        peer_respond(&bob, peer_last(&bob, "INVITE"), "301 Moved", "r", contact, NULL);
    }
    run_for(network, 100);
    CHECK_INT(301, ended_with(CALL_REFUSED));
    CHECK(peer_heard(&bob, "INVITE") <= 8);
}

/* RFC 3261 21.1.5, 13.2.2.1 */
TEST(a_183_with_a_description_lets_early_media_through)
{
    struct message *m = invite();

    peer_respond(&bob, m, "183 Session Progress", "b", CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 100);
    CHECK_INT(1, user_heard(&alice, PHONE_EARLY_MEDIA));
    CHECK_INT(183, user_last(&alice, PHONE_RINGING)->event.status);
    peer_respond(&bob, m, "200 OK", "b", CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 100);
    CHECK_INT(1, user_heard(&alice, PHONE_ANSWERED));
    hang_up();
    CHECK_INT(0, (int)ended_with(CALL_NORMAL));
}

TEST(early_media_is_over_when_the_call_goes_elsewhere)
{
    struct message    *m = invite();
    struct media_stats before, after;

    peer_respond(&bob, m, "183 Session Progress", "b", CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 1000);
    CHECK_INT(0, call_media_stats(alice.phone, alice.call, &before));
    CHECK(before.packets_sent > 40);
    peer_respond(&bob, m, "302 Moved Temporarily", "b", "Contact: <sip:carol@10.0.0.3>\n", NULL);
    run_for(network, 50);
    CHECK_INT(0, call_media_stats(alice.phone, alice.call, &before));
    run_for(network, 1000);
    CHECK_INT(0, call_media_stats(alice.phone, alice.call, &after));
    CHECK_INT(before.packets_sent, after.packets_sent);
    peer_respond(&carol, peer_last(&carol, "INVITE"), "200 OK", "c", "Contact: <sip:carol@10.0.0.3>\n",
                 sdp_at("10.0.0.3", 20000));
    run_for(network, 1000);
    CHECK_INT(0, call_media_stats(alice.phone, alice.call, &after));
    CHECK(after.packets_sent > before.packets_sent + 40);
    call_hang_up(alice.phone, alice.call);
    run_for(network, 50);
    peer_respond(&carol, peer_last(&carol, "BYE"), "200 OK", NULL, "", NULL);
}

/* RFC 3261 13.2.2.4: the second 2xx of a fork is ACKed and BYEd in its own dialog. */
TEST(of_two_branches_that_answer_the_first_one_wins)
{
    struct message *m = invite();
    struct message *bye;

    peer_respond(&bob, m, "180 Ringing", "b1", CONTACT_BOB, NULL);
    peer_respond(&bob, m, "183 Session Progress", "b2", "Contact: <sip:two@10.0.0.3>\n", sdp_at("10.0.0.3", 20000));
    run_for(network, 50);
    peer_respond(&bob, m, "200 OK", "b1", CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    peer_respond(&bob, m, "200 OK", "b2", "Contact: <sip:two@10.0.0.3>\n", sdp_at("10.0.0.3", 20000));
    run_for(network, 100);
    CHECK_INT(1, user_heard(&alice, PHONE_ANSWERED));
    CHECK_INT(1, peer_heard(&bob, "ACK"));
    CHECK_SLICE("b1", peer_last(&bob, "ACK")->to_tag);
    CHECK_INT(1, peer_heard(&carol, "ACK"));
    bye = peer_last(&carol, "BYE");
    CHECK(bye != NULL);
    CHECK_SLICE("b2", bye->to_tag);
    CHECK_SLICE("sip:two@10.0.0.3", bye->uri_text);
    peer_respond(&carol, bye, "200 OK", NULL, "", NULL);
    run_for(network, 50);
    peer_respond(&bob, m, "200 OK", "b2", "Contact: <sip:two@10.0.0.3>\n", NULL); /* repeated: one more ACK, no BYE */
    run_for(network, 50);
    CHECK_INT(2, peer_heard(&carol, "ACK"));
    CHECK_INT(1, peer_heard(&carol, "BYE"));
    CHECK_INT(0, user_heard(&alice, PHONE_ENDED));
    hang_up();
}

/* RFC 3261 13.2.2.4: our ACK was lost. */
TEST(each_repeated_200_is_acked_long_after_the_answer_too)
{
    struct message *m = invite();

    peer_respond(&bob, m, "200 OK", "b", CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 500);
    peer_respond(&bob, m, "200 OK", "b", CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 31000);
    CHECK_INT(2, peer_heard(&bob, "ACK"));
    run_for(network, 2000); /* the transaction is gone: the 200 is a stray one now */
    peer_respond(&bob, m, "200 OK", "b", CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 50);
    CHECK_INT(3, peer_heard(&bob, "ACK"));
    CHECK_INT(1, user_heard(&alice, PHONE_ANSWERED));
    hang_up();
}

/* RFC 3261 12.1.2, 12.2.1.1, 13.2.2.4: the route set of the 2xx, reversed. */
TEST(requests_follow_the_route_set_of_the_2xx)
{
    struct message *ack, *m = invite();

    peer_respond(&bob, m, "200 OK", "b", "Record-Route: <sip:10.0.0.9;lr>, <sip:10.0.0.3;lr>\n" CONTACT_BOB,
                 sdp_at("10.0.0.2", 20000));
    run_for(network, 50);
    ack = peer_last(&carol, "ACK");
    CHECK(ack != NULL);
    CHECK_SLICE("sip:bob@10.0.0.2", ack->uri_text);
    CHECK_SLICE("<sip:10.0.0.3;lr>", message_header(ack, HEADER_ROUTE)->value);
    call_hang_up(alice.phone, alice.call);
    run_for(network, 50);
    CHECK(peer_last(&carol, "BYE") != NULL);
    peer_respond(&carol, peer_last(&carol, "BYE"), "200 OK", NULL, "", NULL);
}

TEST(a_2xx_without_description_is_acked_and_hung_up)
{
    peer_respond(&bob, invite(), "200 OK", "b", CONTACT_BOB, NULL);
    run_for(network, 50);
    CHECK_INT(1, peer_heard(&bob, "ACK"));
    CHECK_INT(1, peer_heard(&bob, "BYE"));
    ended_with(CALL_BAD_SDP);
    peer_respond(&bob, peer_last(&bob, "BYE"), "200 OK", NULL, "", NULL);
}

/* RFC 3261 12.2.1.2, 14.1 */
TEST(a_re_invite_that_gets_481_ends_the_call)
{
    peer_respond(&bob, invite(), "200 OK", "b", CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 50);
    CHECK_INT(0, call_hold(alice.phone, alice.call, true));
    run_for(network, 50);
    peer_respond(&bob, peer_last(&bob, "INVITE"), "481 Call/Transaction Does Not Exist", NULL, "", NULL);
    run_for(network, 50);
    CHECK_INT(481, ended_with(CALL_LOST));
    peer_respond(&bob, peer_last(&bob, "BYE"), "481 Call/Transaction Does Not Exist", NULL, "", NULL);
}

/* RFC 3261 14.1 */
TEST(a_re_invite_that_is_refused_changes_nothing)
{
    struct media_stats before, after;

    peer_respond(&bob, invite(), "200 OK", "b", CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 50);
    CHECK_INT(0, call_hold(alice.phone, alice.call, true));
    run_for(network, 50);
    peer_respond(&bob, peer_last(&bob, "INVITE"), "488 Not Acceptable Here", NULL, "", NULL);
    run_for(network, 50);
    CHECK_INT(488, user_last(&alice, PHONE_UNCHANGED)->event.status);
    CHECK(!user_last(&alice, PHONE_UNCHANGED)->event.held);
    CHECK_INT(0, call_media_stats(alice.phone, alice.call, &before));
    run_for(network, 1000);
    CHECK_INT(0, call_media_stats(alice.phone, alice.call, &after));
    CHECK(after.packets_sent > before.packets_sent + 40);
    CHECK_INT(0, call_hold(alice.phone, alice.call, true)); /* the refused offer is forgotten: another can be made */
    run_for(network, 50);
    CHECK_INT(3, peer_heard(&bob, "INVITE"));
    peer_respond(&bob, peer_last(&bob, "INVITE"), "200 OK", NULL, CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 50);
    CHECK(user_last(&alice, PHONE_CHANGED)->event.held);
    hang_up();
}

/* RFC 3261 9.1, last paragraph: no 487 ever comes. */
TEST(a_cancel_that_nobody_heeds_is_given_up)
{
    peer_respond(&bob, invite(), "180 Ringing", "b", CONTACT_BOB, NULL);
    run_for(network, 50);
    call_hang_up(alice.phone, alice.call);
    run_for(network, 50);
    CHECK(peer_last(&bob, "CANCEL") != NULL);
    peer_respond(&bob, peer_last(&bob, "CANCEL"), "200 OK", "b", "", NULL);
    run_for(network, 31000);
    CHECK(!phone_is_idle(alice.phone));
    run_for(network, 2000);
    CHECK(phone_is_idle(alice.phone));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_invite_has_all_that_it_must_have),
        CASE(challenges_are_answered_and_the_ack_repeats_the_credentials),
        CASE(a_wrong_password_ends_the_call_after_one_try),
        CASE(a_challenged_bye_is_sent_again),
        CASE(a_redirect_is_followed_to_the_best_contact_first),
        CASE(a_circle_of_redirects_ends),
        CASE(a_183_with_a_description_lets_early_media_through),
        CASE(early_media_is_over_when_the_call_goes_elsewhere),
        CASE(of_two_branches_that_answer_the_first_one_wins),
        CASE(each_repeated_200_is_acked_long_after_the_answer_too),
        CASE(requests_follow_the_route_set_of_the_2xx),
        CASE(a_2xx_without_description_is_acked_and_hung_up),
        CASE(a_re_invite_that_gets_481_ends_the_call),
        CASE(a_re_invite_that_is_refused_changes_nothing),
        CASE(a_cancel_that_nobody_heeds_is_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
