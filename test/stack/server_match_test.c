/* SPDX-License-Identifier: BSD-2-Clause */
/* What is the same request again, and what another one (RFC 3261 17.2.3, 9.2). */
#include "stack/server_match.h"

#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static const struct counters *counters(void)
{
    return &b.at_server->counters;
}

/* A plain OPTIONS would get no transaction (server/at_once.h). */
static void ask(const char *branch, const char *via)
{
    raw_ask(&b.alice,
            &(struct request_form){
                .method = "OPTIONS", .branch = branch, .via = via, .call_id = "same", .more = "Require: pref\r\n" });
    bench_live(&b, 50);
}

TEST(a_repetition_is_absorbed_and_answered_the_same)
{
    char first[RAW_TEXT];

    bench_open(&b, "");
    ask("1", NULL);
    snprintf(first, sizeof first, "%s", raw_heard(&b.alice, 0));
    ask("1", NULL);
    CHECK_INT(2, b.alice.count);
    assert_string_equal(first, raw_heard(&b.alice, 0));
    CHECK_INT(1, counter_read(&counters()->retransmissions_seen));
    bench_close(&b);
}

/* RFC 3261 17.2.3, the second procedure: RFC 2543 had no magic cookie. */
TEST(a_repetition_without_magic_cookie_is_absorbed_too)
{
    static const char request[] =
        "OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:6000;branch=1\r\nRequire: pref\r\n"
        "From: <sip:a@far.test>;tag=1\r\nTo: <sip:example.test>\r\nCall-ID: old\r\n"
        "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

    bench_open(&b, "");
    raw_say(&b.alice, request);
    raw_say(&b.alice, request);
    bench_live(&b, 50);
    CHECK_INT(2, raw_heard_count(&b.alice, "SIP/2.0 200 "));
    CHECK_INT(1, counter_read(&counters()->retransmissions_seen));
    bench_close(&b);
}

/* Branch, host and port of sent-by make it what it is; the host in any case. */
TEST(another_branch_or_sent_by_is_another_request)
{
    bench_open(&b, "");
    ask("1", "SIP/2.0/UDP phone.test:6000;rport");
    ask("2", "SIP/2.0/UDP phone.test:6000;rport");
    ask("1", "SIP/2.0/UDP phone.test:6001;rport");
    ask("1", "SIP/2.0/UDP other.test:6000;rport");
    CHECK_INT(0, counter_read(&counters()->retransmissions_seen));
    ask("1", "SIP/2.0/UDP PHONE.test:6000;rport");
    CHECK_INT(1, counter_read(&counters()->retransmissions_seen));
    bench_close(&b);
}

/* RFC 3261 9.2: 481 to a CANCEL that names nothing, whatever else it has in common. */
TEST(a_cancel_of_another_branch_names_nothing)
{
    bench_open(&b, "");
    ask("1", NULL);
    raw_ask(&b.alice, &(struct request_form){ .method = "CANCEL", .branch = "2", .call_id = "same" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 481 "));
    raw_ask(&b.alice, &(struct request_form){ .method = "CANCEL", .branch = "1", .call_id = "same" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_repetition_is_absorbed_and_answered_the_same),
        cmocka_unit_test(a_repetition_without_magic_cookie_is_absorbed_too),
        cmocka_unit_test(another_branch_or_sent_by_is_another_request),
        cmocka_unit_test(a_cancel_of_another_branch_names_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
