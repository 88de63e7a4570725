/* SPDX-License-Identifier: BSD-2-Clause */
/* TLS and WebSocket around a stream (RFC 3261 26.2.1, RFC 5922, RFC 7118 5). */
#include "net/channel_private.h"

#include "base/error.h"
#include "support/channel_pair.h"

#include <stdio.h>
#include <stdlib.h>

static const struct channel_limits no_limits;
static const enum channel_kind     wrapped[] = { CHANNEL_TLS, CHANNEL_WS, CHANNEL_WSS };
static const enum pieces           pieces[]  = { PIECES_WHOLE, PIECES_RANDOM, PIECES_BYTES };

TEST(each_kind_passes_messages_both_ways_in_any_pieces)
{
    for (size_t i = 0; i < 9; i++) {
        struct channel_pair *p = channel_pair_new(wrapped[i / 3], &no_limits);

        network_set_pieces(p->net, pieces[i % 3]);
        channel_pair_dial(p, "a.example");
        channel_pair_live(p, 500);
        CHECK_SLICE("open ", buf_slice(&p->caller.heard));
        CHECK_SLICE("open ", buf_slice(&p->ends[0].heard));
        CHECK_INT(0, channel_end_say(&p->caller, "hello"));
        CHECK_INT(0, channel_end_say(&p->ends[0], "and you"));
        channel_pair_live(p, 500);
        CHECK_SLICE("open and you", buf_slice(&p->caller.heard));
        CHECK_SLICE("open hello", buf_slice(&p->ends[0].heard));
        channel_end_close(&p->caller);
        channel_pair_live(p, 500);
        CHECK_SLICE("open hello closed:NONE", buf_slice(&p->ends[0].heard));
        CHECK_INT(0, world_fake_usage(p->server).streams);
        channel_pair_free(p);
    }
}

/* RFC 7118 5: one WebSocket message is one SIP message. */
TEST(what_a_websocket_brings_is_one_message)
{
    struct channel_pair *p = channel_pair_new(CHANNEL_WSS, &no_limits);

    network_set_pieces(p->net, PIECES_BYTES);
    channel_pair_dial(p, "a.example");
    channel_pair_live(p, 500);
    for (unsigned i = 0; i < 3; i++)
        CHECK_INT(0, channel_end_say(&p->caller, "one message"));
    channel_pair_live(p, 500);
    CHECK_INT(3, p->ends[0].pieces);
    channel_pair_free(p);
}

TEST(what_is_sent_before_the_handshakes_are_over_waits_for_them_in_order)
{
    for (size_t i = 0; i < 3; i++) {
        struct channel_pair *p = channel_pair_new(wrapped[i], &no_limits);

        channel_pair_dial(p, "a.example");
        CHECK_INT(0, channel_end_say(&p->caller, "one "));
        CHECK_INT(0, channel_end_say(&p->caller, "two"));
        channel_pair_live(p, 500);
        CHECK_SLICE("open one two", buf_slice(&p->ends[0].heard));
        channel_pair_free(p);
    }
}

TEST(what_waits_for_a_handshake_has_a_bound)
{
    const struct channel_limits limits = { .queue = 1000 };
    struct channel_pair        *p      = channel_pair_new(CHANNEL_TLS, &limits);
    char                        text[600];

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    channel_pair_dial(p, "a.example");
    CHECK_INT(0, channel_end_say(&p->caller, text));
    CHECK_INT(-ERR_LIMIT, channel_end_say(&p->caller, text));
    channel_pair_live(p, 500);
    CHECK_INT(0, channel_end_say(&p->caller, "!"));
    channel_pair_live(p, 500);
    CHECK_INT(5 + 599 + 1, p->ends[0].heard.len);
    channel_pair_free(p);
}

/* Nothing of it may be sent if it cannot be sent whole: a record that is left out ends TLS. */
TEST(a_peer_that_reads_nothing_fills_the_queue_and_no_more)
{
    struct channel_pair *p = channel_pair_new(CHANNEL_TLS, &no_limits);
    char                 text[3000];
    unsigned             sent = 0;

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    channel_pair_dial(p, "a.example");
    channel_pair_live(p, 500);
    network_set_stream_queue(p->net, 8192);
    while (channel_end_say(&p->ends[0], text) == 0)
        CHECK(++sent < 10);
    CHECK_INT(2, sent);
    channel_pair_live(p, 500);
    CHECK_INT(0, channel_end_say(&p->ends[0], text));
    channel_pair_live(p, 500);
    CHECK_INT(5 + 3 * 2999, p->caller.heard.len);
    channel_pair_free(p);
}

/* A send that the world refuses in the middle of TLS leaves no way to go on. */
TEST(a_record_that_is_lost_ends_the_channel)
{
    const struct fault   refuse = { .action = FAULT_REFUSE, .first = 1, .count = 1 };
    struct channel_pair *p      = channel_pair_new(CHANNEL_TLS, &no_limits);

    channel_pair_dial(p, "a.example");
    channel_pair_live(p, 500);
    network_add_fault(p->net, &refuse);
    CHECK_INT(-ERR_LIMIT, channel_end_say(&p->caller, "hello"));
    CHECK_INT(-ERR_CLOSED, channel_end_say(&p->caller, "hello"));
    channel_pair_live(p, 500);
    CHECK_SLICE("open  closed:LIMIT", buf_slice(&p->caller.heard));
    CHECK_SLICE("open  closed:NONE", buf_slice(&p->ends[0].heard));
    channel_pair_free(p);
}

TEST(a_wrapped_channel_may_be_closed_while_its_bytes_are_read)
{
    for (size_t i = 0; i < 3; i++) {
        struct channel_pair *p = channel_pair_new(wrapped[i], &no_limits);

        channel_pair_dial(p, "a.example");
        channel_pair_live(p, 500);
        p->ends[0].close = true;
        for (unsigned n = 0; n < 3; n++)
            CHECK_INT(0, channel_end_say(&p->caller, "x"));
        channel_pair_live(p, 500);
        CHECK_INT(1, p->ends[0].pieces);
        CHECK_SLICE("open  closed:NONE", buf_slice(&p->caller.heard));
        channel_pair_free(p);
    }
}

/* RFC 5922 7.3: the server is who the URI said, or it gets nothing. */
TEST(nothing_is_sent_to_a_server_that_is_somebody_else)
{
    struct channel_pair *p = channel_pair_new(CHANNEL_TLS, &no_limits);

    channel_pair_dial(p, "b.example");
    CHECK_INT(0, channel_end_say(&p->caller, "a secret"));
    channel_pair_live(p, 500);
    CHECK_SLICE(" closed:PERMISSION", buf_slice(&p->caller.heard));
    CHECK(memmem(p->ends[0].memory, sizeof p->ends[0].memory, "secret", 6) == NULL);
    channel_pair_free(p);
}

/* RFC 5922 7.1, 7.2 */
TEST(a_peer_is_who_its_certificate_says_and_nobody_else)
{
    static const char *const names[] = { "a.example", "192.0.2.2", NULL }, *const mine[] = { "b.example", NULL };
    const struct lab_wish server = { .names = names, .clients = TLS_CLIENTS_OPTIONAL }, client = { .names = mine };
    struct channel_pair  *p = channel_pair_new_with(CHANNEL_TLS, &no_limits, &client, &server);

    channel_pair_dial(p, "a.example");
    CHECK(!channel_peer_is(p->caller.channel, SLICE("a.example")));
    channel_pair_live(p, 500);
    CHECK(channel_peer_is(p->caller.channel, SLICE("a.example")));
    CHECK(!channel_peer_is(p->caller.channel, SLICE("b.example")));
    CHECK(channel_peer_is(p->ends[0].channel, SLICE("b.example")));
    CHECK(!channel_peer_is(p->ends[0].channel, SLICE("a.example")));
    channel_pair_free(p);
}

/* RFC 6455 4.1, with an address and a port that is not the scheme's. */
TEST(a_websocket_asks_for_the_host_of_the_uri)
{
    struct channel_pair *p = channel_pair_new(CHANNEL_WS, &no_limits);

    channel_pair_dial(p, "192.0.2.2");
    channel_pair_live(p, 500);
    CHECK_SLICE("open ", buf_slice(&p->caller.heard));
    channel_pair_free(p);
}

/* RFC 6455 5.5.2; RFC 7118 6 */
TEST(websockets_are_pinged_as_often_as_wished)
{
    const struct channel_limits limits = { .ping = 20000, .message_time = 5000 };
    struct channel_pair        *p      = channel_pair_new(CHANNEL_WSS, &limits);

    channel_pair_dial(p, "a.example");
    channel_pair_live(p, 500);
    CHECK_INT(0, channel_end_say(&p->caller, "hello"));
    channel_pair_live(p, 65000);
    CHECK_INT(3, p->caller.alive); /* theirs came; the answers to ours are no sign of use */
    CHECK_INT(3, p->ends[0].alive);
    CHECK(p->caller.channel != NULL && p->ends[0].channel != NULL);
    channel_pair_free(p);
}

TEST(accounts_hold_what_a_channel_takes_and_get_it_back)
{
    for (size_t i = 0; i < 3; i++) {
        struct channel_pair *p = channel_pair_new(wrapped[i], &no_limits);
        struct budget        budget;

        accounts_init(&budget, 1 << 30);
        world_fake_account(p->server, &budget);
        channel_pair_dial(p, "a.example");
        channel_pair_live(p, 500);
        CHECK(budget_figures(&budget, ACCOUNT_CONNECTIONS).bytes >= sizeof(struct channel));
        channel_end_close(&p->caller);
        channel_pair_live(p, 500);
        CHECK_INT(0, budget_figures(&budget, ACCOUNT_CONNECTIONS).bytes);
        channel_pair_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_passes_messages_both_ways_in_any_pieces),
        cmocka_unit_test(what_a_websocket_brings_is_one_message),
        cmocka_unit_test(what_is_sent_before_the_handshakes_are_over_waits_for_them_in_order),
        cmocka_unit_test(what_waits_for_a_handshake_has_a_bound),
        cmocka_unit_test(a_peer_that_reads_nothing_fills_the_queue_and_no_more),
        cmocka_unit_test(a_record_that_is_lost_ends_the_channel),
        cmocka_unit_test(a_wrapped_channel_may_be_closed_while_its_bytes_are_read),
        cmocka_unit_test(nothing_is_sent_to_a_server_that_is_somebody_else),
        cmocka_unit_test(a_peer_is_who_its_certificate_says_and_nobody_else),
        cmocka_unit_test(a_websocket_asks_for_the_host_of_the_uri),
        cmocka_unit_test(websockets_are_pinged_as_often_as_wished),
        cmocka_unit_test(accounts_hold_what_a_channel_takes_and_get_it_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
