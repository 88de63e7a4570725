/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "support/test.h"
#include "support/world_fake.h"

#include <stdlib.h>

/* One end of a stream and what it heard, as text: "open", bytes, "closed". */
struct end {
    struct stream *stream;
    bool           refuse;
    struct buf     heard;
    char           memory[8192];
    unsigned       pieces;
};

struct wire {
    struct network  *net;
    struct host     *client_host, *server_host;
    struct world    *client, *server;
    struct listener *listener;
    struct end       caller, answerer;
};

static void on_open(void *owner, struct stream *s)
{
    struct end *e = owner;

    (void)s;
    buf_put(&e->heard, SLICE("open "));
}

static void on_bytes(void *owner, struct stream *s, struct slice bytes)
{
    struct end *e = owner;

    (void)s;
    e->pieces++;
    buf_put(&e->heard, bytes);
}

static void on_close(void *owner, struct stream *s, int error)
{
    struct end *e = owner;

    (void)s;
    e->stream = NULL;
    buf_printf(&e->heard, " closed:%s", error_name(error));
}

static const struct stream_events events = { on_open, on_bytes, on_close };

static const struct stream_events *on_accept(void *owner, struct listener *l, struct stream *s, void **stream_owner)
{
    struct wire *w = owner;

    (void)l;
    if (w->answerer.refuse)
        return NULL;
    w->answerer.stream = s;
    *stream_owner      = &w->answerer;
    return &events;
}

static struct wire *wire_new(uint64_t seed)
{
    struct wire   *w     = calloc(1, sizeof *w);
    struct address local = address_v4(192, 0, 2, 2, 5060);

    assert_non_null(w);
    w->net            = network_new(seed);
    w->client_host    = network_host(w->net, "client");
    w->server_host    = network_host(w->net, "server");
    w->caller.heard   = BUF_ON(w->caller.memory);
    w->answerer.heard = BUF_ON(w->answerer.memory);
    CHECK(host_add_address(w->client_host, "192.0.2.1"));
    CHECK(host_add_address(w->server_host, "192.0.2.2"));
    w->client = world_fake_new(w->client_host);
    w->server = world_fake_new(w->server_host);
    CHECK_INT(0, world_listen(w->server, &local, on_accept, w, &w->listener));
    return w;
}

static void wire_free(struct wire *w)
{
    network_free(w->net);
    free(w);
}

static void live(struct wire *w, msec duration)
{
    network_run_until(w->net, network_now(w->net) + duration);
}

static void dial(struct wire *w, uint16_t port)
{
    struct address remote = address_v4(192, 0, 2, 2, port);

    CHECK_INT(0, world_connect(w->client, &remote, &events, &w->caller, &w->caller.stream));
}

static void say(struct world *w, struct end *e, const char *text)
{
    struct slice part = slice_from(text);

    CHECK_INT(0, world_stream_send(w, e->stream, &part, 1));
}

/* A wire with an open stream. */
static struct wire *open_wire(uint64_t seed)
{
    struct wire *w = wire_new(seed);

    dial(w, 5060);
    live(w, 10);
    CHECK_SLICE("open ", buf_slice(&w->caller.heard));
    CHECK(w->answerer.stream != NULL);
    return w;
}

TEST(a_stream_opens_and_carries_bytes_both_ways_also_those_sent_before_it_was_open)
{
    struct wire *w = wire_new(1);

    dial(w, 5060);
    say(w->client, &w->caller, "early ");
    live(w, 10);
    CHECK_SLICE("early ", buf_slice(&w->answerer.heard));
    say(w->client, &w->caller, "later");
    say(w->server, &w->answerer, "answer");
    live(w, 10);
    CHECK_SLICE("early later", buf_slice(&w->answerer.heard));
    CHECK_SLICE("open answer", buf_slice(&w->caller.heard));
    wire_free(w);
}

TEST(bytes_come_in_pieces_but_in_order_whatever_the_path_does)
{
    struct path  bad = { .delay = 10, .jitter = 30, .loss = 200, .duplicate = 100, .reorder = 200 };
    struct wire *w;
    char         want[1001] = { 0 };

    for (uint64_t seed = 1; seed < 20; seed++) {
        w = open_wire(seed);
        network_set_path(w->net, NULL, NULL, &bad);
        for (unsigned i = 0; i < 100; i++) {
            memcpy(want + i * 10, "abcdefghij", 10);
            say(w->client, &w->caller, "abcdefghij");
            if (i % 10 == 0)
                live(w, 20);
        }
        live(w, 60000);
        CHECK_SLICE(want, buf_slice(&w->answerer.heard));
        wire_free(w);
    }
}

TEST(bytes_can_be_had_one_at_a_time)
{
    struct wire *w = open_wire(1);

    network_set_pieces(w->net, PIECES_BYTES);
    say(w->client, &w->caller, "0123456789");
    live(w, 10);
    CHECK_INT(10, w->answerer.pieces);
    CHECK_SLICE("0123456789", buf_slice(&w->answerer.heard));
    wire_free(w);
}

TEST(a_port_nobody_listens_on_refuses_and_a_dead_host_times_out_within_ten_seconds)
{
    struct wire *w = wire_new(1);

    dial(w, 9);
    live(w, 10);
    CHECK_SLICE(" closed:REFUSED", buf_slice(&w->caller.heard));
    host_set_down(w->server_host, true);
    dial(w, 5060);
    live(w, 9999);
    CHECK_SLICE(" closed:REFUSED", buf_slice(&w->caller.heard));
    live(w, 1);
    CHECK_SLICE(" closed:REFUSED closed:TIMEOUT", buf_slice(&w->caller.heard));
    CHECK_INT(0, world_fake_usage(w->client).streams);
    wire_free(w);
}

TEST(an_address_that_is_nobodys_is_unreachable)
{
    struct wire   *w      = wire_new(1);
    struct address remote = address_v4(198, 51, 100, 1, 5060);
    struct address six    = { .family = FAMILY_6, .ip = { 0x20, 1 }, .port = 5060 };

    CHECK_INT(0, world_connect(w->client, &remote, &events, &w->caller, &w->caller.stream));
    live(w, 10);
    CHECK_SLICE(" closed:UNREACHABLE", buf_slice(&w->caller.heard));
    CHECK_INT(-ERR_UNREACHABLE, world_connect(w->client, &six, &events, &w->caller, &w->caller.stream));
    wire_free(w);
}

TEST(whom_the_listener_refuses_sees_a_reset)
{
    struct wire *w = wire_new(1);

    w->answerer.refuse = true;
    dial(w, 5060);
    live(w, 10);
    CHECK_SLICE("open  closed:RESET", buf_slice(&w->caller.heard));
    CHECK_INT(0, world_fake_usage(w->server).streams);
    wire_free(w);
}

TEST(a_close_is_heard_after_the_last_byte_and_the_closer_hears_nothing_more)
{
    struct wire *w = open_wire(1);

    say(w->server, &w->answerer, "ignored");
    say(w->client, &w->caller, "last words");
    w->client->ops->stream_close(w->caller.stream);
    live(w, 100);
    CHECK_SLICE("last words closed:NONE", buf_slice(&w->answerer.heard));
    CHECK_SLICE("open ", buf_slice(&w->caller.heard));
    CHECK_INT(0, world_fake_usage(w->client).streams);
    CHECK_INT(0, world_fake_usage(w->server).streams);
    CHECK_INT(0, network_in_flight(w->net));
    wire_free(w);
}

TEST(a_close_before_the_answer_leaves_nothing_behind)
{
    struct wire *w = wire_new(1);

    dial(w, 5060);
    w->client->ops->stream_close(w->caller.stream);
    live(w, 10);
    CHECK_SLICE("", buf_slice(&w->caller.heard));
    CHECK_INT(0, world_fake_usage(w->server).streams);
    CHECK_INT(0, network_in_flight(w->net));
    wire_free(w);
}

TEST(when_a_process_dies_its_peers_see_a_reset)
{
    struct wire *w = open_wire(1);

    world_fake_free(w->server);
    live(w, 10);
    CHECK_SLICE("open  closed:RESET", buf_slice(&w->caller.heard));
    dial(w, 5060);
    live(w, 10);
    CHECK_SLICE("open  closed:RESET closed:REFUSED", buf_slice(&w->caller.heard));
    wire_free(w);
}

TEST(a_full_send_queue_refuses_whole_sends_and_a_cut_path_ends_the_stream_in_time)
{
    struct wire *w     = open_wire(1);
    struct slice parts = SLICE("123456");

    network_set_path(w->net, NULL, NULL, &(struct path){ .delay = 1, .cut = true });
    network_set_stream_queue(w->net, 10);
    CHECK_INT(0, world_stream_send(w->client, w->caller.stream, &parts, 1));
    CHECK_INT(-ERR_LIMIT, world_stream_send(w->client, w->caller.stream, &parts, 1));
    live(w, 200000);
    CHECK_SLICE("open  closed:TIMEOUT", buf_slice(&w->caller.heard));
    CHECK_SLICE("", buf_slice(&w->answerer.heard));
    wire_free(w);
}

TEST(a_send_that_a_fault_refuses_is_refused_whole)
{
    struct wire *w     = open_wire(1);
    struct slice parts = SLICE("no");

    network_add_fault(w->net, &(struct fault){ .first = 2, .count = 1, .action = FAULT_REFUSE });
    say(w->client, &w->caller, "one ");
    CHECK_INT(-ERR_LIMIT, world_stream_send(w->client, w->caller.stream, &parts, 1));
    say(w->client, &w->caller, "two");
    live(w, 10);
    CHECK_SLICE("one two", buf_slice(&w->answerer.heard));
    wire_free(w);
}

TEST(a_path_that_heals_in_time_costs_the_stream_only_time)
{
    struct wire *w = open_wire(1);

    network_set_path(w->net, NULL, NULL, &(struct path){ .delay = 1, .cut = true });
    say(w->client, &w->caller, "patience");
    live(w, 5000);
    CHECK_SLICE("", buf_slice(&w->answerer.heard));
    network_set_path(w->net, NULL, NULL, &(struct path){ .delay = 1 });
    live(w, 20000);
    CHECK_SLICE("patience", buf_slice(&w->answerer.heard));
    wire_free(w);
}

static void note_whole(void *arg, const struct packet *p)
{
    buf_printf(arg, "%d:%.*s ", p->stage, SLICE_ARG(p->bytes));
}

TEST(the_observer_sees_each_send_whole_however_it_is_cut_on_the_way)
{
    struct wire *w = open_wire(1);
    char         memory[256];
    struct buf   seen = BUF_ON(memory);

    network_set_pieces(w->net, PIECES_BYTES);
    network_set_path(w->net, NULL, NULL, &(struct path){ .delay = 1, .jitter = 50 });
    network_observe(w->net, note_whole, &seen);
    say(w->client, &w->caller, "first");
    say(w->client, &w->caller, "second");
    while (w->answerer.heard.len == 0)
        live(w, 1);
    CHECK(w->answerer.heard.len < 5);
    CHECK_SLICE("0:first 0:second ", buf_slice(&seen));
    live(w, 1000);
    CHECK_SLICE("0:first 0:second 1:first 1:second ", buf_slice(&seen));
    wire_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_opens_and_carries_bytes_both_ways_also_those_sent_before_it_was_open),
        cmocka_unit_test(bytes_come_in_pieces_but_in_order_whatever_the_path_does),
        cmocka_unit_test(bytes_can_be_had_one_at_a_time),
        cmocka_unit_test(a_port_nobody_listens_on_refuses_and_a_dead_host_times_out_within_ten_seconds),
        cmocka_unit_test(an_address_that_is_nobodys_is_unreachable),
        cmocka_unit_test(whom_the_listener_refuses_sees_a_reset),
        cmocka_unit_test(a_close_is_heard_after_the_last_byte_and_the_closer_hears_nothing_more),
        cmocka_unit_test(a_close_before_the_answer_leaves_nothing_behind),
        cmocka_unit_test(when_a_process_dies_its_peers_see_a_reset),
        cmocka_unit_test(a_full_send_queue_refuses_whole_sends_and_a_cut_path_ends_the_stream_in_time),
        cmocka_unit_test(a_send_that_a_fault_refuses_is_refused_whole),
        cmocka_unit_test(a_path_that_heals_in_time_costs_the_stream_only_time),
        cmocka_unit_test(the_observer_sees_each_send_whole_however_it_is_cut_on_the_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
