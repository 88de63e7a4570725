/* SPDX-License-Identifier: BSD-2-Clause */
/* Which socket a message leaves by, what stands in its Via, which names are ours. */
#include "base/error.h"
#include "stack/stack.h"
#include "support/server_bench.h"
#include "support/stack_quiet.h"
#include "support/test.h"

#include <stdio.h>

/* A stack of its own on 192.0.2.1 and 192.0.2.2, and 2001:db8::1. */
static struct bench  b; /* for its phones and network; its server listens elsewhere */
static struct world *world;
static struct stack *stack;

static void on_request(void *user, object_id txn, struct message *request)
{
    (void)user;
    (void)request;
    stack_reply(stack, txn, 200, SLICE(""));
}

static const struct stack_events events = { on_request, quiet_ack, quiet_cancel, quiet_stray, quiet_end };

static void setup(void)
{
    struct stack_config config = { .max_server_txns = 64, .max_client_txns = 64, .max_connections = 8 };
    struct host        *h;

    bench_open(&b, "");
    h = network_host(b.network, "other");
    CHECK(host_add_address(h, "192.0.2.11") && host_add_address(h, "192.0.2.12") && host_add_address(h, "2001:db8::1"));
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

static struct address ipv6(uint16_t port)
{
    struct address a;

    CHECK(address_parse_ip(SLICE("2001:db8::1"), &a));
    a.port = port;
    return a;
}

static void on_client(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                      int detail)
{
    (void)u;
    (void)txn;
    (void)response;
    (void)detail;
    (void)event;
}

/* OPTIONS by a flow as a store might keep it. */
static void asks_by(const struct flow *flow)
{
    struct gather   g;
    struct outgoing out = {
        .start_line = SLICE("OPTIONS sip:a SIP/2.0\r\n"), .rest = &g, .method = METHOD_OPTIONS, .flow = flow
    };
    struct client_user user = { .fn = on_client };

    gather_init(&g);
    gather_header(&g, HEADER_FROM, SLICE("<sip:a@a>;tag=1"));
    gather_header(&g, HEADER_TO, SLICE("<sip:a>"));
    gather_header(&g, HEADER_CALL_ID, SLICE("1"));
    gather_header(&g, HEADER_CSEQ, SLICE("1 OPTIONS"));
    gather_body(&g, SLICE(""), SLICE(""));
    CHECK(stack_request(stack, &out, &user) != 0);
    bench_live(&b, 50);
}

static bool via_says(const char *sent_by)
{
    char via[256], wanted[128];

    snprintf(wanted, sizeof wanted, "SIP/2.0/UDP %s;branch=", sent_by);
    return strncmp(header_of(raw_heard(&b.bob, 0), "Via", via, sizeof via), wanted, strlen(wanted)) == 0;
}

/* Listener 0 is a stream's, 1 IPv6: only the address tells. */
TEST(a_flow_that_names_a_wrong_listener_finds_the_right_one)
{
    struct flow    flow = { .transport = TRANSPORT_UDP,
                            .local     = address_v4(192, 0, 2, 12, 5070),
                            .remote    = address_v4(192, 0, 2, 9, 6001) };
    struct address any;

    setup();
    CHECK(address_parse_ip(SLICE("::"), &any));
    any.port = 5060;
    listens(TRANSPORT_TCP, address_v4(192, 0, 2, 11, 5060), "");
    listens(TRANSPORT_UDP, any, "");
    listens(TRANSPORT_UDP, address_v4(192, 0, 2, 11, 5060), "");
    listens(TRANSPORT_UDP, address_v4(192, 0, 2, 12, 5070), "");
    for (unsigned listener = 0; listener < 6; listener++) {
        flow.listener = listener;
        raw_forget(&b.bob);
        asks_by(&flow);
        CHECK(via_says("192.0.2.12:5070"));
    }
    flow.local = address_v4(192, 0, 2, 99, 5060); /* an address that is ours no more */
    raw_forget(&b.bob);
    asks_by(&flow);
    CHECK(via_says("192.0.2.11:5060"));
    teardown();
}

TEST(without_a_socket_of_its_kind_a_flow_fails_and_nothing_else)
{
    struct flow flow = { .transport = TRANSPORT_UDP, .local = ipv6(5060), .remote = ipv6(6001) };

    setup();
    listens(TRANSPORT_TCP, address_v4(192, 0, 2, 11, 5060), "");
    asks_by(&flow);
    CHECK_INT(0, stack_alive(stack));
    CHECK_INT(1, counter_read(&world->counters.transport_errors));
    teardown();
}

TEST(a_name_is_ours_if_we_listen_there_or_say_so)
{
    setup();
    listens(TRANSPORT_UDP, address_v4(192, 0, 2, 11, 5070), "gate.test:5062");
    listens(TRANSPORT_TCP, ipv6(5060), "gate.test");
    CHECK(stack_is_local(stack, SLICE("192.0.2.11"), 5070));
    CHECK(!stack_is_local(stack, SLICE("192.0.2.11"), 0));
    CHECK(!stack_is_local(stack, SLICE("192.0.2.12"), 5070));
    CHECK(stack_is_local(stack, SLICE("GATE.test"), 5062));
    CHECK(stack_is_local(stack, SLICE("gate.test"), 0));
    CHECK(!stack_is_local(stack, SLICE("gate.test"), 5070));
    CHECK(stack_is_local(stack, SLICE("[2001:DB8:0::1]"), 0));
    CHECK(!stack_is_local(stack, SLICE(""), 0));
    teardown();
}

TEST(a_wildcard_socket_knows_the_hosts_own_addresses)
{
    setup();
    listens(TRANSPORT_UDP, address_v4(0, 0, 0, 0, 5060), "");
    CHECK(stack_is_local(stack, SLICE("192.0.2.11"), 0));
    CHECK(stack_is_local(stack, SLICE("192.0.2.12"), 5060));
    CHECK(!stack_is_local(stack, SLICE("192.0.2.9"), 0));
    CHECK(!stack_is_local(stack, SLICE("2001:db8::1"), 0));
    teardown();
}

TEST(there_is_a_limit_of_listeners_and_of_names)
{
    struct address local = address_v4(192, 0, 2, 11, 0);
    char           name[300];
    unsigned       index;

    setup();
    memset(name, 'a', sizeof name);
    CHECK_INT(-ERR_TOO_LARGE, stack_listen(stack, TRANSPORT_UDP, &local, (struct slice){ name, sizeof name }, &index));
    CHECK_INT(-ERR_UNSUPPORTED, stack_listen(stack, TRANSPORT_TLS, &local, SLICE(""), &index));
    for (unsigned i = 0; i < 16; i++)
        CHECK_INT(i, listens(TRANSPORT_UDP, local, ""));
    CHECK_INT(-ERR_LIMIT, stack_listen(stack, TRANSPORT_UDP, &local, SLICE(""), &index));
    teardown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flow_that_names_a_wrong_listener_finds_the_right_one),
        cmocka_unit_test(without_a_socket_of_its_kind_a_flow_fails_and_nothing_else),
        cmocka_unit_test(a_name_is_ours_if_we_listen_there_or_say_so),
        cmocka_unit_test(a_wildcard_socket_knows_the_hosts_own_addresses),
        cmocka_unit_test(there_is_a_limit_of_listeners_and_of_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
