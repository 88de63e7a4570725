/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/event.h"

#include "dialog/message_of.h"

#include <stdio.h>

static struct message *notify(const char *headers)
{
    char lines[2048];

    snprintf(lines, sizeof lines,
             "NOTIFY sip:a@h SIP/2.0\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:b@h>;tag=b\nTo: <sip:a@h>;tag=a\n"
             "Call-ID: c\nCSeq: 1 NOTIFY\nMax-Forwards: 70\n%sContent-Length: 0\n",
             headers);
    return message_of(lines);
}

/* RFC 6665 8.2.1: its own examples, and the compact form. */
TEST(events_are_the_same_by_name_and_id_alone)
{
    static const struct {
        const char *a, *b;
        bool        same;
    } cases[] = {
        { "Event: foo; id=1234\n", "Event: foo; param=abcd; id=1234\n", true },
        { "Event: foo; id=1234\n", "Event: foo\n", false },
        { "Event: foo\n", "Event: foo;id=1234\n", false },
        { "Event: foo; id=1234\n", "Event: Foo; id=1234\n", false },
        { "Event: foo;id=a\n", "Event: foo;id=A\n", false },
        { "o: foo\n", "Event: foo ;x\n", true },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct message *m = notify(cases[i].a), *n = notify(cases[i].b);
        struct event    a, b;

        CHECK(event_of(m, &a) && event_of(n, &b));
        CHECK_INT(cases[i].same, event_eq(&a, &b));
        message_drop(m);
        message_drop(n);
    }
}

TEST(an_event_that_cannot_be_read_is_none)
{
    static const char *const bad[] = {
        "", "Event: \n", "Event: a b\n", "Event: a, b\n", "Event: ;id=1\n", "Event: a;=\n"
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct message *m = notify(bad[i]);
        struct event    e;

        CHECK(!event_of(m, &e));
        message_drop(m);
    }
}

/* RFC 6665 8.4 */
TEST(a_state_says_how_long_why_and_when_again)
{
    struct message           *m = notify("Subscription-State: active;expires=600\n");
    struct subscription_state s;

    CHECK(subscription_state_of(m, &s));
    CHECK_INT(PHASE_ACTIVE, s.phase);
    CHECK(s.has_expires && !s.has_retry_after);
    CHECK_INT(600, s.expires);
    message_drop(m);

    m = notify("Subscription-State: Terminated ; reason=Probation;retry-after=99999999999\n");
    CHECK(subscription_state_of(m, &s));
    CHECK_INT(PHASE_TERMINATED, s.phase);
    CHECK_INT(END_PROBATION, s.reason);
    CHECK(s.has_retry_after && !s.has_expires);
    CHECK_INT(UINT32_MAX, s.retry_after);
    message_drop(m);

    m = notify("Subscription-State: pending;expires=x;reason=because\n");
    CHECK(subscription_state_of(m, &s));
    CHECK_INT(PHASE_PENDING, s.phase);
    CHECK(!s.has_expires);
    CHECK_INT(END_UNKNOWN, s.reason);
    CHECK_SLICE("because", s.reason_text);
    message_drop(m);
}

TEST(what_is_no_state_is_told_from_a_state_that_is_not_known)
{
    static const char *const  bad[] = { "", "Subscription-State: \n", "Subscription-State: a b\n" };
    struct subscription_state s;
    struct message           *m;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        m = notify(bad[i]);
        CHECK(!subscription_state_of(m, &s));
        message_drop(m);
    }
    m = notify("Subscription-State: dozing;expires=5\n");
    CHECK(subscription_state_of(m, &s));
    CHECK_INT(PHASE_ACTIVE, s.phase);
    message_drop(m);
}

TEST(each_reason_has_the_name_that_it_is_read_by)
{
    CHECK_SLICE("", end_reason_name(END_UNKNOWN));
    for (unsigned r = END_UNKNOWN + 1; r < END_REASON_COUNT; r++) {
        char                      line[128];
        struct subscription_state s;
        struct message           *m;

        snprintf(line, sizeof line, "Subscription-State: terminated;reason=%.*s\n",
                 SLICE_ARG(end_reason_name((enum end_reason)r)));
        m = notify(line);
        CHECK(subscription_state_of(m, &s));
        CHECK_INT(r, s.reason);
        message_drop(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_the_same_by_name_and_id_alone),
        cmocka_unit_test(an_event_that_cannot_be_read_is_none),
        cmocka_unit_test(a_state_says_how_long_why_and_when_again),
        cmocka_unit_test(what_is_no_state_is_told_from_a_state_that_is_not_known),
        cmocka_unit_test(each_reason_has_the_name_that_it_is_read_by),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
