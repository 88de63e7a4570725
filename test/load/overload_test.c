/* SPDX-License-Identifier: BSD-2-Clause */
/* A server, three times as many calls as it can do, and the clock of the virtual network: what bench/overload.py does
 * with real processes, and live/overload_test, where nobody judges time. */
#include "load/load.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

enum { ROOM = 1 << 20, MEMORY = 32 << 20 };

static struct bench b;

/* The generator, on a host of its own. */
static struct {
    struct world        *world;
    struct load         *load;
    struct load_plan     plan;
    struct load_settings settings;
    uint64_t             wake_at;
} crowd;

static uint64_t now_us(void *arg)
{
    (void)arg;
    return world_now(crowd.world) * 1000;
}

static void set_wake(void *arg, uint64_t us)
{
    (void)arg;
    crowd.wake_at = us;
}

static void on_phase(void *arg, enum load_phase phase)
{
    (void)arg;
    (void)phase;
}

static void on_counting(void *arg, bool counting)
{
    (void)arg;
    (void)counting;
}

static void set(enum load_option option, const char *value)
{
    assert_int_equal(0, load_settings_set(&crowd.settings, option, value));
}

static void run(void)
{
    while (load_phase(crowd.load) != LOAD_DONE) {
        msec now = network_now(b.network), next = network_next(b.network);
        msec wake = crowd.wake_at == 0 ? NEVER : (crowd.wake_at + 999) / 1000;

        if (wake <= next) {
            network_run_until(b.network, wake > now ? wake : now);
            crowd.wake_at = 0;
            load_tick(crowd.load);
        } else {
            assert_true(network_turn(b.network, NEVER - 1));
        }
    }
}

/* So many calls a second for `seconds`, or, with `rate` 0, as many as are done, eight at a time. */
static const struct tally *call(unsigned rate, unsigned seconds)
{
    char              text[32], reason[200];
    struct buf        why   = BUF_ON(reason);
    struct load_setup setup = { .plan = &crowd.plan, .host = { now_us, set_wake, on_phase, on_counting, NULL } };

    load_free(crowd.load);
    load_settings_fini(&crowd.settings);
    crowd.settings = (struct load_settings){ 0 };
    set(LOAD_USERS, "20");
    set(LOAD_TIMEOUT, "8s");
    snprintf(text, sizeof text, "%us", seconds);
    set(LOAD_DURATION, text);
    snprintf(text, sizeof text, "%u", rate);
    if (rate > 0)
        set(LOAD_RATE, text);
    set(LOAD_WINDOW, rate > 0 ? "100000" : "8");
    assert_int_equal(0, load_settings_aim(&crowd.settings, "invite", "example.test"));
    if (!load_plan_make(&crowd.plan, &crowd.settings, &why))
        fail_msg("%s", buf_cstr(&why));
    setup.server      = host_address(network_host(b.network, "server"), FAMILY_4);
    setup.server.port = 5060;
    setup.local       = host_address(network_host(b.network, "crowd"), FAMILY_4);
    crowd.load        = load_new(crowd.world, &setup);
    assert_non_null(crowd.load);
    assert_int_equal(0, load_start(crowd.load));
    run();
    assert_int_equal(0, load_error(crowd.load));
    return load_tally(crowd.load);
}

static void open_bench(void)
{
    struct host *host;

    bench_open_small(&b, "source_rate = 0\nmax_peer_transactions = 1000000\n", MEMORY);
    host = network_host(b.network, "crowd");
    assert_true(host_add_address(host, "192.0.2.7"));
    crowd.world   = world_fake_new(host);
    crowd.wake_at = 0;
    host_set_slow(network_host(b.network, "server"), 1, ROOM);
}

static void close_bench(void)
{
    load_free(crowd.load);
    crowd.load = NULL;
    load_settings_fini(&crowd.settings);
    crowd.settings = (struct load_settings){ 0 };
    bench_close(&b);
}

/* A call takes seven sends, a refusal one, so that two thirds of the peak could be done beside all refusals: (7 - 3) /
 * (7 - 1). Nine tenths of that are. */
TEST(three_times_too_many_calls_are_refused_early_and_what_can_be_done_is_done)
{
    const struct tally *t;
    uint64_t            peak, done, refused;

    open_bench();
    peak = call(0, 5)->ok / 5;
    CHECK(peak > 150);
    CHECK_INT(0, counter_read(&b.at_server->counters.overload_shed));
    t       = call((unsigned)(3 * peak), 10);
    done    = t->ok / 10;
    refused = t->status[503];
    CHECK(done >= peak * 6 / 10);
    CHECK(refused > 0);
    CHECK_INT(refused, t->retry_after);
    CHECK_INT(refused, t->failed); /* nobody waits in vain */
    CHECK(budget_total(&b.memory).high_water < MEMORY / 100 * 80);
    bench_live(&b, 1000);
    t = call((unsigned)peak / 2, 3);
    CHECK_INT(0, t->failed);
    close_bench();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_times_too_many_calls_are_refused_early_and_what_can_be_done_is_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
