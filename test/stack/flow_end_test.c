/* SPDX-License-Identifier: BSD-2-Clause */
/* Flows that end, and peers that fall silent: who is told, and when (RFC 5626 5.4, 7). */
#include "base/error.h"
#include "support/flow_bench.h"
#include "support/test.h"

static uint64_t told[8];
static unsigned told_count;

static void on_flow_end(void *user, const struct flow *ended, uint64_t key)
{
    CHECK(user == &fb.b && ended->connection == fb.flow.connection && told_count < 8);
    told[told_count++] = key;
}

static void watch(void)
{
    told_count = 0;
    flow_bench_open_stream();
    stack_on_flow_end(fb.stack, on_flow_end, &fb.b);
}

/* RFC 5626 7: a TCP socket closing. */
TEST(who_is_reached_by_a_connection_is_told_of_its_end)
{
    watch();
    stack_keep_connection(fb.stack, &fb.flow, 11, world_now(fb.world) + 60 * 1000);
    stack_keep_connection(fb.stack, &fb.flow, 12, world_now(fb.world) + 60 * 1000);
    bench_live(&fb.b, 100);
    CHECK_INT(0, told_count);
    raw_close(&fb.peer);
    bench_live(&fb.b, 100);
    CHECK_INT(2, told_count);
    CHECK((told[0] == 11 && told[1] == 12) || (told[0] == 12 && told[1] == 11));
}

TEST(whose_time_is_over_is_not_told)
{
    watch();
    stack_keep_connection(fb.stack, &fb.flow, 11, world_now(fb.world) + 1000);
    bench_live(&fb.b, 2000);
    raw_close(&fb.peer);
    bench_live(&fb.b, 100);
    CHECK_INT(0, told_count);
}

TEST(at_the_end_of_the_stack_nobody_is_told)
{
    watch();
    stack_keep_connection(fb.stack, &fb.flow, 11, world_now(fb.world) + 60 * 1000);
    stack_free(fb.stack);
    fb.stack = NULL;
    bench_live(&fb.b, 100);
    CHECK_INT(0, told_count);
}

/* RFC 5626 5.4: longer than the Flow-Timer. */
TEST(a_peer_that_breaks_its_word_and_is_silent_loses_its_connection)
{
    watch();
    stack_keep_connection(fb.stack, &fb.flow, 11, world_now(fb.world) + 3600 * 1000);
    stack_expect_signs(fb.stack, &fb.flow, 120 * 1000);
    bench_live(&fb.b, 149 * 1000);
    CHECK(!fb.peer.closed);
    bench_live(&fb.b, 2 * 1000);
    CHECK(fb.peer.closed);
    CHECK_INT(1, told_count);
}

TEST(each_sign_of_life_begins_the_time_anew)
{
    watch();
    stack_keep_connection(fb.stack, &fb.flow, 11, world_now(fb.world) + 3600 * 1000);
    stack_expect_signs(fb.stack, &fb.flow, 20 * 1000);
    for (unsigned i = 0; i < 10; i++) {
        bench_live(&fb.b, 19 * 1000);
        raw_say(&fb.peer, "\r\n\r\n");
        bench_live(&fb.b, 100);
        CHECK(!fb.peer.closed);
    }
    bench_live(&fb.b, 31 * 1000);
    CHECK(fb.peer.closed);
}

/* It is the fb.peer who has to be heard. */
TEST(what_we_say_is_no_sign_of_life)
{
    watch();
    stack_expect_signs(fb.stack, &fb.flow, 20 * 1000);
    for (unsigned i = 0; i < 4 && !fb.peer.closed; i++) {
        (void)stack_keep_alive(fb.stack, &fb.flow);
        bench_live(&fb.b, 9 * 1000);
    }
    CHECK(fb.peer.closed);
}

TEST(nothing_is_expected_of_datagrams_or_any_more)
{
    struct flow datagram = { .transport = TRANSPORT_UDP };

    watch();
    stack_keep_connection(fb.stack, &fb.flow, 11, world_now(fb.world) + 3600 * 1000);
    stack_expect_signs(fb.stack, &datagram, 1000);
    stack_expect_signs(fb.stack, &fb.flow, 20 * 1000);
    stack_expect_signs(fb.stack, &fb.flow, 0);
    bench_live(&fb.b, 300 * 1000);
    CHECK(!fb.peer.closed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_is_reached_by_a_connection_is_told_of_its_end, flow_bench_setup,
                                        flow_bench_teardown),
        cmocka_unit_test_setup_teardown(whose_time_is_over_is_not_told, flow_bench_setup, flow_bench_teardown),
        cmocka_unit_test_setup_teardown(at_the_end_of_the_stack_nobody_is_told, flow_bench_setup, flow_bench_teardown),
        cmocka_unit_test_setup_teardown(a_peer_that_breaks_its_word_and_is_silent_loses_its_connection,
                                        flow_bench_setup, flow_bench_teardown),
        cmocka_unit_test_setup_teardown(each_sign_of_life_begins_the_time_anew, flow_bench_setup, flow_bench_teardown),
        cmocka_unit_test_setup_teardown(what_we_say_is_no_sign_of_life, flow_bench_setup, flow_bench_teardown),
        cmocka_unit_test_setup_teardown(nothing_is_expected_of_datagrams_or_any_more, flow_bench_setup,
                                        flow_bench_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
