/* SPDX-License-Identifier: BSD-2-Clause */
/* Flows that end, and peers that fall silent: who is told, and when (RFC 5626 5.4, 7). */
#include "base/error.h"
#include "stack/stack.h"
#include "support/server_bench.h"
#include "support/stack_quiet.h"
#include "support/test.h"

static struct bench     b; /* for its phones and network; its server listens elsewhere */
static struct world    *world;
static struct stack    *stack;
static struct raw_phone peer;
static struct flow      flow; /* by which the last message went */
static uint64_t         told[8];
static unsigned         told_count;

static void on_request(void *user, object_id txn, struct message *request)
{
    (void)user;
    (void)request;
    stack_reply(stack, txn, 200, SLICE(""));
}

static const struct stack_events events = { on_request, quiet_ack, quiet_cancel, quiet_stray, quiet_end };

static void on_trace(void *arg, bool sent, const struct flow *by, struct slice text)
{
    (void)arg;
    (void)text;
    if (sent)
        flow = *by;
}

static void on_client(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                      int detail)
{
    (void)u;
    (void)txn;
    (void)event;
    (void)response;
    (void)detail;
}

/* OPTIONS to the peer: the flow is there from then on. */
static void ask(const char *uri)
{
    struct gather      g;
    struct uri         destination;
    struct outgoing    out  = { .start_line  = SLICE("OPTIONS sip:a SIP/2.0\r\n"),
                                .rest        = &g,
                                .method      = METHOD_OPTIONS,
                                .destination = &destination };
    struct client_user user = { .fn = on_client };

    CHECK(uri_parse(slice_from(uri), &destination));
    gather_init(&g);
    gather_put(&g, SLICE("From: <sip:o@a>;tag=1\r\nTo: <sip:a>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n"));
    gather_body(&g, SLICE(""), SLICE(""));
    CHECK(stack_request(stack, &out, &user) != 0);
    bench_live(&b, 100);
}

static int setup(void **state)
{
    struct stack_config config = { .max_server_txns = 16, .max_client_txns = 16, .max_connections = 8 };
    struct host        *h;
    struct address      local;
    unsigned            index;

    (void)state;
    bench_open(&b, "");
    h = network_host(b.network, "other");
    CHECK(host_add_address(h, "192.0.2.11"));
    world           = world_fake_new(h);
    config.trace.fn = on_trace;
    stack           = stack_new(world, &config, &events, NULL);
    local           = host_address(h, FAMILY_4);
    CHECK_INT(0, stack_listen(stack, TRANSPORT_UDP, &local, SLICE(""), &index));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    stack_free(stack);
    world_fake_free(world);
    raw_close(&peer);
    bench_close(&b);
    return 0;
}

static void open_stream(void)
{
    raw_listen(&peer, b.at_phones, 7000);
    ask("sip:192.0.2.9:7000;transport=tcp");
    CHECK_INT(TRANSPORT_TCP, flow.transport);
    raw_forget(&peer);
}

static void on_flow_end(void *user, const struct flow *ended, uint64_t key)
{
    CHECK(user == &b && ended->connection == flow.connection && told_count < 8);
    told[told_count++] = key;
}

static void watch(void)
{
    told_count = 0;
    open_stream();
    stack_on_flow_end(stack, on_flow_end, &b);
}

/* RFC 5626 7: a TCP socket closing. */
TEST(who_is_reached_by_a_connection_is_told_of_its_end)
{
    watch();
    stack_keep_connection(stack, &flow, 11, world_now(world) + 60 * 1000);
    stack_keep_connection(stack, &flow, 12, world_now(world) + 60 * 1000);
    bench_live(&b, 100);
    CHECK_INT(0, told_count);
    raw_close(&peer);
    bench_live(&b, 100);
    CHECK_INT(2, told_count);
    CHECK((told[0] == 11 && told[1] == 12) || (told[0] == 12 && told[1] == 11));
}

TEST(whose_time_is_over_is_not_told)
{
    watch();
    stack_keep_connection(stack, &flow, 11, world_now(world) + 1000);
    bench_live(&b, 2000);
    raw_close(&peer);
    bench_live(&b, 100);
    CHECK_INT(0, told_count);
}

TEST(at_the_end_of_the_stack_nobody_is_told)
{
    watch();
    stack_keep_connection(stack, &flow, 11, world_now(world) + 60 * 1000);
    stack_free(stack);
    stack = NULL;
    bench_live(&b, 100);
    CHECK_INT(0, told_count);
}

/* RFC 5626 5.4: longer than the Flow-Timer. */
TEST(a_peer_that_breaks_its_word_and_is_silent_loses_its_connection)
{
    watch();
    stack_keep_connection(stack, &flow, 11, world_now(world) + 3600 * 1000);
    stack_expect_signs(stack, &flow, 120 * 1000);
    bench_live(&b, 149 * 1000);
    CHECK(!peer.closed);
    bench_live(&b, 2 * 1000);
    CHECK(peer.closed);
    CHECK_INT(1, told_count);
}

TEST(each_sign_of_life_begins_the_time_anew)
{
    watch();
    stack_keep_connection(stack, &flow, 11, world_now(world) + 3600 * 1000);
    stack_expect_signs(stack, &flow, 20 * 1000);
    for (unsigned i = 0; i < 10; i++) {
        bench_live(&b, 19 * 1000);
        raw_say(&peer, "\r\n\r\n");
        bench_live(&b, 100);
        CHECK(!peer.closed);
    }
    bench_live(&b, 31 * 1000);
    CHECK(peer.closed);
}

/* It is the peer who has to be heard. */
TEST(what_we_say_is_no_sign_of_life)
{
    watch();
    stack_expect_signs(stack, &flow, 20 * 1000);
    for (unsigned i = 0; i < 4 && !peer.closed; i++) {
        (void)stack_keep_alive(stack, &flow);
        bench_live(&b, 9 * 1000);
    }
    CHECK(peer.closed);
}

TEST(nothing_is_expected_of_datagrams_or_any_more)
{
    struct flow datagram = { .transport = TRANSPORT_UDP };

    watch();
    stack_keep_connection(stack, &flow, 11, world_now(world) + 3600 * 1000);
    stack_expect_signs(stack, &datagram, 1000);
    stack_expect_signs(stack, &flow, 20 * 1000);
    stack_expect_signs(stack, &flow, 0);
    bench_live(&b, 300 * 1000);
    CHECK(!peer.closed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_is_reached_by_a_connection_is_told_of_its_end, setup, teardown),
        cmocka_unit_test_setup_teardown(whose_time_is_over_is_not_told, setup, teardown),
        cmocka_unit_test_setup_teardown(at_the_end_of_the_stack_nobody_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_peer_that_breaks_its_word_and_is_silent_loses_its_connection, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(each_sign_of_life_begins_the_time_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(what_we_say_is_no_sign_of_life, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_expected_of_datagrams_or_any_more, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
