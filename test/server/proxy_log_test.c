/* SPDX-License-Identifier: BSD-2-Clause */
/* What the log tells of forwarded requests: the reason, the targets, and who has won. */
#include "support/log_keep.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench    b;
static struct log_keep lines;

static void open_bench(const char *more, enum log_level level)
{
    bench_open(&b, more);
    log_keep_init(&lines, level);
    b.at_server->log = &lines.log;
}

static void registers(struct raw_phone *p, unsigned cseq, const char *q)
{
    char more[128];

    snprintf(more, sizeof more, "Contact: <sip:bob@192.0.2.9:%u>;q=%s\r\n", p->port, q);
    raw_ask(p, &(struct request_form){ .cseq = cseq, .more = more });
    bench_live(&b, 20);
    CHECK(raw_last_is(p, "SIP/2.0 200 "));
    raw_forget(p);
}

static void invites(const char *uri)
{
    raw_ask(&b.alice,
            &(struct request_form){ .method = "INVITE", .uri = uri, .from = "<sip:alice@example.test>;tag=1" });
    bench_live(&b, 50);
}

static void check_line(const char *part, const char *want)
{
    struct slice line = log_keep_line(&lines, part);

    if (line.len == 0 || memmem(line.ptr, line.len, want, strlen(want)) == NULL)
        fail_msg("'%s' is not in '%.*s'\n%s", want, SLICE_ARG(line), lines.text);
}

TEST(each_branch_is_told_where_there_is_a_choice_and_who_has_won)
{
    open_bench("", LOG_INFO);
    registers(&b.bob, 1, "0.9");
    registers(&b.carol, 1, "0.4");
    invites("sip:bob@example.test");
    check_line("event=forwarded", "call=call-6000 method=INVITE uri=sip:bob@example.test why=\"user is registered\" "
                                  "rule=\"RFC 3261 16.5\" targets=2 groups=2");
    check_line("branch=1 group=1", "event=branch call=call-6000 branch=1 group=1 uri=sip:bob@192.0.2.9:6001 ");
    raw_answer(&b.bob, 0, "486 Busy Here", "b");
    bench_live(&b, 50);
    check_line("branch=2 group=2", "uri=sip:bob@192.0.2.9:6002 ");
    CHECK_INT(0, log_keep_count(&lines, "event=answered call=call-6000 method=INVITE status"));
    raw_answer(&b.carol, 0, "200 OK", "c");
    bench_live(&b, 50);
    check_line("event=answered call=call-6000", "status=200 branch=2 branches=2 why=\"a 2xx is the answer\"");
    bench_close(&b);
}

TEST(the_best_of_refusals_is_told)
{
    open_bench("", LOG_INFO);
    registers(&b.bob, 1, "0.9");
    registers(&b.carol, 1, "0.9");
    invites("sip:bob@example.test");
    CHECK_INT(2, log_keep_count(&lines, "event=branch"));
    check_line("event=forwarded", "targets=2 groups=1");
    raw_answer(&b.bob, 0, "404 Not Found", "b");
    raw_answer(&b.carol, 0, "486 Busy Here", "c");
    bench_live(&b, 50);
    CHECK_INT(1, log_keep_count(&lines, "event=answered call=call-6000"));
    check_line("event=answered call=call-6000", "branches=2 why=\"the best response of all branches\"");
    bench_close(&b);
}

TEST(where_there_is_one_target_the_rest_is_a_detail)
{
    open_bench("route \"far.test\" { to = \"sip:192.0.2.9:6002\" }\n", LOG_INFO);
    invites("sip:x@far.test");
    check_line("event=forwarded", "targets=1 groups=1");
    raw_answer(&b.carol, 0, "603 Decline", "c");
    bench_live(&b, 50);
    CHECK_INT(0, log_keep_count(&lines, "event=branch"));
    CHECK_INT(0, log_keep_count(&lines, "event=answered call=call-6000"));
    log_levels_set(&lines.levels, "proxy", LOG_DEBUG);
    raw_forget(&b.carol);
    raw_ask(&b.alice, &(struct request_form){ .method  = "INVITE",
                                              .uri     = "sip:x@far.test",
                                              .from    = "<sip:alice@example.test>;tag=1",
                                              .call_id = "again",
                                              .branch  = "again" });
    bench_live(&b, 50);
    check_line("event=branch", "call=again branch=1 group=1 uri=sip:x@far.test ");
    raw_answer(&b.carol, 0, "603 Decline", "c");
    bench_live(&b, 50);
    check_line("event=answered call=again", "status=603 branch=1 branches=1 why=\"a 6xx is the answer\"");
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_branch_is_told_where_there_is_a_choice_and_who_has_won),
        cmocka_unit_test(the_best_of_refusals_is_told),
        cmocka_unit_test(where_there_is_one_target_the_rest_is_a_detail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
