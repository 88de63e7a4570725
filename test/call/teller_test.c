/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/presence.h"
#include "call/state.h"
#include "support/phones.h"

#include <stdio.h>

static struct network *network;
static struct user     alice;
static struct peer     house; /* where she is registered */

static int setup(void **state)
{
    (void)state;
    network = network_new(1);
    peer_init(&house, network, "house", "10.0.0.3");
    user_init(&alice, network, "alice", "10.0.0.1", "10.0.0.3");
    phone_register(alice.phone, alice.account);
    run_for(network, 10);
    peer_respond(&house, peer_last(&house, "REGISTER"), "200 OK", "t",
                 "Contact: <sip:alice@10.0.0.1:5060>;expires=3600\n", NULL);
    run_for(network, 10);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    user_fini(&alice);
    peer_fini(&house);
    network_free(network);
    return 0;
}

#define ASSERTED "P-Asserted-Identity: <sip:bob@example.test>\n"

/* A SUBSCRIBE of bob's by the house; what it is answered. */
static unsigned subscribe_by(unsigned call, unsigned cseq, const char *to_tag, const char *more)
{
    char            text[2048];
    static unsigned branch;

    snprintf(text, sizeof text,
             "SUBSCRIBE sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.3;branch=z9hG4bKs%u\nMax-Forwards: 70\n"
             "From: <sip:bob@example.test>;tag=b\nTo: <sip:alice@example.test>%s%s\nCall-ID: s%u\nCSeq: %u SUBSCRIBE\n"
             "Contact: <sip:bob@10.0.0.3>\n%sContent-Length: 0\n\n",
             ++branch, *to_tag != '\0' ? ";tag=" : "", to_tag, call, cseq, more);
    peer_send(&house, "10.0.0.1", text);
    run_for(network, 5);
    for (size_t i = house.heard_count; i-- > 0;)
        if (!house.heard[i]->is_request && house.heard[i]->cseq.method == METHOD_SUBSCRIBE)
            return house.heard[i]->status;
    return 0;
}

static void forget_all(void)
{
    while (house.heard_count > 0)
        message_drop(house.heard[--house.heard_count]);
}

static const char *state_told(void)
{
    static char text[128];

    snprintf(text, sizeof text, "%.*s",
             SLICE_ARG(message_header(peer_last(&house, "NOTIFY"), HEADER_SUBSCRIPTION_STATE)->value));
    return text;
}

static bool is_told(const char *text)
{
    struct slice body = peer_last(&house, "NOTIFY")->body;

    return memmem(body.ptr, body.len, text, strlen(text)) != NULL;
}

/* RFC 3325 5: what anybody may write is no proof; RFC 6665 4.2.1.3. */
TEST(only_who_is_asserted_to_be_of_the_domain_may_watch)
{
    CHECK_INT(403, subscribe_by(1, 1, "", "Event: dialog\n"));
    CHECK_INT(403, subscribe_by(2, 1, "", "Event: dialog\nP-Asserted-Identity: <sip:bob@elsewhere.test>\n"));
    CHECK_INT(200, subscribe_by(3, 1, "", "Event: dialog\n" ASSERTED));
    CHECK(peer_last(&house, "NOTIFY") != NULL);
}

/* RFC 6665 4.2.1.1, 4.1.2.1 */
TEST(what_is_not_in_order_is_refused)
{
    CHECK_INT(489, subscribe_by(1, 1, "", ASSERTED));
    CHECK_INT(489, subscribe_by(2, 1, "", "Event: weather\n" ASSERTED));
    CHECK_INT(406, subscribe_by(3, 1, "", "Event: dialog\nAccept: text/plain\n" ASSERTED));
    CHECK_INT(200, subscribe_by(4, 1, "", "Event: dialog\nAccept: text/plain, application/*\n" ASSERTED));
    CHECK_INT(423, subscribe_by(5, 1, "", "Event: dialog\nExpires: 5\n" ASSERTED));
    CHECK_INT(200, subscribe_by(6, 1, "", "Event: dialog\nExpires: 0\n" ASSERTED));
    CHECK(strcmp("terminated;reason=timeout", state_told()) == 0);
    CHECK_INT(481, subscribe_by(7, 1, "none", "Event: dialog\n" ASSERTED));
}

/* 4.2.1.4: whoever knows the dialog goes on watching, whichever way he comes. */
TEST(a_watcher_refreshes_and_ends_in_its_dialog)
{
    char tag[64];

    CHECK_INT(200, subscribe_by(1, 1, "", "Event: dialog;id=7\nExpires: 600\n" ASSERTED));
    snprintf(tag, sizeof tag, "%.*s", SLICE_ARG(peer_last_status(&house, 200)->to_tag));
    CHECK_SLICE("dialog;id=7", message_header(peer_last(&house, "NOTIFY"), HEADER_EVENT)->value);
    peer_respond(&house, peer_last(&house, "NOTIFY"), "200 OK", NULL, "", NULL);
    CHECK_INT(200, subscribe_by(1, 2, tag, "Event: dialog;id=7\nExpires: 700\n"));
    CHECK(strcmp("active;expires=700", state_told()) == 0);
    peer_respond(&house, peer_last(&house, "NOTIFY"), "200 OK", NULL, "", NULL);
    CHECK_INT(500, subscribe_by(1, 2, tag, "Event: dialog;id=7\n"));
    CHECK_INT(200, subscribe_by(1, 3, tag, "Event: dialog;id=7\nExpires: 0\n"));
    CHECK(strcmp("terminated;reason=timeout", state_told()) == 0);
    peer_respond(&house, peer_last(&house, "NOTIFY"), "200 OK", NULL, "", NULL);
    run_for(network, 10);
    CHECK_INT(481, subscribe_by(1, 4, tag, "Event: dialog;id=7\n"));
}

/* RFC 4235 3.10: not more than once a second. */
TEST(a_call_is_told_when_it_begins_and_when_it_ends)
{
    CHECK_INT(200, subscribe_by(1, 1, "", "Event: dialog\n" ASSERTED));
    peer_respond(&house, peer_last(&house, "NOTIFY"), "200 OK", NULL, "", NULL);
    run_for(network, 2000);
    user_call(&alice, "sip:carol@example.test");
    run_for(network, 10);
    CHECK_INT(2, peer_heard(&house, "NOTIFY"));
    CHECK(memmem(peer_last(&house, "NOTIFY")->body.ptr, peer_last(&house, "NOTIFY")->body.len, "trying", 6) != NULL);
    CHECK(memmem(peer_last(&house, "NOTIFY")->body.ptr, peer_last(&house, "NOTIFY")->body.len, "carol", 5) == NULL);
    peer_respond(&house, peer_last(&house, "NOTIFY"), "200 OK", NULL, "", NULL);
    peer_respond(&house, peer_last(&house, "INVITE"), "486 Busy", "t", "", NULL);
    run_for(network, 100);
    CHECK_INT(2, peer_heard(&house, "NOTIFY"));
    run_for(network, 1000);
    CHECK_INT(3, peer_heard(&house, "NOTIFY"));
    CHECK(memmem(peer_last(&house, "NOTIFY")->body.ptr, peer_last(&house, "NOTIFY")->body.len, "<dialog ", 8) == NULL);
}

TEST(so_many_watch_and_no_more)
{
    for (unsigned i = 0; i < 32; i++) {
        CHECK_INT(200, subscribe_by(i, 1, "", "Event: dialog\n" ASSERTED));
        forget_all();
    }
    CHECK_INT(503, subscribe_by(99, 1, "", "Event: dialog\n" ASSERTED));
}

static struct slice state_of(const struct message *notify)
{
    return message_header(notify, HEADER_SUBSCRIPTION_STATE)->value;
}

/* Each wish ends what it is about, and only that. */
TEST(who_watches_already_is_told_no_more_when_nobody_shall_any_longer)
{
    struct account_config config = { .presence = PRESENCE_DOMAIN, .watchers = WATCHERS_NONE };

    CHECK_INT(0, phone_change_account(alice.phone, alice.account, ACCOUNT_PART_PRESENCE, &config));
    CHECK_INT(200, subscribe_by(1, 1, "", "Event: presence\n" ASSERTED));
    CHECK(strcmp("active;expires=3600", state_told()) == 0);
    peer_respond(&house, peer_last(&house, "NOTIFY"), "200 OK", NULL, "", NULL);
    CHECK_INT(200, subscribe_by(2, 1, "", "Event: dialog\n" ASSERTED));
    peer_respond(&house, peer_last(&house, "NOTIFY"), "200 OK", NULL, "", NULL);
    run_for(network, 2000);

    CHECK_INT(0, phone_change_account(alice.phone, alice.account, ACCOUNT_PART_WATCHERS, &config));
    run_for(network, 10);
    CHECK_INT(3, peer_heard(&house, "NOTIFY"));
    CHECK_SLICE("dialog", message_header(peer_last(&house, "NOTIFY"), HEADER_EVENT)->value);
    CHECK_SLICE("terminated;reason=noresource", state_of(peer_last(&house, "NOTIFY")));
    peer_respond(&house, peer_last(&house, "NOTIFY"), "200 OK", NULL, "", NULL);

    config.presence = PRESENCE_NOBODY;
    CHECK_INT(0, phone_change_account(alice.phone, alice.account, ACCOUNT_PART_PRESENCE, &config));
    run_for(network, 10);
    CHECK_INT(4, peer_heard(&house, "NOTIFY"));
    CHECK_SLICE("presence", message_header(peer_last(&house, "NOTIFY"), HEADER_EVENT)->value);
    CHECK_SLICE("terminated;reason=rejected", state_of(peer_last(&house, "NOTIFY")));
    CHECK_INT(0, peer_last(&house, "NOTIFY")->body.len);
    peer_respond(&house, peer_last(&house, "NOTIFY"), "200 OK", NULL, "", NULL);
    run_for(network, 10);
    CHECK_INT(403, subscribe_by(3, 1, "", "Event: presence\n" ASSERTED));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

/* RFC 6665 4.1.3: he may ask again when the phone is back. */
TEST(before_the_end_who_watches_is_told_that_nobody_is_there_and_to_ask_later)
{
    CHECK_INT(200, subscribe_by(1, 1, "", "Event: dialog\n" ASSERTED));
    peer_respond(&house, peer_last(&house, "NOTIFY"), "200 OK", NULL, "", NULL);
    CHECK_INT(0, presence_decide(alice.phone, alice.account, SLICE("sip:bob@example.test"), PRESENCE_ALLOWED));
    CHECK_INT(200, subscribe_by(2, 1, "", "Event: presence\n" ASSERTED));
    CHECK(is_told("<basic>open</basic>"));
    peer_respond(&house, peer_last(&house, "NOTIFY"), "200 OK", NULL, "", NULL);
    run_for(network, 2000);
    forget_all();
    phone_dismiss_watchers(alice.phone);
    CHECK(!phone_is_idle(alice.phone));
    run_for(network, 10);
    CHECK_INT(2, peer_heard(&house, "NOTIFY"));
    CHECK(strcmp("terminated;reason=probation", state_told()) == 0);
    CHECK(is_told("<basic>closed</basic>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(only_who_is_asserted_to_be_of_the_domain_may_watch),
        CASE(what_is_not_in_order_is_refused),
        CASE(a_watcher_refreshes_and_ends_in_its_dialog),
        CASE(a_call_is_told_when_it_begins_and_when_it_ends),
        CASE(so_many_watch_and_no_more),
        CASE(who_watches_already_is_told_no_more_when_nobody_shall_any_longer),
        CASE(before_the_end_who_watches_is_told_that_nobody_is_there_and_to_ask_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
