/* SPDX-License-Identifier: BSD-2-Clause */
/* Bob, who has no call with alice, wants her phone to call carol. */
#include "base/error.h"
#include "call/call.h"
#include "support/phones.h"

#include <stdio.h>

static struct network *network;
static struct user     alice;
static struct peer     bob, carol;
static const char     *whom = "alice"; /* is asked */

#define CONTACT_BOB "Contact: <sip:bob@10.0.0.2>\n"
#define TO_CAROL    "Refer-To: <sip:carol@10.0.0.3>\n"

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
    run_for(network, 100000);
    CHECK(phone_is_idle(alice.phone));
    CHECK_INT(0, stack_alive(phone_stack(alice.phone)));
    user_fini(&alice);
    peer_fini(&bob);
    peer_fini(&carol);
    network_free(network);
    return 0;
}

/* In the dialog that the first REFER has made, whose tag this is of alice's, or (empty) outside of any: what it is
 * answered. */
static unsigned ask(struct peer *p, const char *method, struct slice tag, const char *lines)
{
    static unsigned number = 100, first;
    char            text[4096];

    number++;
    if (tag.len == 0)
        first = number;
    snprintf(text, sizeof text,
             "%s sip:%s@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.%d;branch=z9hG4bKq%u\nMax-Forwards: 70\n"
             "From: <sip:bob@example.test>;tag=b\nTo: <sip:alice@example.test>%s%.*s\nCall-ID: asked%u\n"
             "CSeq: %u %s\n%sContent-Length: 0\n\n",
             method, whom, p == &bob ? 2 : 3, number, tag.len > 0 ? ";tag=" : "", SLICE_ARG(tag), first, number, method,
             lines);
    peer_send(p, "10.0.0.1", text);
    run_for(network, 50);
    for (size_t i = p->heard_count; i > 0; i--)
        if (!p->heard[i - 1]->is_request)
            return p->heard[i - 1]->status;
    fail();
    return 0;
}

static unsigned refer(struct peer *p, const char *lines)
{
    return ask(p, "REFER", SLICE(""), lines);
}

static object_id asked(void)
{
    return user_last(&alice, PHONE_ASKED)->event.subject;
}

/* Bob answers the last NOTIFY, which said this. */
static void took(const char *state, const char *status)
{
    struct message *m = peer_last(&bob, "NOTIFY");
    char            line[128];

    CHECK(m != NULL);
    snprintf(line, sizeof line, "SIP/2.0 %s\r\n", status);
    CHECK_SLICE(line, m->body);
    assert_memory_equal(state, message_header(m, HEADER_SUBSCRIPTION_STATE)->value.ptr, strlen(state));
    peer_respond(&bob, m, "200 OK", NULL, "", NULL);
    run_for(network, 50);
}

TEST(nobody_is_called_before_the_user_agrees_and_then_it_is_told_how_it_goes)
{
    object_id placed;

    CHECK_INT(200, refer(&bob, TO_CAROL CONTACT_BOB));
    took("pending;expires=", "100 Trying");
    run_for(network, 5000);
    CHECK_INT(0, peer_heard(&carol, "INVITE"));
    CHECK_INT(0, call_follow_refer(alice.phone, asked(), &placed));
    CHECK_INT(-ERR_UNSUPPORTED, call_follow_refer(alice.phone, asked(), &placed));
    CHECK_INT(-ERR_UNSUPPORTED, call_refuse_refer(alice.phone, asked()));
    run_for(network, 50);
    took("active;expires=", "100 Trying");
    peer_respond(&carol, peer_last(&carol, "INVITE"), "180 Ringing", "c", "Contact: <sip:carol@10.0.0.3>\n", NULL);
    run_for(network, 1000);
    took("active;expires=", "180 Ringing");
    peer_respond(&carol, peer_last(&carol, "INVITE"), "486 Busy Here", "c", "", NULL);
    run_for(network, 1000);
    took("terminated;reason=noresource", "486 Busy Here");
    CHECK_INT(-ERR_NOT_FOUND, call_follow_refer(alice.phone, asked(), &placed));
}

TEST(what_the_user_does_not_want_or_see_is_declined)
{
    CHECK_INT(200, refer(&bob, TO_CAROL CONTACT_BOB));
    took("pending;expires=", "100 Trying");
    CHECK_INT(0, call_refuse_refer(alice.phone, asked()));
    run_for(network, 50);
    took("terminated;reason=rejected", "603 Decline");
    CHECK_INT(-ERR_NOT_FOUND, call_refuse_refer(alice.phone, asked()));
    CHECK_INT(200, refer(&bob, TO_CAROL CONTACT_BOB));
    took("pending;expires=", "100 Trying");
    run_for(network, 60000);
    took("terminated;reason=giveup", "603 Decline");
    CHECK_INT(0, peer_heard(&carol, "INVITE"));
}

/* RFC 4488 4 */
TEST(who_wants_to_hear_nothing_hears_nothing)
{
    object_id placed;

    CHECK_INT(200, refer(&bob, TO_CAROL CONTACT_BOB "Refer-Sub: false\nSupported: norefersub\n"));
    CHECK_INT(0, call_follow_refer(alice.phone, asked(), &placed));
    run_for(network, 50);
    peer_respond(&carol, peer_last(&carol, "INVITE"), "404 Not Found", "c", "", NULL);
    run_for(network, 1000);
    CHECK_INT(0, peer_heard(&bob, "NOTIFY"));
}

TEST(what_is_not_called_is_refused)
{
    CHECK_INT(400, refer(&bob, CONTACT_BOB));
    CHECK_INT(400, refer(&bob, TO_CAROL));
    CHECK_INT(416, refer(&bob, "Refer-To: <http://10.0.0.3/>\n" CONTACT_BOB));
    CHECK_INT(482, refer(&bob, "Refer-To: <sip:anybody@10.0.0.1>\n" CONTACT_BOB));
    CHECK_INT(403, refer(&bob, TO_CAROL CONTACT_BOB "Target-Dialog: x;local-tag=1;remote-tag=b\n"));
    for (unsigned i = 0; i < 4; i++)
        CHECK_INT(200, refer(&bob, TO_CAROL CONTACT_BOB "Refer-Sub: false\n"));
    CHECK_INT(486, refer(&bob, TO_CAROL CONTACT_BOB));
    CHECK_INT(4, user_heard(&alice, PHONE_ASKED));
}

/* RFC 3515 2.4.4 */
TEST(its_subscription_can_be_lengthened_and_ended)
{
    struct slice tag;

    CHECK_INT(200, refer(&bob, TO_CAROL CONTACT_BOB));
    tag = peer_last(&bob, "NOTIFY")->from_tag;
    took("pending;expires=300", "100 Trying");
    CHECK_INT(200, ask(&bob, "SUBSCRIBE", tag, CONTACT_BOB "Event: refer\nExpires: 600\n"));
    took("pending;expires=600", "100 Trying");
    CHECK_INT(489, ask(&bob, "SUBSCRIBE", tag, CONTACT_BOB "Event: presence\nExpires: 600\n"));
    CHECK_INT(200, ask(&bob, "SUBSCRIBE", tag, CONTACT_BOB "Event: refer\nExpires: 0\n"));
    took("terminated;reason=timeout", "100 Trying");
    CHECK_INT(481, ask(&bob, "SUBSCRIBE", tag, CONTACT_BOB "Event: refer\nExpires: 60\n"));
    CHECK_INT(0, call_refuse_refer(alice.phone, asked())); /* it can be followed all the same */
}

TEST(who_is_registered_is_asked_through_his_registrar_alone)
{
    struct account_config config = { .aor = SLICE("sip:home@home.test"), .registrar = SLICE("sip:10.0.0.2") };
    object_id             home;
    struct slice          contact;
    char                  lines[512];

    CHECK_INT(0, phone_add_account(alice.phone, &config, &home));
    whom = "home";
    CHECK_INT(200, refer(&carol, TO_CAROL CONTACT_BOB "Refer-Sub: false\n"));
    phone_register(alice.phone, home);
    run_for(network, 50);
    contact = message_header(peer_last(&bob, "REGISTER"), HEADER_CONTACT)->value;
    snprintf(lines, sizeof lines, "Contact: %.*s;expires=7200\n", SLICE_ARG(contact));
    peer_respond(&bob, peer_last(&bob, "REGISTER"), "200 OK", "r", lines, NULL);
    run_for(network, 50);
    CHECK_INT(1, user_heard(&alice, PHONE_REGISTERED));
    CHECK_INT(403, refer(&carol, TO_CAROL CONTACT_BOB "Refer-Sub: false\n"));
    CHECK_INT(200, refer(&bob, TO_CAROL CONTACT_BOB "Refer-Sub: false\n"));
    whom = "alice";
}

/* Its dialog has the secret of the account, and its contact. */
TEST(an_account_that_leaves_stays_until_who_asked_it_has_been_told)
{
    struct account_config config = { .aor = SLICE("sip:home@home.test") };
    object_id             home, placed;

    CHECK_INT(0, phone_add_account(alice.phone, &config, &home));
    whom = "home";
    CHECK_INT(200, refer(&bob, TO_CAROL CONTACT_BOB));
    whom = "alice";
    CHECK_INT(0, phone_remove_account(alice.phone, home));
    run_for(network, 50);
    took("pending;expires=", "100 Trying");
    CHECK(call_follow_refer(alice.phone, asked(), &placed) != 0);
    run_for(network, 5000);
    took("terminated;reason=noresource", "603 Decline");
    CHECK_INT(-ERR_NOT_FOUND, call_follow_refer(alice.phone, asked(), &placed));
    CHECK_INT(0, peer_heard(&carol, "INVITE"));
    CHECK_INT(-ERR_NOT_FOUND, phone_remove_account(alice.phone, home));
    CHECK_INT(0, phone_add_account(alice.phone, &config, &home)); /* nothing of the old one is in its way */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody_is_called_before_the_user_agrees_and_then_it_is_told_how_it_goes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_the_user_does_not_want_or_see_is_declined, setup, teardown),
        cmocka_unit_test_setup_teardown(who_wants_to_hear_nothing_hears_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_called_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(its_subscription_can_be_lengthened_and_ended, setup, teardown),
        cmocka_unit_test_setup_teardown(who_is_registered_is_asked_through_his_registrar_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(an_account_that_leaves_stays_until_who_asked_it_has_been_told, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
