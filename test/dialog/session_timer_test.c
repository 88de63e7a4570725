/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/session_timer.h"

#include "dialog/message_of.h"
#include "support/test.h"

#include <stdio.h>

enum { MINUTE = 60 * 1000 };

static struct session_timer timer_of(uint32_t wish, uint32_t floor)
{
    struct session_timer t;

    session_timer_init(&t, wish, floor);
    return t;
}

static const char *written(struct gather *g)
{
    static char text[512];
    struct buf  b = BUF_ON(text);

    gather_flatten(g, &b);
    return buf_cstr(&b);
}

static const char *request_lines(struct session_timer *t)
{
    static struct gather g;

    gather_init(&g);
    session_timer_write_request(t, &g);
    return written(&g);
}

static const char *answer_lines(const struct session_timer *t)
{
    static struct gather g;

    gather_init(&g);
    session_timer_write_answer(t, &g);
    return written(&g);
}

static struct message *response(const char *status, const char *headers)
{
    static char text[2048];

    snprintf(text, sizeof text,
             "SIP/2.0 %s\nVia: SIP/2.0/UDP a.test;branch=z9hG4bK1\nFrom: <sip:a@a.test>;tag=1\n"
             "To: <sip:b@b.test>;tag=2\nCall-ID: x\nCSeq: 1 INVITE\n%s",
             status, headers);
    return message_of(text);
}

static struct message *request(const char *headers)
{
    static char text[2048];

    snprintf(text, sizeof text,
             "INVITE sip:b@b.test SIP/2.0\nVia: SIP/2.0/UDP a.test;branch=z9hG4bK1\nFrom: <sip:a@a.test>;tag=1\n"
             "To: <sip:b@b.test>\nCall-ID: x\nCSeq: 1 INVITE\nMax-Forwards: 70\n%s",
             headers);
    return message_of(text);
}

static void on_2xx(struct session_timer *t, const char *headers, msec now)
{
    struct message *m = response("200 OK", headers);

    session_timer_on_2xx(t, m, now);
    message_drop(m);
}

static bool on_422(struct session_timer *t, const char *headers)
{
    struct message *m     = response("422 Session Interval Too Small", headers);
    bool            again = session_timer_on_422(t, m);

    message_drop(m);
    return again;
}

static void accept(struct session_timer *t, const char *headers, msec now)
{
    struct message *m = request(headers);

    session_timer_accept(t, m, now);
    message_drop(m);
}

static bool refuses(const struct session_timer *t, const char *headers)
{
    struct message *m   = request(headers);
    bool            yes = session_timer_refuses(t, m);

    message_drop(m);
    return yes;
}

/* RFC 4028 7.1: the parameter is left to the callee. */
TEST(an_invite_asks_for_what_we_wish)
{
    struct session_timer t = timer_of(1800, 0);

    assert_string_equal("Session-Expires: 1800\r\n", request_lines(&t));
    CHECK_INT(NEVER, session_timer_deadline(&t));
}

TEST(who_wishes_for_nothing_asks_for_nothing)
{
    struct session_timer t = timer_of(0, 0);

    assert_string_equal("", request_lines(&t));
    on_2xx(&t, "", 0);
    CHECK_INT(NEVER, session_timer_deadline(&t));
}

/* RFC 4028 4: 90 s is the least. */
TEST(a_wish_below_the_least_is_raised_to_it)
{
    struct session_timer t = timer_of(30, 10), strict = timer_of(100, 600);

    assert_string_equal("Session-Expires: 90\r\n", request_lines(&t));
    assert_string_equal("Session-Expires: 600\r\n", request_lines(&strict));
}

/* RFC 4028 7.2, 10 */
TEST(the_refresher_refreshes_at_half_time_and_ends_it_when_the_time_is_over)
{
    struct session_timer t = timer_of(1800, 0);

    request_lines(&t);
    on_2xx(&t, "Require: timer\nSession-Expires: 600;refresher=uac\n", 1000);
    CHECK_INT(1000 + 5 * MINUTE, session_timer_deadline(&t));
    CHECK_INT(SESSION_TIMER_NOTHING, session_timer_on_timer(&t, 1000 + 5 * MINUTE - 1));
    CHECK_INT(SESSION_TIMER_REFRESH, session_timer_on_timer(&t, 1000 + 5 * MINUTE));
    CHECK_INT(SESSION_TIMER_NOTHING, session_timer_on_timer(&t, 1000 + 5 * MINUTE));
    CHECK_INT(1000 + 10 * MINUTE, session_timer_deadline(&t));
    CHECK_INT(SESSION_TIMER_END, session_timer_on_timer(&t, 1000 + 10 * MINUTE));
    CHECK_INT(NEVER, session_timer_deadline(&t));
}

/* RFC 4028 10: 32 s or a third, whichever is less, before the end. */
TEST(who_waits_for_a_refresh_ends_it_a_little_before_the_time_is_over)
{
    static const struct {
        const char *expires;
        msec        end;
    } cases[] = { { "1800", 1768000 }, { "96", 64000 }, { "90", 60000 }, { "7200", 7168000 } };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct session_timer t = timer_of(1800, 0);
        char                 headers[128];

        request_lines(&t);
        snprintf(headers, sizeof headers, "Require: timer\nSession-Expires: %s;refresher=uas\n", cases[i].expires);
        on_2xx(&t, headers, 0);
        CHECK_INT(cases[i].end, session_timer_deadline(&t));
        CHECK_INT(SESSION_TIMER_END, session_timer_on_timer(&t, cases[i].end));
    }
}

/* RFC 4028 7.4: the interval and the roles stay as they are. */
TEST(a_refresh_says_what_holds_and_who_refreshes)
{
    struct session_timer t = timer_of(1800, 0);

    request_lines(&t);
    on_2xx(&t, "Session-Expires: 600;refresher=uac\n", 0);
    assert_string_equal("Session-Expires: 600;refresher=uac\r\n", request_lines(&t));
    on_2xx(&t, "Session-Expires: 600;refresher=uas\n", 0);
    assert_string_equal("Session-Expires: 600;refresher=uas\r\n", request_lines(&t));
}

/* RFC 4028 7.2: without Session-Expires it is off. */
TEST(a_2xx_turns_the_timer_off_again)
{
    struct session_timer t = timer_of(1800, 0);

    request_lines(&t);
    on_2xx(&t, "Session-Expires: 600;refresher=uac\n", 0);
    request_lines(&t);
    on_2xx(&t, "Supported: timer\n", 1000);
    CHECK_INT(NEVER, session_timer_deadline(&t));
}

/* RFC 4028 7.2: the caller alone, and nothing ends if nobody answers. */
TEST(with_a_peer_that_knows_no_timers_the_caller_refreshes_for_its_own_sake)
{
    struct session_timer t = timer_of(1800, 0);

    request_lines(&t);
    on_2xx(&t, "Supported: 100rel\n", 0);
    CHECK_INT(15 * MINUTE, session_timer_deadline(&t));
    CHECK_INT(SESSION_TIMER_REFRESH, session_timer_on_timer(&t, 15 * MINUTE));
    session_timer_on_failure(&t, 0, 15 * MINUTE);
    CHECK_INT(30 * MINUTE, session_timer_deadline(&t));
    CHECK_INT(SESSION_TIMER_REFRESH, session_timer_on_timer(&t, 30 * MINUTE));
    request_lines(&t);
    on_2xx(&t, "", 31 * MINUTE);
    CHECK_INT(46 * MINUTE, session_timer_deadline(&t));
}

/* RFC 4028 7.3, 13: two proxies, each with a minimum of its own. */
TEST(a_422_raises_what_is_asked_for)
{
    struct session_timer t = timer_of(90, 0);

    request_lines(&t);
    CHECK(on_422(&t, "Min-SE: 3600\n"));
    assert_string_equal("Session-Expires: 3600\r\nMin-SE: 3600\r\n", request_lines(&t));
    CHECK(on_422(&t, "Min-SE: 4000\n"));
    assert_string_equal("Session-Expires: 4000\r\nMin-SE: 4000\r\n", request_lines(&t));
    on_2xx(&t, "Session-Expires: 4000;refresher=uac\n", 0);
    assert_string_equal("Session-Expires: 4000;refresher=uac\r\n", request_lines(&t)); /* cleared by the dialog */
}

TEST(a_422_that_asks_for_no_more_than_was_said_is_not_followed)
{
    struct session_timer t = timer_of(1800, 0);

    request_lines(&t);
    CHECK(!on_422(&t, "Min-SE: 1800\n"));
    CHECK(!on_422(&t, "Min-SE: soon\n"));
    CHECK(!on_422(&t, ""));
}

/* RFC 4028 10: only a 2xx moves the end. */
TEST(a_422_to_a_refresh_does_not_prolong_the_session)
{
    struct session_timer t = timer_of(1800, 0);

    request_lines(&t);
    on_2xx(&t, "Session-Expires: 600;refresher=uac\n", 0);
    CHECK_INT(SESSION_TIMER_REFRESH, session_timer_on_timer(&t, 5 * MINUTE));
    request_lines(&t);
    CHECK(on_422(&t, "Min-SE: 7200\n"));
    CHECK_INT(10 * MINUTE, session_timer_deadline(&t));
    assert_string_equal("Session-Expires: 7200;refresher=uac\r\nMin-SE: 7200\r\n", request_lines(&t));
}

TEST(a_refresh_that_failed_is_tried_again_in_half_of_what_is_left)
{
    struct session_timer t = timer_of(1800, 0);

    request_lines(&t);
    on_2xx(&t, "Session-Expires: 600;refresher=uac\n", 0);
    CHECK_INT(SESSION_TIMER_REFRESH, session_timer_on_timer(&t, 5 * MINUTE));
    session_timer_on_failure(&t, 2000, 5 * MINUTE);
    CHECK_INT(5 * MINUTE + 150 * 1000, session_timer_deadline(&t));
    CHECK_INT(SESSION_TIMER_REFRESH, session_timer_on_timer(&t, 5 * MINUTE + 150 * 1000));
    session_timer_on_failure(&t, 2000, 10 * MINUTE - 1000); /* never faster than that, and never beyond the end */
    CHECK_INT(10 * MINUTE, session_timer_deadline(&t));
    CHECK_INT(SESSION_TIMER_END, session_timer_on_timer(&t, 10 * MINUTE));
}

TEST(a_failure_means_nothing_to_who_does_not_refresh)
{
    struct session_timer t = timer_of(1800, 0);

    request_lines(&t);
    on_2xx(&t, "Session-Expires: 600;refresher=uas\n", 0);
    session_timer_on_failure(&t, 2000, MINUTE);
    CHECK_INT(600 * 1000 - 32000, session_timer_deadline(&t));
}

/* RFC 4028 9, table 2; and what the callee wishes by itself. */
TEST(the_callee_answers_by_the_table)
{
    static const struct {
        uint32_t    wish;
        const char *headers, *answer;
    } cases[] = {
        { 0, "Session-Expires: 600\n", "Session-Expires: 600;refresher=uas\r\n" },
        { 0, "Session-Expires: 600;refresher=uas\n", "Session-Expires: 600;refresher=uas\r\n" },
        { 0, "Supported: timer\nSession-Expires: 600\n", "Session-Expires: 600;refresher=uas\r\nRequire: timer\r\n" },
        { 0, "Supported: timer\nSession-Expires: 600;refresher=uac\n",
          "Session-Expires: 600;refresher=uac\r\nRequire: timer\r\n" },
        { 0, "k: 100rel, TIMER\nx: 600 ;refresher=UAC;a=b\n",
          "Session-Expires: 600;refresher=uac\r\nRequire: timer\r\n" },
        { 0, "Require: timer\nSession-Expires: 600;refresher=uas\n",
          "Session-Expires: 600;refresher=uas\r\nRequire: timer\r\n" },
        { 0, "Supported: timer\n", "" },
        { 0, "", "" },
        { 1800, "", "" },
        { 1800, "Supported: timer\n", "Session-Expires: 1800;refresher=uas\r\nRequire: timer\r\n" },
        { 1800, "Supported: timer\nMin-SE: 2000\n", "Session-Expires: 2000;refresher=uas\r\nRequire: timer\r\n" },
        { 1800, "Supported: timer\nSession-Expires: 600\n",
          "Session-Expires: 600;refresher=uas\r\nRequire: timer\r\n" },
        { 1800, "Supported: timer\nSession-Expires: 86400;refresher=uac\n",
          "Session-Expires: 1800;refresher=uac\r\nRequire: timer\r\n" },
        { 1800, "Supported: timer\nSession-Expires: 86400\nMin-SE: 3600\n",
          "Session-Expires: 3600;refresher=uas\r\nRequire: timer\r\n" },
        { 1800, "Session-Expires: 20\n", "" }, /* not asked by its sender, and nobody to tell */
        { 1800, "Session-Expires: soon\n", "" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct session_timer t = timer_of(cases[i].wish, 0);

        accept(&t, cases[i].headers, 0);
        assert_string_equal(cases[i].answer, answer_lines(&t));
        CHECK((session_timer_deadline(&t) == NEVER) == (cases[i].answer[0] == '\0'));
    }
}

/* RFC 4028 9 */
TEST(too_short_an_interval_is_refused_if_the_caller_knows_what_that_means)
{
    struct session_timer t = timer_of(1800, 300);
    struct gather        g;

    CHECK(refuses(&t, "Supported: timer\nSession-Expires: 299\n"));
    CHECK(!refuses(&t, "Supported: timer\nSession-Expires: 300\n"));
    CHECK(!refuses(&t, "Session-Expires: 299\n"));
    CHECK(!refuses(&t, "Supported: timer\n"));
    gather_init(&g);
    session_timer_write_refusal(&t, &g);
    assert_string_equal("Min-SE: 300\r\n", written(&g));
}

/* RFC 4028 7.4 */
TEST(the_largest_minimum_of_the_peer_is_kept_for_our_own_refresh)
{
    struct session_timer t = timer_of(600, 0);

    accept(&t, "Supported: timer\nSession-Expires: 600\nMin-SE: 500\n", 0);
    accept(&t, "Supported: timer\nSession-Expires: 600\nMin-SE: 120\n", 0);
    assert_string_equal("Session-Expires: 600;refresher=uac\r\nMin-SE: 500\r\n", request_lines(&t));
}

/* RFC 4028 11.1: nobody has us refresh without pause. */
TEST(an_interval_below_the_least_is_taken_as_that)
{
    struct session_timer t = timer_of(1800, 0);

    request_lines(&t);
    on_2xx(&t, "Session-Expires: 1;refresher=uac\n", 0);
    CHECK_INT(45 * 1000, session_timer_deadline(&t));
    assert_string_equal("Session-Expires: 90;refresher=uac\r\n", request_lines(&t));
}

/* Whatever comes: a timer that runs ends or is refreshed, and is never refreshed faster than every second. */
TEST(a_walk_through_anything_leaves_no_timer_that_is_stuck)
{
    static const char *const answers[] = {
        "",
        "Supported: timer\n",
        "Session-Expires: 90;refresher=uac\n",
        "Session-Expires: 4294967295;refresher=uac\n",
        "Session-Expires: 600;refresher=uas\n",
        "Session-Expires: 0\n",
        "Session-Expires: 99999999999\n",
        "Session-Expires: 300;refresher=nobody\n",
        "Supported: timer\nSession-Expires: 120;refresher=uac\nMin-SE: 100\n",
    };
    enum { ANSWERS = sizeof answers / sizeof *answers };
    uint32_t dice = 7;

    for (unsigned run = 0; run < 200; run++) {
        struct session_timer t   = timer_of(run % 3 * 100, run % 2 * 200);
        msec                 now = 0;

        for (unsigned step = 0; step < 40; step++) {
            const char *answer = answers[(dice = dice * 1103515245 + 12345) / 65536 % ANSWERS];
            msec        at;

            if (dice / 1024 % 4 == 0)
                accept(&t, answer, now);
            else if (dice / 1024 % 4 == 1)
                session_timer_on_failure(&t, 1000, now);
            else {
                request_lines(&t);
                on_2xx(&t, answer, now);
            }
            CHECK((t.interval == 0) == (session_timer_deadline(&t) == NEVER));
            at = session_timer_deadline(&t);
            if (at == NEVER)
                continue;
            CHECK(at >= now + 1000 || at == t.end_at);
            now = at;
            CHECK(session_timer_on_timer(&t, now) != SESSION_TIMER_NOTHING);
            if (t.interval != 0 && t.refresh_at == NEVER)
                session_timer_on_failure(&t, 1000, now);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_invite_asks_for_what_we_wish),
        cmocka_unit_test(who_wishes_for_nothing_asks_for_nothing),
        cmocka_unit_test(a_wish_below_the_least_is_raised_to_it),
        cmocka_unit_test(the_refresher_refreshes_at_half_time_and_ends_it_when_the_time_is_over),
        cmocka_unit_test(who_waits_for_a_refresh_ends_it_a_little_before_the_time_is_over),
        cmocka_unit_test(a_refresh_says_what_holds_and_who_refreshes),
        cmocka_unit_test(a_2xx_turns_the_timer_off_again),
        cmocka_unit_test(with_a_peer_that_knows_no_timers_the_caller_refreshes_for_its_own_sake),
        cmocka_unit_test(a_422_raises_what_is_asked_for),
        cmocka_unit_test(a_422_that_asks_for_no_more_than_was_said_is_not_followed),
        cmocka_unit_test(a_422_to_a_refresh_does_not_prolong_the_session),
        cmocka_unit_test(a_refresh_that_failed_is_tried_again_in_half_of_what_is_left),
        cmocka_unit_test(a_failure_means_nothing_to_who_does_not_refresh),
        cmocka_unit_test(the_callee_answers_by_the_table),
        cmocka_unit_test(too_short_an_interval_is_refused_if_the_caller_knows_what_that_means),
        cmocka_unit_test(the_largest_minimum_of_the_peer_is_kept_for_our_own_refresh),
        cmocka_unit_test(an_interval_below_the_least_is_taken_as_that),
        cmocka_unit_test(a_walk_through_anything_leaves_no_timer_that_is_stuck),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
