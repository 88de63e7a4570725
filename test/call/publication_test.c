/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/publication.h"

#include "base/error.h"
#include "support/phones.h"

static struct network *network;
static struct user     alice;
static struct peer     house;

static int setup(void **state)
{
    (void)state;
    network = network_new(1);
    peer_init(&house, network, "house", "10.0.0.3");
    user_init(&alice, network, "alice", "10.0.0.1", "10.0.0.3");
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

TEST(what_cannot_be_published_is_said_at_once)
{
    static const char long_note[300];

    CHECK_INT(-ERR_NOT_FOUND, presence_publish(alice.phone, 1, true, SLICE("")));
    CHECK_INT(-ERR_TOO_LARGE, presence_publish(alice.phone, alice.account, true, (struct slice){ long_note, 300 }));
    CHECK_INT(-ERR_NOT_FOUND, presence_unpublish(alice.phone, alice.account));
}

/* RFC 3903 4 */
TEST(what_nobody_answers_is_tried_again)
{
    CHECK_INT(0, presence_publish(alice.phone, alice.account, true, SLICE("")));
    CHECK(!phone_is_idle(alice.phone));
    run_for(network, 33000);
    CHECK_INT(1, user_heard(&alice, PHONE_PUBLISH_FAILED));
    CHECK(user_last(&alice, PHONE_PUBLISH_FAILED)->event.retry_in != NEVER);
    CHECK(phone_is_idle(alice.phone));
    run_for(network, 31000);
    CHECK(!phone_is_idle(alice.phone));
    peer_respond(&house, peer_last(&house, "PUBLISH"), "200 OK", "t", "SIP-ETag: x\nExpires: 600\n", NULL);
    run_for(network, 10);
    CHECK_INT(1, user_heard(&alice, PHONE_PUBLISHED));
    CHECK(phone_is_idle(alice.phone));
}

TEST(what_was_taken_back_can_be_published_anew)
{
    CHECK_INT(0, presence_publish(alice.phone, alice.account, true, SLICE("")));
    run_for(network, 10);
    peer_respond(&house, peer_last(&house, "PUBLISH"), "200 OK", "t", "SIP-ETag: x\nExpires: 600\n", NULL);
    run_for(network, 10);
    CHECK_INT(0, presence_unpublish(alice.phone, alice.account));
    run_for(network, 10);
    peer_respond(&house, peer_last(&house, "PUBLISH"), "200 OK", "t", "SIP-ETag: y\nExpires: 0\n", NULL);
    run_for(network, 10);
    CHECK_INT(1, user_heard(&alice, PHONE_UNPUBLISHED));
    CHECK_INT(-ERR_NOT_FOUND, presence_unpublish(alice.phone, alice.account));
    CHECK_INT(0, presence_publish(alice.phone, alice.account, false, SLICE("away")));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_cannot_be_published_is_said_at_once),
        CASE(what_nobody_answers_is_tried_again),
        CASE(what_was_taken_back_can_be_published_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
