/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/test.h"
#include "txn/non_invite_client.h"

enum { UDP = false, TCP = true };

static const struct txn_timers usual = { 500, 4000, 5000 };

static struct nict started(bool reliable)
{
    struct nict t;

    CHECK_INT(NICT_SEND_REQUEST, nict_start(&t, reliable, &usual, 0));
    CHECK_INT(NICT_TRYING, t.state);
    return t;
}

static void expect_requests(struct nict *t, const msec *at, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CHECK_INT(at[i], nict_deadline(t));
        CHECK_INT(0, nict_step(t, NICT_TIMER, at[i] - 1));
        CHECK_INT(NICT_SEND_REQUEST, nict_step(t, NICT_TIMER, at[i]));
    }
}

/* RFC 3261 17.1.2.2: Timer E at intervals of 500 ms, 1 s, 2 s, 4 s, 4 s ...;
 * Timer F at 64*T1. */
TEST(udp_request_is_sent_eleven_times_then_times_out)
{
    static const msec at[] = { 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500 };
    struct nict       t    = started(UDP);

    expect_requests(&t, at, sizeof at / sizeof *at);
    CHECK_INT(32000, nict_deadline(&t));
    CHECK_INT(0, nict_step(&t, NICT_TIMER, 31999));
    CHECK_INT(NICT_PASS_TIMEOUT, nict_step(&t, NICT_TIMER, 32000));
    CHECK_INT(NICT_TERMINATED, t.state);
    CHECK(nict_deadline(&t) == NEVER);
}

TEST(tcp_request_is_sent_once)
{
    struct nict t = started(TCP);

    CHECK_INT(32000, nict_deadline(&t));
    CHECK_INT(NICT_PASS_TIMEOUT, nict_step(&t, NICT_TIMER, 32000));
}

/* 17.1.2.2: the Timer E that runs is not touched, from then on it is T2. */
TEST(after_a_provisional_response_requests_go_on_every_t2)
{
    static const msec at[] = { 500, 4500, 8500, 12500, 16500, 20500, 24500, 28500 };
    struct nict       t    = started(UDP);

    CHECK_INT(NICT_PASS_RESPONSE, nict_step(&t, NICT_1XX, 100));
    CHECK_INT(NICT_PROCEEDING, t.state);
    CHECK_INT(NICT_PASS_RESPONSE, nict_step(&t, NICT_1XX, 200));
    expect_requests(&t, at, sizeof at / sizeof *at);
    CHECK_INT(32000, nict_deadline(&t)); /* F before the E of 32500 */
    CHECK_INT(NICT_PASS_TIMEOUT, nict_step(&t, NICT_TIMER, 32000));
    CHECK_INT(NICT_TERMINATED, t.state);
}

TEST(over_tcp_a_provisional_response_starts_no_timer)
{
    struct nict t = started(TCP);

    nict_step(&t, NICT_1XX, 100);
    CHECK_INT(32000, nict_deadline(&t));
    CHECK_INT(0, nict_step(&t, NICT_TIMER, 31999));
    CHECK_INT(NICT_PASS_TIMEOUT, nict_step(&t, NICT_TIMER, 32000));
}

TEST(one_final_response_is_passed_and_copies_are_absorbed_until_timer_k)
{
    for (int tried = 0; tried < 2; tried++) {
        struct nict t = started(UDP);

        if (tried)
            nict_step(&t, NICT_1XX, 50);
        CHECK_INT(NICT_PASS_RESPONSE, nict_step(&t, NICT_FINAL, 100));
        CHECK_INT(NICT_COMPLETED, t.state);
        CHECK_INT(0, nict_step(&t, NICT_FINAL, 200));
        CHECK_INT(0, nict_step(&t, NICT_1XX, 200));
        CHECK_INT(0, nict_step(&t, NICT_TRANSPORT_ERROR, 200));
        CHECK_INT(5100, nict_deadline(&t));
        CHECK_INT(0, nict_step(&t, NICT_TIMER, 5099));
        CHECK_INT(NICT_COMPLETED, t.state);
        CHECK_INT(0, nict_step(&t, NICT_TIMER, 5100));
        CHECK_INT(NICT_TERMINATED, t.state);
    }
}

TEST(over_tcp_timer_k_is_zero)
{
    struct nict t = started(TCP);

    CHECK_INT(NICT_PASS_RESPONSE, nict_step(&t, NICT_FINAL, 100));
    CHECK_INT(NICT_TERMINATED, t.state);
}

/* RFC 3261 17.1.4. */
TEST(a_transport_error_ends_the_transaction)
{
    for (int tried = 0; tried < 2; tried++) {
        struct nict t = started(UDP);

        if (tried)
            nict_step(&t, NICT_1XX, 50);
        CHECK_INT(NICT_PASS_ERROR, nict_step(&t, NICT_TRANSPORT_ERROR, 60));
        CHECK_INT(NICT_TERMINATED, t.state);
    }
}

TEST(nothing_happens_after_the_end)
{
    struct nict t = started(TCP);

    nict_step(&t, NICT_FINAL, 10);
    for (int event = NICT_1XX; event <= NICT_TRANSPORT_ERROR; event++)
        CHECK_INT(0, nict_step(&t, (enum nict_event)event, 1000000));
    CHECK_INT(NICT_TERMINATED, t.state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(udp_request_is_sent_eleven_times_then_times_out),
        cmocka_unit_test(tcp_request_is_sent_once),
        cmocka_unit_test(after_a_provisional_response_requests_go_on_every_t2),
        cmocka_unit_test(over_tcp_a_provisional_response_starts_no_timer),
        cmocka_unit_test(one_final_response_is_passed_and_copies_are_absorbed_until_timer_k),
        cmocka_unit_test(over_tcp_timer_k_is_zero),
        cmocka_unit_test(a_transport_error_ends_the_transaction),
        cmocka_unit_test(nothing_happens_after_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
