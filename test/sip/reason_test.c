/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/reason.h"

#include "dialog/message_of.h"

#include <stdio.h>

static struct message *bye(const char *headers)
{
    static char text[2048];

    snprintf(text, sizeof text,
             "BYE sip:b@b.test SIP/2.0\nVia: SIP/2.0/UDP a.test;branch=z9hG4bK1\nFrom: <sip:a@a.test>;tag=1\n"
             "To: <sip:b@b.test>;tag=2\nCall-ID: x\nCSeq: 1 BYE\nMax-Forwards: 70\n%s",
             headers);
    return message_of(text);
}

/* RFC 3326 2, the examples. */
TEST(a_reason_has_a_protocol_a_cause_and_a_text)
{
    static const struct {
        const char *text, *protocol, *words;
        unsigned    cause;
    } cases[] = {
        { "SIP ;cause=200 ;text=\"Call completed elsewhere\"", "SIP", "Call completed elsewhere", 200 },
        { "Q.850 ;cause=16 ;text=\"Terminated\"", "Q.850", "Terminated", 16 },
        { "SIP;text=\"Busy, Everywhere; so\";cause=600", "SIP", "Busy, Everywhere; so", 600 },
        { "preemption", "preemption", "", 0 },
        { "SIP;cause=many", "SIP", "", 0 },
        { "SIP;cause=1234567", "SIP", "", 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scan         s = scan_from(test_guarded(slice_from(cases[i].text)));
        struct reason_value r;

        CHECK(reason_scan(&s, &r));
        CHECK(scan_at_end(&s));
        CHECK_SLICE(cases[i].protocol, r.protocol);
        CHECK_SLICE(cases[i].words, r.text);
        CHECK_INT(cases[i].cause, r.cause);
    }
}

TEST(what_is_no_reason_leaves_the_cursor_where_it_was)
{
    static const char *const cases[] = { "", " ", ";cause=200", "\"SIP\";cause=200", ",SIP" };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scan         s  = scan_from(test_guarded(slice_from(cases[i])));
        const char         *at = s.at;
        struct reason_value r;

        CHECK(!reason_scan(&s, &r));
        CHECK(s.at == at);
    }
}

/* RFC 3326 2: several values, each of a protocol of its own, in any lines. */
TEST(the_reason_in_terms_of_sip_comes_first)
{
    struct message     *m = bye("Reason: Q.850;cause=16;text=\"Terminated\", foo\nReason: sip;cause=480\n");
    struct message     *q = bye("Reason: Q.850;cause=17, preemption\n");
    struct message     *n = bye("Reason: ;\n");
    struct reason_value r;

    CHECK(message_reason(m, &r));
    CHECK_INT(480, r.cause);
    CHECK(message_reason(q, &r));
    CHECK_SLICE("Q.850", r.protocol);
    CHECK_INT(17, r.cause);
    CHECK(!message_reason(n, &r));
    message_drop(m);
    message_drop(q);
    message_drop(n);
}

/* RFC 3326 3.1 */
TEST(a_call_that_was_answered_elsewhere_is_told_by_a_200_of_sip)
{
    static const struct {
        const char *line;
        bool        elsewhere;
    } cases[] = {
        { "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\n", true },
        { "Reason: Q.850;cause=26, SIP;cause=200\n", true },
        { "Reason: SIP;cause=486\n", false },
        { "Reason: Q.850;cause=200\n", false },
        { "", false },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct message *m = bye(cases[i].line);

        CHECK(message_completed_elsewhere(m) == cases[i].elsewhere);
        message_drop(m);
    }
}

/* RFC 3261 20.43 */
TEST(a_warning_has_a_code_an_agent_and_a_text)
{
    struct message *m = bye("Warning: 370 devnull \"Choose a bigger pipe\", 305 b.test:5060 \"No \\\"codec\\\"\"\n");
    struct message *n = bye("Warning: 12 x \"short\"\nWarning: 305 isi.edu \"Incompatible media format\"\n");
    struct warning_value w;

    CHECK(message_warning(m, &w));
    CHECK_INT(370, w.code);
    CHECK_SLICE("devnull", w.agent);
    CHECK_SLICE("Choose a bigger pipe", w.text);
    CHECK(message_warning(n, &w));
    CHECK_INT(305, w.code);
    CHECK_SLICE("Incompatible media format", w.text);
    message_drop(m);
    message_drop(n);
}

TEST(what_is_no_warning_leaves_the_cursor_where_it_was)
{
    static const char *const cases[] = { "",           "305",          "305 ",      "305 a",      "305 a b",
                                         "99 a \"x\"", "1000 a \"x\"", "305 a \"x", "305  \"x\"", "305\ta \"x\"" };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scan          s  = scan_from(test_guarded(slice_from(cases[i])));
        const char          *at = s.at;
        struct warning_value w;

        CHECK(!warning_scan(&s, &w));
        CHECK(s.at == at);
    }
}

/* RFC 3261 20.33 */
TEST(a_retry_after_is_read_as_far_as_its_seconds)
{
    static const struct {
        const char *line;
        bool        found;
        uint32_t    seconds;
    } cases[] = {
        { "Retry-After: 18000;duration=3600\n", true, 18000 },
        { "Retry-After: 120 (I'm in a meeting)\n", true, 120 },
        { "Retry-After: 0\n", true, 0 },
        { "Retry-After: soon\n", false, 0 },
        { "Retry-After: -5\n", false, 0 },
        { "", false, 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct message *m       = bye(cases[i].line);
        uint32_t        seconds = 0;

        CHECK(message_retry_after(m, &seconds) == cases[i].found);
        CHECK_INT(cases[i].seconds, seconds);
        message_drop(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reason_has_a_protocol_a_cause_and_a_text),
        cmocka_unit_test(what_is_no_reason_leaves_the_cursor_where_it_was),
        cmocka_unit_test(the_reason_in_terms_of_sip_comes_first),
        cmocka_unit_test(a_call_that_was_answered_elsewhere_is_told_by_a_200_of_sip),
        cmocka_unit_test(a_warning_has_a_code_an_agent_and_a_text),
        cmocka_unit_test(what_is_no_warning_leaves_the_cursor_where_it_was),
        cmocka_unit_test(a_retry_after_is_read_as_far_as_its_seconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
