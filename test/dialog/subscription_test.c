/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/subscription.h"

#include "base/random.h"
#include "dialog/message_of.h"

#include <stdio.h>

enum { SEND = SUBSCRIPTION_SEND, STATE = SUBSCRIPTION_TELL_STATE, ENDED = SUBSCRIPTION_TELL_ENDED, T1 = 500, LOW = 0 };

static struct subscription s;

static unsigned respond(unsigned status, const char *headers, msec now)
{
    char            lines[1024];
    struct message *m;
    unsigned        actions;

    snprintf(lines, sizeof lines,
             "SIP/2.0 %u X\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:a@h>;tag=a\nTo: <sip:b@h>;tag=b\n"
             "Call-ID: c\nCSeq: 1 SUBSCRIBE\n%sContent-Length: 0\n",
             status, headers);
    m       = message_of(lines);
    actions = subscription_on_response(&s, status, m, LOW, now);
    message_drop(m);
    return actions;
}

static unsigned notify(enum subscription_phase phase, uint32_t expires, msec now)
{
    struct subscription_state state = { .phase = phase, .has_expires = true, .expires = expires };

    return subscription_on_notify(&s, &state, LOW, now);
}

static unsigned notify_end(enum end_reason reason, uint32_t retry_after, msec now)
{
    struct subscription_state state = {
        .phase = PHASE_TERMINATED, .reason = reason, .has_retry_after = retry_after != 0, .retry_after = retry_after
    };

    return subscription_on_notify(&s, &state, LOW, now);
}

static void start(void)
{
    CHECK_INT(SEND, subscription_start(&s, 600, T1, 0, 0));
    CHECK_INT(600, s.asked);
}

static void start_active(void)
{
    start();
    CHECK_INT(0, respond(200, "Expires: 600\n", 10));
    CHECK_INT(STATE, notify(PHASE_ACTIVE, 600, 20));
}

/* RFC 6665 4.1.2.4 */
TEST(the_2xx_and_the_first_notify_come_in_either_order)
{
    start_active();
    CHECK_INT(SUBSCRIPTION_ACTIVE, s.state);
    start();
    CHECK_INT(STATE, notify(PHASE_PENDING, 600, 20));
    CHECK_INT(SUBSCRIPTION_PENDING, s.state);
    CHECK_INT(0, respond(202, "Expires: 600\n", 30));
    CHECK_INT(0, notify(PHASE_PENDING, 500, 40));
    CHECK_INT(STATE, notify(PHASE_ACTIVE, 500, 50));
}

/* 4.1.2.4: Timer N */
TEST(without_any_notify_it_ends_after_64_t1)
{
    start();
    CHECK_INT(0, respond(200, "Expires: 600\n", 10));
    CHECK(subscription_deadline(&s) == 32000);
    CHECK_INT(0, subscription_on_timer(&s, LOW, 31999));
    CHECK_INT(ENDED, subscription_on_timer(&s, LOW, 32000));
    CHECK_INT(408, s.status);
    CHECK(s.retry_at >= 32000 + 15000 && s.retry_at != NEVER);
    CHECK_INT(0, notify(PHASE_ACTIVE, 600, 33000));
}

/* RFC 5839 6.2 */
TEST(a_204_promises_no_notify)
{
    start_active();
    CHECK_INT(SEND, subscription_on_timer(&s, LOW, s.refresh_at));
    CHECK_INT(0, respond(204, "Expires: 600\n", 450100));
    CHECK(subscription_deadline(&s) > 490000);
}

/* Nobody is asked for one before there is a dialog, or at the end: the wait for a NOTIFY goes on, and has an end. */
TEST(a_204_out_of_place_is_not_waited_for_for_ever)
{
    subscription_start(&s, 0, T1, 0, 0);
    CHECK_INT(0, respond(204, "", 10));
    CHECK_INT(ENDED, subscription_on_timer(&s, LOW, subscription_deadline(&s)));
    start_active();
    CHECK_INT(SEND, subscription_end(&s, 100));
    CHECK_INT(0, respond(204, "", 110));
    CHECK(subscription_deadline(&s) == 32100);
}

/* 4.1.2.2 */
TEST(it_is_refreshed_in_time)
{
    start_active();
    CHECK(subscription_deadline(&s) >= 20 + 450000 && subscription_deadline(&s) <= 20 + 540000);
    CHECK_INT(SEND, subscription_on_timer(&s, LOW, subscription_deadline(&s)));
    CHECK_INT(600, s.asked);
    CHECK_INT(0, respond(200, "Expires: 300\n", 450100));
    CHECK_INT(0, notify(PHASE_ACTIVE, 300, 450110));
    CHECK(s.expires_at == 450110 + 300000);
}

/* 4.1.3: what a NOTIFY says of the time counts for more than the 2xx; 4.1.2.1: neither 2xx lengthens it. */
TEST(the_time_is_what_the_notify_says)
{
    start();
    CHECK_INT(STATE, notify(PHASE_ACTIVE, 100, 10));
    CHECK_INT(0, respond(200, "Expires: 600\n", 20));
    CHECK(s.expires_at == 100010);
    start();
    CHECK_INT(0, respond(200, "Expires: 90000\n", 20));
    CHECK(s.expires_at == 600020);
}

TEST(a_notify_that_does_not_say_how_long_leaves_what_was_agreed)
{
    struct subscription_state silent = { .phase = PHASE_ACTIVE };

    start();
    CHECK_INT(STATE, subscription_on_notify(&s, &silent, LOW, 10));
    CHECK(s.expires_at == 600010);
    CHECK_INT(0, respond(200, "Expires: 60\n", 20));
    CHECK(s.expires_at == 60020);
}

/* 4.1.2.2 */
TEST(a_refresh_without_notify_ends_it)
{
    start_active();
    CHECK_INT(SEND, subscription_on_timer(&s, LOW, 450020));
    CHECK_INT(0, respond(200, "Expires: 600\n", 450100));
    CHECK_INT(ENDED, subscription_on_timer(&s, LOW, 450020 + 32000));
}

/* 4.1.2.2 */
TEST(some_refusals_of_a_refresh_end_it_and_the_others_do_not)
{
    static const unsigned ends[]  = { 404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604 };
    static const unsigned stays[] = { 400, 403, 408, 486, 500, 503, 603 };

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        start_active();
        CHECK_INT(SEND, subscription_on_timer(&s, LOW, 450020));
        CHECK_INT(ENDED, respond(ends[i], "", 450100));
        CHECK_INT(ends[i], s.status);
    }
    for (size_t i = 0; i < sizeof stays / sizeof *stays; i++) {
        start_active();
        CHECK_INT(SEND, subscription_on_timer(&s, LOW, 450020));
        CHECK_INT(0, respond(stays[i], "", 450100));
        CHECK(s.expires_at == 600020); /* as before; and it is tried once more while there is time */
        CHECK(subscription_deadline(&s) < 600020);
        CHECK_INT(SEND, subscription_on_timer(&s, LOW, subscription_deadline(&s)));
    }
}

TEST(who_has_forgotten_us_is_asked_anew_at_once_but_not_for_ever)
{
    start_active();
    CHECK_INT(SEND, subscription_on_timer(&s, LOW, 450020));
    CHECK_INT(ENDED, respond(481, "", 450100));
    CHECK(s.retry_at == 450100);
    CHECK_INT(0, s.failures);

    CHECK_INT(SEND, subscription_start(&s, 600, T1, 1, 0));
    CHECK_INT(0, respond(200, "Expires: 600\n", 5));
    CHECK_INT(STATE, notify(PHASE_ACTIVE, 20, 10));
    CHECK_INT(SEND, subscription_on_timer(&s, LOW, subscription_deadline(&s)));
    CHECK_INT(ENDED, respond(481, "", 10100));
    CHECK(s.retry_at >= 10100 + 30000);
    CHECK_INT(2, s.failures);
}

TEST(a_refusal_that_will_be_the_same_tomorrow_is_not_tried_again)
{
    static const unsigned final[]   = { 400, 401, 403, 404, 405, 406, 407, 410, 416, 420, 423, 489, 501, 603 };
    static const unsigned passing[] = { 408, 480, 500, 503, 504 };

    for (size_t i = 0; i < sizeof final / sizeof *final; i++) {
        start();
        CHECK_INT(ENDED, respond(final[i], "", 10));
        CHECK(s.retry_at == NEVER);
    }
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++) {
        start();
        CHECK_INT(ENDED, respond(passing[i], "", 10));
        CHECK(s.retry_at >= 10 + 15000 && s.retry_at <= 10 + 30000);
        start();
        CHECK_INT(ENDED, respond(passing[i], "Retry-After: 120\n", 10));
        CHECK(s.retry_at == 120010);
    }
    start();
    CHECK_INT(ENDED, subscription_on_response(&s, 503, NULL, LOW, 10));
    CHECK_INT(503, s.status);
}

/* RFC 3261 21.4.17 */
TEST(a_423_asks_for_longer_some_times)
{
    start();
    CHECK_INT(SEND, respond(423, "Min-Expires: 700\n", 10));
    CHECK_INT(700, s.asked);
    CHECK_INT(ENDED, respond(423, "Min-Expires: 700\n", 20));
    start();
    CHECK_INT(ENDED, respond(423, "Min-Expires: 99999999\n", 20));
    start();
    for (uint32_t i = 1; i <= 4; i++) {
        char header[64];

        snprintf(header, sizeof header, "Min-Expires: %u\n", 600 + i);
        CHECK_INT(SEND, respond(423, header, 20));
    }
    CHECK_INT(ENDED, respond(423, "Min-Expires: 1000\n", 20));
}

/* 4.1.3 */
TEST(why_it_was_terminated_says_when_to_come_again)
{
    static const struct {
        enum end_reason reason;
        uint32_t        retry_after;
        msec            least, most; /* after it; NEVER: not at all */
    } cases[] = {
        { END_DEACTIVATED, 0, 0, 0 },
        { END_DEACTIVATED, 500, 0, 0 },
        { END_TIMEOUT, 500, 0, 0 },
        { END_PROBATION, 0, 15000, 30000 },
        { END_PROBATION, 500, 500000, 500000 },
        { END_GIVEUP, 500, 500000, 500000 },
        { END_UNKNOWN, 0, 15000, 30000 },
        { END_UNKNOWN, 500, 500000, 500000 },
        { END_REJECTED, 5, NEVER, NEVER },
        { END_NORESOURCE, 5, NEVER, NEVER },
        { END_INVARIANT, 5, NEVER, NEVER },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        start_active();
        CHECK_INT(ENDED, notify_end(cases[i].reason, cases[i].retry_after, 100));
        CHECK_INT(cases[i].reason, s.reason);
        if (cases[i].least == NEVER)
            CHECK(s.retry_at == NEVER);
        else
            CHECK(s.retry_at >= 100 + cases[i].least && s.retry_at <= 100 + cases[i].most);
    }
}

TEST(who_sends_us_away_each_time_is_asked_ever_more_rarely)
{
    unsigned failures = 0;
    msec     before   = 0;

    for (unsigned i = 0; i < 10; i++) {
        CHECK_INT(SEND, subscription_start(&s, 600, T1, failures, 0));
        CHECK_INT(ENDED, notify_end(END_DEACTIVATED, 0, 0));
        CHECK(s.retry_at >= before && (i == 0 || s.retry_at >= 30000));
        before   = s.retry_at;
        failures = s.failures;
    }
    CHECK(before >= 900000 && before <= 1800000);
}

/* 4.1.2.3 */
TEST(to_end_it_expires_0_is_sent_and_the_last_notify_awaited)
{
    start_active();
    CHECK_INT(SEND, subscription_end(&s, 1000));
    CHECK_INT(0, s.asked);
    CHECK_INT(0, subscription_end(&s, 1001));
    CHECK_INT(0, respond(200, "Expires: 0\n", 1010));
    CHECK_INT(0, notify(PHASE_ACTIVE, 500, 1015)); /* was on its way already */
    CHECK_INT(ENDED, notify_end(END_TIMEOUT, 0, 1020));
    CHECK(s.retry_at == NEVER);
}

TEST(to_end_what_has_no_dialog_yet_waits_for_one)
{
    start();
    CHECK_INT(0, subscription_end(&s, 5));
    CHECK_INT(0, respond(200, "Expires: 600\n", 10));
    CHECK_INT(STATE | SEND, notify(PHASE_ACTIVE, 600, 20));
    CHECK_INT(0, s.asked);
    CHECK_INT(0, respond(200, "", 30));
    CHECK_INT(ENDED, subscription_on_timer(&s, LOW, 20 + 32000)); /* no last NOTIFY: so be it */
    CHECK(s.retry_at == NEVER);

    start();
    CHECK_INT(0, subscription_end(&s, 5));
    CHECK_INT(STATE, notify(PHASE_ACTIVE, 600, 7));
    CHECK_INT(SEND, respond(200, "Expires: 600\n", 10));
}

TEST(to_end_it_while_a_refresh_is_under_way_waits_for_that)
{
    start_active();
    CHECK_INT(SEND, subscription_on_timer(&s, LOW, 450020));
    CHECK_INT(0, subscription_end(&s, 450030));
    CHECK_INT(SEND, respond(200, "Expires: 600\n", 450040));
    CHECK_INT(0, s.asked);
    CHECK_INT(ENDED, respond(500, "", 450050));
}

/* 4.4.3 */
TEST(a_fetch_ends_with_its_notify)
{
    struct subscription_state silent = { .phase = PHASE_ACTIVE };

    CHECK_INT(SEND, subscription_start(&s, 0, T1, 0, 0));
    CHECK_INT(0, s.asked);
    CHECK_INT(0, respond(200, "Expires: 0\n", 10));
    CHECK_INT(ENDED, notify_end(END_TIMEOUT, 0, 20));
    CHECK(s.retry_at == NEVER);

    CHECK_INT(SEND, subscription_start(&s, 0, T1, 0, 0));
    CHECK_INT(STATE, subscription_on_notify(&s, &silent, LOW, 10)); /* who does not know that it has ended */
    CHECK_INT(ENDED, subscription_on_timer(&s, LOW, 32000));
}

/* RFC 3515 2.4.4 */
TEST(an_implied_one_waits_for_its_notify_and_is_not_refreshed)
{
    struct subscription_state silent = { .phase = PHASE_ACTIVE };

    subscription_expect(&s, T1, 0);
    CHECK(subscription_deadline(&s) == 32000);
    CHECK_INT(STATE, notify(PHASE_ACTIVE, 60, 10));
    CHECK(subscription_deadline(&s) == 60010);
    CHECK_INT(ENDED, subscription_on_timer(&s, LOW, 60010));
    CHECK(s.retry_at == NEVER);
    subscription_expect(&s, T1, 0);
    CHECK_INT(STATE, subscription_on_notify(&s, &silent, LOW, 10));
    CHECK(subscription_deadline(&s) == 300010);
    CHECK_INT(ENDED, notify_end(END_NORESOURCE, 0, 20));
}

/* 4.4.1 */
TEST(each_branch_of_a_fork_has_its_own_time)
{
    struct subscription other;

    start();
    subscription_fork(&other, &s, 100);
    CHECK_INT(STATE, notify(PHASE_ACTIVE, 600, 110));
    s = other;
    CHECK_INT(STATE, notify(PHASE_PENDING, 60, 120));
    CHECK(s.expires_at == 60120);
    CHECK_INT(0, respond(200, "Expires: 600\n", 130)); /* the response is the first one's */
    CHECK_INT(SEND, subscription_on_timer(&s, LOW, subscription_deadline(&s)));
    CHECK_INT(600, s.asked);
}

/* A notifier that forks and ends both branches does not have us come back without a pause. */
TEST(a_branch_has_the_failures_of_the_first_one)
{
    struct subscription other;

    subscription_start(&s, 600, T1, 3, 0);
    subscription_fork(&other, &s, 100);
    s = other;
    CHECK_INT(ENDED, notify_end(END_DEACTIVATED, 0, 110));
    CHECK_INT(4, s.failures);
    CHECK(s.retry_at >= 110 + 120000);
}

/* Whatever comes in whatever order: never two SUBSCRIBEs at once, nothing is told after the end, and
 * what has not ended has a time at which something happens. */
TEST(a_walk_never_hangs_and_never_has_two_subscribes_under_way)
{
    static const unsigned statuses[] = { 200, 200, 200, 202, 204, 423, 401, 481, 500, 503 };
    struct random_seeded  seeded;
    struct random         dice = { random_seeded_fill, &seeded };

    for (uint64_t seed = 1; seed <= 500; seed++) {
        msec     now       = 0;
        unsigned under_way = 0, actions;

        random_seed(&seeded, seed);
        actions = subscription_start(&s, random_below(&dice, 4) * 100u, T1, (unsigned)random_below(&dice, 3), 0);
        for (unsigned step = 0; step < 300 && s.state != SUBSCRIPTION_ENDED; step++) {
            unsigned status = statuses[random_below(&dice, 10)];

            under_way += (actions & SEND) != 0;
            CHECK(under_way <= 1);
            CHECK(subscription_deadline(&s) != NEVER);
            now += random_below(&dice, 9000);
            switch (random_below(&dice, 7)) {
            case 0:
                actions = subscription_on_timer(&s, (uint32_t)random_u64(&dice), now);
                if (s.state == SUBSCRIPTION_ENDED)
                    under_way = 0;
                break;
            case 1:
                actions = step < 50 ? 0 : subscription_end(&s, now);
                break;
            case 2:
                actions = notify(PHASE_ACTIVE, random_below(&dice, 200), now);
                break;
            case 3:
                actions = notify(PHASE_PENDING, random_below(&dice, 200), now);
                break;
            case 4:
                actions = random_below(&dice, 10) != 0
                              ? 0
                              : notify_end((enum end_reason)random_below(&dice, END_REASON_COUNT), 0, now);
                break;
            default:
                under_way = 0;
                actions   = respond(status, "Expires: 90\nMin-Expires: 120\n", now);
                break;
            }
        }
        if (s.state == SUBSCRIPTION_ENDED) {
            CHECK(subscription_deadline(&s) == NEVER);
            CHECK_INT(0, notify(PHASE_ACTIVE, 60, now) | subscription_end(&s, now) | respond(200, "", now));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_2xx_and_the_first_notify_come_in_either_order),
        cmocka_unit_test(without_any_notify_it_ends_after_64_t1),
        cmocka_unit_test(a_204_promises_no_notify),
        cmocka_unit_test(a_204_out_of_place_is_not_waited_for_for_ever),
        cmocka_unit_test(it_is_refreshed_in_time),
        cmocka_unit_test(the_time_is_what_the_notify_says),
        cmocka_unit_test(a_notify_that_does_not_say_how_long_leaves_what_was_agreed),
        cmocka_unit_test(a_refresh_without_notify_ends_it),
        cmocka_unit_test(some_refusals_of_a_refresh_end_it_and_the_others_do_not),
        cmocka_unit_test(who_has_forgotten_us_is_asked_anew_at_once_but_not_for_ever),
        cmocka_unit_test(a_refusal_that_will_be_the_same_tomorrow_is_not_tried_again),
        cmocka_unit_test(a_423_asks_for_longer_some_times),
        cmocka_unit_test(why_it_was_terminated_says_when_to_come_again),
        cmocka_unit_test(who_sends_us_away_each_time_is_asked_ever_more_rarely),
        cmocka_unit_test(to_end_it_expires_0_is_sent_and_the_last_notify_awaited),
        cmocka_unit_test(to_end_what_has_no_dialog_yet_waits_for_one),
        cmocka_unit_test(to_end_it_while_a_refresh_is_under_way_waits_for_that),
        cmocka_unit_test(a_fetch_ends_with_its_notify),
        cmocka_unit_test(an_implied_one_waits_for_its_notify_and_is_not_refreshed),
        cmocka_unit_test(each_branch_of_a_fork_has_its_own_time),
        cmocka_unit_test(a_branch_has_the_failures_of_the_first_one),
        cmocka_unit_test(a_walk_never_hangs_and_never_has_two_subscribes_under_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
