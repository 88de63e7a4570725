/* SPDX-License-Identifier: BSD-2-Clause */
/* Bob, who is played message by message, wants alice's phone to call somebody. */
#include "base/error.h"
#include "call/call.h"
#include "support/phones.h"

#include <stdio.h>

static struct network *network;
static struct user     alice;
static struct peer     bob, carol;
static object_id       call, work; /* alice's call with bob; an account that does as it is told */

#define CONTACT_BOB   "Contact: <sip:bob@10.0.0.2>\n"
#define CONTACT_CAROL "Contact: <sip:carol@10.0.0.3>\n"
#define TO_CAROL      "Refer-To: <sip:carol@10.0.0.3>\n"

static int setup(void **state)
{
    struct account_config config = { .aor = SLICE("sip:work@example.test"), .transfer = TRANSFER_ALLOW };

    (void)state;
    network = play_begin(&alice, &bob, &carol);
    CHECK_INT(0, phone_add_account(alice.phone, &config, &work));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    play_end(network, &alice, &bob, &carol);
    return 0;
}

static void talk_by(object_id account)
{
    struct call_options options = { .account = account, .target = SLICE("sip:bob@10.0.0.2") };

    CHECK_INT(0, call_place(alice.phone, &options, &call));
    run_for(network, 50);
    peer_respond(&bob, peer_last(&bob, "INVITE"), "200 OK", "b", CONTACT_BOB, sdp_at("10.0.0.2", 20000));
    run_for(network, 50);
}

/* A request of bob's, in the dialog or (`to_tag` false) outside; what it is answered. */
static const struct message *ask(const char *method, bool to_tag, const char *lines)
{
    static unsigned       number = 100;
    const struct message *in     = peer_last(&bob, "INVITE");
    char                  text[6144];

    number++;
    snprintf(text, sizeof text,
             "%s sip:work@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKr%u\nMax-Forwards: 70\n"
             "From: <sip:bob@example.test>;tag=b\nTo: <sip:work@example.test>%s%.*s\nCall-ID: %.*s%s\n"
             "CSeq: %u %s\n%sContent-Length: 0\n\n",
             method, number, to_tag ? ";tag=" : "", to_tag ? (int)in->from_tag.len : 0, in->from_tag.ptr,
             SLICE_ARG(in->call_id), to_tag ? "" : "x", number, method, lines);
    peer_send(&bob, "10.0.0.1", text);
    run_for(network, 50);
    for (size_t i = bob.heard_count; i > 0; i--)
        if (!bob.heard[i - 1]->is_request && bob.heard[i - 1]->cseq.number == number)
            return bob.heard[i - 1];
    fail();
    return NULL;
}

static unsigned refer(const char *lines)
{
    return ask("REFER", true, lines)->status;
}

/* Bob answers the last NOTIFY, which said this. */
static void took(const char *state, const char *status)
{
    struct message *m = peer_last(&bob, "NOTIFY");
    char            line[128];
    size_t          len = strlen(state);

    CHECK(m != NULL);
    snprintf(line, sizeof line, "SIP/2.0 %s\r\n", status);
    CHECK_SLICE(line, m->body);
    assert_memory_equal(state, message_header(m, HEADER_SUBSCRIPTION_STATE)->value.ptr, len);
    peer_respond(&bob, m, "200 OK", NULL, "", NULL);
    run_for(network, 50);
}

static void end_bob(void)
{
    CHECK_INT(200, ask("BYE", true, "")->status);
}

static void carol_says(const char *status)
{
    peer_respond(&carol, peer_last(&carol, "INVITE"), status, "c", CONTACT_CAROL, NULL);
    run_for(network, 50);
}

/* RFC 3515 2.4.4, 3.10: not more often than once a second. */
TEST(how_it_goes_is_told_once_a_second_at_most)
{
    talk_by(work);
    CHECK_INT(200, refer(TO_CAROL CONTACT_BOB "Referred-By: <sip:bob@example.test>;x=y\n"));
    CHECK_SLICE("<sip:bob@example.test>;x=y", message_header(peer_last(&carol, "INVITE"), HEADER_REFERRED_BY)->value);
    took("active;expires=", "100 Trying");
    carol_says("180 Ringing");
    carol_says("183 Session Progress");
    CHECK_INT(1, peer_heard(&bob, "NOTIFY"));
    run_for(network, 1000);
    CHECK_INT(2, peer_heard(&bob, "NOTIFY"));
    took("active;expires=", "183 Session Progress");
    carol_says("486 Busy Here");
    took("terminated;reason=noresource", "486 Busy Here");
    run_for(network, 5000);
    CHECK_INT(3, peer_heard(&bob, "NOTIFY"));
    end_bob();
}

/* RFC 3515 2.4.2, 2.4.3; RFC 3261 19.1.1, 19.1.5 */
TEST(what_will_not_be_called_is_refused)
{
    char long_uri[3000];

    talk_by(work);
    CHECK_INT(400, refer(CONTACT_BOB));
    CHECK_INT(400, refer(TO_CAROL TO_CAROL CONTACT_BOB));
    CHECK_INT(400, refer(TO_CAROL));
    CHECK_INT(400, refer("Refer-To: <sip:carol@10.0.0.3>, <sip:dora@10.0.0.3>\n" CONTACT_BOB));
    CHECK_INT(416, refer("Refer-To: <http://10.0.0.3/>\n" CONTACT_BOB));
    CHECK_INT(403, refer("Refer-To: <sip:carol@10.0.0.3;method=BYE>\n" CONTACT_BOB));
    CHECK_INT(482, refer("Refer-To: <sip:anybody@10.0.0.1>\n" CONTACT_BOB));
    CHECK_INT(400, refer(TO_CAROL CONTACT_BOB "Referred-By: <sip:bob@example.test>, <sip:x@y>\n"));
    CHECK_INT(420, refer(TO_CAROL CONTACT_BOB "Require: unheard-of\n"));
    memset(long_uri, 'a', sizeof long_uri);
    memcpy(long_uri, "Refer-To: <sip:", 15);
    strcpy(long_uri + sizeof long_uri - 40, "@10.0.0.3>\n" CONTACT_BOB);
    CHECK_INT(414, refer(long_uri));
    CHECK_INT(0, peer_heard(&carol, "INVITE"));
    CHECK_INT(0, user_heard(&alice, PHONE_REFERRED));
    end_bob();
}

TEST(one_reference_at_a_time)
{
    talk_by(work);
    CHECK_INT(200, refer(TO_CAROL CONTACT_BOB));
    CHECK_INT(491, refer(TO_CAROL CONTACT_BOB));
    took("active;expires=", "100 Trying");
    CHECK_INT(491, refer(TO_CAROL CONTACT_BOB));
    carol_says("404 Not Found");
    CHECK_INT(491, refer(TO_CAROL CONTACT_BOB)); /* its last word is on its way */
    took("terminated;reason=noresource", "404 Not Found");
    CHECK_INT(200, refer(TO_CAROL CONTACT_BOB));
    CHECK_SLICE("refer;id=", ((struct slice){ message_header(peer_last(&bob, "NOTIFY"), HEADER_EVENT)->value.ptr, 9 }));
    took("active;expires=", "100 Trying");
    carol_says("404 Not Found");
    took("terminated;reason=noresource", "404 Not Found");
    CHECK_INT(2, peer_heard(&carol, "INVITE"));
    end_bob();
}

/* RFC 4488 4 */
TEST(who_wants_to_hear_nothing_hears_nothing)
{
    const struct message *m;

    talk_by(work);
    m = ask("REFER", true, TO_CAROL CONTACT_BOB "Refer-Sub: false\nRequire: norefersub\n");
    CHECK_INT(200, m->status);
    CHECK_SLICE("false", message_header(m, HEADER_REFER_SUB)->value);
    CHECK_INT(1, peer_heard(&carol, "INVITE"));
    carol_says("180 Ringing");
    carol_says("486 Busy Here");
    CHECK_INT(0, peer_heard(&bob, "NOTIFY"));
    end_bob();
}

/* RFC 3515 2.4.4: it is called even if nobody is interested any more. */
TEST(a_call_that_was_asked_for_goes_on_when_nobody_listens)
{
    talk_by(work);
    CHECK_INT(200, refer(TO_CAROL CONTACT_BOB));
    peer_respond(&bob, peer_last(&bob, "NOTIFY"), "481 Call/Transaction Does Not Exist", NULL, "", NULL);
    run_for(network, 2000);
    carol_says("180 Ringing");
    run_for(network, 2000);
    CHECK_INT(1, peer_heard(&bob, "NOTIFY"));
    CHECK_INT(0, peer_heard(&carol, "CANCEL"));
    carol_says("486 Busy Here");
    end_bob();
}

TEST(it_goes_on_when_the_other_side_hangs_up)
{
    talk_by(work);
    CHECK_INT(200, refer(TO_CAROL CONTACT_BOB));
    took("active;expires=", "100 Trying");
    end_bob();
    carol_says("486 Busy Here");
    run_for(network, 1000);
    took("terminated;reason=noresource", "486 Busy Here");
    CHECK_INT(2, user_heard(&alice, PHONE_ENDED));
}

/* RFC 3515 2.4.4, RFC 6665 4.2.1 */
TEST(its_subscription_can_be_lengthened_and_ended)
{
    talk_by(work);
    CHECK_INT(403, ask("SUBSCRIBE", true, CONTACT_BOB "Event: refer\nExpires: 60\n")->status);
    CHECK_INT(489, ask("SUBSCRIBE", true, CONTACT_BOB "Event: presence\nExpires: 60\n")->status);
    CHECK_INT(200, refer(TO_CAROL CONTACT_BOB));
    took("active;expires=300", "100 Trying");
    CHECK_INT(200, ask("SUBSCRIBE", true, CONTACT_BOB "Event: refer\nExpires: 600\n")->status);
    took("active;expires=600", "100 Trying");
    CHECK_INT(403, ask("SUBSCRIBE", true, CONTACT_BOB "Event: refer;id=7\nExpires: 600\n")->status);
    CHECK_INT(200, ask("SUBSCRIBE", true, CONTACT_BOB "Event: refer\nExpires: 0\n")->status);
    took("terminated;reason=timeout", "100 Trying");
    carol_says("180 Ringing");
    run_for(network, 2000);
    CHECK_INT(3, peer_heard(&bob, "NOTIFY"));
    CHECK_INT(0, peer_heard(&carol, "CANCEL"));
    carol_says("486 Busy Here");
    end_bob();
}

/* RFC 6665 4.2.1.2: its host has moved, and NOTIFYs have found nobody; what they were about is told to who asks. */
TEST(who_asks_what_became_of_it_is_told)
{
    talk_by(work);
    CHECK_INT(200, refer(TO_CAROL CONTACT_BOB));
    carol_says("180 Ringing");
    CHECK_INT(200, ask("SUBSCRIBE", true, CONTACT_BOB "Event: refer\nExpires: 300\n")->status);
    took("active;expires=300", "180 Ringing"); /* at once, though the first one has no answer yet */
    run_for(network, 2000);
    carol_says("183 Session Progress");
    run_for(network, 40000); /* nobody is there: the subscription is over */
    CHECK_INT(200, ask("SUBSCRIBE", true, CONTACT_BOB "Event: refer\nExpires: 300\n")->status);
    took("active;expires=300", "183 Session Progress");
    run_for(network, 2000);
    carol_says("486 Busy Here");
    run_for(network, 40000);
    CHECK_INT(200, ask("SUBSCRIBE", true, CONTACT_BOB "Event: refer\nExpires: 300\n")->status);
    took("terminated;reason=noresource", "486 Busy Here");
    end_bob();
}

TEST(the_user_is_asked)
{
    object_id placed;

    talk_by(alice.account);
    CHECK_INT(200, refer(TO_CAROL CONTACT_BOB));
    took("pending;expires=", "100 Trying");
    CHECK(user_last(&alice, PHONE_REFERRED)->event.asking);
    CHECK_INT(0, peer_heard(&carol, "INVITE"));
    CHECK_INT(0, call_follow_refer(alice.phone, call, &placed));
    CHECK_INT(-ERR_UNSUPPORTED, call_follow_refer(alice.phone, call, &placed));
    run_for(network, 50);
    CHECK_INT(1, peer_heard(&carol, "INVITE"));
    CHECK_INT(placed, user_last(&alice, PHONE_REFERRED)->event.placed);
    took("active;expires=", "100 Trying");
    carol_says("180 Ringing");
    run_for(network, 1000);
    took("active;expires=", "180 Ringing");
    carol_says("486 Busy Here");
    took("terminated;reason=noresource", "486 Busy Here");
    end_bob();
    CHECK_INT(-ERR_NOT_FOUND, call_refuse_refer(alice.phone, call));
}

/* RFC 4538 4: outside of the call, by who names it.  Who names none has the user asked, whatever the account allows. */
TEST(outside_of_a_call_only_who_names_it_is_followed_unasked)
{
    const struct message *in;
    char                  lines[1024];

    talk_by(work);
    in = peer_last(&bob, "INVITE");
    CHECK_INT(200, ask("REFER", false, TO_CAROL CONTACT_BOB "Refer-Sub: false\n")->status);
    CHECK_INT(1, user_heard(&alice, PHONE_ASKED));
    CHECK_INT(0, peer_heard(&carol, "INVITE"));
    CHECK_INT(403, ask("REFER", false, TO_CAROL CONTACT_BOB "Target-Dialog: x;local-tag=1;remote-tag=b\n")->status);
    snprintf(lines, sizeof lines,
             TO_CAROL CONTACT_BOB "Require: tdialog\nTarget-Dialog: %.*s;local-tag=%.*s;remote-tag=b\n",
             SLICE_ARG(in->call_id), SLICE_ARG(in->from_tag));
    CHECK_INT(200, ask("REFER", false, lines)->status);
    CHECK_INT(1, peer_heard(&carol, "INVITE"));
    CHECK(!slice_eq(in->call_id, peer_last(&bob, "NOTIFY")->call_id)); /* in the dialog of the REFER */
    took("active;expires=", "100 Trying");
    carol_says("486 Busy Here");
    run_for(network, 1000);
    took("terminated;reason=noresource", "486 Busy Here");
    end_bob();
}

TEST(a_phone_is_not_made_to_call_without_end)
{
    talk_by(work);
    for (unsigned i = 0; i < 16; i++) {
        CHECK_INT(200, refer(TO_CAROL CONTACT_BOB "Refer-Sub: false\n"));
        carol_says("404 Not Found");
    }
    CHECK_INT(403, refer(TO_CAROL CONTACT_BOB "Refer-Sub: false\n"));
    end_bob();
}

/* Bob has himself called, and in that call called again. */
TEST(a_circle_of_references_comes_to_an_end)
{
    object_id next;

    talk_by(work);
    for (unsigned depth = 1; depth <= 8; depth++) {
        CHECK_INT(200, refer("Refer-To: <sip:bob@10.0.0.2>\n" CONTACT_BOB));
        next = user_last(&alice, PHONE_REFERRED)->event.placed;
        took("active;expires=", "100 Trying");
        peer_respond(&bob, peer_last(&bob, "INVITE"), "200 OK", "b", CONTACT_BOB, sdp_at("10.0.0.2", 20000));
        run_for(network, 1000);
        took("terminated;reason=noresource", "200 OK");
        CHECK_INT(0, call_hang_up(alice.phone, call));
        run_for(network, 50);
        peer_respond(&bob, peer_last(&bob, "BYE"), "200 OK", NULL, "", NULL);
        run_for(network, 50);
        call = next;
    }
    CHECK_INT(483, refer("Refer-To: <sip:bob@10.0.0.2>\n" CONTACT_BOB));
    end_bob();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(how_it_goes_is_told_once_a_second_at_most, setup, teardown),
        cmocka_unit_test_setup_teardown(what_will_not_be_called_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(one_reference_at_a_time, setup, teardown),
        cmocka_unit_test_setup_teardown(who_wants_to_hear_nothing_hears_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_that_was_asked_for_goes_on_when_nobody_listens, setup, teardown),
        cmocka_unit_test_setup_teardown(it_goes_on_when_the_other_side_hangs_up, setup, teardown),
        cmocka_unit_test_setup_teardown(its_subscription_can_be_lengthened_and_ended, setup, teardown),
        cmocka_unit_test_setup_teardown(who_asks_what_became_of_it_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(the_user_is_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(outside_of_a_call_only_who_names_it_is_followed_unasked, setup, teardown),
        cmocka_unit_test_setup_teardown(a_phone_is_not_made_to_call_without_end, setup, teardown),
        cmocka_unit_test_setup_teardown(a_circle_of_references_comes_to_an_end, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
