/* SPDX-License-Identifier: BSD-2-Clause */
/* What we are called in Via and Record-Route, time and again, whichever address is asked for. */
#include "stack/stack.h"
#include "support/server_bench.h"
#include "support/stack_quiet.h"
#include "support/test.h"

#include <stdio.h>

static struct bench  b; /* for its network; its server listens elsewhere */
static struct world *world;
static struct stack *stack;

static void on_request(void *user, object_id txn, struct message *request)
{
    (void)user;
    (void)txn;
    (void)request;
}

static const struct stack_events events = { on_request, quiet_ack, quiet_cancel, quiet_stray, quiet_end };

static void setup(void)
{
    struct stack_config config = { .max_server_txns = 64, .max_client_txns = 64, .max_connections = 8 };
    struct host        *h;

    bench_open(&b, "");
    h = network_host(b.network, "other");
    for (unsigned i = 0; i < 6; i++) {
        char text[32];

        snprintf(text, sizeof text, "192.0.2.%u", 20 + i);
        CHECK(host_add_address(h, text));
    }
    world = world_fake_new(h);
    stack = stack_new(world, &config, &events, NULL);
    CHECK(stack != NULL);
}

static void teardown(void)
{
    stack_free(stack);
    world_fake_free(world);
    bench_close(&b);
}

static unsigned listens(enum transport transport, struct address local, const char *advertise)
{
    unsigned index;

    CHECK_INT(0, stack_listen(stack, transport, &local, slice_from(advertise), &index));
    return index;
}

static struct flow flow_from(unsigned listener, enum transport transport, struct address local)
{
    return (struct flow){
        .transport = transport, .local = local, .remote = address_v4(192, 0, 2, 9, 6001), .listener = listener
    };
}

static void is_called(const struct flow *flow, const char *wanted)
{
    char       memory[300];
    struct buf text = BUF_ON(memory);

    stack_write_sent_by(stack, &text, flow);
    CHECK_SLICE(wanted, buf_slice(&text));
}

/* More addresses than a listener keeps texts for, in turn and then in reverse. */
TEST(a_wildcard_socket_is_called_by_the_address_of_each_message)
{
    unsigned index;

    setup();
    index = listens(TRANSPORT_UDP, address_v4(0, 0, 0, 0, 5070), "");
    for (unsigned i = 0; i < 60; i++) {
        unsigned    last = 20 + (i < 30 ? i : 60 - i) % 6;
        struct flow flow = flow_from(index, TRANSPORT_UDP, address_v4(192, 0, 2, (uint8_t)last, 0));
        char        wanted[32];

        snprintf(wanted, sizeof wanted, "192.0.2.%u:5070", last);
        is_called(&flow, wanted);
    }
    teardown();
}

TEST(a_name_that_is_advertised_goes_before_any_address_and_may_change)
{
    struct flow flow;

    setup();
    flow = flow_from(listens(TRANSPORT_UDP, address_v4(192, 0, 2, 20, 5060), ""), TRANSPORT_UDP,
                     address_v4(192, 0, 2, 20, 5060));
    is_called(&flow, "192.0.2.20:5060");
    stack_listener_advertise(stack, flow.listener, SLICE("gate.test:5062"));
    is_called(&flow, "gate.test:5062");
    CHECK(stack_is_local(stack, SLICE("Gate.test"), 5062));
    stack_listener_advertise(stack, flow.listener, SLICE("[2001:db8::1]"));
    is_called(&flow, "[2001:db8::1]");
    stack_listener_advertise(stack, flow.listener, SLICE(""));
    is_called(&flow, "192.0.2.20:5060");
    CHECK(!stack_is_local(stack, SLICE("gate.test"), 5062));
    teardown();
}

/* Another listener in the place of one that has closed. */
TEST(nothing_is_left_of_a_listener_that_has_closed)
{
    struct flow    flow;
    struct address local = address_v4(192, 0, 2, 21, 5080);

    setup();
    flow = flow_from(listens(TRANSPORT_TCP, address_v4(192, 0, 2, 20, 5060), ""), TRANSPORT_TCP,
                     address_v4(192, 0, 2, 20, 41000));
    is_called(&flow, "192.0.2.20:5060");
    stack_unlisten(stack, flow.listener);
    CHECK_INT(0, stack_listen_at(stack, flow.listener, TRANSPORT_TCP, &local, SLICE("")));
    is_called(&flow, "192.0.2.20:5080"); /* a connection has its own address, and the port of who listens */
    teardown();
}

/* RFC 7118 5: nobody can connect to a client. */
TEST(without_a_listener_it_is_the_flow_or_over_websockets_nobody)
{
    struct flow tcp, ws;
    char        nobody[64];

    setup();
    tcp = flow_from(STACK_PLACES, TRANSPORT_TCP, address_v4(192, 0, 2, 20, 41000));
    ws  = flow_from(STACK_PLACES, TRANSPORT_WS, address_v4(192, 0, 2, 20, 41001));
    is_called(&tcp, "192.0.2.20:41000");
    snprintf(nobody, sizeof nobody, "%.*s", SLICE_ARG(stack_nobody(stack)));
    is_called(&ws, nobody);
    teardown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wildcard_socket_is_called_by_the_address_of_each_message),
        cmocka_unit_test(a_name_that_is_advertised_goes_before_any_address_and_may_change),
        cmocka_unit_test(nothing_is_left_of_a_listener_that_has_closed),
        cmocka_unit_test(without_a_listener_it_is_the_flow_or_over_websockets_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
