/* SPDX-License-Identifier: BSD-2-Clause */
/* Two phones and nobody between. */
#include "call/call.h"

#include "base/error.h"
#include "support/phones.h"

#define BOB "sip:bob@10.0.0.2"

static struct network *network;
static struct user     alice, bob;

static int setup(void **state)
{
    (void)state;
    network = network_new(1);
    user_init(&alice, network, "alice", "10.0.0.1", NULL);
    user_init(&bob, network, "bob", "10.0.0.2", NULL);
    bob.ring = true;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    run_for(network, 70000);
    user_check_quiet(&alice);
    user_check_quiet(&bob);
    user_fini(&alice);
    user_fini(&bob);
    network_free(network);
    return 0;
}

static void check_ended(const struct user *u, enum call_cause cause, enum call_side side, unsigned status)
{
    const struct told *t = user_last(u, PHONE_ENDED);

    CHECK(t != NULL);
    CHECK_INT(1, user_heard(u, PHONE_ENDED));
    assert_string_equal(call_cause_name(cause), call_cause_name(t->event.cause));
    assert_string_equal(call_side_name(side), call_side_name(t->event.side));
    CHECK_INT(status, t->event.status);
}

static void talk(void)
{
    user_call(&alice, BOB);
    run_for(network, 1000);
    CHECK_INT(0, call_answer(bob.phone, bob.call));
    run_for(network, 1000);
    CHECK_INT(1, user_heard(&alice, PHONE_ANSWERED));
    CHECK_INT(1, user_heard(&bob, PHONE_ANSWERED));
}

/* RFC 3261 4, RFC 3665 3.1 */
TEST(a_call_rings_is_answered_heard_and_hung_up)
{
    const struct told *t;

    talk();
    CHECK_INT(180, user_last(&alice, PHONE_RINGING)->event.status);
    assert_string_equal("sip:alice@example.test", user_last(&bob, PHONE_INCOMING)->peer);
    assert_string_equal("alice", user_last(&bob, PHONE_INCOMING)->display);
    assert_string_equal("PCMU", user_last(&alice, PHONE_ANSWERED)->codec);
    CHECK_INT(1, user_heard(&alice, PHONE_MEDIA));
    CHECK_INT(1, user_heard(&bob, PHONE_MEDIA));
    run_for(network, 4000);
    CHECK_INT(0, call_hang_up(alice.phone, alice.call));
    run_for(network, 100);
    check_ended(&alice, CALL_NORMAL, SIDE_LOCAL, 0);
    check_ended(&bob, CALL_NORMAL, SIDE_REMOTE, 0);
    t = user_last(&alice, PHONE_ENDED);
    CHECK(t->event.setup >= 1000 && t->event.setup < 1100);
    CHECK(t->event.times.ringing < 100);
    CHECK(t->event.times.progress == NEVER);
    CHECK_INT(t->event.setup, t->event.times.answered);
    CHECK_INT(t->event.setup, t->event.times.acked);
    CHECK(t->event.times.media >= t->event.setup && t->event.times.media < 1200);
    CHECK(t->event.duration >= 4900 && t->event.duration <= 5100);
    CHECK(t->event.has_stats);
    CHECK(t->event.stats.packets_received > 200);
    CHECK_INT(0, t->event.stats.lost);
    CHECK_INT(-ERR_NOT_FOUND, call_hang_up(alice.phone, alice.call));
}

TEST(the_callee_may_hang_up_too)
{
    talk();
    CHECK_INT(0, call_hang_up(bob.phone, bob.call));
    run_for(network, 100);
    check_ended(&alice, CALL_NORMAL, SIDE_REMOTE, 0);
    check_ended(&bob, CALL_NORMAL, SIDE_LOCAL, 0);
}

/* RFC 3261 15: each gets its 200. */
TEST(hang_ups_that_cross_end_the_call_once)
{
    talk();
    CHECK_INT(0, call_hang_up(alice.phone, alice.call));
    CHECK_INT(0, call_hang_up(bob.phone, bob.call));
    run_for(network, 100);
    check_ended(&alice, CALL_NORMAL, SIDE_LOCAL, 0);
    check_ended(&bob, CALL_NORMAL, SIDE_LOCAL, 0);
    CHECK(phone_is_idle(alice.phone));
    CHECK(phone_is_idle(bob.phone));
}

/* RFC 3261 9, RFC 3665 3.8 */
TEST(a_caller_that_gives_up_cancels)
{
    user_call(&alice, BOB);
    run_for(network, 1000);
    CHECK_INT(0, call_hang_up(alice.phone, alice.call));
    run_for(network, 100);
    check_ended(&alice, CALL_CANCELLED, SIDE_LOCAL, 0);
    check_ended(&bob, CALL_CANCELLED, SIDE_REMOTE, 487);
    CHECK(phone_is_idle(alice.phone));
}

/* RFC 3261 9.1: CANCEL waits for a provisional response. */
TEST(a_caller_that_gives_up_at_once_still_stops_the_ringing)
{
    user_call(&alice, BOB);
    CHECK_INT(0, call_hang_up(alice.phone, alice.call));
    run_for(network, 2000);
    check_ended(&alice, CALL_CANCELLED, SIDE_LOCAL, 0);
    check_ended(&bob, CALL_CANCELLED, SIDE_REMOTE, 487);
}

/* RFC 3261 9.1, 15: the 200 and the CANCEL cross. */
TEST(an_answer_that_crosses_the_cancel_is_ended_by_bye)
{
    user_call(&alice, BOB);
    run_for(network, 1000);
    CHECK_INT(0, call_answer(bob.phone, bob.call));
    CHECK_INT(0, call_hang_up(alice.phone, alice.call));
    run_for(network, 1000);
    check_ended(&alice, CALL_CANCELLED, SIDE_LOCAL, 0);
    check_ended(&bob, CALL_NORMAL, SIDE_REMOTE, 0);
    CHECK_INT(0, user_heard(&alice, PHONE_ANSWERED));
    CHECK(phone_is_idle(alice.phone));
}

TEST(a_callee_that_declines_is_understood)
{
    bob.reject = 603;
    user_call(&alice, BOB);
    run_for(network, 1000);
    check_ended(&alice, CALL_REFUSED, SIDE_REMOTE, 603);
    assert_string_equal("Decline", user_last(&alice, PHONE_ENDED)->reason);
    check_ended(&bob, CALL_REFUSED, SIDE_LOCAL, 603);
}

TEST(hanging_up_a_ringing_call_refuses_it)
{
    user_call(&alice, BOB);
    run_for(network, 1000);
    CHECK_INT(0, call_hang_up(bob.phone, bob.call));
    run_for(network, 100);
    check_ended(&alice, CALL_REFUSED, SIDE_REMOTE, 480);
}

/* RFC 3261 21.4.24 */
TEST(a_phone_at_its_limit_of_calls_is_busy)
{
    bob.answer = true;
    user_call(&alice, BOB);
    user_call(&alice, BOB);
    run_for(network, 500);
    CHECK_INT(2, user_heard(&alice, PHONE_ANSWERED));
    user_call(&alice, BOB);
    run_for(network, 500);
    check_ended(&alice, CALL_REFUSED, SIDE_REMOTE, 486);
    for (size_t i = 0; i < alice.heard_count; i++)
        if (alice.heard[i].event.kind == PHONE_ANSWERED)
            call_hang_up(alice.phone, alice.heard[i].event.call);
}

/* RFC 3261 8.2.2.1 */
TEST(a_call_to_somebody_else_is_not_found)
{
    user_call(&alice, "sip:carol@10.0.0.2");
    run_for(network, 500);
    check_ended(&alice, CALL_REFUSED, SIDE_REMOTE, 404);
    CHECK_INT(0, user_heard(&bob, PHONE_INCOMING));
}

/* RFC 3261 13.2.1, RFC 3665 3.7: the offer in the 2xx, the answer in the ACK. */
TEST(a_call_without_offer_is_answered_with_one)
{
    user_call_late(&alice, BOB);
    run_for(network, 500);
    CHECK_INT(0, call_answer(bob.phone, bob.call));
    run_for(network, 1000);
    CHECK_INT(1, user_heard(&alice, PHONE_MEDIA));
    CHECK_INT(1, user_heard(&bob, PHONE_MEDIA));
    CHECK_INT(0, call_hang_up(bob.phone, bob.call));
}

/* RFC 3264 8.4, RFC 3665 (hold): sendonly, answered recvonly. */
TEST(hold_silences_the_peer_and_resume_brings_it_back)
{
    struct media_stats before, after;

    talk();
    CHECK_INT(0, call_hold(alice.phone, alice.call, true));
    run_for(network, 500);
    CHECK(user_last(&alice, PHONE_CHANGED)->event.held);
    CHECK(user_last(&bob, PHONE_CHANGED)->event.held_by_peer);
    CHECK_INT(0, call_media_stats(bob.phone, bob.call, &before));
    run_for(network, 1000);
    CHECK_INT(0, call_media_stats(bob.phone, bob.call, &after));
    CHECK_INT(before.packets_sent, after.packets_sent);
    CHECK(after.packets_received > before.packets_received);

    CHECK_INT(0, call_hold(alice.phone, alice.call, false));
    run_for(network, 500);
    CHECK(!user_last(&alice, PHONE_CHANGED)->event.held);
    CHECK(!user_last(&bob, PHONE_CHANGED)->event.held_by_peer);
    CHECK_INT(0, call_media_stats(bob.phone, bob.call, &after));
    CHECK(after.packets_sent > before.packets_sent);
    CHECK_INT(0, call_hang_up(alice.phone, alice.call));
}

/* RFC 3261 14.1, 14.2: both get 491 and try again at different times. */
TEST(re_invites_that_cross_both_succeed_in_the_end)
{
    talk();
    CHECK_INT(0, call_hold(alice.phone, alice.call, true));
    CHECK_INT(0, call_hold(bob.phone, bob.call, true));
    run_for(network, 10000);
    CHECK(user_last(&alice, PHONE_CHANGED)->event.held);
    CHECK(user_last(&bob, PHONE_CHANGED)->event.held);
    CHECK(user_last(&alice, PHONE_CHANGED)->event.held_by_peer);
    CHECK_INT(0, user_heard(&alice, PHONE_UNCHANGED) + user_heard(&bob, PHONE_UNCHANGED));
    CHECK_INT(0, call_hang_up(alice.phone, alice.call));
}

/* RFC 4733 */
TEST(digits_are_heard_in_their_order)
{
    char   digits[8] = "";
    size_t count     = 0;

    talk();
    CHECK_INT(0, call_send_digits(alice.phone, alice.call, SLICE("1*#5")));
    run_for(network, 2000);
    for (size_t i = 0; i < bob.heard_count; i++)
        if (bob.heard[i].event.kind == PHONE_DIGIT && count < 7)
            digits[count++] = bob.heard[i].event.digit;
    assert_string_equal("1*#5", digits);
    CHECK_INT(0, call_hang_up(alice.phone, alice.call));
}

TEST(a_call_to_nobody_is_unreachable)
{
    user_call(&alice, "sip:x@10.0.0.1:5099");
    run_for(network, 40000);
    CHECK(user_last(&alice, PHONE_ENDED) != NULL);
    CHECK_INT(CALL_UNREACHABLE, user_last(&alice, PHONE_ENDED)->event.cause);
    CHECK_INT(-ERR_REFUSED, user_last(&alice, PHONE_ENDED)->event.error);
}

TEST(a_call_to_a_name_that_does_not_resolve_is_unreachable)
{
    user_call(&alice, "sip:x@nowhere.example");
    run_for(network, 40000);
    CHECK_INT(CALL_UNREACHABLE, user_last(&alice, PHONE_ENDED)->event.cause);
    CHECK_INT(-ERR_NAME, user_last(&alice, PHONE_ENDED)->event.error);
}

/* Timer B */
TEST(a_call_into_silence_times_out)
{
    host_set_down(network_host(network, "bob"), true);
    user_call(&alice, BOB);
    run_for(network, 31000);
    CHECK_INT(0, user_heard(&alice, PHONE_ENDED));
    run_for(network, 2000);
    check_ended(&alice, CALL_TIMED_OUT, SIDE_NETWORK, 408);
    host_set_down(network_host(network, "bob"), false);
}

/* RFC 3261 13.3.1.4 */
TEST(an_answer_without_ack_ends_in_a_bye)
{
    struct path cut = { .cut = true }, good = { .delay = 1 };

    user_call(&alice, BOB);
    run_for(network, 500);
    CHECK_INT(0, call_answer(bob.phone, bob.call));
    network_set_path(network, network_host(network, "alice"), network_host(network, "bob"), &cut);
    run_for(network, 31000);
    CHECK_INT(0, user_heard(&bob, PHONE_ENDED));
    run_for(network, 2000);
    check_ended(&bob, CALL_NO_ACK, SIDE_NETWORK, 0);
    network_set_path(network, network_host(network, "alice"), network_host(network, "bob"), &good);
    run_for(network, 5000);
    check_ended(&alice, CALL_NORMAL, SIDE_REMOTE, 0);
}

/* RFC 3261 13.3.1.1: 180 each minute; 480 in the end. */
TEST(an_unanswered_call_rings_for_three_minutes)
{
    user_call(&alice, BOB);
    run_for(network, 179000);
    CHECK_INT(3, user_heard(&alice, PHONE_RINGING));
    run_for(network, 2000);
    check_ended(&alice, CALL_REFUSED, SIDE_REMOTE, 480);
    check_ended(&bob, CALL_REFUSED, SIDE_LOCAL, 480);
}

TEST(sound_that_cannot_be_opened_fails_the_call)
{
    struct call_options options = { .account = alice.account, .target = SLICE(BOB) };

    alice.sound_error = -ERR_IO;
    CHECK_INT(-ERR_IO, call_place(alice.phone, &options, &alice.call));
    alice.sound_error = 0;
    bob.sound_error   = -ERR_IO;
    user_call(&alice, BOB);
    run_for(network, 500);
    CHECK_INT(-ERR_IO, call_answer(bob.phone, bob.call));
    run_for(network, 500);
    check_ended(&alice, CALL_REFUSED, SIDE_REMOTE, 500);
    check_ended(&bob, CALL_LOCAL_FAULT, SIDE_LOCAL, 0);
}

TEST(verbs_are_refused_where_they_mean_nothing)
{
    struct call_options options = { .account = alice.account, .target = SLICE("tel:+123") };

    CHECK_INT(-ERR_UNSUPPORTED, call_place(alice.phone, &options, &alice.call));
    options.target = SLICE("bob");
    CHECK_INT(-ERR_SYNTAX, call_place(alice.phone, &options, &alice.call));
    options.account = 7;
    CHECK_INT(-ERR_NOT_FOUND, call_place(alice.phone, &options, &alice.call));
    CHECK_INT(-ERR_NOT_FOUND, call_answer(alice.phone, 12345));
    user_call(&alice, BOB);
    run_for(network, 500);
    CHECK_INT(-ERR_UNSUPPORTED, call_answer(alice.phone, alice.call));
    CHECK_INT(-ERR_UNSUPPORTED, call_hold(bob.phone, bob.call, true)); /* nothing is agreed that could be changed */
    CHECK_INT(-ERR_UNSUPPORTED, call_update(alice.phone, alice.call));
    CHECK_INT(-ERR_UNSUPPORTED, call_progress(alice.phone, alice.call));
    CHECK_INT(0, call_hang_up(alice.phone, alice.call));
}

TEST(calls_go_over_tcp_if_the_uri_says_so)
{
    user_call(&alice, BOB ";transport=tcp");
    run_for(network, 500);
    CHECK_INT(0, call_answer(bob.phone, bob.call));
    run_for(network, 500);
    CHECK_INT(1, user_heard(&bob, PHONE_MEDIA));
    CHECK_INT(0, call_hang_up(bob.phone, bob.call));
    run_for(network, 500);
    check_ended(&alice, CALL_NORMAL, SIDE_REMOTE, 0);
    run_for(network, 700000); /* until the idle connection is closed */
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_call_rings_is_answered_heard_and_hung_up),
        CASE(the_callee_may_hang_up_too),
        CASE(hang_ups_that_cross_end_the_call_once),
        CASE(a_caller_that_gives_up_cancels),
        CASE(a_caller_that_gives_up_at_once_still_stops_the_ringing),
        CASE(an_answer_that_crosses_the_cancel_is_ended_by_bye),
        CASE(a_callee_that_declines_is_understood),
        CASE(hanging_up_a_ringing_call_refuses_it),
        CASE(a_phone_at_its_limit_of_calls_is_busy),
        CASE(a_call_to_somebody_else_is_not_found),
        CASE(a_call_without_offer_is_answered_with_one),
        CASE(hold_silences_the_peer_and_resume_brings_it_back),
        CASE(re_invites_that_cross_both_succeed_in_the_end),
        CASE(digits_are_heard_in_their_order),
        CASE(a_call_to_nobody_is_unreachable),
        CASE(a_call_to_a_name_that_does_not_resolve_is_unreachable),
        CASE(a_call_into_silence_times_out),
        CASE(an_answer_without_ack_ends_in_a_bye),
        CASE(an_unanswered_call_rings_for_three_minutes),
        CASE(sound_that_cannot_be_opened_fails_the_call),
        CASE(verbs_are_refused_where_they_mean_nothing),
        CASE(calls_go_over_tcp_if_the_uri_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
