/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/text.h"

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
    play_end(network, &alice, &bob, NULL);
    return 0;
}

static int say(const char *target, struct slice text, object_id *id)
{
    struct text_options options = { .account = alice.account, .target = slice_from(target), .text = text };

    return message_send(alice.phone, &options, id);
}

static struct slice long_text(size_t len)
{
    static char text[64 * 1024];

    memset(text, 'x', sizeof text);
    return (struct slice){ text, len };
}

TEST(a_text_is_told_to_have_arrived_once)
{
    object_id id = 0;

    CHECK_INT(0, say("sip:bob@10.0.0.2", SLICE("hi"), &id));
    CHECK(id != 0);
    CHECK(!phone_is_idle(alice.phone));
    run_for(network, 10);
    CHECK_SLICE("hi", peer_last(&bob, "MESSAGE")->body);
    peer_respond(&bob, peer_last(&bob, "MESSAGE"), "200 OK", "t", "", NULL);
    peer_respond(&bob, peer_last(&bob, "MESSAGE"), "200 OK", "t", "", NULL);
    run_for(network, 50);
    CHECK_INT(1, user_heard(&alice, PHONE_MESSAGE_SENT));
    CHECK(user_last(&alice, PHONE_MESSAGE_SENT)->event.subject == id);
    CHECK(phone_is_idle(alice.phone));
}

/* RFC 3428 8 */
TEST(what_is_too_long_for_a_datagram_is_not_sent_but_to_sips)
{
    object_id id;

    CHECK_INT(-ERR_TOO_LARGE, say("sip:bob@10.0.0.2", long_text(1200), &id));
    CHECK_INT(0, say("sip:bob@10.0.0.2", long_text(600), &id));
    CHECK_INT(-ERR_TOO_LARGE, say("sips:bob@10.0.0.2", long_text(60000), &id));
    CHECK_INT(0, say("sips:bob@10.0.0.2", long_text(20000), &id)); /* and fails: this phone has no TLS */
    run_for(network, 40000);
    CHECK_INT(2, user_heard(&alice, PHONE_MESSAGE_FAILED));
}

TEST(what_cannot_be_sent_is_said_at_once)
{
    struct text_options lost = { .account = 12345, .target = SLICE("sip:bob@10.0.0.2") };
    struct text_options call = { .call = 12345 };
    object_id           id;

    CHECK_INT(-ERR_SYNTAX, say("bob", SLICE("hi"), &id));
    CHECK_INT(-ERR_UNSUPPORTED, say("tel:123", SLICE("hi"), &id));
    CHECK_INT(-ERR_NOT_FOUND, message_send(alice.phone, &lost, &id));
    CHECK_INT(-ERR_NOT_FOUND, message_send(alice.phone, &call, &id));
    lost.account = alice.account;
    lost.type    = SLICE("text/plain\r\nX: y");
    CHECK_INT(-ERR_SYNTAX, message_send(alice.phone, &lost, &id));
    lost.type = SLICE("plain text");
    CHECK_INT(-ERR_SYNTAX, message_send(alice.phone, &lost, &id));
}

TEST(so_many_texts_are_under_way_and_no_more)
{
    object_id id;
    unsigned  sent = 0;

    while (sent < 1000 && say("sip:nobody@10.0.0.9", SLICE("hi"), &id) == 0)
        sent++;
    CHECK_INT(64, sent);
    CHECK_INT(-ERR_LIMIT, say("sip:bob@10.0.0.2", SLICE("hi"), &id));
    run_for(network, 40000);
    CHECK_INT(64, user_heard(&alice, PHONE_MESSAGE_FAILED));
}

TEST(a_phone_that_is_freed_forgets_its_texts)
{
    object_id id;

    CHECK_INT(0, say("sip:bob@10.0.0.2", SLICE("hi"), &id));
    run_for(network, 10);
    user_fini(&alice);
    user_init(&alice, network, "alice2", "10.0.0.3", NULL);
}

static unsigned hear(const char *headers, struct slice body)
{
    static unsigned count;
    static char     text[32 * 1024];

    snprintf(text, sizeof text,
             "MESSAGE sip:alice@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKm%u\nMax-Forwards: 70\n"
             "From: \"B\" <sip:bob@10.0.0.2>;tag=b\nTo: <sip:alice@10.0.0.1>\nCall-ID: m%u\nCSeq: 1 MESSAGE\n%s"
             "Content-Length: %zu\n\n%.*s",
             count, count, headers, body.len, SLICE_ARG(body));
    count++;
    peer_send(&bob, "10.0.0.1", text);
    run_for(network, 50);
    return bob.heard[bob.heard_count - 1]->status;
}

TEST(what_comes_is_told_with_who_said_it)
{
    CHECK_INT(200, hear("Content-Type: text/plain\n", SLICE("hello")));
    CHECK_INT(1, user_heard(&alice, PHONE_MESSAGE));
    CHECK(strcmp("sip:bob@10.0.0.2", user_last(&alice, PHONE_MESSAGE)->peer) == 0);
    CHECK(strcmp("B", user_last(&alice, PHONE_MESSAGE)->display) == 0);
    CHECK_INT(200, hear("", SLICE("")));
    CHECK_INT(2, user_heard(&alice, PHONE_MESSAGE));
}

/* RFC 3261 21.4.11 */
TEST(more_than_16_kib_are_refused)
{
    CHECK_INT(200, hear("Content-Type: text/plain\n", long_text(16 * 1024)));
    CHECK_INT(413, hear("Content-Type: text/plain\n", long_text(16 * 1024 + 1)));
    CHECK_INT(1, user_heard(&alice, PHONE_MESSAGE));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_text_is_told_to_have_arrived_once),
        CASE(what_is_too_long_for_a_datagram_is_not_sent_but_to_sips),
        CASE(what_cannot_be_sent_is_said_at_once),
        CASE(so_many_texts_are_under_way_and_no_more),
        CASE(a_phone_that_is_freed_forgets_its_texts),
        CASE(what_comes_is_told_with_who_said_it),
        CASE(more_than_16_kib_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
