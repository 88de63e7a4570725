/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/watch.h"

#include "base/error.h"
#include "support/phones.h"

#include <stdio.h>

static struct network *network;
static struct user     alice;
static struct peer     bob;
static object_id       id;
static char            call_id[64], tag[64];
static unsigned        cseq;

static int setup(void **state)
{
    struct subscribe_options options = { .target  = SLICE("sip:bob@10.0.0.2"),
                                         .package = SLICE("dialog"),
                                         .expires = 600 };

    (void)state;
    network         = play_begin(&alice, &bob, NULL);
    options.account = alice.account;
    CHECK_INT(0, subscribe(alice.phone, &options, &id));
    run_for(network, 10);
    snprintf(call_id, sizeof call_id, "%.*s", SLICE_ARG(peer_last(&bob, "SUBSCRIBE")->call_id));
    snprintf(tag, sizeof tag, "%.*s", SLICE_ARG(peer_last(&bob, "SUBSCRIBE")->from_tag));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    user_fini(&alice);
    peer_fini(&bob);
    network_free(network);
    return 0;
}

static unsigned notify(const char *from_tag, const char *state, const char *more)
{
    char   text[2048];
    size_t before = bob.heard_count;

    cseq++;
    snprintf(text, sizeof text,
             "NOTIFY sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKn%u\nMax-Forwards: 70\n"
             "From: <sip:bob@10.0.0.2>;tag=%s\nTo: <sip:alice@example.test>;tag=%s\nCall-ID: %s\nCSeq: %u NOTIFY\n"
             "Contact: <sip:bob@10.0.0.2>\nEvent: dialog\nSubscription-State: %s\n%sContent-Length: 0\n\n",
             cseq, from_tag, tag, call_id, cseq, state, more);
    peer_send(&bob, "10.0.0.1", text);
    run_for(network, 50);
    CHECK(bob.heard_count > before);
    return bob.heard[bob.heard_count - 1]->status;
}

static void accept_it(void)
{
    peer_respond(&bob, peer_last(&bob, "SUBSCRIBE"), "200 OK", "a", "Expires: 600\n", NULL);
    run_for(network, 10);
}

/* RFC 6665 4.1.4, 4.4.1: each has its own dialog; 4.1.2.4: for a while; and not without end. */
TEST(a_subscribe_that_forks_has_a_few_dialogs)
{
    accept_it();
    CHECK_INT(200, notify("a", "active;expires=600", ""));
    CHECK_INT(200, notify("b", "active;expires=600", ""));
    CHECK_INT(200, notify("c", "pending;expires=600", ""));
    CHECK_INT(200, notify("d", "active;expires=600", ""));
    CHECK_INT(481, notify("e", "active;expires=600", ""));
    CHECK_INT(200, notify("b", "terminated;reason=noresource", ""));
    CHECK_INT(0, user_heard(&alice, PHONE_SUBSCRIPTION_ENDED));
    CHECK_INT(200, notify("a", "terminated;reason=noresource", ""));
    CHECK_INT(200, notify("c", "terminated;reason=noresource", ""));
    CHECK_INT(200, notify("d", "terminated;reason=noresource", ""));
    CHECK_INT(1, user_heard(&alice, PHONE_SUBSCRIPTION_ENDED));
    CHECK_INT(481, notify("a", "active", ""));
}

/* 4.1.2.4 */
TEST(after_timer_n_no_further_dialog_is_taken)
{
    accept_it();
    CHECK_INT(200, notify("a", "active;expires=600", ""));
    run_for(network, 32000);
    CHECK_INT(481, notify("b", "active;expires=600", ""));
    CHECK_INT(200, notify("a", "active;expires=600", ""));
}

/* RFC 3261 12.2.2 */
TEST(a_notify_that_is_older_than_the_last_one_is_refused)
{
    accept_it();
    cseq = 10;
    CHECK_INT(200, notify("a", "active;expires=600", ""));
    cseq = 5;
    CHECK_INT(500, notify("a", "terminated", ""));
    CHECK_INT(0, user_heard(&alice, PHONE_SUBSCRIPTION_ENDED));
}

/* RFC 3261 8.2.2.3 */
TEST(a_notify_that_requires_what_we_do_not_know_is_refused)
{
    accept_it();
    CHECK_INT(420, notify("a", "active;expires=600", "Require: levitation\n"));
    CHECK_INT(0, user_heard(&alice, PHONE_NOTIFIED));
}

/* 4.1.2.4: a NOTIFY before its 2xx; and one that ends what has not been answered yet. */
TEST(what_is_terminated_before_it_is_answered_is_over)
{
    CHECK_INT(200, notify("a", "terminated;reason=rejected", ""));
    CHECK_INT(1, user_heard(&alice, PHONE_SUBSCRIPTION_ENDED));
    CHECK_INT(-ERR_NOT_FOUND, unsubscribe(alice.phone, id));
    accept_it();
    CHECK_INT(481, notify("a", "active", ""));
    CHECK(phone_is_idle(alice.phone));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_subscribe_that_forks_has_a_few_dialogs),
        CASE(after_timer_n_no_further_dialog_is_taken),
        CASE(a_notify_that_is_older_than_the_last_one_is_refused),
        CASE(a_notify_that_requires_what_we_do_not_know_is_refused),
        CASE(what_is_terminated_before_it_is_answered_is_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
