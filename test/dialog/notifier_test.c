/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/notifier.h"

#include "base/random.h"
#include "dialog/message_of.h"

#include <stdio.h>

enum { SEND = NOTIFIER_SEND, GONE = NOTIFIER_TELL_GONE };

static struct notifier n;

static struct slice state_at(msec now)
{
    static char memory[128];
    struct buf  b = BUF_ON(memory);

    notifier_write_state(&n, &b, now);
    return buf_slice(&b);
}

/* RFC 6665 4.2.1.2 */
TEST(who_is_accepted_is_notified_at_once)
{
    CHECK_INT(SEND, notifier_start(&n, 600, true, 0, 1000));
    CHECK_SLICE("active;expires=600", state_at(1000));
    CHECK_SLICE("active;expires=599", state_at(1500));
    CHECK(notifier_deadline(&n) == 601000);
}

/* 4.2.1.3 */
TEST(who_waits_for_permission_is_told_so_and_no_more)
{
    CHECK_INT(SEND, notifier_start(&n, 600, false, 0, 0));
    CHECK_SLICE("pending;expires=600", state_at(0));
    CHECK_INT(0, notifier_on_response(&n, 200, 10));
    CHECK_INT(0, notifier_changed(&n, 20));
    CHECK_INT(SEND, notifier_allow(&n, 30));
    CHECK_SLICE("active;expires=599", state_at(1000));
    CHECK_INT(0, notifier_allow(&n, 40));
}

/* 4.2.1.4, 4.4.3 */
TEST(expires_0_ends_it_with_one_last_notify)
{
    CHECK_INT(SEND, notifier_start(&n, 0, true, 0, 0));
    CHECK_SLICE("terminated;reason=timeout", state_at(0));
    CHECK_INT(0, notifier_changed(&n, 5));
    CHECK_INT(GONE, notifier_on_response(&n, 200, 10));
    CHECK(notifier_deadline(&n) == NEVER);
    CHECK_INT(0, notifier_refresh(&n, 600, 20));
}

TEST(one_notify_is_under_way_at_a_time)
{
    notifier_start(&n, 600, true, 0, 0);
    CHECK_INT(0, notifier_changed(&n, 10));
    CHECK_INT(0, notifier_changed(&n, 20));
    CHECK_INT(SEND, notifier_on_response(&n, 200, 30));
    CHECK_INT(0, notifier_on_response(&n, 200, 40));
    CHECK_INT(0, notifier_on_response(&n, 200, 50));
}

TEST(what_ends_while_a_notify_is_under_way_is_told_behind_it)
{
    notifier_start(&n, 600, true, 0, 0);
    CHECK_INT(0, notifier_end(&n, END_NORESOURCE, 10));
    CHECK_INT(SEND, notifier_on_response(&n, 200, 20));
    CHECK_SLICE("terminated;reason=noresource", state_at(20));
    CHECK_INT(GONE, notifier_on_response(&n, 500, 30));
}

/* 4.2.1.4 */
TEST(who_does_not_refresh_is_told_that_it_has_ended)
{
    notifier_start(&n, 60, true, 0, 0);
    notifier_on_response(&n, 200, 10);
    CHECK_INT(0, notifier_on_timer(&n, 59999));
    CHECK_INT(SEND, notifier_on_timer(&n, 60000));
    CHECK_SLICE("terminated;reason=timeout", state_at(60000));
    CHECK_INT(0, notifier_on_timer(&n, 70000));
    CHECK_INT(GONE, notifier_on_response(&n, 200, 70001));
}

TEST(a_refresh_lengthens_it_and_is_notified_whatever_the_gap)
{
    notifier_start(&n, 60, true, 5000, 0);
    notifier_on_response(&n, 200, 10);
    CHECK_INT(SEND, notifier_refresh(&n, 600, 1000));
    CHECK(notifier_deadline(&n) == 601000);
}

TEST(changes_keep_their_distance)
{
    notifier_start(&n, 600, true, 1000, 0);
    CHECK_INT(0, notifier_on_response(&n, 200, 10));
    CHECK_INT(0, notifier_changed(&n, 20));
    CHECK(notifier_deadline(&n) == 1000);
    CHECK_INT(0, notifier_on_timer(&n, 999));
    CHECK_INT(SEND, notifier_on_timer(&n, 1000));
    CHECK_INT(0, notifier_on_response(&n, 200, 1010));
    CHECK_INT(SEND, notifier_changed(&n, 5000));
}

/* 4.2.2 */
TEST(what_a_notify_is_answered_decides_whether_there_still_is_a_subscription)
{
    static const unsigned ends[]  = { 404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604 };
    static const unsigned stays[] = { 200, 202, 400, 401, 403, 486, 500, 503, 600 };

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        notifier_start(&n, 600, true, 0, 0);
        CHECK_INT(GONE, notifier_on_response(&n, ends[i], 10));
    }
    for (size_t i = 0; i < sizeof stays / sizeof *stays; i++) {
        notifier_start(&n, 600, true, 0, 0);
        CHECK_INT(0, notifier_on_response(&n, stays[i], 10));
        CHECK_INT(SEND, notifier_changed(&n, 20));
    }
}

/* 4.2.1.1: 423 only if less than the least and less than an hour. */
TEST(what_is_granted_is_never_more_than_was_asked_for)
{
    static const struct {
        const char *expires;
        uint32_t    least, most, want;
        bool        ok;
    } cases[] = {
        { "Expires: 600\n", 60, 3600, 600, true },
        { "Expires: 59\n", 60, 3600, 59, false },
        { "Expires: 0\n", 60, 3600, 0, true },
        { "Expires: 99999\n", 60, 3600, 3600, true },
        { "", 60, 7200, 1800, true },
        { "Expires: 4000\n", 5000, 7200, 4000, true },
        { "Expires: x\n", 60, 7200, 1800, true },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char            lines[1024];
        struct message *m;
        uint32_t        seconds;

        snprintf(lines, sizeof lines,
                 "SUBSCRIBE sip:a@h SIP/2.0\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:b@h>;tag=b\n"
                 "To: <sip:a@h>\nCall-ID: c\nCSeq: 1 SUBSCRIBE\nMax-Forwards: 70\n%s",
                 cases[i].expires);
        m = message_of(lines);
        CHECK_INT(cases[i].ok, notifier_grant(m, 1800, cases[i].least, cases[i].most, &seconds));
        CHECK_INT(cases[i].want, seconds);
        message_drop(m);
    }
}

/* Whatever happens in whatever order: never two NOTIFYs at once, none after the last, and what has
 * nothing under way and nothing to wait for is gone. */
TEST(a_walk_never_has_two_notifies_under_way_and_comes_to_an_end)
{
    static const unsigned statuses[] = { 200, 200, 200, 200, 500, 408, 481 };
    struct random_seeded  seeded;
    struct random         dice = { random_seeded_fill, &seeded };

    for (uint64_t seed = 1; seed <= 300; seed++) {
        msec     now = 0;
        unsigned under_way, actions;

        random_seed(&seeded, seed);
        actions   = notifier_start(&n, random_below(&dice, 100), random_below(&dice, 2), random_below(&dice, 3000), 0);
        under_way = 0;
        for (unsigned step = 0; step < 400; step++) {
            if (actions & SEND)
                under_way++;
            CHECK(under_way <= 1);
            if (actions & GONE)
                break;
            CHECK(under_way > 0 || notifier_deadline(&n) != NEVER);
            now += random_below(&dice, 4000);
            switch (random_below(&dice, 8)) {
            case 0:
                actions = notifier_changed(&n, now);
                break;
            case 1:
                actions = notifier_allow(&n, now);
                break;
            case 2:
                actions = step > 100 ? 0 : notifier_refresh(&n, random_below(&dice, 100), now);
                break;
            case 3:
                actions = notifier_end(&n, END_NORESOURCE, now);
                break;
            case 4:
            case 5:
                actions = notifier_on_timer(&n, now);
                break;
            default:
                actions   = notifier_on_response(&n, statuses[random_below(&dice, 7)], now);
                under_way = 0;
                break;
            }
        }
        CHECK_INT(NOTIFIER_GONE, n.state);
    }
}

/* Its subscriber has moved, and asks from where it is now (RFC 6665 4.2.1.2). */
TEST(a_notify_that_is_forgotten_keeps_nothing_back)
{
    CHECK_INT(NOTIFIER_SEND, notifier_start(&n, 300, true, 0, 1000));
    CHECK_INT(0, notifier_changed(&n, 2000)); /* one at a time */
    notifier_forget(&n);
    CHECK_INT(NOTIFIER_SEND, notifier_refresh(&n, 300, 3000));
    CHECK_INT(0, notifier_on_response(&n, 200, 3100));
    CHECK_INT(NOTIFIER_ACTIVE, n.state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_accepted_is_notified_at_once),
        cmocka_unit_test(who_waits_for_permission_is_told_so_and_no_more),
        cmocka_unit_test(expires_0_ends_it_with_one_last_notify),
        cmocka_unit_test(one_notify_is_under_way_at_a_time),
        cmocka_unit_test(what_ends_while_a_notify_is_under_way_is_told_behind_it),
        cmocka_unit_test(who_does_not_refresh_is_told_that_it_has_ended),
        cmocka_unit_test(a_refresh_lengthens_it_and_is_notified_whatever_the_gap),
        cmocka_unit_test(changes_keep_their_distance),
        cmocka_unit_test(what_a_notify_is_answered_decides_whether_there_still_is_a_subscription),
        cmocka_unit_test(what_is_granted_is_never_more_than_was_asked_for),
        cmocka_unit_test(a_walk_never_has_two_notifies_under_way_and_comes_to_an_end),
        cmocka_unit_test(a_notify_that_is_forgotten_keeps_nothing_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
