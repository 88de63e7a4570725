/* SPDX-License-Identifier: BSD-2-Clause */
/* The generator on the virtual network, against a server that does as it is told. */
#include "load/load.h"

#include "base/error.h"
#include "sip/message.h"
#include "sip/write.h"
#include "support/test.h"
#include "support/world_fake.h"

#include <stdio.h>
#include <stdlib.h>

enum { HEARD = 4096, LINE = 600 };

struct heard {
    char text[LINE]; /* cut */
    msec at;
};

/* The server: what it says to each method. */
static struct {
    struct world  *world;
    struct udp    *udp;
    struct address address, peer;
    unsigned       invite, other; /* status of its answers; 0: it says nothing */
    bool           rings, demands;
    bool           silent_after_ring;
    const char    *extra; /* lines in each final response */
    struct heard   heard[HEARD];
    unsigned       count;
    struct gather  gather;
} server;

static struct network      *network;
static struct world        *world;
static struct load         *load;
static struct load_plan     plan;
static struct load_settings settings;
static uint64_t             wake_at;
static unsigned             most;

/* ---- the server ---- */

static void say(const struct message *m, unsigned status)
{
    struct gather *g = &server.gather;

    gather_init(g);
    write_response_head(g, m, status, SLICE(""), SLICE("server-tag"));
    if (m->method == METHOD_INVITE && status > 100 && status < 300)
        gather_put(g, SLICE("Contact: <sip:far@192.0.2.9:5099>\r\n"
                            "Record-Route: <sip:second@192.0.2.8;lr>, <sip:first@192.0.2.8;lr>\r\n"));
    if (server.extra != NULL && status >= 200)
        gather_put(g, slice_from(server.extra));
    gather_body(g, SLICE(""), SLICE(""));
    world_udp_send(server.world, server.udp, NULL, &server.peer, g->parts, g->count);
}

static void answer(const struct message *m)
{
    if (server.demands && message_header(m, HEADER_AUTHORIZATION) == NULL && m->method != METHOD_CANCEL) {
        server.extra = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"\r\n";
        say(m, 401);
        server.extra = NULL;
    } else if (m->method == METHOD_INVITE) {
        say(m, 100);
        if (server.rings)
            say(m, 180);
        if (server.invite != 0)
            say(m, server.invite);
    } else if (server.other != 0) {
        say(m, server.other);
    }
}

static void on_datagram(void *owner, struct udp *udp, const struct datagram *d)
{
    struct parse_fault fault;
    struct message    *m = message_parse(d->bytes, &fault);
    struct heard      *h = &server.heard[server.count % HEARD];

    (void)owner;
    (void)udp;
    assert_non_null(m); /* what we send is well-formed */
    snprintf(h->text, sizeof h->text, "%.*s", SLICE_ARG(d->bytes));
    h->at = world_now(server.world);
    server.count++;
    server.peer = d->remote;
    if (m->is_request && m->method != METHOD_ACK)
        answer(m);
    message_drop(m);
}

static void on_error(void *owner, struct udp *udp, const struct address *remote, int error)
{
    (void)owner;
    (void)udp;
    (void)remote;
    (void)error;
}

static const struct udp_events events = { on_datagram, on_error };

/* How many messages that begin so it has heard; the last of them in `*last`. */
static unsigned heard(const char *start, const char **last)
{
    unsigned count = 0;

    for (unsigned i = 0; i < server.count && i < HEARD; i++)
        if (strncmp(server.heard[i].text, start, strlen(start)) == 0) {
            count++;
            if (last != NULL)
                *last = server.heard[i].text;
        }
    return count;
}

/* ---- the generator's host ---- */

static uint64_t now_us(void *arg)
{
    (void)arg;
    return world_now(world) * 1000;
}

static void set_wake(void *arg, uint64_t us)
{
    (void)arg;
    wake_at = us;
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

/* Live until the run is over, at most so long. */
static void run_for(msec span)
{
    msec end = network_now(network) + span;

    while (load_phase(load) != LOAD_DONE && network_now(network) < end) {
        msec next = network_next(network);
        msec wake = wake_at == 0 ? NEVER : (wake_at + 999) / 1000;

        if (wake <= next && wake <= end) {
            network_run_until(network, wake > network_now(network) ? wake : network_now(network));
            wake_at = 0;
            load_tick(load);
        } else if (!network_turn(network, end)) {
            network_run_until(network, end);
        }
        if (load_in_progress(load) > most)
            most = load_in_progress(load);
    }
}

static void set(enum load_option option, const char *value)
{
    assert_int_equal(0, load_settings_set(&settings, option, value));
}

static void start(const char *scenario, const char *password)
{
    char              reason[200];
    struct buf        why   = BUF_ON(reason);
    struct load_setup setup = { .plan     = &plan,
                                .server   = server.address,
                                .password = slice_from(password),
                                .host     = { now_us, set_wake, on_phase, on_counting, NULL } };

    assert_int_equal(0, load_settings_aim(&settings, scenario, "example.test"));
    if (!load_plan_make(&plan, &settings, &why))
        fail_msg("%s", buf_cstr(&why));
    setup.local = host_address(network_host(network, "load"), FAMILY_4);
    load        = load_new(world, &setup);
    assert_non_null(load);
    assert_int_equal(0, load_start(load));
}

static void run(const char *scenario)
{
    start(scenario, "");
    run_for(10 * 60 * 1000);
    assert_int_equal(LOAD_DONE, load_phase(load));
    network_run_until(network, network_now(network) + 1000); /* what is on its way arrives */
}

static void check_sums(void)
{
    const struct tally *t   = load_tally(load);
    uint64_t            sum = 0, codes = 0;

    for (unsigned i = 0; i < LOAD_FAILURES; i++)
        sum += t->failures[i];
    for (unsigned i = 0; i <= STATUS_MAX; i++)
        codes += t->status[i];
    CHECK_INT(t->started, t->ok + t->failed);
    CHECK_INT(t->failed, sum);
    CHECK_INT(t->failures[LOAD_FAILED_STATUS], codes);
}

static int setup(void **state)
{
    struct host *host;

    (void)state;
    memset(&server, 0, sizeof server);
    network = network_new(1);
    host    = network_host(network, "server");
    host_add_address(host, "192.0.2.1");
    server.world        = world_fake_new(host);
    server.address      = host_address(host, FAMILY_4);
    server.address.port = 5060;
    server.invite = server.other = 200;
    assert_int_equal(0, world_udp_open(server.world, &server.address, &events, NULL, &server.udp));
    host = network_host(network, "load");
    host_add_address(host, "192.0.2.2");
    world   = world_fake_new(host);
    wake_at = 0;
    most    = 0;
    load    = NULL;
    set(LOAD_USERS, "10");
    set(LOAD_NO_REGISTER, "yes");
    return 0;
}

static int teardown(void **state)
{
    struct world_usage usage;

    (void)state;
    load_free(load);
    usage = world_fake_usage(world);
    load_settings_fini(&settings);
    network_free(network);
    return world_usage_total(&usage) == 0 ? 0 : 1;
}

/* ---- tests ---- */

TEST(a_closed_loop_keeps_its_window_full_and_no_fuller)
{
    set(LOAD_WINDOW, "5");
    set(LOAD_DURATION, "1s");
    run("options");
    check_sums();
    CHECK_INT(5, most);
    CHECK_INT(0, load_error(load));
    CHECK_INT(0, load_tally(load)->failed);
    CHECK(load_tally(load)->ok >= 5 * 490); /* 2 ms each, for a second */
    CHECK_INT(2000, histogram_percentile(&load_tally(load)->latency, 50));
}

TEST(who_does_not_answer_options_is_left_alone)
{
    server.other = 0;
    run("invite");
    CHECK_INT(-ERR_TIMEOUT, load_error(load));
    CHECK_INT(4, heard("OPTIONS", NULL)); /* Timer E: 0, 500, 1500, 3500 ms */
    CHECK_INT(4, server.count);
    CHECK_INT(0, load_tally(load)->all_started);
}

TEST(any_answer_is_one_and_force_needs_none)
{
    server.other = 405;
    set(LOAD_COUNT, "3");
    run("message");
    CHECK_INT(3, load_tally(load)->status[405]);
    check_sums();
    load_free(load);
    server.other = 0;
    set(LOAD_FORCE, "yes");
    run("invite");
    CHECK(load_tally(load)->all_started == 3);
}

/* RFC 3261 17.1.2.2. */
TEST(what_is_lost_is_sent_again)
{
    struct fault fault = { .from = network_host(network, "load"), .first = 2, .count = 2, .action = FAULT_DROP };

    network_add_fault(network, &fault);
    set(LOAD_COUNT, "1");
    run("options");
    CHECK_INT(2, load_tally(load)->retransmitted);
    CHECK_INT(1, load_tally(load)->ok);
    CHECK_INT(1502000, load_tally(load)->latency.most);
}

TEST(a_server_that_vanishes_is_a_timeout_for_each)
{
    struct path cut = { .cut = true };

    set(LOAD_WINDOW, "4");
    set(LOAD_DURATION, "10s");
    start("options", "");
    run_for(2000);
    network_set_path(network, NULL, NULL, &cut);
    run_for(60000);
    CHECK_INT(LOAD_DONE, load_phase(load));
    check_sums();
    CHECK_INT(4, load_tally(load)->failures[LOAD_FAILED_TIMEOUT]);
    CHECK(load_tally(load)->ok > 0);
}

TEST(a_closed_port_is_a_failure_of_the_transport)
{
    set(LOAD_WINDOW, "4");
    set(LOAD_DURATION, "10s");
    start("options", "");
    run_for(2000);
    server.world->ops->udp_close(server.udp);
    run_for(60000);
    check_sums();
    CHECK(load_tally(load)->failures[LOAD_FAILED_TRANSPORT] > 0);
    CHECK_INT(load_tally(load)->failed, load_tally(load)->failures[LOAD_FAILED_TRANSPORT]);
    CHECK(load_tally(load)->started < load_tally(load)->ok + 4 * 100); /* it does not spin */
}

TEST(refusals_are_counted_by_code_and_those_to_try_later_apart)
{
    server.invite = 503;
    server.extra  = "Retry-After: 5\r\n";
    set(LOAD_COUNT, "7");
    set(LOAD_CALLER_ONLY, "yes");
    run("invite");
    check_sums();
    CHECK_INT(7, load_tally(load)->status[503]);
    CHECK_INT(7, load_tally(load)->retry_after);
    CHECK_INT(7, heard("ACK", NULL));
}

TEST(an_open_loop_does_not_wait_for_who_is_slow)
{
    struct path slow = { .delay = 500 };

    network_set_path(network, NULL, NULL, &slow);
    set(LOAD_RATE, "20");
    set(LOAD_DURATION, "5s");
    run("options");
    check_sums();
    CHECK_INT(100, load_tally(load)->started);
    CHECK_INT(20, most);
    CHECK_INT(0, load_tally(load)->late);
    CHECK_INT(1000000, load_tally(load)->latency.most);
}

/* No co-ordinated omission: who has to wait to be begun waits, too. */
TEST(times_of_an_open_loop_count_from_when_it_was_due)
{
    struct path slow = { .delay = 500 };

    network_set_path(network, NULL, NULL, &slow);
    set(LOAD_RATE, "20");
    set(LOAD_WINDOW, "10"); /* of which it can do ten a second */
    set(LOAD_DURATION, "5s");
    run("options");
    check_sums();
    CHECK_INT(10, most);
    CHECK(load_tally(load)->latency.most >= 3000000);
    CHECK(load_tally(load)->late > 30);
    CHECK_INT(100, load_tally(load)->started + load_tally(load)->not_started);
}

TEST(what_begins_before_the_warm_up_ends_is_not_counted)
{
    set(LOAD_WINDOW, "1");
    set(LOAD_WARM_UP, "1s");
    set(LOAD_DURATION, "1s");
    run("options");
    check_sums();
    CHECK(load_tally(load)->all_started > load_tally(load)->started + 400);
    CHECK_INT(1000000, load_tally(load)->counting_to - load_tally(load)->counting_from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_closed_loop_keeps_its_window_full_and_no_fuller, setup, teardown),
        cmocka_unit_test_setup_teardown(who_does_not_answer_options_is_left_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(any_answer_is_one_and_force_needs_none, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_lost_is_sent_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_server_that_vanishes_is_a_timeout_for_each, setup, teardown),
        cmocka_unit_test_setup_teardown(a_closed_port_is_a_failure_of_the_transport, setup, teardown),
        cmocka_unit_test_setup_teardown(refusals_are_counted_by_code_and_those_to_try_later_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(an_open_loop_does_not_wait_for_who_is_slow, setup, teardown),
        cmocka_unit_test_setup_teardown(times_of_an_open_loop_count_from_when_it_was_due, setup, teardown),
        cmocka_unit_test_setup_teardown(what_begins_before_the_warm_up_ends_is_not_counted, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
