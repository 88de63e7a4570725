/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/flow_bench.h"

#include "support/stack_quiet.h"
#include "support/test.h"

struct flow_bench fb;

static void on_request(void *user, object_id txn, struct message *request)
{
    (void)user;
    (void)request;
    stack_reply(fb.stack, txn, 200, SLICE(""));
}

static const struct stack_events events = { on_request, quiet_ack, quiet_cancel, quiet_stray, quiet_end };

static void on_trace(void *arg, bool sent, const struct flow *by, struct slice text)
{
    (void)arg;
    (void)text;
    if (sent)
        fb.flow = *by;
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

void flow_bench_ask(const char *uri)
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
    CHECK(stack_request(fb.stack, &out, &user) != 0);
    bench_live(&fb.b, 100);
}

int flow_bench_setup(void **state)
{
    struct stack_config config = { .max_server_txns = 16, .max_client_txns = 16, .max_connections = 8 };
    struct host        *h;
    struct address      local;
    unsigned            index;

    (void)state;
    bench_open(&fb.b, "");
    h = network_host(fb.b.network, "other");
    CHECK(host_add_address(h, "192.0.2.11"));
    fb.world        = world_fake_new(h);
    config.trace.fn = on_trace;
    fb.stack        = stack_new(fb.world, &config, &events, NULL);
    local           = host_address(h, FAMILY_4);
    CHECK_INT(0, stack_listen(fb.stack, TRANSPORT_UDP, &local, SLICE(""), &index));
    return 0;
}

int flow_bench_teardown(void **state)
{
    (void)state;
    stack_free(fb.stack);
    world_fake_free(fb.world);
    raw_close(&fb.peer);
    bench_close(&fb.b);
    return 0;
}

void flow_bench_open_stream(void)
{
    raw_listen(&fb.peer, fb.b.at_phones, 7000);
    flow_bench_ask("sip:192.0.2.9:7000;transport=tcp");
    CHECK_INT(TRANSPORT_TCP, fb.flow.transport);
    raw_forget(&fb.peer);
}
