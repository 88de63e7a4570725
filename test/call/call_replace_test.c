/* SPDX-License-Identifier: BSD-2-Clause */
/* Alice talks to bob, who is played; carol, played too, names that call in an INVITE. */
#include "base/error.h"
#include "call/call.h"
#include "support/phones.h"

#include <stdio.h>

static struct network *network;
static struct user     alice;
static struct peer     bob, carol;
static object_id       first; /* alice's call with bob */

#define CONTACT_BOB "Contact: <sip:bob@10.0.0.2>\n"
/* As sent each of its six lines ends in CRLF. */
#define AUDIO "v=0\no=- 1 1 IN IP4 10.0.0.3\ns=-\nc=IN IP4 10.0.0.3\nt=0 0\nm=audio 30000 RTP/AVP 0\n"

static int setup(void **state)
{
    (void)state;
    network    = play_begin(&alice, &bob, &carol);
    alice.ring = true;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    play_end(network, &alice, &bob, &carol);
    return 0;
}

/* A request of carol's, each with another Call-ID; `lines` are further headers. */
static void ask(const char *method, const char *uri, const char *to_tag, const char *lines)
{
    static unsigned number;
    char            text[4096];
    number++;
    snprintf(text, sizeof text,
             "%s %s SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.3;branch=z9hG4bKc%u\nMax-Forwards: 70\n"
             "From: <sip:carol@example.test>;tag=c\nTo: <sip:alice@example.test>%s%s\nCall-ID: carol%u\n"
             "CSeq: 1 %s\nContact: <sip:carol@10.0.0.3>\nContent-Type: application/sdp\n%sContent-Length: %zu\n\n%s",
             method, uri, number, *to_tag != '\0' ? ";tag=" : "", to_tag, number, method, lines, strlen(AUDIO) + 6,
             AUDIO);
    peer_send(&carol, "10.0.0.1", text);
    run_for(network, 50);
}

/* "NAME: call-id;to-tag=ALICE'S;from-tag=BOB'S" and what follows, in a line. */
static const char *naming(const char *name, const struct message *invite, const char *bobs_tag, const char *more)
{
    static char line[512];

    snprintf(line, sizeof line, "%s: %.*s;to-tag=%.*s;from-tag=%s%s\n", name, SLICE_ARG(invite->call_id),
             SLICE_ARG(invite->from_tag), bobs_tag, more);
    return line;
}

static struct message *ring_bob(void)
{
    struct message *m;

    user_call(&alice, "sip:bob@10.0.0.2");
    first = alice.call;
    run_for(network, 50);
    m = peer_last(&bob, "INVITE");
    peer_respond(&bob, m, "180 Ringing", "b", CONTACT_BOB, NULL);
    run_for(network, 50);
    return m;
}

static struct message *talk_to_bob(void)
{
    struct message *m = ring_bob();

    peer_respond(&bob, m, "200 OK", "b", CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 50);
    CHECK_INT(1, user_heard(&alice, PHONE_ANSWERED));
    return m;
}

static unsigned carol_hears(const char *method, const char *lines)
{
    ask(method, "sip:alice@10.0.0.1", "", lines);
    return carol.heard[carol.heard_count - 1]->status;
}

static unsigned says(const char *line)
{
    return carol_hears("INVITE", line);
}

static void end_bob(void)
{
    call_hang_up(alice.phone, first);
    run_for(network, 50);
    peer_respond(&bob, peer_last(&bob, "BYE"), "200 OK", NULL, "", NULL);
    run_for(network, 50);
}

/* Carol's call, which was answered, is acknowledged and ended. */
static void end_carol(void)
{
    const struct message *ok = peer_last_status(&carol, 200);
    char                  text[1024];

    for (unsigned i = 0; i < 2; i++) {
        snprintf(text, sizeof text,
                 "%s sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.3;branch=z9hG4bKe%u\nMax-Forwards: 70\n"
                 "From: <sip:carol@example.test>;tag=c\nTo: <sip:alice@example.test>;tag=%.*s\nCall-ID: %.*s\n"
                 "CSeq: %u %s\nContent-Length: 0\n\n",
                 i == 0 ? "ACK" : "BYE", i, SLICE_ARG(ok->to_tag), SLICE_ARG(ok->call_id), i + 1,
                 i == 0 ? "ACK" : "BYE");
        peer_send(&carol, "10.0.0.1", text);
        run_for(network, 50);
    }
}

static const struct told *ended(object_id call)
{
    for (size_t i = 0; i < alice.heard_count; i++)
        if (alice.heard[i].event.kind == PHONE_ENDED && alice.heard[i].event.call == call)
            return &alice.heard[i];
    return NULL;
}

/* RFC 3891 3: accepted at once, and the one that was there is ended by BYE. */
TEST(a_call_takes_the_place_of_one_that_is_up)
{
    struct message *m = talk_to_bob();

    CHECK_INT(200, says(naming("Replaces", m, "b", "")));
    CHECK_INT(first, user_last(&alice, PHONE_INCOMING)->event.replaces);
    CHECK_INT(1, peer_heard(&bob, "BYE"));
    peer_respond(&bob, peer_last(&bob, "BYE"), "200 OK", NULL, "", NULL);
    run_for(network, 50);
    CHECK(ended(first) != NULL);
    CHECK_INT(CALL_REPLACED, ended(first)->event.cause);
    CHECK_INT(SIDE_REMOTE, ended(first)->event.side);
    end_carol();
    CHECK_INT(2, user_heard(&alice, PHONE_ANSWERED));
    CHECK(phone_is_idle(alice.phone));
}

/* Whose user was not listening does not listen to the next one either. */
TEST(what_was_on_hold_stays_on_hold)
{
    struct message *m = talk_to_bob();
    struct slice    body;

    CHECK_INT(0, call_hold(alice.phone, first, true));
    run_for(network, 50);
    peer_respond(&bob, peer_last(&bob, "INVITE"), "200 OK", NULL, CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 50);
    CHECK_INT(200, says(naming("Replaces", m, "b", "")));
    body = peer_last_status(&carol, 200)->body;
    CHECK(memmem(body.ptr, body.len, "a=sendonly", 10) != NULL);
    peer_respond(&bob, peer_last(&bob, "BYE"), "200 OK", NULL, "", NULL);
    run_for(network, 50);
    end_carol();
}

/* RFC 3891 7.1: a ringing phone's call is picked up elsewhere. */
TEST(a_call_of_ours_that_rings_is_picked_up_elsewhere)
{
    struct message *m = ring_bob();

    CHECK_INT(200, says(naming("Replaces", m, "b", ";early-only")));
    CHECK_INT(1, peer_heard(&bob, "CANCEL"));
    peer_respond(&bob, peer_last(&bob, "CANCEL"), "200 OK", "b", "", NULL);
    peer_respond(&bob, m, "487 Request Terminated", "b", "", NULL);
    run_for(network, 50);
    CHECK_INT(CALL_REPLACED, ended(first)->event.cause);
    end_carol();
}

/* Even at the limit of calls: there will not be more of them than before. */
TEST(who_takes_a_place_needs_none_of_his_own)
{
    struct message *m = talk_to_bob();
    object_id       other;

    user_call(&alice, "sip:bob@10.0.0.2");
    other = alice.call;
    run_for(network, 50);
    CHECK_INT(486, says(""));
    CHECK_INT(200, says(naming("Replaces", m, "b", "")));
    peer_respond(&bob, peer_last(&bob, "BYE"), "200 OK", NULL, "", NULL);
    peer_respond(&bob, peer_last(&bob, "INVITE"), "486 Busy Here", "x", "", NULL);
    run_for(network, 50);
    CHECK(ended(other) != NULL);
    end_carol();
}

/* RFC 3891 3, in its order. */
TEST(what_cannot_be_replaced_is_refused_and_goes_on)
{
    struct message *m = ring_bob();
    char            both[1024];

    CHECK_INT(481, says(naming("Replaces", m, "x", "")));
    CHECK_INT(481, says("Replaces: nobody@nowhere;to-tag=1;from-tag=2\n"));
    CHECK_INT(400, says("Replaces: nobody@nowhere;to-tag=1\n"));
    CHECK_INT(400, says("Replaces: a;to-tag=1;from-tag=2\nReplaces: a;to-tag=1;from-tag=2\n"));
    peer_respond(&bob, m, "200 OK", "b", CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 50);
    CHECK_INT(486, says(naming("Replaces", m, "b", ";early-only")));
    snprintf(both, sizeof both, "%s", naming("Replaces", m, "b", ""));
    snprintf(both + strlen(both), sizeof both - strlen(both), "%s", naming("Join", m, "b", ""));
    CHECK_INT(400, says(both));
    CHECK_INT(400, carol_hears("OPTIONS", naming("Replaces", m, "b", "")));
    CHECK_INT(0, peer_heard(&bob, "BYE"));
    CHECK(ended(first) == NULL);
    end_bob();
    CHECK_INT(CALL_NORMAL, ended(first)->event.cause);
}

/* RFC 3891 3: nobody rings for what is over. */
TEST(a_call_that_has_ended_is_declined)
{
    struct message *m = talk_to_bob();

    end_bob();
    CHECK_INT(603, says(naming("Replaces", m, "b", "")));
    run_for(network, 40000); /* it is forgotten but for its name */
    CHECK_INT(603, says(naming("Replaces", m, "b", "")));
    CHECK_INT(603, says(naming("Join", m, "b", "")));
    CHECK_INT(481, says(naming("Replaces", m, "x", "")));
}

/* RFC 3891 3: an early dialog that was not initiated by us. */
TEST(a_call_that_rings_here_cannot_be_replaced)
{
    char line[256];

    CHECK_INT(180, says(""));
    snprintf(line, sizeof line, "Replaces: %.*s;to-tag=%.*s;from-tag=c\n",
             SLICE_ARG(peer_last_status(&carol, 180)->call_id), SLICE_ARG(peer_last_status(&carol, 180)->to_tag));
    CHECK_INT(481, says(line));
    CHECK_INT(0, user_heard(&alice, PHONE_ENDED));
    CHECK_INT(0, call_reject(alice.phone, user_last(&alice, PHONE_INCOMING)->event.call, 486));
    run_for(network, 50);
}

/* Another account's calls are no business of whoever calls this one. */
TEST(a_call_of_another_account_is_not_there)
{
    struct account_config config = { .aor = SLICE("sip:work@example.test") };
    object_id             account;
    struct message       *m = talk_to_bob();

    CHECK_INT(0, phone_add_account(alice.phone, &config, &account));
    ask("INVITE", "sip:work@10.0.0.1", "", naming("Replaces", m, "b", ""));
    CHECK_INT(481, carol.heard[carol.heard_count - 1]->status);
    end_bob();
}

/* RFC 3891 3: the matched dialog is left unchanged. */
TEST(if_the_new_call_cannot_be_the_old_one_goes_on)
{
    struct message *m = talk_to_bob();

    alice.sound_error = -ERR_IO;
    CHECK_INT(500, says(naming("Replaces", m, "b", "")));
    CHECK_INT(0, peer_heard(&bob, "BYE"));
    CHECK(ended(first) == NULL);
    alice.sound_error = 0;
    end_bob();
}

TEST(who_refuses_transfers_lets_nobody_take_a_place)
{
    struct account_config config  = { .aor = SLICE("sip:work@example.test"), .transfer = TRANSFER_REFUSE };
    struct call_options   options = { .target = SLICE("sip:bob@10.0.0.2") };
    struct message       *m;

    CHECK_INT(0, phone_add_account(alice.phone, &config, &options.account));
    CHECK_INT(0, call_place(alice.phone, &options, &first));
    run_for(network, 50);
    m = peer_last(&bob, "INVITE");
    peer_respond(&bob, m, "200 OK", "b", CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 50);
    ask("INVITE", "sip:work@10.0.0.1", "", naming("Replaces", m, "b", ""));
    CHECK_INT(403, carol.heard[carol.heard_count - 1]->status);
    end_bob();
}

/* RFC 3911 4: it rings, and the user hears which call it wants to join. */
TEST(a_call_that_wants_to_join_says_so)
{
    struct message *m = talk_to_bob();

    CHECK_INT(180, says(naming("Join", m, "b", "")));
    CHECK_INT(first, user_last(&alice, PHONE_INCOMING)->event.joins);
    CHECK_INT(0, user_last(&alice, PHONE_INCOMING)->event.replaces);
    CHECK_INT(0, call_answer(alice.phone, alice.call));
    run_for(network, 50);
    end_carol();
    CHECK(ended(first) == NULL);
    end_bob();
}

/* RFC 3892 2.3 */
TEST(who_sent_the_caller_is_told)
{
    CHECK_INT(180, says("Referred-By: \"B\" <sip:bob@example.test>;cid=\"x@y\"\n"));
    CHECK_SLICE("sip:bob@example.test", slice_from(user_last(&alice, PHONE_INCOMING)->referred_by));
    CHECK_INT(0, call_reject(alice.phone, alice.call, 486));
    run_for(network, 50);
}

/* RFC 3891 4, RFC 3892 3 */
TEST(our_invite_names_a_dialog_and_who_referred_us)
{
    struct replaces     named   = { SLICE("x@y"), SLICE("t"), SLICE("f"), false };
    struct call_options options = {
        .account     = alice.account,
        .target      = SLICE("sip:bob@10.0.0.2"),
        .replaces    = &named,
        .required    = true,
        .referred_by = SLICE("<sip:carol@example.test>"),
    };
    struct message *m;

    CHECK_INT(0, call_place(alice.phone, &options, &first));
    run_for(network, 50);
    m = peer_last(&bob, "INVITE");
    CHECK_SLICE("x@y;to-tag=t;from-tag=f", message_header(m, HEADER_REPLACES)->value);
    CHECK_SLICE("replaces", message_header(m, HEADER_REQUIRE)->value);
    CHECK_SLICE("<sip:carol@example.test>", message_header(m, HEADER_REFERRED_BY)->value);
    CHECK(message_lists(m, HEADER_SUPPORTED, SLICE("replaces")));
    CHECK(message_lists(m, HEADER_SUPPORTED, SLICE("join")));
    peer_respond(&bob, m, "302 Moved", "b", "Contact: <sip:carol@10.0.0.3>\n", NULL);
    run_for(network, 50); /* RFC 3911 5: who is redirected says the same again */
    m = peer_last(&carol, "INVITE");
    CHECK_SLICE("x@y;to-tag=t;from-tag=f", message_header(m, HEADER_REPLACES)->value);
    peer_respond(&carol, m, "486 Busy Here", "c", "", NULL);
    run_for(network, 50);
}

TEST(a_call_can_be_named_once_it_has_a_dialog)
{
    struct message *m;
    struct replaces name;

    user_call(&alice, "sip:bob@10.0.0.2");
    first = alice.call;
    run_for(network, 50);
    CHECK_INT(-ERR_UNSUPPORTED, call_name(alice.phone, first, &name));
    m = peer_last(&bob, "INVITE");
    peer_respond(&bob, m, "180 Ringing", "b", CONTACT_BOB, NULL);
    run_for(network, 50);
    CHECK_INT(0, call_name(alice.phone, first, &name));
    CHECK(slice_eq(m->call_id, name.call_id) && slice_eq(m->from_tag, name.from_tag));
    CHECK_SLICE("b", name.to_tag);
    CHECK(name.early_only);
    peer_respond(&bob, m, "200 OK", "b", CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 50);
    CHECK_INT(0, call_name(alice.phone, first, &name));
    CHECK(!name.early_only);
    end_bob();
    CHECK_INT(-ERR_NOT_FOUND, call_name(alice.phone, first, &name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_call_takes_the_place_of_one_that_is_up, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_on_hold_stays_on_hold, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_of_ours_that_rings_is_picked_up_elsewhere, setup, teardown),
        cmocka_unit_test_setup_teardown(who_takes_a_place_needs_none_of_his_own, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_replaced_is_refused_and_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_that_has_ended_is_declined, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_that_rings_here_cannot_be_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_of_another_account_is_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(if_the_new_call_cannot_be_the_old_one_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(who_refuses_transfers_lets_nobody_take_a_place, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_that_wants_to_join_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(who_sent_the_caller_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(our_invite_names_a_dialog_and_who_referred_us, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_can_be_named_once_it_has_a_dialog, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
