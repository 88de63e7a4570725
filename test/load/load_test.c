/* SPDX-License-Identifier: BSD-2-Clause */
/* The generator on the virtual network, against a server that does as it is told. */
#include "base/error.h"
#include "support/load_bench.h"

static struct load_bench b;

static int setup(void **state)
{
    (void)state;
    return load_bench_open(&b);
}

static int teardown(void **state)
{
    (void)state;
    return load_bench_close(&b);
}

TEST(a_closed_loop_keeps_its_window_full_and_no_fuller)
{
    load_bench_set(&b, LOAD_WINDOW, "5");
    load_bench_set(&b, LOAD_DURATION, "1s");
    load_bench_run(&b, "options");
    load_bench_check(&b);
    CHECK_INT(5, b.most);
    CHECK_INT(0, load_error(b.load));
    CHECK_INT(0, load_tally(b.load)->failed);
    CHECK(load_tally(b.load)->ok >= 5 * 490); /* 2 ms each, for a second */
    CHECK_INT(2000, histogram_percentile(&load_tally(b.load)->latency, 50));
}

TEST(who_does_not_answer_options_is_left_alone)
{
    b.other = 0;
    load_bench_run(&b, "invite");
    CHECK_INT(-ERR_TIMEOUT, load_error(b.load));
    CHECK_INT(4, load_bench_heard(&b, "OPTIONS")); /* Timer E: 0, 500, 1500, 3500 ms */
    CHECK_INT(4, b.count);
    CHECK_INT(0, load_tally(b.load)->all_started);
}

TEST(any_answer_is_one_and_force_needs_none)
{
    b.other = 405;
    load_bench_set(&b, LOAD_COUNT, "3");
    load_bench_run(&b, "message");
    CHECK_INT(3, load_tally(b.load)->status[405]);
    load_bench_check(&b);
    b.other = 0;
    load_bench_set(&b, LOAD_FORCE, "yes");
    load_bench_run(&b, "invite");
    CHECK(load_tally(b.load)->all_started == 3);
}

/* RFC 3261 17.1.2.2. */
TEST(what_is_lost_is_sent_again)
{
    struct fault fault = { .from = network_host(b.network, "load"), .first = 2, .count = 2, .action = FAULT_DROP };

    network_add_fault(b.network, &fault);
    load_bench_set(&b, LOAD_COUNT, "1");
    load_bench_run(&b, "options");
    CHECK_INT(2, load_tally(b.load)->retransmitted);
    CHECK_INT(1, load_tally(b.load)->ok);
    CHECK_INT(1502000, load_tally(b.load)->latency.most);
}

TEST(a_server_that_vanishes_is_a_timeout_for_each)
{
    struct path cut = { .cut = true };

    load_bench_set(&b, LOAD_WINDOW, "4");
    load_bench_set(&b, LOAD_DURATION, "10s");
    load_bench_start(&b, "options", "");
    load_bench_run_for(&b, 2000);
    network_set_path(b.network, NULL, NULL, &cut);
    load_bench_run_for(&b, 60000);
    CHECK_INT(LOAD_DONE, load_phase(b.load));
    load_bench_check(&b);
    CHECK_INT(4, load_tally(b.load)->failures[LOAD_FAILED_TIMEOUT]);
    CHECK(load_tally(b.load)->ok > 0);
}

TEST(a_closed_port_is_a_failure_of_the_transport)
{
    load_bench_set(&b, LOAD_WINDOW, "4");
    load_bench_set(&b, LOAD_DURATION, "10s");
    load_bench_start(&b, "options", "");
    load_bench_run_for(&b, 2000);
    b.server->ops->udp_close(b.udp);
    load_bench_run_for(&b, 60000);
    load_bench_check(&b);
    CHECK(load_tally(b.load)->failures[LOAD_FAILED_TRANSPORT] > 0);
    CHECK_INT(load_tally(b.load)->failed, load_tally(b.load)->failures[LOAD_FAILED_TRANSPORT]);
    CHECK(load_tally(b.load)->started < load_tally(b.load)->ok + 4 * 100); /* it does not spin */
}

TEST(refusals_are_counted_by_code_and_those_to_try_later_apart)
{
    b.invite = 503;
    b.extra  = "Retry-After: 5\r\n";
    load_bench_set(&b, LOAD_COUNT, "7");
    load_bench_set(&b, LOAD_CALLER_ONLY, "yes");
    load_bench_run(&b, "invite");
    load_bench_check(&b);
    CHECK_INT(7, load_tally(b.load)->status[503]);
    CHECK_INT(7, load_tally(b.load)->retry_after);
    CHECK_INT(7, load_bench_heard(&b, "ACK"));
}

TEST(an_open_loop_does_not_wait_for_who_is_slow)
{
    struct path slow = { .delay = 500 };

    network_set_path(b.network, NULL, NULL, &slow);
    load_bench_set(&b, LOAD_RATE, "20");
    load_bench_set(&b, LOAD_DURATION, "5s");
    load_bench_run(&b, "options");
    load_bench_check(&b);
    CHECK_INT(100, load_tally(b.load)->started);
    CHECK_INT(20, b.most);
    CHECK_INT(0, load_tally(b.load)->late);
    CHECK_INT(1000000, load_tally(b.load)->latency.most);
}

/* No co-ordinated omission: who has to wait to be begun waits, too. */
TEST(times_of_an_open_loop_count_from_when_it_was_due)
{
    struct path slow = { .delay = 500 };

    network_set_path(b.network, NULL, NULL, &slow);
    load_bench_set(&b, LOAD_RATE, "20");
    load_bench_set(&b, LOAD_WINDOW, "10"); /* of which it can do ten a second */
    load_bench_set(&b, LOAD_DURATION, "5s");
    load_bench_run(&b, "options");
    load_bench_check(&b);
    CHECK_INT(10, b.most);
    CHECK(load_tally(b.load)->latency.most >= 3000000);
    CHECK(load_tally(b.load)->late > 30);
    CHECK_INT(100, load_tally(b.load)->started + load_tally(b.load)->not_started);
}

/* Else it would send heaps that nobody asked for, while answers wait that it has not read. */
TEST(who_is_late_hears_what_has_come_before_he_goes_on)
{
    uint64_t before;

    load_bench_set(&b, LOAD_RATE, "1000");
    load_bench_set(&b, LOAD_DURATION, "3s");
    load_bench_start(&b, "options", "");
    load_bench_run_for(&b, 500);
    network_run_until(b.network, network_now(b.network) + 1000); /* it gets no time */
    before = load_tally(b.load)->all_started;
    load_tick(b.load);
    CHECK_INT(before + 64, load_tally(b.load)->all_started);
    load_bench_run_for(&b, 60000);
    load_bench_check(&b);
    CHECK_INT(3000, load_tally(b.load)->ok);
}

/* To be woken costs more than an operation does. */
TEST(above_4000_a_second_what_is_due_in_a_quarter_of_a_millisecond_begins_together)
{
    load_bench_set(&b, LOAD_RATE, "7000");
    load_bench_set(&b, LOAD_DURATION, "1s");
    load_bench_start(&b, "options", "");
    for (int i = 0; i < 20; i++) {
        load_bench_run_for(&b, 10);
        CHECK_INT(0, b.wake_at % 250);
    }
    load_bench_run_for(&b, 60000);
    load_bench_check(&b);
    CHECK_INT(7000, load_tally(b.load)->ok + load_tally(b.load)->not_started); /* those of the last millisecond */
}

TEST(what_begins_before_the_warm_up_ends_is_not_counted)
{
    load_bench_set(&b, LOAD_WINDOW, "1");
    load_bench_set(&b, LOAD_WARM_UP, "1s");
    load_bench_set(&b, LOAD_DURATION, "1s");
    load_bench_run(&b, "options");
    load_bench_check(&b);
    CHECK(load_tally(b.load)->all_started > load_tally(b.load)->started + 400);
    CHECK_INT(1000000, load_tally(b.load)->counting_to - load_tally(b.load)->counting_from);
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
        cmocka_unit_test_setup_teardown(who_is_late_hears_what_has_come_before_he_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(above_4000_a_second_what_is_due_in_a_quarter_of_a_millisecond_begins_together,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_begins_before_the_warm_up_ends_is_not_counted, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
