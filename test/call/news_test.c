/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/news.h"

#include "dialog/message_of.h"
#include "support/phones.h"

#include <stdio.h>

static struct network *network;
static struct user     alice;

static int setup(void **state)
{
    (void)state;
    network = network_new(1);
    user_init(&alice, network, "alice", "10.0.0.1", NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    user_fini(&alice);
    network_free(network);
    return 0;
}

static struct message *a_message(void)
{
    return message_of("MESSAGE sip:a@h SIP/2.0\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\n"
                      "From: \"Bob \\\"B\\\"\" <sip:b@h>;tag=b\nTo: <sip:a@h>\nCall-ID: c\nCSeq: 1 MESSAGE\n"
                      "Max-Forwards: 70\n");
}

TEST(news_are_told_when_the_turn_is_over_and_in_their_order)
{
    struct message *m = a_message();
    struct news    *first, *second;

    CHECK((first = news_new(alice.phone, PHONE_MESSAGE, m)) != NULL);
    CHECK((second = news_new(alice.phone, PHONE_MESSAGE_SENT, NULL)) != NULL);
    news_peer(first, &m->from);
    message_drop(m);
    news_tell(alice.phone, first);
    news_tell(alice.phone, second);
    CHECK_INT(0, alice.heard_count);
    CHECK(!phone_is_idle(alice.phone));
    run_for(network, 1);
    CHECK_INT(2, alice.heard_count);
    CHECK_INT(PHONE_MESSAGE, alice.heard[0].event.kind);
    CHECK(strcmp("Bob \"B\"", alice.heard[0].display) == 0);
    CHECK(phone_is_idle(alice.phone));
}

TEST(so_many_news_wait_and_no_more)
{
    struct news *n;
    unsigned     count = 0;

    while (count < 1000 && (n = news_new(alice.phone, PHONE_MESSAGE, NULL)) != NULL) {
        news_tell(alice.phone, n);
        count++;
    }
    CHECK_INT(64, count);
    run_for(network, 1);
    CHECK_INT(64, user_heard(&alice, PHONE_MESSAGE));
    n = news_new(alice.phone, PHONE_MESSAGE, NULL);
    CHECK(n != NULL);
    news_drop(n);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(news_are_told_when_the_turn_is_over_and_in_their_order),
        CASE(so_many_news_wait_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
