/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/watch.h"

#include "support/phones.h"

#include <stdio.h>

static struct network *network;
static struct user     alice;
static struct peer     bob;
static object_id       id;

static int setup(void **state)
{
    (void)state;
    network = play_begin(&alice, &bob, NULL);
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

static void watch(struct subscribe_options options)
{
    options.account = alice.account;
    options.target  = SLICE("sip:bob@10.0.0.2");
    CHECK_INT(0, subscribe(alice.phone, &options, &id));
    run_for(network, 10);
}

static struct slice header(enum header_id name)
{
    const struct header *h = message_header(peer_last(&bob, "SUBSCRIBE"), name);

    return h == NULL ? SLICE("") : h->value;
}

/* Its dialog has another target than whom the user named. */
static void begin_dialog(void)
{
    const struct message *first = peer_last(&bob, "SUBSCRIBE");
    char                  text[2048];

    snprintf(
        text, sizeof text,
        "NOTIFY sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKn\nMax-Forwards: 70\n"
        "From: <sip:bob@10.0.0.2>;tag=b\nTo: <sip:alice@example.test>;tag=%.*s\nCall-ID: %.*s\nCSeq: 1 NOTIFY\n"
        "Contact: <sip:here@10.0.0.2>\nEvent: dialog\nSubscription-State: active;expires=600\nContent-Length: 0\n\n",
        SLICE_ARG(first->from_tag), SLICE_ARG(first->call_id));
    peer_respond(&bob, first, "200 OK", "b", "Expires: 600\n", NULL);
    peer_send(&bob, "10.0.0.1", text);
    run_for(network, 50);
}

TEST(the_first_one_says_what_is_watched_for_how_long_and_in_which_form)
{
    watch((struct subscribe_options){ .package = SLICE("dialog"), .expires = 600 });
    CHECK_SLICE("dialog", header(HEADER_EVENT));
    CHECK_SLICE("600", header(HEADER_EXPIRES));
    CHECK_SLICE("application/dialog-info+xml", header(HEADER_ACCEPT));
    CHECK(header(HEADER_CONTACT).len > 0 && header(HEADER_ALLOW).len > 0);
    CHECK_SLICE("", peer_last(&bob, "SUBSCRIBE")->to_tag);
}

TEST(a_package_that_nobody_knows_here_is_asked_for_without_a_form)
{
    watch((struct subscribe_options){ .package = SLICE("weather") });
    CHECK_SLICE("weather", header(HEADER_EVENT));
    CHECK_SLICE("", header(HEADER_ACCEPT));
    CHECK_SLICE("3600", header(HEADER_EXPIRES));
}

TEST(in_its_dialog_it_goes_to_the_target_of_that_and_says_the_same)
{
    watch((struct subscribe_options){ .package = SLICE("dialog"), .expires = 600 });
    begin_dialog();
    CHECK_INT(0, unsubscribe(alice.phone, id));
    run_for(network, 10);
    CHECK_SLICE("sip:here@10.0.0.2", peer_last(&bob, "SUBSCRIBE")->uri_text);
    CHECK_SLICE("b", peer_last(&bob, "SUBSCRIBE")->to_tag);
    CHECK_INT(2, peer_last(&bob, "SUBSCRIBE")->cseq.number);
    CHECK_SLICE("dialog", header(HEADER_EVENT));
    CHECK_SLICE("0", header(HEADER_EXPIRES));
    CHECK_SLICE("application/dialog-info+xml", header(HEADER_ACCEPT));
    CHECK(header(HEADER_CONTACT).len > 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_first_one_says_what_is_watched_for_how_long_and_in_which_form),
        CASE(a_package_that_nobody_knows_here_is_asked_for_without_a_form),
        CASE(in_its_dialog_it_goes_to_the_target_of_that_and_says_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
