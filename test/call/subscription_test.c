/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/subscription.h"

#include "base/error.h"
#include "support/phones.h"

#include <stdio.h>

static struct network *network;
static struct user     alice;
static struct peer     bob;

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

static int watch(const char *target, const char *package, object_id *id)
{
    struct subscribe_options options = { .account = alice.account,
                                         .target  = slice_from(target),
                                         .package = slice_from(package) };

    return subscribe(alice.phone, &options, id);
}

TEST(what_cannot_be_subscribed_to_is_said_at_once)
{
    struct subscribe_options stranger = { .account = 1, .target = SLICE("sip:b@h"), .package = SLICE("dialog") };
    object_id                id;

    CHECK_INT(-ERR_SYNTAX, watch("bob", "dialog", &id));
    CHECK_INT(-ERR_SYNTAX, watch("sip:bob@10.0.0.2", "two words", &id));
    CHECK_INT(-ERR_SYNTAX, watch("sip:bob@10.0.0.2", "dialog\r\nX: y", &id));
    CHECK_INT(-ERR_SYNTAX, watch("sip:bob@10.0.0.2", "", &id));
    CHECK_INT(-ERR_UNSUPPORTED, watch("tel:1", "dialog", &id));
    CHECK_INT(-ERR_NOT_FOUND, subscribe(alice.phone, &stranger, &id));
    stranger.account = alice.account;
    stranger.accept  = SLICE("a/b\r\nX: y");
    CHECK_INT(-ERR_SYNTAX, subscribe(alice.phone, &stranger, &id));
    CHECK_INT(-ERR_NOT_FOUND, unsubscribe(alice.phone, 12345));
}

TEST(so_many_are_watched_and_no_more)
{
    object_id id;
    unsigned  count = 0;

    while (count < 1000 && watch("sip:nobody@10.0.0.9", "dialog", &id) == 0)
        count++;
    CHECK_INT(256, count);
    CHECK_INT(-ERR_LIMIT, watch("sip:nobody@10.0.0.9", "dialog", &id));
}

/* RFC 6665 4.1.2.3: what has no dialog yet waits for one, or for the end of Timer N. */
TEST(what_is_given_up_before_its_notify_ends_all_the_same)
{
    object_id id;

    CHECK_INT(0, watch("sip:bob@10.0.0.2", "dialog", &id));
    CHECK_INT(0, unsubscribe(alice.phone, id));
    CHECK_INT(-ERR_NOT_FOUND, unsubscribe(alice.phone, id));
    run_for(network, 31000);
    CHECK(!phone_is_idle(alice.phone));
    run_for(network, 2000);
    CHECK_INT(1, user_heard(&alice, PHONE_SUBSCRIPTION_ENDED));
    CHECK(user_last(&alice, PHONE_SUBSCRIPTION_ENDED)->event.retry_in == NEVER);
    CHECK(phone_is_idle(alice.phone));
    CHECK_INT(0, stack_alive(phone_stack(alice.phone)));
}

TEST(what_is_given_up_between_two_attempts_is_over)
{
    object_id id;

    CHECK_INT(0, watch("sip:bob@10.0.0.2", "dialog", &id));
    run_for(network, 33000);
    CHECK_INT(1, user_heard(&alice, PHONE_SUBSCRIPTION_ENDED));
    CHECK(user_last(&alice, PHONE_SUBSCRIPTION_ENDED)->event.retry_in != NEVER);
    CHECK(phone_is_idle(alice.phone));
    CHECK_INT(0, unsubscribe(alice.phone, id));
    CHECK_INT(-ERR_NOT_FOUND, unsubscribe(alice.phone, id));
    run_for(network, 10);
    CHECK_INT(2, user_heard(&alice, PHONE_SUBSCRIPTION_ENDED));
    CHECK(user_last(&alice, PHONE_SUBSCRIPTION_ENDED)->event.retry_in == NEVER);
}

/* RFC 6665 4.1.2.2: the new one has another Call-ID and tag. */
TEST(what_has_failed_is_begun_anew_in_another_call)
{
    object_id id;
    char      before[64];

    CHECK_INT(0, watch("sip:bob@10.0.0.2", "dialog", &id));
    run_for(network, 10);
    snprintf(before, sizeof before, "%.*s", SLICE_ARG(peer_last(&bob, "SUBSCRIBE")->call_id));
    peer_respond(&bob, peer_last(&bob, "SUBSCRIBE"), "480 X", "t", "", NULL);
    run_for(network, 31000);
    CHECK(!slice_eq(slice_from(before), peer_last(&bob, "SUBSCRIBE")->call_id));
    CHECK_INT(1, peer_last(&bob, "SUBSCRIBE")->cseq.number);
}

TEST(a_phone_that_is_freed_forgets_what_it_watches)
{
    object_id id;

    CHECK_INT(0, watch("sip:bob@10.0.0.2", "dialog", &id));
    run_for(network, 10);
    CHECK(peer_last(&bob, "SUBSCRIBE") != NULL);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_cannot_be_subscribed_to_is_said_at_once),         CASE(so_many_are_watched_and_no_more),
        CASE(what_is_given_up_before_its_notify_ends_all_the_same), CASE(what_is_given_up_between_two_attempts_is_over),
        CASE(what_has_failed_is_begun_anew_in_another_call),        CASE(a_phone_that_is_freed_forgets_what_it_watches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
