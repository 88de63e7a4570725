/* SPDX-License-Identifier: BSD-2-Clause */
/* Listeners that are added and taken away while the stack runs. */
#include "base/error.h"
#include "stack/stack.h"
#include "support/phones.h"
#include "support/stack_quiet.h"

#include <stdio.h>

enum { UDP_PLACE = 2 };

static struct network *network;
static struct world   *world;
static struct stack   *stack;
static struct peer     peer;
static struct address  here;
static object_id       invite;
static unsigned        closed; /* how often it was allowed to */
static bool            may_close;

static void on_request(void *user, object_id txn, struct message *request)
{
    (void)user;
    if (request->method == METHOD_INVITE)
        invite = txn;
    else
        stack_reply(stack, txn, 200, SLICE(""));
}

static bool on_closing(void *user, unsigned index, bool needed)
{
    (void)user;
    CHECK_INT(UDP_PLACE, index);
    closed += !needed && may_close;
    return may_close;
}

static const struct stack_events events = { on_request, quiet_ack, quiet_cancel, quiet_stray, quiet_end };

static int setup(void **state)
{
    struct stack_config config = { .max_server_txns = 64, .max_client_txns = 64, .max_connections = 8 };

    (void)state;
    network = network_new(1);
    world   = world_fake_new(network_host(network, "server"));
    CHECK(host_add_address(network_host(network, "server"), "192.0.2.1"));
    CHECK(address_parse(SLICE("192.0.2.1:5060"), &here));
    peer_init(&peer, network, "peer", "192.0.2.9");
    stack = stack_new(world, &config, &events, NULL);
    stack_on_closing(stack, on_closing, NULL);
    closed    = 0;
    may_close = true;
    CHECK_INT(0, stack_listen_at(stack, UDP_PLACE, TRANSPORT_UDP, &here, SLICE("")));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    stack_free(stack);
    peer_fini(&peer);
    world_fake_free(world);
    network_free(network);
    return 0;
}

static void sends(const char *method, const char *to_tag)
{
    char lines[512];

    snprintf(lines, sizeof lines,
             "%s sip:a@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK%s%u\nMax-Forwards: 9\n"
             "From: <sip:b@x>;tag=1\nTo: <sip:a@x>%s\nCall-ID: 1\nCSeq: 1 %s\nContent-Length: 0\n\n",
             method, method, ++peer.cseq, to_tag, method);
    peer_send(&peer, "192.0.2.1", lines);
    run_for(network, 100);
}

static unsigned answers(void)
{
    unsigned count = 0;

    for (size_t i = 0; i < peer.heard_count; i++)
        count += peer.heard[i]->status == 200;
    return count;
}

TEST(an_idle_socket_is_closed_at_once_and_its_place_is_free)
{
    struct flow like;

    sends("OPTIONS", "");
    CHECK_INT(1, answers());
    run_for(network, 40000); /* its transaction is over */
    stack_unlisten(stack, UDP_PLACE);
    CHECK_INT(1, closed);
    CHECK(!stack_is_local(stack, SLICE("192.0.2.1"), 5060));
    CHECK(!stack_has_port(stack, 5060));
    CHECK(!stack_find_local(stack, SLICE("192.0.2.1"), 0, TRANSPORT_UDP, &like));
    sends("OPTIONS", "");
    CHECK_INT(1, answers());
    CHECK_INT(0, stack_listen_at(stack, UDP_PLACE, TRANSPORT_UDP, &here, SLICE("")));
    sends("OPTIONS", "");
    CHECK_INT(2, answers());
}

TEST(a_socket_that_a_transaction_needs_stays_for_it_and_for_nothing_new)
{
    sends("INVITE", "");
    CHECK(invite != 0);
    stack_unlisten(stack, UDP_PLACE);
    sends("OPTIONS", "");
    CHECK_INT(0, answers());
    CHECK_INT(1, counter_read(&world->counters.requests_at_closed));
    sends("BYE", ";tag=2");
    CHECK_INT(1, answers());
    CHECK_INT(0, closed);
    CHECK(stack_is_local(stack, SLICE("192.0.2.1"), 5060)); /* for the Routes of dialogs */
    stack_reply(stack, invite, 200, SLICE(""));
    run_for(network, 100);
    CHECK_INT(2, answers());
    run_for(network, 70000);
    CHECK_INT(1, closed);
    CHECK(!stack_is_local(stack, SLICE("192.0.2.1"), 5060));
}

TEST(a_socket_that_is_closing_is_taken_back_as_it_is)
{
    sends("INVITE", "");
    stack_unlisten(stack, UDP_PLACE);
    CHECK_INT(-ERR_LIMIT, stack_listen_at(stack, UDP_PLACE, TRANSPORT_TCP, &here, SLICE("")));
    CHECK_INT(0, stack_listen_at(stack, UDP_PLACE, TRANSPORT_UDP, &here, SLICE("sip.x.test")));
    sends("OPTIONS", "");
    CHECK_INT(1, answers());
    CHECK(stack_is_local(stack, SLICE("sip.x.test"), 5060));
    stack_reply(stack, invite, 200, SLICE(""));
    run_for(network, 70000);
    CHECK_INT(0, closed);
    CHECK_INT(-ERR_LIMIT, stack_listen_at(stack, UDP_PLACE, TRANSPORT_UDP, &here, SLICE("")));
}

TEST(a_socket_that_others_need_stays_until_they_do_not)
{
    may_close = false;
    stack_unlisten(stack, UDP_PLACE);
    run_for(network, 5000);
    sends("BYE", ";tag=2");
    CHECK_INT(1, answers());
    may_close = true;
    run_for(network, 40000);
    CHECK_INT(1, closed);
    sends("BYE", ";tag=2");
    CHECK_INT(1, answers());
}

TEST(other_times_and_limits_hold_for_what_begins_from_now_on)
{
    struct stack_config few = { .max_server_txns = 1, .max_client_txns = 64, .max_connections = 8, .max_message = 300 };

    sends("INVITE", "");
    stack_configure(stack, &few);
    sends("OPTIONS", "");
    CHECK_INT(0, answers()); /* 503: there is one transaction */
    stack_reply(stack, invite, 200, SLICE(""));
    run_for(network, 70000);
    CHECK_INT(1, answers());
    sends("OPTIONS", ";tag=1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901"
                     "23456789012345678901234567890123456789012345678901234567890123456789012345678901234567890");
    CHECK(peer_last_status(&peer, 513) != NULL);
}

#define STACK_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STACK_TEST(an_idle_socket_is_closed_at_once_and_its_place_is_free),
        STACK_TEST(a_socket_that_a_transaction_needs_stays_for_it_and_for_nothing_new),
        STACK_TEST(a_socket_that_is_closing_is_taken_back_as_it_is),
        STACK_TEST(a_socket_that_others_need_stays_until_they_do_not),
        STACK_TEST(other_times_and_limits_hold_for_what_begins_from_now_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
