/* SPDX-License-Identifier: BSD-2-Clause */
/* Alice's phone in a mesh whose other members are played message by message. */
#include "base/error.h"
#include "call/conference.h"
#include "support/phones.h"

#include <stdio.h>

static struct network *network;
static struct user     alice;
static struct peer     bob, carol;
static object_id       call; /* with bob */

#define MESH_BOB   "Contact: <sip:bob@10.0.0.2>;mesh\n"
#define MESH_CAROL "Contact: <sip:carol@10.0.0.3>;mesh\n"
#define TO(user)   "Refer-To: <sip:" user "@10.0.0.3?Join=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2&Require=join>\n"

static object_id add_account(const char *aor, enum transfer_policy transfer, enum call_watchers watchers)
{
    struct account_config config = { .aor = slice_from(aor), .transfer = transfer, .watchers = watchers };
    object_id             account;

    CHECK_INT(0, phone_add_account(alice.phone, &config, &account));
    return account;
}

static int setup(void **state)
{
    (void)state;
    network = network_new(1);
    user_init(&alice, network, "alice", "10.0.0.1", NULL);
    peer_init(&bob, network, "bob", "10.0.0.2");
    peer_init(&carol, network, "carol", "10.0.0.3");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    run_for(network, 70000);
    CHECK(phone_is_idle(alice.phone));
    CHECK_INT(0, stack_alive(phone_stack(alice.phone)));
    user_fini(&alice);
    peer_fini(&bob);
    peer_fini(&carol);
    network_free(network);
    return 0;
}

static void talk_by(object_id account)
{
    struct call_options options = { .account = account, .target = SLICE("sip:bob@10.0.0.2") };

    CHECK_INT(0, call_place(alice.phone, &options, &call));
    run_for(network, 50);
    peer_respond(&bob, peer_last(&bob, "INVITE"), "200 OK", "b", "Contact: <sip:bob@10.0.0.2>\n",
                 sdp_at("10.0.0.2", 20000));
    run_for(network, 50);
}

/* Bob's request in that call. */
static void bob_says(const char *method, const char *lines)
{
    static unsigned       number = 100;
    const struct message *in     = peer_last(&bob, "INVITE");
    char                  text[4096];

    number++;
    snprintf(text, sizeof text,
             "%s sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKm%u\nMax-Forwards: 70\n"
             "From: <sip:bob@example.test>;tag=b\nTo: <sip:alice@example.test>;tag=%.*s\nCall-ID: %.*s\n"
             "CSeq: %u %s\n%sContent-Length: 0\n\n",
             method, number, SLICE_ARG(in->from_tag), SLICE_ARG(in->call_id), number, method, lines);
    peer_send(&bob, "10.0.0.1", text);
    run_for(network, 50);
}

/* He answers the NOTIFYs that have come. */
static void bob_took(const char *status)
{
    struct message *m = peer_last(&bob, "NOTIFY");
    char            line[128];

    CHECK(m != NULL);
    snprintf(line, sizeof line, "SIP/2.0 %s\r\n", status);
    CHECK_SLICE(line, m->body);
    peer_respond(&bob, m, "200 OK", NULL, "", NULL);
    run_for(network, 50);
}

static void carol_answers(const char *contact)
{
    peer_respond(&carol, peer_last(&carol, "INVITE"), "200 OK", "c", contact, sdp_at("10.0.0.3", 20000));
    run_for(network, 50);
}

/* Carol calls, and names the call with bob. */
static void carol_joins(const char *to, const char *id, const char *contact)
{
    const struct message *in  = peer_last(&bob, "INVITE");
    const char           *sdp = sdp_at("10.0.0.3", 20000);
    char                  text[4096];

    snprintf(text, sizeof text,
             "INVITE sip:%s@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.3;branch=z9hG4bK%s\nMax-Forwards: 70\n"
             "From: <sip:carol@example.test>;tag=c\nTo: <sip:alice@example.test>\nCall-ID: %s\nCSeq: 1 INVITE\n%s"
             "Join: %.*s;to-tag=%.*s;from-tag=b\nContent-Type: application/sdp\n\n%s",
             to, id, id, contact, SLICE_ARG(in->call_id), SLICE_ARG(in->from_tag), sdp);
    peer_send(&carol, "10.0.0.1", text);
    run_for(network, 50);
}

static void carol_acks(void)
{
    const struct message *in = peer_last_status(&carol, 200);
    char                  text[1024];

    CHECK(in != NULL);
    snprintf(text, sizeof text,
             "ACK sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.3;branch=z9hG4bKack\nMax-Forwards: 70\n"
             "From: <sip:carol@example.test>;tag=c\nTo: <sip:alice@example.test>;tag=%.*s\nCall-ID: %.*s\nCSeq: 1 "
             "ACK\nContent-Length: 0\n\n",
             SLICE_ARG(in->to_tag), SLICE_ARG(in->call_id));
    peer_send(&carol, "10.0.0.1", text);
    run_for(network, 50);
}

static bool is_marked(const struct message *m)
{
    struct slice contact = message_header(m, HEADER_CONTACT)->value;

    return contact.len > 5 && memcmp(contact.ptr + contact.len - 5, ";mesh", 5) == 0;
}

static size_t members(void)
{
    object_id all[PHONE_MEMBERS];

    return call_members(alice.phone, call, all);
}

static void hang_up(void)
{
    CHECK_INT(0, call_hang_up(alice.phone, call));
    run_for(network, 50);
    peer_respond(&bob, peer_last(&bob, "BYE"), "200 OK", NULL, "", NULL);
    run_for(network, 50);
}

static void hang_up_carol(object_id with_carol)
{
    CHECK_INT(0, call_hang_up(alice.phone, with_carol));
    run_for(network, 50);
    peer_respond(&carol, peer_last(&carol, "BYE"), "200 OK", NULL, "", NULL);
    run_for(network, 50);
}

TEST(whom_bob_brings_in_is_called_as_a_member_and_talks_with_both)
{
    talk_by(add_account("sip:work@example.test", TRANSFER_ALLOW, WATCHERS_STATE));
    bob_says("REFER", TO("carol") MESH_BOB);
    bob_took("100 Trying");
    CHECK(is_marked(peer_last(&carol, "INVITE")));
    CHECK_SLICE("join", message_header(peer_last(&carol, "INVITE"), HEADER_REQUIRE)->value);
    CHECK_SLICE("a@b;to-tag=1;from-tag=2", message_header(peer_last(&carol, "INVITE"), HEADER_JOIN)->value);
    carol_answers(MESH_CAROL);
    bob_took("200 OK");
    CHECK_INT(2, members());
    hang_up_carol(user_last(&alice, PHONE_REFERRED)->event.placed);
    hang_up();
}

/* Whoever would mix bob into the call that bob is in already. */
TEST(whose_phone_does_not_say_that_it_leaves_mixing_alone_is_no_member)
{
    talk_by(add_account("sip:work@example.test", TRANSFER_ALLOW, WATCHERS_STATE));
    bob_says("REFER", TO("carol") MESH_BOB);
    bob_took("100 Trying");
    carol_answers("Contact: <sip:carol@10.0.0.3>\n");
    CHECK_INT(1, peer_heard(&carol, "BYE"));
    peer_respond(&carol, peer_last(&carol, "BYE"), "200 OK", NULL, "", NULL);
    run_for(network, 50);
    bob_took("488 its phone would mix");
    CHECK_INT(0, members());
    hang_up();
}

/* RFC 3261 19.1.5: what a Refer-To leaves out is required all the same. */
TEST(a_member_is_never_called_without_require)
{
    talk_by(add_account("sip:work@example.test", TRANSFER_ALLOW, WATCHERS_STATE));
    bob_says("REFER", "Refer-To: <sip:carol@10.0.0.3?Join=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2>\n" MESH_BOB);
    bob_took("100 Trying");
    CHECK_SLICE("join", message_header(peer_last(&carol, "INVITE"), HEADER_REQUIRE)->value);
    peer_respond(&carol, peer_last(&carol, "INVITE"), "420 Bad Extension", "c", "Unsupported: join\n", NULL);
    run_for(network, 1000);
    CHECK_INT(1, peer_heard(&carol, "INVITE"));
    bob_took("420 Bad Extension");
    hang_up();
}

TEST(the_user_is_asked_once_but_always_about_telephone_numbers)
{
    object_id placed;

    talk_by(alice.account);
    bob_says("REFER", TO("carol") MESH_BOB);
    CHECK(user_last(&alice, PHONE_REFERRED)->event.asking);
    CHECK_INT(0, peer_heard(&carol, "INVITE"));
    bob_took("100 Trying");
    CHECK_INT(0, call_follow_refer(alice.phone, call, &placed));
    run_for(network, 50);
    bob_took("100 Trying");
    carol_answers(MESH_CAROL);
    bob_took("200 OK");
    bob_says("REFER", TO("0900123") MESH_BOB);
    CHECK(user_last(&alice, PHONE_REFERRED)->event.asking);
    bob_took("100 Trying");
    CHECK_INT(0, call_refuse_refer(alice.phone, call));
    run_for(network, 50);
    bob_took("603 Decline");
    bob_says("REFER", "Refer-To: <sip:x@10.0.0.3;user=phone?Join=a%3Bto-tag%3D1%3Bfrom-tag%3D2>\n" MESH_BOB);
    CHECK(user_last(&alice, PHONE_REFERRED)->event.asking);
    bob_took("100 Trying");
    CHECK_INT(0, call_refuse_refer(alice.phone, call));
    run_for(network, 50);
    bob_took("603 Decline");
    CHECK_INT(1, peer_heard(&carol, "INVITE"));
    bob_says("REFER", TO("dora") MESH_BOB);
    CHECK(!user_last(&alice, PHONE_REFERRED)->event.asking);
    CHECK_INT(2, peer_heard(&carol, "INVITE"));
    bob_took("100 Trying");
    peer_respond(&carol, peer_last(&carol, "INVITE"), "404 Not Found", "d", "", NULL);
    run_for(network, 1000);
    bob_took("404 Not Found");
    bob_says("REFER", TO("dora") "Contact: <sip:bob@10.0.0.2>\n"); /* that is no member's */
    CHECK(user_last(&alice, PHONE_REFERRED)->event.asking);
    bob_took("100 Trying");
    CHECK_INT(0, call_refuse_refer(alice.phone, call));
    run_for(network, 50);
    bob_took("603 Decline");
    hang_up_carol(placed);
    hang_up();
}

/* Escapes and parameters of a user make no name of a number (RFC 3261 19.1.2, RFC 3966). */
TEST(a_telephone_number_is_one_however_it_is_written)
{
    static const char *const numbers[] = {
        TO("0900123"),
        TO("%2B19005550100"),
        TO("%2b1900%35550100"),
        TO("1900;phone-context=+49"),
        TO("+49900,x;postd=pp22"),
        TO("%2a31%23900"),
        TO("%28900%29%20FLOWERS"),
    };
    object_id placed;

    talk_by(alice.account);
    bob_says("REFER", TO("carol") MESH_BOB);
    bob_took("100 Trying");
    CHECK_INT(0, call_follow_refer(alice.phone, call, &placed));
    run_for(network, 50);
    bob_took("100 Trying");
    peer_respond(&carol, peer_last(&carol, "INVITE"), "404 Not Found", "c", "", NULL);
    run_for(network, 1000);
    bob_took("404 Not Found");
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char lines[512];

        snprintf(lines, sizeof lines, "%s%s", numbers[i], MESH_BOB);
        bob_says("REFER", lines);
        CHECK(user_last(&alice, PHONE_REFERRED)->event.asking);
        bob_took("100 Trying");
        CHECK_INT(0, call_refuse_refer(alice.phone, call));
        run_for(network, 50);
        bob_took("603 Decline");
    }
    CHECK_INT(1, peer_heard(&carol, "INVITE"));
    hang_up();
}

/* RFC 3261 8.1.3.4: a 3xx says whom to call instead, but not at whose expense. */
TEST(nobody_who_is_brought_in_sends_us_on_to_a_telephone_number)
{
    object_id placed;

    talk_by(alice.account);
    bob_says("REFER", TO("carol") MESH_BOB);
    bob_took("100 Trying");
    CHECK_INT(0, call_follow_refer(alice.phone, call, &placed));
    run_for(network, 50);
    bob_took("100 Trying");
    peer_respond(&carol, peer_last(&carol, "INVITE"), "302 Moved Temporarily", "c",
                 "Contact: <sip:%2b1900555@10.0.0.3>;q=1, <sip:dora@10.0.0.3>;q=0.5, <sip:0900@10.0.0.3>;q=0.1\n",
                 NULL);
    run_for(network, 50);
    CHECK_INT(2, peer_heard(&carol, "INVITE"));
    CHECK_SLICE("dora", peer_last(&carol, "INVITE")->uri.user);
    peer_respond(&carol, peer_last(&carol, "INVITE"), "404 Not Found", "d", "", NULL);
    run_for(network, 1000);
    CHECK_INT(2, peer_heard(&carol, "INVITE"));
    bob_took("404 Not Found");
    hang_up();
}

TEST(whoever_is_there_already_is_not_called_again)
{
    object_id placed;

    talk_by(add_account("sip:work@example.test", TRANSFER_ALLOW, WATCHERS_STATE));
    bob_says("REFER", TO("carol") MESH_BOB);
    bob_took("100 Trying");
    carol_answers(MESH_CAROL);
    bob_took("200 OK");
    placed = user_last(&alice, PHONE_REFERRED)->event.placed;
    bob_says("REFER", TO("carol") MESH_BOB "Refer-Sub: false\n");
    CHECK_INT(placed, user_last(&alice, PHONE_REFERRED)->event.placed);
    CHECK_INT(1, peer_heard(&carol, "INVITE"));
    hang_up_carol(placed);
    hang_up();
}

/* RFC 3911 4 */
TEST(whom_bob_has_sent_is_let_in_without_ringing)
{
    talk_by(alice.account);
    carol_joins("alice", "i1", MESH_CAROL);
    CHECK(peer_last_status(&carol, 180) == NULL);
    CHECK(is_marked(peer_last_status(&carol, 200)));
    carol_acks();
    CHECK_INT(2, members());
    carol_joins("alice", "i2", MESH_CAROL); /* she is there */
    CHECK(peer_last_status(&carol, 491) != NULL);
    CHECK_INT(2, members());
    hang_up_carol(alice.call);
    hang_up();
}

TEST(who_would_have_alice_mix_rings)
{
    talk_by(alice.account);
    alice.ring = true;
    carol_joins("alice", "i1", "Contact: <sip:carol@10.0.0.3>\n");
    CHECK(peer_last_status(&carol, 180) != NULL);
    CHECK(peer_last_status(&carol, 200) == NULL);
    CHECK_INT(0, call_reject(alice.phone, alice.call, 486));
    run_for(network, 50);
    hang_up();
}

/* RFC 4235: others may read there how the call with bob is called. */
TEST(where_names_are_told_to_others_who_joins_rings)
{
    talk_by(add_account("sip:open@example.test", TRANSFER_ASK, WATCHERS_DETAILS));
    alice.ring = true;
    carol_joins("open", "i1", MESH_CAROL);
    CHECK(peer_last_status(&carol, 200) == NULL);
    CHECK(peer_last_status(&carol, 180) != NULL);
    CHECK_INT(0, call_reject(alice.phone, alice.call, 486));
    run_for(network, 50);
    hang_up();
}

TEST(who_refuses_references_lets_nobody_in)
{
    talk_by(add_account("sip:shut@example.test", TRANSFER_REFUSE, WATCHERS_STATE));
    carol_joins("shut", "i1", MESH_CAROL);
    CHECK(peer_last_status(&carol, 403) != NULL);
    hang_up();
}

TEST(who_comes_in_while_the_call_is_held_is_held)
{
    talk_by(alice.account);
    CHECK_INT(0, call_hold(alice.phone, call, true));
    run_for(network, 50);
    peer_respond(&bob, peer_last(&bob, "INVITE"), "200 OK", NULL, "Contact: <sip:bob@10.0.0.2>\n",
                 "v=0\no=- 1 2 IN IP4 10.0.0.2\ns=-\nc=IN IP4 10.0.0.2\nt=0 0\nm=audio 20000 RTP/AVP 0\na=recvonly\n");
    run_for(network, 50);
    carol_joins("alice", "i1", MESH_CAROL);
    CHECK(strstr(peer_last_status(&carol, 200)->body.ptr, "a=sendonly") != NULL);
    carol_acks();
    hang_up_carol(alice.call);
    hang_up();
}

TEST(what_is_no_conference_becomes_no_mesh)
{
    CHECK_INT(-ERR_NOT_FOUND, call_mesh(alice.phone, 0));
    talk_by(alice.account);
    CHECK_INT(-ERR_UNSUPPORTED, call_mesh(alice.phone, call));
    hang_up();
    CHECK_INT(-ERR_NOT_FOUND, call_mesh(alice.phone, call));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whom_bob_brings_in_is_called_as_a_member_and_talks_with_both, setup, teardown),
        cmocka_unit_test_setup_teardown(whose_phone_does_not_say_that_it_leaves_mixing_alone_is_no_member, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_member_is_never_called_without_require, setup, teardown),
        cmocka_unit_test_setup_teardown(the_user_is_asked_once_but_always_about_telephone_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(a_telephone_number_is_one_however_it_is_written, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_who_is_brought_in_sends_us_on_to_a_telephone_number, setup, teardown),
        cmocka_unit_test_setup_teardown(whoever_is_there_already_is_not_called_again, setup, teardown),
        cmocka_unit_test_setup_teardown(whom_bob_has_sent_is_let_in_without_ringing, setup, teardown),
        cmocka_unit_test_setup_teardown(who_would_have_alice_mix_rings, setup, teardown),
        cmocka_unit_test_setup_teardown(where_names_are_told_to_others_who_joins_rings, setup, teardown),
        cmocka_unit_test_setup_teardown(who_refuses_references_lets_nobody_in, setup, teardown),
        cmocka_unit_test_setup_teardown(who_comes_in_while_the_call_is_held_is_held, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_conference_becomes_no_mesh, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
