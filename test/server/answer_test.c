/* SPDX-License-Identifier: BSD-2-Clause */
/* What the server says itself (RFC 3261 8.2, 11.2, 20.33). */
#include "base/log_limit.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static const char *header(const char *name)
{
    static char value[512];

    return header_of(raw_heard(&b.alice, 0), name, value, sizeof value);
}

static void asks(const char *method, const char *uri, const char *more)
{
    raw_ask(&b.alice, &(struct request_form){ .method = method, .uri = uri, .more = more, .to = "<sip:x@y>" });
    bench_live(&b, 50);
}

/* RFC 3261 8.2.6.2. */
TEST(an_answer_carries_what_ties_it_to_its_request)
{
    bench_open(&b, "");
    asks("OPTIONS", "sip:example.test", "Timestamp: 54\r\n");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bKOPTIONS-1-6000\r\n"));
    assert_string_equal("<sip:bob@example.test>;tag=1", header("From"));
    CHECK(strncmp(header("To"), "<sip:x@y>;tag=", 14) == 0 && strlen(header("To")) > 20);
    assert_string_equal("call-6000", header("Call-ID"));
    assert_string_equal("1 OPTIONS", header("CSeq"));
    assert_string_equal("0", header("Content-Length"));
    CHECK(strstr(header("Allow"), "REGISTER") != NULL);
    assert_string_equal("*/*", header("Accept"));
    bench_close(&b);
}

/* RFC 3261 8.2.2.3: every extension that is not known is named. */
TEST(all_that_is_unsupported_is_named)
{
    bench_open(&b, "");
    asks("REGISTER", "sip:example.test", "Require: foo, bar\r\nRequire: levitation\r\n");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 420 "));
    CHECK(strstr(raw_heard(&b.alice, 0), "Unsupported: foo\r\nUnsupported: bar\r\nUnsupported: levitation\r\n") !=
          NULL);
    bench_close(&b);
}

/* RFC 3261 8.2.2.3: the server is a user agent, as far as it answers for itself. */
TEST(options_are_refused_if_they_demand_what_is_not_known)
{
    bench_open(&b, "");
    asks("OPTIONS", "sip:example.test", "Require: levitation, pref\r\n");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 420 "));
    assert_string_equal("levitation", header("Unsupported"));
    bench_close(&b);
}

static void note_line(void *arg, enum log_level level, struct slice line)
{
    (void)level;
    snprintf(arg, 1024, "%.*s", SLICE_ARG(line));
}

TEST(a_refusal_is_logged_with_its_reason_and_rule)
{
    char              line[1024] = "";
    struct log_levels levels;
    struct log        log = { .levels = &levels, .sink = note_line, .arg = line };

    log_levels_init(&levels, LOG_INFO);
    bench_open(&b, "");
    b.at_server->log = &log;
    asks("INVITE", "sip:nobody@example.test", "");
    CHECK(strstr(line, "status=404") != NULL);
    CHECK(strstr(line, "why=\"no such user\"") != NULL);
    CHECK(strstr(line, "call=call-6000") != NULL);
    CHECK_INT(1, counter_read(&b.at_server->counters.requests_refused));
    b.at_server->log = NULL;
    bench_close(&b);
}

static void count_line(void *arg, enum log_level level, struct slice line)
{
    (void)level;
    (void)line;
    ++*(unsigned *)arg;
}

TEST(a_flood_of_refusals_is_no_flood_of_lines)
{
    unsigned          lines = 0;
    struct log_levels levels;
    struct log        log = { .levels = &levels, .sink = count_line, .arg = &lines };

    log_levels_init(&levels, LOG_INFO);
    bench_open(&b, "");
    b.at_server->log = &log;
    for (unsigned i = 1; i <= 300; i++)
        raw_ask(&b.alice, &(struct request_form){ .method = "MESSAGE", .uri = "sip:nobody@example.test", .cseq = i });
    bench_live(&b, 50);
    CHECK_INT(300, counter_read(&b.at_server->counters.requests_refused));
    CHECK_INT(LOG_LINES_PER_SOURCE, lines);
    CHECK_INT(300 - LOG_LINES_PER_SOURCE, counter_read(&b.at_server->counters.log_lines_skipped));
    bench_live(&b, 1000);
    raw_ask(&b.alice, &(struct request_form){ .method = "MESSAGE", .uri = "sip:nobody@example.test", .cseq = 301 });
    bench_live(&b, 50);
    CHECK_INT(LOG_LINES_PER_SOURCE + 1, lines);
    b.at_server->log = NULL;
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_carries_what_ties_it_to_its_request),
        cmocka_unit_test(all_that_is_unsupported_is_named),
        cmocka_unit_test(options_are_refused_if_they_demand_what_is_not_known),
        cmocka_unit_test(a_refusal_is_logged_with_its_reason_and_rule),
        cmocka_unit_test(a_flood_of_refusals_is_no_flood_of_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
