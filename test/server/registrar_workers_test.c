/* SPDX-License-Identifier: BSD-2-Clause */
/* Two workers and one store: what one of them acknowledges may be the other's change,
 * and must be on the disk all the same. */
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

static void start(void)
{
    const struct stack_trace none = { NULL, NULL };
    char                     problem[256];

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
}

/* As in a power cut. */
static void stop(void)
{
    for (unsigned i = 0; i < WORKERS; i++)
        server_free(servers[i]);
    shared_free(shared);
    store_fake_crash(store);
    bench_live(&b, 1);
    workers_free(all);
    for (unsigned i = 0; i < WORKERS; i++)
        world_fake_free(worlds[i]);
}

static void setup_with(const char *more)
{
    char       text[256];
    struct buf conf = BUF_ON(text);

    bench_open(&b, "listen = \"udp:192.0.2.1:5070\"\n");
    disk = fake_disk_new();
    buf_printf(&conf, "domain = \"example.test\"\nauthentication = no\nlisten = \"udp:192.0.2.1:5060\"\n%s", more);
    CHECK_INT(0, config_parse(buf_slice(&conf), "test", NULL, NULL, &config));
    start();
}

static void setup(void)
{
    setup_with("");
}

static void teardown(void)
{
    bench_live(&b, 70000);
    for (unsigned i = 0; i < WORKERS; i++)
        CHECK_INT(0, server_alive(servers[i]));
    stop();
    config_free(config);
    fake_disk_free(disk);
    bench_close(&b);
}

/* A REGISTER for bob with a Call-ID that is at home at this worker; `more` "" asks. */
static void says(struct raw_phone *p, unsigned worker, const char *more)
{
    static unsigned cseq;
    char            call[32];

    for (unsigned i = 0;; i++) {
        snprintf(call, sizeof call, "call-%u-%u-%u", worker, p->port, i);
        if (workers_home(all, slice_from(call)) == worker)
            break;
    }
    raw_forget(p);
    raw_ask(p, &(struct request_form){ .call_id = call, .cseq = ++cseq, .more = more });
    bench_live(&b, 50);
}

static const char at_bob[] = "Contact: <sip:bob@192.0.2.9:6001>\r\n";

static bool names_bob(const struct raw_phone *p)
{
    return strstr(raw_heard(p, 0), "\r\nContact: <sip:bob@192.0.2.9:6001>;expires=") != NULL;
}

TEST(an_answer_waits_for_what_another_worker_has_not_yet_on_the_disk)
{
    setup();
    store_fake_hold(store, true);
    says(&b.bob, 0, at_bob);
    says(&b.alice, 1, "");
    bench_live(&b, 1000);
    CHECK_INT(0, b.bob.count + b.alice.count);
    CHECK_INT(1, server_alive(servers[0]));
    CHECK_INT(1, server_alive(servers[1]));
    store_fake_hold(store, false);
    bench_live(&b, 10);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    CHECK(names_bob(&b.alice));
    teardown();
}

/* Nobody has been told, so the binding may be gone after a power cut. */
TEST(what_no_worker_has_acknowledged_may_be_lost)
{
    setup();
    store_fake_hold(store, true);
    says(&b.bob, 0, at_bob);
    says(&b.alice, 1, "");
    CHECK_INT(0, b.bob.count + b.alice.count);
    stop();
    start();
    says(&b.alice, 1, "");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    CHECK(!names_bob(&b.alice));
    teardown();
}

TEST(a_removal_at_one_worker_is_acknowledged_by_the_other_after_its_commit)
{
    setup();
    says(&b.bob, 0, at_bob);
    store_fake_hold(store, true);
    says(&b.bob, 0, "Contact: *\r\nExpires: 0\r\n");
    says(&b.alice, 1, "");
    says(&b.carol, 1, "Contact: *\r\nExpires: 0\r\n");
    bench_live(&b, 1000);
    CHECK_INT(0, b.bob.count + b.alice.count + b.carol.count);
    store_fake_hold(store, false);
    bench_live(&b, 10);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    CHECK(raw_last_is(&b.carol, "SIP/2.0 200 "));
    CHECK(!names_bob(&b.alice));
    teardown();
}

TEST(a_commit_that_fails_is_a_500_at_both_workers_and_heals)
{
    char value[16];

    setup();
    store_fake_hold(store, true);
    says(&b.bob, 0, at_bob);
    says(&b.alice, 1, "");
    store_fake_fail(store, -ERR_DISK_FULL);
    store_fake_hold(store, false);
    bench_live(&b, 10);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 500 "));
    CHECK(raw_last_is(&b.alice, "SIP/2.0 500 "));
    assert_string_equal("10", header_of(raw_heard(&b.alice, 0), "Retry-After", value, sizeof value));
    CHECK_INT(1, counter_read(&worlds[1]->counters.store_failures));
    says(&b.alice, 1, ""); /* it is still not on the disk */
    bench_live(&b, 1000);
    CHECK_INT(0, b.alice.count);
    store_fake_fail(store, 0);
    bench_live(&b, 10);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    CHECK(names_bob(&b.alice));
    teardown();
}

/* The worker itself has heard nothing of that commit: it had written nothing. */
TEST(what_another_worker_has_committed_is_acknowledged_at_once)
{
    setup();
    says(&b.bob, 0, at_bob);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    store_fake_hold(store, true);
    says(&b.alice, 1, "");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    CHECK(names_bob(&b.alice));
    store_fake_hold(store, false);
    teardown();
}

/* The limit is the process's; each worker has its part of it. */
TEST(on_a_hanging_disk_the_waits_of_all_workers_together_have_a_bound)
{
    setup_with("max_server_transactions = 16\n");
    store_fake_hold(store, true);
    for (unsigned i = 0; i < 40; i++) {
        says(&b.bob, i % 2, at_bob);
        bench_live(&b, 5000); /* each transaction ends after 32 s, its wait does not */
    }
    CHECK_INT(8, server_alive(servers[0]));
    CHECK_INT(8, server_alive(servers[1]));
    CHECK(raw_last_is(&b.bob, "SIP/2.0 503 "));
    store_fake_hold(store, false);
    teardown();
}

/* What limits are divided among is how many serve. */
TEST(the_server_that_serves_all_may_have_nearly_all_that_waits)
{
    const struct counters *c;

    setup_with("max_server_transactions = 1600\n");
    c = &worlds[0]->counters;
    CHECK_INT(800, c->registers_pending.limit);
    stack_gather(server_stack(servers[0]));
    bench_live(&b, 100);
    worlds[0]->backlog.looks++;
    says(&b.alice, 0, "");
    bench_live(&b, 50);
    CHECK_INT(1500, c->server_transactions.limit);
    CHECK_INT(1500, c->registers_pending.limit);
    CHECK_INT(1500, c->contexts.limit);
    teardown();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_waits_for_what_another_worker_has_not_yet_on_the_disk),
        cmocka_unit_test(what_no_worker_has_acknowledged_may_be_lost),
        cmocka_unit_test(a_removal_at_one_worker_is_acknowledged_by_the_other_after_its_commit),
        cmocka_unit_test(a_commit_that_fails_is_a_500_at_both_workers_and_heals),
        cmocka_unit_test(what_another_worker_has_committed_is_acknowledged_at_once),
        cmocka_unit_test(on_a_hanging_disk_the_waits_of_all_workers_together_have_a_bound),
        cmocka_unit_test(the_server_that_serves_all_may_have_nearly_all_that_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
