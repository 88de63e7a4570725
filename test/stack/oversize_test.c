/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests too large for a datagram (RFC 3261 18.1.1); with a whole server: scenario/mtu_*. */
#include "base/error.h"
#include "stack/internal.h"
#include "support/server_bench.h"
#include "support/stack_quiet.h"
#include "support/test.h"

#include <stdio.h>

/* A stack of its own on 192.0.2.11; bob hears datagrams on port 6001 and, if `tcp` waits there,
 * streams as well. */
static struct bench     b; /* for its phones and network; its server listens elsewhere */
static struct raw_phone tcp;
static struct world    *world;
static struct stack    *stack;
static unsigned         answers, errors;

static void on_request(void *user, object_id txn, struct message *request)
{
    (void)user;
    (void)txn;
    (void)request;
}

static const struct stack_events events = { on_request, quiet_ack, quiet_cancel, quiet_stray, quiet_end };

static void setup(size_t udp_limit, bool bob_has_tcp)
{
    struct stack_config config = {
        .max_server_txns = 64, .max_client_txns = 64, .max_connections = 8, .udp_limit = udp_limit
    };
    struct address local = address_v4(192, 0, 2, 11, 5060);
    struct host   *h;
    unsigned       index;

    bench_open(&b, "");
    if (bob_has_tcp)
        raw_listen(&tcp, b.at_phones, 6001);
    h = network_host(b.network, "other");
    CHECK(host_add_address(h, "192.0.2.11"));
    world = world_fake_new(h);
    stack = stack_new(world, &config, &events, NULL);
    CHECK(stack != NULL);
    CHECK_INT(0, stack_listen(stack, TRANSPORT_UDP, &local, SLICE(""), &index));
    answers = errors = 0;
}

static void teardown(bool bob_has_tcp)
{
    stack_free(stack);
    world_fake_free(world);
    if (bob_has_tcp)
        raw_close(&tcp);
    bench_close(&b);
}

static void on_client(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                      int detail)
{
    (void)u;
    (void)txn;
    (void)response;
    (void)detail;
    answers += event == CLIENT_RESPONSE;
    errors += event != CLIENT_RESPONSE;
}

/* OPTIONS to bob with a body of so many bytes. */
static void asks(size_t body)
{
    static const struct client_user user = { .fn = on_client };
    char                            text[4096];
    struct gather                   g;
    struct uri                      bob;
    struct outgoing                 out = {
                        .start_line = SLICE("OPTIONS sip:a SIP/2.0\r\n"), .rest = &g, .method = METHOD_OPTIONS, .destination = &bob
    };

    memset(text, 'x', sizeof text);
    CHECK(uri_parse(SLICE("sip:bob@192.0.2.9:6001"), &bob));
    gather_init(&g);
    gather_header(&g, HEADER_FROM, SLICE("<sip:a@a>;tag=1"));
    gather_header(&g, HEADER_TO, SLICE("<sip:a>"));
    gather_header(&g, HEADER_CALL_ID, SLICE("1"));
    gather_header(&g, HEADER_CSEQ, SLICE("1 OPTIONS"));
    gather_body(&g, SLICE(""), (struct slice){ text, body });
    raw_forget(&b.bob);
    CHECK(stack_request(stack, &out, &user) != 0);
}

static bool came_by_stream(void)
{
    return strstr(tcp.heard[0], "Via: SIP/2.0/TCP 192.0.2.11") != NULL;
}

TEST(the_limit_is_what_the_whole_request_takes)
{
    setup(1300, true);
    asks(900);
    bench_live(&b, 100);
    CHECK(!came_by_stream());
    CHECK_INT(1, b.bob.count);
    asks(1300);
    bench_live(&b, 100);
    CHECK(came_by_stream());
    CHECK_INT(0, b.bob.count);
    CHECK_INT(1, counter_read(&world->counters.oversize_by_stream));
    teardown(true);
}

/* The kernel knows the path better than a number in the configuration. */
TEST(what_is_too_large_for_the_path_goes_by_tcp_and_the_next_does_at_once)
{
    struct address bob = address_v4(192, 0, 2, 9, 6001);

    setup(0, true);
    asks(800);
    bench_live(&b, 20);
    CHECK_INT(1, b.bob.count);
    peer_error(stack, &bob, -ERR_TOO_LARGE);
    bench_live(&b, 100);
    CHECK(came_by_stream());
    asks(750); /* within 200 bytes of what was too large */
    bench_live(&b, 100);
    CHECK_INT(0, b.bob.count);
    asks(100);
    bench_live(&b, 100);
    CHECK_INT(1, b.bob.count);
    CHECK_INT(0, errors);
    teardown(true);
}

TEST(what_is_too_large_is_not_the_small_one_that_waits_beside_it)
{
    struct address bob = address_v4(192, 0, 2, 9, 6001);

    setup(0, false);
    asks(10);
    bench_live(&b, 20);
    peer_error(stack, &bob, -ERR_TOO_LARGE);
    bench_live(&b, 100);
    CHECK_INT(0, errors);
    CHECK_INT(0, counter_read(&world->counters.oversize_by_stream));
    teardown(false);
}

TEST(without_tcp_there_it_goes_by_udp_and_for_a_while_is_not_tried_again)
{
    setup(1300, false);
    asks(1400);
    bench_live(&b, 100);
    CHECK_INT(1, b.bob.count);
    CHECK_INT(1, counter_read(&world->counters.oversize_by_datagram));
    asks(1400);
    bench_live(&b, 100);
    CHECK_INT(1, b.bob.count);
    CHECK_INT(1, counter_read(&world->counters.oversize_by_stream));
    bench_live(&b, 600000);
    asks(1400);
    bench_live(&b, 100);
    CHECK_INT(2, counter_read(&world->counters.oversize_by_stream));
    teardown(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limit_is_what_the_whole_request_takes),
        cmocka_unit_test(what_is_too_large_for_the_path_goes_by_tcp_and_the_next_does_at_once),
        cmocka_unit_test(what_is_too_large_is_not_the_small_one_that_waits_beside_it),
        cmocka_unit_test(without_tcp_there_it_goes_by_udp_and_for_a_while_is_not_tried_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
