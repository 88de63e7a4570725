/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/response_context.h"
#include "support/test.h"

enum { TIMER_C = 185000, LINGER = 32000 };

static struct response_context rc;
static struct rc_branch        branches[LIMIT_BRANCHES];
static struct rc_actions       did;

static void begin(bool is_invite)
{
    rc_init(&rc, is_invite, TIMER_C, LINGER);
    rc_room(&rc, branches, LIMIT_BRANCHES);
}

static void start(bool is_invite, int count)
{
    begin(is_invite);
    for (int i = 0; i < count; i++)
        CHECK_INT(i, rc_add(&rc, RC_TARGET, 0));
    did.count = 0;
}

static void responds(unsigned branch, unsigned status)
{
    rc_response(&rc, branch, status, 100, &did);
}

static void expect(unsigned i, enum rc_action_kind kind, unsigned branch, unsigned status)
{
    CHECK(i < did.count);
    CHECK_INT(kind, did.list[i].kind);
    CHECK_INT(branch, did.list[i].branch);
    CHECK_INT(status, did.list[i].status);
    CHECK(did.list[i].why.text != NULL && did.list[i].why.rule != NULL);
}

static void expect_only(enum rc_action_kind kind, unsigned branch, unsigned status)
{
    CHECK_INT(1, did.count);
    expect(0, kind, branch, status);
}

/* All branches fail; what goes up? */
static void fail_all(bool is_invite, unsigned a, unsigned b, unsigned c)
{
    start(is_invite, 3);
    responds(0, a);
    CHECK_INT(0, did.count);
    responds(1, b);
    CHECK_INT(0, did.count);
    responds(2, c);
}

/* RFC 3261 16.7 item 5. */
TEST(provisional_responses_go_up_but_not_100)
{
    start(true, 2);
    responds(0, 100);
    CHECK_INT(0, did.count);
    responds(0, 180);
    expect_only(RC_FORWARD, 0, 180);
    responds(1, 183);
    expect_only(RC_FORWARD, 1, 183);
}

/* RFC 4320 4.1: no provisional but 100 to anything but INVITE. */
TEST(provisional_responses_to_other_methods_stay_here)
{
    start(false, 1);
    responds(0, 183);
    CHECK_INT(0, did.count);
}

/* 16.7 items 5 and 10. */
TEST(a_2xx_goes_up_at_once_and_the_others_are_cancelled)
{
    start(true, 3);
    responds(1, 486);
    CHECK_INT(0, did.count);
    responds(2, 180);
    responds(2, 200);
    CHECK_INT(2, did.count);
    expect(0, RC_FORWARD, 2, 200);
    expect(1, RC_CANCEL, 0, 200); /* so says its Reason: RFC 3326 */
    responds(0, 487);
    CHECK_INT(0, did.count);
}

/* RFC 6026 7.3: every 2xx to an INVITE, also of a fork further down. */
TEST(further_2xx_go_up_too)
{
    start(true, 2);
    responds(0, 200);
    responds(0, 200);
    expect_only(RC_FORWARD, 0, 200);
    responds(1, 200);
    expect_only(RC_FORWARD, 1, 200);
}

TEST(only_one_2xx_of_another_method_goes_up)
{
    start(false, 2);
    responds(0, 200);
    expect_only(RC_FORWARD, 0, 200); /* nothing is cancelled: 9.1 */
    responds(1, 202);
    CHECK_INT(0, did.count);
    CHECK(rc_is_done(&rc, 100));
}

TEST(nothing_provisional_goes_up_after_the_answer)
{
    start(true, 2);
    responds(0, 200);
    responds(1, 180);
    CHECK_INT(0, did.count);
}

/* 16.7 item 5. */
TEST(a_6xx_cancels_the_others_and_goes_up_when_they_have_ended)
{
    start(true, 3);
    responds(0, 404);
    responds(1, 603);
    expect_only(RC_CANCEL, 2, 603);
    CHECK_INT(-1, rc_add(&rc, RC_TARGET, 100));
    responds(2, 487);
    expect_only(RC_FORWARD, 1, 603);
}

TEST(a_2xx_wins_the_race_against_a_6xx)
{
    start(true, 2);
    responds(0, 603);
    responds(1, 200);
    expect_only(RC_FORWARD, 1, 200);
}

/* 16.7 item 6. */
TEST(the_best_final_response_is_chosen)
{
    static const struct {
        unsigned a, b, c, best;
    } cases[] = {
        { 404, 302, 500, 1 },                       /* the lowest class               */
        { 503, 407, 501, 1 },                       /* the RFC's own example, shorter */
        { 404, 603, 302, 1 },                       /* any 6xx                        */
        { 404, 486, 401, 2 },                       /* what affects resubmission      */
        { 480, 486, 408, 1 },                       /* what says more                 */
        { 408, 480, 487, 1 }, { 404, 486, 410, 0 }, /* equals: the first              */
        { 404, 415, 486, 1 }, { 420, 404, 486, 0 },
        { 404, 484, 407, 2 }, { 503, 503, 504, 2 }, /* anything rather than 503       */
        { 500, 408, 503, 1 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned status[] = { cases[i].a, cases[i].b, cases[i].c };

        if (cases[i].b == 603) {
            start(true, 3);
            responds(0, status[0]);
            responds(1, status[1]);
            responds(2, status[2]);
        } else {
            fail_all(true, status[0], status[1], status[2]);
        }
        expect_only(RC_FORWARD, cases[i].best, status[cases[i].best]);
        CHECK(rc_is_done(&rc, 100));
    }
}

/* 16.7 item 6: 503 would mean that we can serve nobody. */
TEST(a_503_becomes_500)
{
    fail_all(true, 503, 503, 503);
    expect_only(RC_ANSWER, 0, 500);
    CHECK(did.list[0].retry); /* which may say when to ask again */
    start(true, 1);
    rc_error(&rc, 0, &did);
    expect_only(RC_ANSWER, 0, 500);
    CHECK(!did.list[0].retry);
}

/* 16.9 */
TEST(who_cannot_be_reached_has_nobody_cancelled)
{
    start(true, 3);
    responds(1, 180);
    rc_error(&rc, 0, &did);
    CHECK_INT(0, did.count);
    rc_error(&rc, 2, &did);
    CHECK_INT(0, did.count);
    responds(1, 200);
    expect_only(RC_FORWARD, 1, 200);
}

/* 16.7 item 7. */
TEST(challenges_of_all_branches_are_collected)
{
    fail_all(true, 407, 404, 401);
    expect_only(RC_FORWARD, 0, 407);
    CHECK_INT(1 << 2, did.list[0].challenges);
    fail_all(false, 401, 401, 401);
    CHECK_INT(1 << 1 | 1 << 2, did.list[0].challenges);
    fail_all(true, 302, 407, 401);
    expect_only(RC_FORWARD, 0, 302);
    CHECK_INT(0, did.list[0].challenges);
}

/* 16.7 item 6, 16.8: no answer at all is 408 for an INVITE ... */
TEST(a_timeout_counts_as_408)
{
    start(true, 2);
    rc_timeout(&rc, 0, &did);
    CHECK_INT(0, did.count);
    rc_timeout(&rc, 1, &did);
    expect_only(RC_ANSWER, 0, 408);
    start(true, 2);
    rc_timeout(&rc, 0, &did);
    responds(1, 486);
    expect_only(RC_FORWARD, 1, 486);
}

/* ... and silence for anything else (RFC 4320 4.2). */
TEST(no_408_to_another_method_than_invite)
{
    start(false, 1);
    rc_timeout(&rc, 0, &did);
    expect_only(RC_SILENCE, 0, 0);
    CHECK(rc_is_done(&rc, 100));
    fail_all(false, 408, 408, 408);
    expect_only(RC_SILENCE, 0, 0);
    fail_all(false, 408, 500, 503);
    expect_only(RC_FORWARD, 1, 500);
}

/* 16.10. */
TEST(a_cancel_goes_to_every_open_branch_and_487_comes_back)
{
    start(true, 3);
    responds(0, 180);
    responds(1, 486);
    rc_cancel(&rc, &did);
    CHECK_INT(2, did.count);
    expect(0, RC_CANCEL, 0, 0);
    expect(1, RC_CANCEL, 2, 0);
    CHECK_INT(-1, rc_add(&rc, RC_TARGET, 100));
    rc_cancel(&rc, &did);
    CHECK_INT(0, did.count); /* once is enough */
    responds(0, 487);
    CHECK_INT(0, did.count);
    responds(2, 487);
    expect_only(RC_FORWARD, 0, 487);
}

TEST(a_2xx_wins_the_race_against_a_cancel)
{
    start(true, 1);
    rc_cancel(&rc, &did);
    responds(0, 200);
    expect_only(RC_FORWARD, 0, 200);
}

TEST(a_cancelled_branch_that_never_answers_ends_in_487)
{
    start(true, 1);
    rc_cancel(&rc, &did);
    rc_timeout(&rc, 0, &did);
    expect_only(RC_ANSWER, 0, 487);
}

TEST(a_cancel_after_the_answer_does_nothing)
{
    start(true, 2);
    responds(0, 200);
    rc_cancel(&rc, &did);
    CHECK_INT(0, did.count);
}

/* 16.6 item 11, 16.7 item 2: only 101-199 sets Timer C again. */
TEST(timer_c_runs_from_the_last_provisional_response)
{
    start(true, 1);
    CHECK_INT(TIMER_C, rc_deadline(&rc));
    rc_response(&rc, 0, 100, 1000, &did);
    CHECK_INT(TIMER_C, rc_deadline(&rc));
    rc_response(&rc, 0, 180, 2000, &did);
    CHECK_INT(2000 + TIMER_C, rc_deadline(&rc));
    rc_timer(&rc, 2000 + TIMER_C - 1, &did);
    CHECK_INT(0, did.count);
    rc_timer(&rc, 2000 + TIMER_C, &did);
    expect_only(RC_CANCEL, 0, 408);
    CHECK(rc_deadline(&rc) == NEVER);
    rc_timer(&rc, 2000 + TIMER_C, &did);
    CHECK_INT(0, did.count);
    rc_response(&rc, 0, 180, 190000, &did); /* too late to set it again */
    CHECK(rc_deadline(&rc) == NEVER);
    responds(0, 487);
    expect_only(RC_FORWARD, 0, 487);
}

/* 16.8. */
TEST(timer_c_without_any_provisional_response_is_a_408)
{
    start(true, 2);
    rc_response(&rc, 0, 486, 100, &did);
    rc_timer(&rc, TIMER_C, &did);
    CHECK_INT(2, did.count);
    expect(0, RC_CANCEL, 1, 408);
    expect(1, RC_FORWARD, 0, 486);
}

TEST(timer_c_does_not_run_for_other_methods)
{
    start(false, 1);
    CHECK(rc_deadline(&rc) == NEVER);
    rc_timer(&rc, 10000000, &did);
    CHECK_INT(0, did.count);
}

/* 16.7 item 4. */
TEST(a_redirect_is_followed_if_that_was_announced)
{
    begin(true);
    CHECK_INT(0, rc_add(&rc, RC_REDIRECT, 0));
    responds(0, 302);
    expect_only(RC_FOLLOW, 0, 0);
    CHECK(!rc_is_done(&rc, 100));
    CHECK_INT(1, rc_add(&rc, RC_TARGET, 100));
    rc_followed(&rc, 0, true, &did);
    CHECK_INT(0, did.count);
    responds(1, 404);
    expect_only(RC_FORWARD, 1, 404); /* not the 302 */
}

TEST(a_redirect_that_leads_nowhere_is_a_candidate)
{
    begin(true);
    rc_add(&rc, RC_REDIRECT, 0);
    responds(0, 302);
    rc_followed(&rc, 0, false, &did);
    expect_only(RC_FORWARD, 0, 302);
}

TEST(a_redirect_is_not_followed_once_nothing_may_be_added)
{
    begin(true);
    rc_add(&rc, RC_REDIRECT, 0);
    rc_cancel(&rc, &did);
    responds(0, 302);
    expect_only(RC_FORWARD, 0, 302);
}

TEST(others_wait_while_a_redirect_is_being_followed)
{
    begin(true);
    rc_add(&rc, RC_REDIRECT, 0);
    rc_add(&rc, RC_TARGET, 0);
    responds(0, 302);
    responds(1, 486);
    CHECK_INT(0, did.count);
    rc_followed(&rc, 0, false, &did);
    expect_only(RC_FORWARD, 0, 302);
}

static void start_flows(bool is_invite)
{
    begin(is_invite);
    CHECK_INT(0, rc_add(&rc, RC_INSTANCE, 0));
    did.count = 0;
}

/* RFC 5626 7: it is replaced by another target of the same instance. */
TEST(a_flow_that_has_failed_gives_way_to_the_next)
{
    start_flows(true);
    responds(0, 430);
    expect_only(RC_NEXT, 0, 0);
    CHECK(!rc_is_done(&rc, 100));
    CHECK_INT(1, rc_add(&rc, RC_INSTANCE, 100));
    rc_followed(&rc, 0, true, &did);
    CHECK_INT(0, did.count);
    responds(1, 486);
    expect_only(RC_FORWARD, 1, 486);
}

TEST(so_does_one_that_cannot_be_sent_by_or_answers_nothing)
{
    start_flows(false);
    rc_error(&rc, 0, &did);
    expect_only(RC_NEXT, 0, 0);
    start_flows(true);
    rc_timeout(&rc, 0, &did);
    expect_only(RC_NEXT, 0, 0);
    start_flows(true);
    responds(0, 100); /* of a proxy in between, which then gives up */
    responds(0, 408);
    expect_only(RC_NEXT, 0, 0);
}

/* RFC 5626 7: it MUST NOT be forwarded to another target of the instance then. */
TEST(what_the_phone_has_answered_is_its_last_word)
{
    static const unsigned finals[] = { 300, 404, 480, 486, 500, 503, 603 };

    for (size_t i = 0; i < sizeof finals / sizeof *finals; i++) {
        start_flows(true);
        responds(0, finals[i]);
        CHECK(did.count == 1 && did.list[0].kind != RC_NEXT);
    }
    start_flows(true);
    responds(0, 180);
    responds(0, 408); /* it has rung */
    expect_only(RC_FORWARD, 0, 408);
}

/* RFC 5626 11.5: endpoints should never receive a 430. */
TEST(when_the_last_flow_has_failed_the_user_is_not_available)
{
    start_flows(true);
    responds(0, 430);
    rc_followed(&rc, 0, false, &did);
    expect_only(RC_ANSWER, 0, 480);
    start_flows(false);
    rc_error(&rc, 0, &did);
    rc_followed(&rc, 0, false, &did);
    expect_only(RC_ANSWER, 0, 480);
}

/* Its sender has given up too (RFC 4320 4.2), and would send it again. */
TEST(another_method_than_invite_that_timed_out_is_not_sent_again)
{
    start_flows(false);
    rc_timeout(&rc, 0, &did);
    expect_only(RC_SILENCE, 0, 0);
}

TEST(no_next_flow_is_tried_for_a_request_that_was_cancelled)
{
    start_flows(true);
    rc_cancel(&rc, &did);
    rc_error(&rc, 0, &did);
    expect_only(RC_ANSWER, 0, 480);
}

TEST(other_phones_wait_while_the_next_flow_is_looked_for)
{
    start_flows(true);
    CHECK_INT(1, rc_add(&rc, RC_INSTANCE, 0));
    responds(1, 486);
    CHECK_INT(0, did.count);
    responds(0, 430);
    expect_only(RC_NEXT, 0, 0);
    rc_followed(&rc, 0, false, &did);
    expect_only(RC_FORWARD, 1, 486);
}

/* RFC 5626 5.3.1: the edge proxy says so, and the registrar's knows other flows. */
TEST(the_flow_of_a_token_that_is_gone_is_430)
{
    begin(true);
    CHECK_INT(0, rc_add(&rc, RC_FLOW, 0));
    rc_error(&rc, 0, &did);
    expect_only(RC_ANSWER, 0, 430);
    begin(true);
    CHECK_INT(0, rc_add(&rc, RC_FLOW, 0));
    rc_timeout(&rc, 0, &did);
    expect_only(RC_ANSWER, 0, 408);
}

TEST(branches_are_limited)
{
    start(true, LIMIT_BRANCHES);
    CHECK_INT(-1, rc_add(&rc, RC_TARGET, 0));
    responds(3, 200);
    CHECK_INT(LIMIT_BRANCHES, did.count); /* one forwarded, all others cancelled */
}

/* Most requests have one target: who has more gets room for them when he needs it. */
TEST(branches_move_to_where_there_is_more_room)
{
    struct rc_branch one;

    rc_init(&rc, true, TIMER_C, LINGER);
    CHECK_INT(-1, rc_add(&rc, RC_TARGET, 0));
    rc_room(&rc, &one, 1);
    CHECK_INT(0, rc_add(&rc, RC_INSTANCE, 0));
    CHECK_INT(-1, rc_add(&rc, RC_TARGET, 0));
    responds(0, 180);
    rc_room(&rc, branches, LIMIT_BRANCHES);
    memset(&one, 0xff, sizeof one);
    CHECK_INT(1, rc_add(&rc, RC_TARGET, 0));
    responds(1, 486);
    CHECK_INT(0, did.count);
    responds(0, 430); /* it has rung: that is its last word */
    expect_only(RC_FORWARD, 1, 486);
}

TEST(every_branch_may_run_into_timer_c_at_once)
{
    start(true, LIMIT_BRANCHES);
    rc_timer(&rc, TIMER_C, &did);
    CHECK_INT(LIMIT_BRANCHES + 1, did.count);
    expect(LIMIT_BRANCHES, RC_ANSWER, 0, 408);
}

/* 16.7 item 9: the context lasts until its transactions have ended. */
TEST(the_context_is_done_when_no_2xx_can_come)
{
    start(true, 2);
    CHECK(!rc_is_done(&rc, 0));
    rc_response(&rc, 0, 200, 1000, &did);
    rc_response(&rc, 1, 487, 1100, &did);
    CHECK_INT(1000 + LINGER, rc_deadline(&rc));
    CHECK(!rc_is_done(&rc, 1000 + LINGER - 1));
    CHECK(rc_is_done(&rc, 1000 + LINGER));
    start(true, 1);
    responds(0, 486);
    CHECK(rc_is_done(&rc, 100));
}

TEST(the_context_is_not_done_while_a_branch_is_open)
{
    start(true, 2);
    rc_response(&rc, 0, 200, 1000, &did);
    CHECK(!rc_is_done(&rc, 1000 + LINGER));
    CHECK_INT(TIMER_C, rc_deadline(&rc)); /* there is nothing to do at the end of the wait */
    rc_timeout(&rc, 1, &did);
    CHECK_INT(0, did.count);
    CHECK(rc_is_done(&rc, 1000 + LINGER));
}

TEST(events_of_branches_that_are_closed_or_unknown_do_nothing)
{
    start(true, 2);
    responds(0, 486);
    responds(0, 404);
    CHECK_INT(0, did.count);
    rc_timeout(&rc, 0, &did);
    rc_error(&rc, 0, &did);
    rc_followed(&rc, 0, false, &did);
    CHECK_INT(0, did.count);
    responds(9, 200);
    rc_timeout(&rc, 9, &did);
    CHECK_INT(0, did.count);
    responds(1, 404);
    expect_only(RC_FORWARD, 0, 486); /* 404 has not replaced it */
}

/* ---- groups ---- */

enum { GROUP_TIME = 20000 };

/* A group of so many, with another one after it. */
static void start_groups(bool is_invite, int count, bool alone)
{
    start(is_invite, count);
    rc_group(&rc, true, alone, GROUP_TIME, 0, &did);
    CHECK_INT(0, did.count);
}

static void group_follows(int index, bool more)
{
    CHECK_INT(index, rc_add(&rc, RC_TARGET, 1000));
    rc_group(&rc, more, false, GROUP_TIME, 1000, &did);
    CHECK_INT(0, did.count);
}

/* RFC 3261 16.6: the best of all groups goes up. */
TEST(the_next_group_has_its_turn_when_all_branches_have_failed)
{
    start_groups(true, 2, false);
    responds(0, 486);
    CHECK_INT(0, did.count);
    responds(1, 404);
    expect_only(RC_MORE, 0, 0);
    CHECK(!rc_is_done(&rc, 100));
    group_follows(2, false);
    responds(2, 500);
    expect_only(RC_FORWARD, 0, 486);
    CHECK(rc_is_done(&rc, 100));
}

/* 16.7 items 5 and 10 */
TEST(no_group_has_a_turn_after_a_2xx_a_6xx_or_a_cancel)
{
    start_groups(true, 1, false);
    responds(0, 200);
    expect_only(RC_FORWARD, 0, 200);
    start_groups(true, 1, false);
    responds(0, 603);
    expect_only(RC_FORWARD, 0, 603);
    start_groups(true, 1, false);
    rc_cancel(&rc, &did);
    expect_only(RC_CANCEL, 0, 0);
    CHECK_INT(TIMER_C, rc_deadline(&rc));
    responds(0, 487);
    expect_only(RC_FORWARD, 0, 487);
}

TEST(who_rings_longer_than_the_time_of_his_group_is_cancelled)
{
    start_groups(true, 2, false);
    responds(0, 180);
    CHECK_INT(GROUP_TIME, rc_deadline(&rc));
    rc_timer(&rc, GROUP_TIME - 1, &did);
    CHECK_INT(0, did.count);
    rc_timer(&rc, GROUP_TIME, &did);
    CHECK_INT(3, did.count);
    expect(0, RC_CANCEL, 0, 408);
    expect(1, RC_CANCEL, 1, 408);
    expect(2, RC_MORE, 0, 0);
    group_follows(2, false);
    responds(0, 487);
    responds(2, 404);
    CHECK_INT(0, did.count);
    rc_timeout(&rc, 1, &did);
    expect_only(RC_FORWARD, 2, 404);
}

/* The phone was picked up while the CANCEL was on its way. */
TEST(a_2xx_of_the_group_before_ends_it_all)
{
    start_groups(true, 1, false);
    rc_timer(&rc, GROUP_TIME, &did);
    group_follows(1, true);
    responds(0, 200);
    CHECK_INT(2, did.count);
    expect(0, RC_FORWARD, 0, 200);
    expect(1, RC_CANCEL, 1, 200);
    responds(1, 487);
    CHECK_INT(0, did.count);
}

/* RFC 5393 5.3.3: they have all the breadth there is until they end. */
TEST(a_group_that_needs_the_breadth_of_the_one_before_waits_for_its_end)
{
    start_groups(true, 2, true);
    rc_timer(&rc, GROUP_TIME, &did);
    CHECK_INT(2, did.count);
    expect(0, RC_CANCEL, 0, 408);
    expect(1, RC_CANCEL, 1, 408);
    responds(0, 487);
    CHECK_INT(0, did.count);
    responds(1, 487);
    expect_only(RC_MORE, 0, 0);
}

/* RFC 3261 9.1: only INVITE can be cancelled; who has not answered in time is asked beside. */
TEST(of_another_method_the_next_group_is_asked_beside_the_silent_one)
{
    start_groups(false, 1, false);
    rc_timer(&rc, GROUP_TIME, &did);
    expect_only(RC_MORE, 0, 0);
    group_follows(1, false);
    responds(0, 200);
    expect_only(RC_FORWARD, 0, 200);
}

TEST(a_group_that_came_to_nothing_makes_way_for_the_next)
{
    start_groups(true, 1, false);
    responds(0, 404);
    expect_only(RC_MORE, 0, 0);
    rc_group(&rc, true, false, GROUP_TIME, 0, &did);
    expect_only(RC_MORE, 0, 0);
    rc_group(&rc, false, false, GROUP_TIME, 0, &did);
    expect_only(RC_FORWARD, 0, 404);
}

TEST(a_failure_for_all_ends_the_search)
{
    start_groups(true, 1, false);
    rc_no_more(&rc);
    responds(0, 404);
    expect_only(RC_FORWARD, 0, 404);
}

/* RFC 3841 9.1: no-cancel. */
TEST(who_wants_to_hear_all_has_nobody_cancelled)
{
    start_groups(true, 2, false);
    rc.ring_on = true;
    responds(0, 200);
    expect_only(RC_FORWARD, 0, 200);
    responds(1, 200);
    expect_only(RC_FORWARD, 1, 200);
    start_groups(true, 2, false);
    rc.ring_on = true;
    responds(0, 603);
    CHECK_INT(0, did.count);
    CHECK_INT(TIMER_C, rc_deadline(&rc));
    rc_cancel(&rc, &did);
    expect_only(RC_CANCEL, 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(provisional_responses_go_up_but_not_100),
        cmocka_unit_test(provisional_responses_to_other_methods_stay_here),
        cmocka_unit_test(a_2xx_goes_up_at_once_and_the_others_are_cancelled),
        cmocka_unit_test(further_2xx_go_up_too),
        cmocka_unit_test(only_one_2xx_of_another_method_goes_up),
        cmocka_unit_test(nothing_provisional_goes_up_after_the_answer),
        cmocka_unit_test(a_6xx_cancels_the_others_and_goes_up_when_they_have_ended),
        cmocka_unit_test(a_2xx_wins_the_race_against_a_6xx),
        cmocka_unit_test(the_best_final_response_is_chosen),
        cmocka_unit_test(a_503_becomes_500),
        cmocka_unit_test(who_cannot_be_reached_has_nobody_cancelled),
        cmocka_unit_test(challenges_of_all_branches_are_collected),
        cmocka_unit_test(a_timeout_counts_as_408),
        cmocka_unit_test(no_408_to_another_method_than_invite),
        cmocka_unit_test(a_cancel_goes_to_every_open_branch_and_487_comes_back),
        cmocka_unit_test(a_2xx_wins_the_race_against_a_cancel),
        cmocka_unit_test(a_cancelled_branch_that_never_answers_ends_in_487),
        cmocka_unit_test(a_cancel_after_the_answer_does_nothing),
        cmocka_unit_test(timer_c_runs_from_the_last_provisional_response),
        cmocka_unit_test(timer_c_without_any_provisional_response_is_a_408),
        cmocka_unit_test(timer_c_does_not_run_for_other_methods),
        cmocka_unit_test(a_redirect_is_followed_if_that_was_announced),
        cmocka_unit_test(a_redirect_that_leads_nowhere_is_a_candidate),
        cmocka_unit_test(a_redirect_is_not_followed_once_nothing_may_be_added),
        cmocka_unit_test(others_wait_while_a_redirect_is_being_followed),
        cmocka_unit_test(a_flow_that_has_failed_gives_way_to_the_next),
        cmocka_unit_test(so_does_one_that_cannot_be_sent_by_or_answers_nothing),
        cmocka_unit_test(what_the_phone_has_answered_is_its_last_word),
        cmocka_unit_test(when_the_last_flow_has_failed_the_user_is_not_available),
        cmocka_unit_test(another_method_than_invite_that_timed_out_is_not_sent_again),
        cmocka_unit_test(no_next_flow_is_tried_for_a_request_that_was_cancelled),
        cmocka_unit_test(other_phones_wait_while_the_next_flow_is_looked_for),
        cmocka_unit_test(the_flow_of_a_token_that_is_gone_is_430),
        cmocka_unit_test(branches_are_limited),
        cmocka_unit_test(branches_move_to_where_there_is_more_room),
        cmocka_unit_test(every_branch_may_run_into_timer_c_at_once),
        cmocka_unit_test(the_context_is_done_when_no_2xx_can_come),
        cmocka_unit_test(the_context_is_not_done_while_a_branch_is_open),
        cmocka_unit_test(events_of_branches_that_are_closed_or_unknown_do_nothing),
        cmocka_unit_test(the_next_group_has_its_turn_when_all_branches_have_failed),
        cmocka_unit_test(no_group_has_a_turn_after_a_2xx_a_6xx_or_a_cancel),
        cmocka_unit_test(who_rings_longer_than_the_time_of_his_group_is_cancelled),
        cmocka_unit_test(a_2xx_of_the_group_before_ends_it_all),
        cmocka_unit_test(a_group_that_needs_the_breadth_of_the_one_before_waits_for_its_end),
        cmocka_unit_test(of_another_method_the_next_group_is_asked_beside_the_silent_one),
        cmocka_unit_test(a_group_that_came_to_nothing_makes_way_for_the_next),
        cmocka_unit_test(a_failure_for_all_ends_the_search),
        cmocka_unit_test(who_wants_to_hear_all_has_nobody_cancelled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
