/* SPDX-License-Identifier: BSD-2-Clause */
/* Alice hands on a call with bob, who is played message by message. */
#include "base/error.h"
#include "call/call.h"
#include "support/phones.h"

#include <stdio.h>

static struct network *network;
static struct user     alice;
static struct peer     bob, carol;

#define CONTACT_BOB "Contact: <sip:bob@10.0.0.2>\n"
#define CAROL       "sip:carol@10.0.0.3"

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

static object_id talk_to(struct peer *p, const char *target, const char *contact, const char *ip)
{
    object_id call;

    user_call(&alice, target);
    call = alice.call;
    run_for(network, 50);
    peer_respond(p, peer_last(p, "INVITE"), "200 OK", "b", contact, sdp_at(ip, 20000));
    run_for(network, 50);
    return call;
}

static object_id talk_to_bob(void)
{
    return talk_to(&bob, "sip:bob@10.0.0.2", CONTACT_BOB, "10.0.0.2");
}

/* Bob lets himself be held; what comes then is the REFER. */
static struct message *refer(object_id call)
{
    CHECK_INT(0, call_transfer(alice.phone, call, SLICE(CAROL)));
    run_for(network, 50);
    CHECK_INT(2, peer_heard(&bob, "INVITE"));
    peer_respond(&bob, peer_last(&bob, "INVITE"), "200 OK", NULL, CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 50);
    CHECK(peer_last(&bob, "REFER") != NULL);
    return peer_last(&bob, "REFER");
}

/* A NOTIFY of bob's in the dialog of this request; what it is answered. */
static unsigned notify(const struct message *in, const char *event, const char *state, const char *status)
{
    static unsigned number = 100;
    char            text[1024], body[128];

    number++;
    snprintf(body, sizeof body, "SIP/2.0 %s\n", status);
    snprintf(text, sizeof text,
             "NOTIFY sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKn%u\nMax-Forwards: 70\n"
             "From: <sip:bob@example.test>;tag=b\nTo: <sip:alice@example.test>;tag=%.*s\nCall-ID: %.*s\n"
             "CSeq: %u NOTIFY\n" CONTACT_BOB "Event: %s\nSubscription-State: %s\nContent-Type: message/sipfrag\n"
             "Content-Length: %zu\n\n%s",
             number, SLICE_ARG(in->from_tag), SLICE_ARG(in->call_id), number, event, state,
             *status == '\0' ? 0 : strlen(body) + 1, *status == '\0' ? "" : body);
    peer_send(&bob, "10.0.0.1", text);
    run_for(network, 50);
    return bob.heard[bob.heard_count - 1]->is_request ? bob.heard[bob.heard_count - 2]->status
                                                      : bob.heard[bob.heard_count - 1]->status;
}

static unsigned told(enum phone_event_kind kind)
{
    const struct told *t = user_last(&alice, kind);

    return t == NULL ? 0 : t->event.status;
}

static void answer_bye(struct peer *p)
{
    CHECK(peer_last(p, "BYE") != NULL);
    peer_respond(p, peer_last(p, "BYE"), "200 OK", NULL, "", NULL);
    run_for(network, 50);
}

/* The re-INVITE that takes bob off hold is refused, for brevity, and the call ended. */
static void end_held(object_id call)
{
    peer_respond(&bob, peer_last(&bob, "INVITE"), "488 Not Acceptable Here", NULL, "", NULL);
    run_for(network, 50);
    CHECK_INT(0, call_hang_up(alice.phone, call));
    run_for(network, 50);
    answer_bye(&bob);
}

/* Whoever has not moved has missed nothing. */
TEST(nobody_is_asked_how_it_stands_without_need)
{
    object_id call;

    user_call(&alice, "sip:bob@10.0.0.2");
    call = alice.call;
    run_for(network, 50);
    peer_respond(&bob, peer_last(&bob, "INVITE"), "200 OK", "b", CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 5000);
    CHECK_INT(0, call_transfer(alice.phone, call, SLICE(CAROL)));
    run_for(network, 50);
    peer_respond(&bob, peer_last(&bob, "INVITE"), "488 Not Acceptable Here", NULL, "", NULL);
    run_for(network, 50);
    peer_respond(&bob, peer_last(&bob, "REFER"), "202 Accepted", NULL, CONTACT_BOB, NULL);
    run_for(network, 10000);
    CHECK_INT(0, peer_heard(&bob, "SUBSCRIBE"));
    CHECK_INT(200, notify(peer_last(&bob, "REFER"), "refer", "terminated;reason=noresource", "200 OK"));
    answer_bye(&bob);
}

TEST(only_what_can_be_handed_on_is)
{
    object_id call;

    CHECK_INT(-ERR_NOT_FOUND, call_transfer(alice.phone, 1234, SLICE(CAROL)));
    user_call(&alice, "sip:bob@10.0.0.2");
    call = alice.call;
    run_for(network, 50);
    CHECK_INT(-ERR_UNSUPPORTED, call_transfer(alice.phone, call, SLICE(CAROL)));
    peer_respond(&bob, peer_last(&bob, "INVITE"), "200 OK", "b", CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 50);
    CHECK_INT(-ERR_SYNTAX, call_transfer(alice.phone, call, SLICE("carol")));
    CHECK_INT(-ERR_UNSUPPORTED, call_transfer(alice.phone, call, SLICE("tel:+1")));
    CHECK_INT(-ERR_NOT_FOUND, call_transfer_to(alice.phone, call, 1234));
    CHECK_INT(-ERR_UNSUPPORTED, call_transfer_to(alice.phone, call, call));
    CHECK_INT(-ERR_UNSUPPORTED, call_follow_refer(alice.phone, call, &(object_id){ 0 }));
    CHECK_INT(-ERR_UNSUPPORTED, call_refuse_refer(alice.phone, call));
    CHECK_INT(0, call_transfer(alice.phone, call, SLICE(CAROL)));
    CHECK_INT(-ERR_LOCKED, call_transfer(alice.phone, call, SLICE(CAROL)));
    run_for(network, 50);
    peer_respond(&bob, peer_last(&bob, "INVITE"), "488 Not Acceptable Here", NULL, "", NULL);
    run_for(network, 50);
    peer_respond(&bob, peer_last(&bob, "REFER"), "202 Accepted", NULL, CONTACT_BOB, NULL);
    CHECK_INT(200, notify(peer_last(&bob, "REFER"), "refer", "terminated;reason=noresource", "200 OK"));
    answer_bye(&bob);
    CHECK_INT(200, told(PHONE_TRANSFERRED));
}

/* RFC 3515 2.4.4: a NOTIFY may be faster than the 2xx. */
TEST(news_may_come_before_the_refer_is_answered)
{
    struct message *m = refer(talk_to_bob());

    CHECK_INT(200, notify(m, "refer", "active;expires=60", "100 Trying"));
    CHECK_INT(100, told(PHONE_TRANSFER));
    CHECK_INT(200, notify(m, "refer", "terminated;reason=noresource", "200 OK"));
    CHECK_INT(200, told(PHONE_TRANSFERRED));
    peer_respond(&bob, m, "202 Accepted", NULL, CONTACT_BOB, NULL);
    run_for(network, 50);
    answer_bye(&bob);
    CHECK_INT(1, user_heard(&alice, PHONE_TRANSFERRED));
    CHECK_INT(CALL_TRANSFERRED, user_last(&alice, PHONE_ENDED)->event.cause);
}

/* RFC 6665 4.1.2.4: Timer N. */
TEST(a_peer_that_accepts_and_says_nothing_has_failed)
{
    object_id       call = talk_to_bob();
    struct message *m    = refer(call);

    peer_respond(&bob, m, "202 Accepted", NULL, CONTACT_BOB, NULL);
    run_for(network, 31000);
    CHECK_INT(0, user_heard(&alice, PHONE_TRANSFER_FAILED));
    run_for(network, 2000);
    CHECK_INT(408, told(PHONE_TRANSFER_FAILED));
    CHECK_INT(481, notify(m, "refer", "active;expires=60", "100 Trying"));
    end_held(call);
}

TEST(a_subscription_that_expires_has_failed)
{
    object_id       call = talk_to_bob();
    struct message *m    = refer(call);

    peer_respond(&bob, m, "202 Accepted", NULL, CONTACT_BOB, NULL);
    CHECK_INT(200, notify(m, "refer", "active;expires=10", "180 Ringing"));
    CHECK_INT(180, told(PHONE_TRANSFER));
    run_for(network, 9000);
    CHECK_INT(0, user_heard(&alice, PHONE_TRANSFER_FAILED));
    run_for(network, 3000);
    CHECK_INT(408, told(PHONE_TRANSFER_FAILED));
    end_held(call);
}

/* RFC 3515 2.4.4: who wishes to hold no state ends it with the first NOTIFY. */
TEST(who_ends_with_trying_will_not_say_more)
{
    object_id       call = talk_to_bob();
    struct message *m    = refer(call);

    peer_respond(&bob, m, "200 OK", NULL, CONTACT_BOB, NULL);
    CHECK_INT(200, notify(m, "refer", "terminated;reason=noresource", "100 Trying"));
    CHECK_INT(408, told(PHONE_TRANSFER_FAILED));
    end_held(call);
}

/* RFC 4488 4 */
TEST(without_a_subscription_the_2xx_is_the_last_word)
{
    struct message *m = refer(talk_to_bob());

    peer_respond(&bob, m, "200 OK", NULL, CONTACT_BOB "Refer-Sub: false\n", NULL);
    run_for(network, 50);
    CHECK_INT(200, told(PHONE_TRANSFERRED));
    answer_bye(&bob);
}

/* RFC 3261 12.2.1.2 */
TEST(a_peer_that_has_lost_the_call_ends_it)
{
    struct message *m = refer(talk_to_bob());

    peer_respond(&bob, m, "481 Call/Transaction Does Not Exist", NULL, "", NULL);
    run_for(network, 50);
    CHECK_INT(481, told(PHONE_TRANSFER_FAILED));
    answer_bye(&bob);
    CHECK_INT(CALL_LOST, user_last(&alice, PHONE_ENDED)->event.cause);
}

TEST(a_peer_that_is_gone_ends_it)
{
    (void)refer(talk_to_bob());
    run_for(network, 33000);
    CHECK_INT(408, told(PHONE_TRANSFER_FAILED));
    answer_bye(&bob);
    CHECK_INT(CALL_LOST, user_last(&alice, PHONE_ENDED)->event.cause);
}

/* RFC 6665 4.1.3, RFC 3515 2.4.5 */
TEST(news_that_make_no_sense_change_nothing)
{
    object_id       call = talk_to_bob();
    struct message *m    = refer(call);

    peer_respond(&bob, m, "202 Accepted", NULL, CONTACT_BOB, NULL);
    CHECK_INT(489, notify(m, "presence", "active;expires=60", "200 OK"));
    CHECK_INT(481, notify(m, "refer;id=77", "active;expires=60", "200 OK"));
    CHECK_INT(400, notify(m, "refer", "\"", "200 OK"));
    CHECK_INT(400, notify(m, "refer", "active;expires=60", "2000 OK"));
    CHECK_INT(400, notify(m, "refer", "active;expires=60", ""));
    CHECK_INT(0, user_heard(&alice, PHONE_TRANSFER));
    CHECK_INT(0, user_heard(&alice, PHONE_TRANSFERRED));
    CHECK_INT(200, notify(m, "refer", "terminated;reason=noresource", "486 Busy Here"));
    CHECK_INT(486, told(PHONE_TRANSFER_FAILED));
    assert_string_equal("Busy Here", user_last(&alice, PHONE_TRANSFER_FAILED)->reason);
    end_held(call);
}

TEST(a_challenged_refer_is_sent_again)
{
    struct message *m = refer(talk_to_bob()), *second;

    peer_respond(&bob, m, "407 Proxy Authentication Required", NULL,
                 "Proxy-Authenticate: Digest realm=\"example.test\", nonce=\"n1\", qop=\"auth\"\n", NULL);
    run_for(network, 50);
    second = peer_last(&bob, "REFER");
    CHECK(second != m && message_header(second, HEADER_PROXY_AUTHORIZATION) != NULL);
    CHECK(second->cseq.number > m->cseq.number);
    peer_respond(&bob, second, "202 Accepted", NULL, CONTACT_BOB, NULL);
    CHECK_INT(200, notify(second, "refer", "terminated;reason=noresource", "200 OK"));
    answer_bye(&bob);
}

TEST(a_call_that_ends_meanwhile_ends_its_transfer)
{
    struct message *m = refer(talk_to_bob());

    peer_respond(&bob, m, "202 Accepted", NULL, CONTACT_BOB, NULL);
    run_for(network, 50);
    CHECK_INT(0, call_hang_up(alice.phone, alice.call));
    run_for(network, 50);
    CHECK_INT(481, notify(m, "refer", "terminated;reason=noresource", "200 OK"));
    answer_bye(&bob);
    CHECK_INT(0, user_heard(&alice, PHONE_TRANSFERRED));
    CHECK_INT(CALL_NORMAL, user_last(&alice, PHONE_ENDED)->event.cause);
}

/* RFC 5589 7.6 */
TEST(who_still_rings_is_called_off_and_called_by_the_other_side)
{
    object_id       call = talk_to_bob(), other;
    struct message *m;

    user_call(&alice, CAROL);
    other = alice.call;
    run_for(network, 50);
    peer_respond(&carol, peer_last(&carol, "INVITE"), "180 Ringing", "c", "Contact: <sip:carol@10.0.0.3>\n", NULL);
    run_for(network, 50);
    CHECK_INT(0, call_transfer_to(alice.phone, call, other));
    run_for(network, 50);
    CHECK(peer_last(&carol, "CANCEL") != NULL);
    peer_respond(&carol, peer_last(&carol, "CANCEL"), "200 OK", "c", "", NULL);
    peer_respond(&carol, peer_last(&carol, "INVITE"), "487 Request Terminated", "c", "", NULL);
    peer_respond(&bob, peer_last(&bob, "INVITE"), "200 OK", NULL, CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 50);
    m = peer_last(&bob, "REFER");
    CHECK_SLICE("<" CAROL ">", message_header(m, HEADER_REFER_TO)->value);
    peer_respond(&bob, m, "202 Accepted", NULL, CONTACT_BOB, NULL);
    CHECK_INT(200, notify(m, "refer", "terminated;reason=noresource", "200 OK"));
    answer_bye(&bob);
}

/* RFC 3891 4: named in the words of who will be called. */
TEST(an_attended_transfer_ends_both_calls)
{
    object_id       call  = talk_to_bob();
    object_id       other = talk_to(&carol, CAROL, "Contact: <sip:carol@10.0.0.3:5060;x=y>\n", "10.0.0.3");
    struct message *m;
    char            want[512];

    CHECK_INT(0, call_transfer_to(alice.phone, call, other));
    run_for(network, 50);
    peer_respond(&bob, peer_last(&bob, "INVITE"), "200 OK", NULL, CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 50);
    m = peer_last(&bob, "REFER");
    snprintf(want, sizeof want, "<sip:carol@10.0.0.3:5060;x=y?Replaces=%.*s%%3Bto-tag%%3Db%%3Bfrom-tag%%3D%.*s>",
             SLICE_ARG(peer_last(&carol, "INVITE")->call_id), SLICE_ARG(peer_last(&carol, "INVITE")->from_tag));
    CHECK_SLICE(want, message_header(m, HEADER_REFER_TO)->value);
    peer_respond(&bob, m, "202 Accepted", NULL, CONTACT_BOB, NULL);
    CHECK_INT(200, notify(m, "refer", "terminated;reason=noresource", "200 OK"));
    answer_bye(&bob);
    answer_bye(&carol);
    CHECK_INT(2, user_heard(&alice, PHONE_ENDED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody_is_asked_how_it_stands_without_need, setup, teardown),
        cmocka_unit_test_setup_teardown(only_what_can_be_handed_on_is, setup, teardown),
        cmocka_unit_test_setup_teardown(news_may_come_before_the_refer_is_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(a_peer_that_accepts_and_says_nothing_has_failed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_subscription_that_expires_has_failed, setup, teardown),
        cmocka_unit_test_setup_teardown(who_ends_with_trying_will_not_say_more, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_subscription_the_2xx_is_the_last_word, setup, teardown),
        cmocka_unit_test_setup_teardown(a_peer_that_has_lost_the_call_ends_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_peer_that_is_gone_ends_it, setup, teardown),
        cmocka_unit_test_setup_teardown(news_that_make_no_sense_change_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_challenged_refer_is_sent_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_that_ends_meanwhile_ends_its_transfer, setup, teardown),
        cmocka_unit_test_setup_teardown(who_still_rings_is_called_off_and_called_by_the_other_side, setup, teardown),
        cmocka_unit_test_setup_teardown(an_attended_transfer_ends_both_calls, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
