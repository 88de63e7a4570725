/* SPDX-License-Identifier: BSD-2-Clause */
/* Two workers that take another configuration, or do not. */
#include "server/reload.h"

#include "base/error.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

enum { WORKERS = 2 };

static struct bench         b; /* for its phones and network; its server listens elsewhere */
static const struct config *config;
static struct workers      *all;
static struct fake_disk    *disk;
static struct store        *store;
static struct shared       *shared;
static struct world        *worlds[WORKERS];
static struct server       *servers[WORKERS];
static struct reload        reload;
static int                  ready_says, done_says;
static char                 why[RELOAD_PROBLEM];
static unsigned             asked;

static int on_ready(void *arg, char *problem, size_t problem_size)
{
    (void)arg;
    asked++;
    snprintf(problem, problem_size, "%s", ready_says != 0 ? "the disk is full" : "");
    return ready_says;
}

static void on_done(void *arg, int error, const char *problem)
{
    (void)arg;
    done_says = error;
    snprintf(why, sizeof why, "%s", problem);
}

static const struct reload_events events = { on_ready, on_done };

static const struct config *read_config(const char *more)
{
    const struct config *c = NULL;
    char                 text[1024];

    snprintf(text, sizeof text, "domain = \"example.test\"\nauthentication = no\n%s\n", more);
    CHECK_INT(0, config_parse(slice_from(text), "test", NULL, NULL, &c));
    return c;
}

static int setup(void **state)
{
    const struct stack_trace none = { NULL, NULL };
    char                     problem[256];

    (void)state;
    bench_open(&b, "listen = \"udp:192.0.2.1:5070\"\n");
    disk   = fake_disk_new();
    config = read_config("listen = {\"udp:192.0.2.1:5060\", \"tcp:192.0.2.1:5060\"}");
    for (unsigned i = 0; i < WORKERS; i++) {
        worlds[i] = world_fake_new(network_host(b.network, "server"));
        world_fake_join(worlds[i], worlds[0]);
    }
    all    = workers_new(WORKERS, &worlds[0]->random);
    shared = shared_new(worlds[0], config, rcu_single_new(), all);
    CHECK(shared != NULL);
    for (unsigned i = 0; i < WORKERS; i++)
        servers[i] = server_new(worlds[i], shared, i, &none);
    store = store_fake_open(disk, 100);
    CHECK_INT(0, shared_load(shared, worlds[0], store, problem, sizeof problem));
    for (unsigned i = 0; i < WORKERS; i++)
        CHECK_INT(0, server_start(servers[i], i > 0 ? servers[0] : NULL, problem, sizeof problem));
    bench_live(&b, 10);
    ready_says = 0;
    asked      = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    reload_forget(&reload);
    for (unsigned i = 0; i < WORKERS; i++)
        server_free(servers[i]);
    shared_free(shared);
    store_fake_crash(store);
    bench_live(&b, 10);
    workers_free(all);
    for (unsigned i = 0; i < WORKERS; i++)
        world_fake_free(worlds[i]);
    config_free(config);
    fake_disk_free(disk);
    bench_close(&b);
    return 0;
}

static void begin(const char *more)
{
    const struct config   *next = read_config(more);
    char                   problem[256];
    const struct snapshot *snapshot = snapshot_new(next, problem, sizeof problem);
    struct listening_plan  plan;

    CHECK_INT(0, listening_plan(&shared->listening, next, &plan, problem, sizeof problem));
    config_free(next);
    done_says = 1;
    reload_begin(&reload, servers, WORKERS, snapshot, &plan, &events, NULL);
    CHECK(reload_is_under_way(&reload));
    snapshot_drop(snapshot);
}

static void reloads(const char *more)
{
    begin(more);
    bench_live(&b, 50);
    CHECK(done_says != 1);
    CHECK(!reload_is_under_way(&reload));
}

static unsigned listeners(unsigned worker)
{
    return server_listener_count(servers[worker]);
}

static void options_to(const char *ip, uint16_t port)
{
    struct address address;
    char           text[512];
    struct slice   bytes;

    CHECK(address_parse_ip(slice_from(ip), &address));
    address.port = port;
    bytes.len =
        (size_t)snprintf(text, sizeof text,
                         "OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bK%u\r\n"
                         "Max-Forwards: 9\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:example.test>\r\nCall-ID: %u\r\n"
                         "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
                         port, port);
    bytes.ptr = text;
    raw_forget(&b.alice);
    CHECK_INT(0, world_udp_send(b.alice.world, b.alice.udp, NULL, &address, &bytes, 1));
    bench_live(&b, 50);
}

TEST(all_workers_take_the_snapshot_its_listeners_and_limits)
{
    reloads("listen = {\"udp:192.0.2.1:5060\", \"udp:192.0.2.1:5080\"} max_bindings = 7");
    CHECK_INT(0, done_says);
    CHECK_INT(1, asked);
    CHECK_INT(2, listeners(0));
    CHECK_INT(2, listeners(1));
    CHECK_INT(7, shared->snapshot->config->max_bindings);
    CHECK_INT(7, location_limit(shared->location));
    options_to("192.0.2.1", 5080);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200"));
}

TEST(if_one_cannot_listen_none_takes_it)
{
    const struct snapshot *before = shared->snapshot;

    reloads("listen = {\"udp:192.0.2.1:5060\", \"udp:192.0.2.1:5080\", \"udp:192.0.2.99:5060\"}");
    CHECK_INT(-ERR_NO_ADDRESS, done_says);
    CHECK(strstr(why, "cannot listen on udp 192.0.2.99:5060") != NULL);
    CHECK_INT(0, asked);
    CHECK(shared->snapshot == before);
    CHECK_INT(2, listeners(1));
    options_to("192.0.2.1", 5080);
    CHECK_INT(0, b.alice.count);
    reloads("listen = {\"udp:192.0.2.1:5060\", \"udp:192.0.2.1:5080\"}");
    CHECK_INT(0, done_says);
    options_to("192.0.2.1", 5080);
    CHECK_INT(1, b.alice.count);
}

TEST(the_last_no_is_heard_when_all_are_ready)
{
    const struct snapshot *before = shared->snapshot;

    ready_says = -ERR_DISK_FULL;
    reloads("listen = {\"udp:192.0.2.1:5060\", \"udp:192.0.2.1:5080\"}");
    CHECK_INT(-ERR_DISK_FULL, done_says);
    assert_string_equal("the disk is full", why);
    CHECK(shared->snapshot == before);
    options_to("192.0.2.1", 5080);
    CHECK_INT(0, b.alice.count);
}

TEST(an_end_in_the_middle_leaves_nothing)
{
    begin("listen = {\"udp:192.0.2.1:5060\", \"udp:192.0.2.1:5080\"}");
    reload_forget(&reload); /* its posts are still under way */
    CHECK(!reload_is_under_way(&reload));
    bench_live(&b, 50);
    CHECK_INT(1, done_says);
    CHECK_INT(2, listeners(0));
}

TEST(a_snapshot_is_gone_with_the_last_request_that_was_decided_by_it)
{
    raw_forget(&b.bob);
    reloads("listen = {\"udp:192.0.2.1:5060\"} t1 = 300ms");
    for (unsigned i = 0; i < 20; i++)
        reloads(i % 2 == 0 ? "listen = {\"udp:192.0.2.1:5060\", \"tcp:192.0.2.1:5060\"}"
                           : "listen = {\"udp:192.0.2.1:5060\", \"udp:192.0.2.1:5080\"}");
    CHECK_INT(0, done_says);
    CHECK_INT(3, atomic_load(&((struct snapshot *)shared->snapshot)->holders)); /* of the workers, and shared's */
}

#define RELOAD_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RELOAD_TEST(all_workers_take_the_snapshot_its_listeners_and_limits),
        RELOAD_TEST(if_one_cannot_listen_none_takes_it),
        RELOAD_TEST(the_last_no_is_heard_when_all_are_ready),
        RELOAD_TEST(an_end_in_the_middle_leaves_nothing),
        RELOAD_TEST(a_snapshot_is_gone_with_the_last_request_that_was_decided_by_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
