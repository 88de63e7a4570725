/* SPDX-License-Identifier: BSD-2-Clause */
/* Signs of life on a flow, and a flow whose other end gives none (RFC 5626 4.4). */
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

TEST(on_a_stream_the_sign_of_life_is_a_double_crlf)
{
    open_stream();
    CHECK_INT(0, stack_keep_alive(stack, &flow));
    bench_live(&b, 10);
    assert_string_equal("\r\n\r\n", peer.heard[0]);
}

TEST(an_answered_sign_of_life_keeps_the_stream)
{
    open_stream();
    for (unsigned i = 0; i < 4; i++) {
        CHECK_INT(0, stack_keep_alive(stack, &flow));
        bench_live(&b, 10);
        raw_say(&peer, "\r\n");
        bench_live(&b, 10);
    }
    CHECK(!peer.closed);
}

TEST(an_unanswered_sign_of_life_closes_the_stream_at_the_next)
{
    open_stream();
    CHECK_INT(0, stack_keep_alive(stack, &flow));
    bench_live(&b, 10);
    raw_say(&peer, "\r\n");
    bench_live(&b, 10);
    CHECK_INT(0, stack_keep_alive(stack, &flow));
    bench_live(&b, 10);
    CHECK_INT(-ERR_CLOSED, stack_keep_alive(stack, &flow));
    bench_live(&b, 10);
    CHECK(peer.closed);
    CHECK_INT(-ERR_CLOSED, stack_keep_alive(stack, &flow));
}

/* Many servers swallow it: calls are not to lose their connection every minute for that. */
TEST(a_peer_that_never_answers_signs_of_life_keeps_its_stream)
{
    open_stream();
    for (unsigned i = 0; i < 4; i++) {
        CHECK_INT(0, stack_keep_alive(stack, &flow));
        bench_live(&b, 10);
        if (i == 1) {
            ask("sip:192.0.2.9:7000;transport=tcp");
            raw_say(
                &peer,
                "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP a;branch=z9hG4bKx\r\nFrom: <sip:a>;tag=1\r\nTo: <sip:a>;tag=2\r\n"
                "Call-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n");
            bench_live(&b, 10);
        }
    }
    CHECK(!peer.closed);
}

TEST(signs_of_life_keep_a_stream_from_being_idle)
{
    open_stream();
    for (unsigned i = 0; i < 12; i++) {
        CHECK_INT(0, stack_keep_alive(stack, &flow));
        bench_live(&b, 60000);
        raw_say(&peer, "\r\n");
        bench_live(&b, 10);
    }
    CHECK(!peer.closed);
}

TEST(on_udp_it_is_a_datagram_and_nothing_is_expected)
{
    raw_open(&peer, b.at_phones, 7000);
    ask("sip:192.0.2.9:7000");
    raw_forget(&peer);
    for (unsigned i = 0; i < 3; i++)
        CHECK_INT(0, stack_keep_alive(stack, &flow));
    bench_live(&b, 10);
    CHECK_INT(3, peer.count);
    assert_string_equal("\r\n\r\n", raw_heard(&peer, 0));
}

TEST(who_has_moved_leaves_his_stream)
{
    open_stream();
    stack_moved(stack, &flow);
    bench_live(&b, 10);
    CHECK(peer.closed);
    CHECK_INT(-ERR_CLOSED, stack_keep_alive(stack, &flow));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(on_a_stream_the_sign_of_life_is_a_double_crlf),
        CASE(an_answered_sign_of_life_keeps_the_stream),
        CASE(an_unanswered_sign_of_life_closes_the_stream_at_the_next),
        CASE(a_peer_that_never_answers_signs_of_life_keeps_its_stream),
        CASE(signs_of_life_keep_a_stream_from_being_idle),
        CASE(on_udp_it_is_a_datagram_and_nothing_is_expected),
        CASE(who_has_moved_leaves_his_stream),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
