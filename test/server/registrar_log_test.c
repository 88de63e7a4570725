/* SPDX-License-Identifier: BSD-2-Clause */
/* What the log tells of registrations. */
#include "support/log_keep.h"
#include "support/server_bench.h"
#include "support/test.h"

static struct bench    b;
static struct log_keep lines;

static void open_bench(enum log_level level)
{
    bench_open(&b, "");
    log_keep_init(&lines, level);
    b.at_server->log = &lines.log;
}

static void registers(unsigned cseq, const char *more)
{
    raw_register(&b.bob, cseq, more);
    bench_live(&b, 50);
}

TEST(a_binding_is_told_when_it_comes_and_when_it_is_taken_away)
{
    open_bench(LOG_INFO);
    registers(1, "Expires: 600\r\n");
    CHECK(strstr(lines.text,
                 "level=info part=registrar event=binding_registered call=call-6001 aor=sip:bob@example.test "
                 "contact=sip:bob@192.0.2.9:6001 expires=600 remote=192.0.2.9:6001\n") != NULL);
    registers(2, "Expires: 0\r\n");
    CHECK(strstr(lines.text, "event=binding_unregistered call=call-6001 aor=sip:bob@example.test "
                             "contact=sip:bob@192.0.2.9:6001 remote=192.0.2.9:6001\n") != NULL);
    bench_close(&b);
}

TEST(a_refresh_is_a_detail)
{
    open_bench(LOG_INFO);
    registers(1, NULL);
    registers(2, NULL);
    CHECK_INT(1, log_keep_count(&lines, "part=registrar"));
    log_levels_set(&lines.levels, "registrar", LOG_DEBUG);
    registers(3, NULL);
    CHECK_INT(1, log_keep_count(&lines, "event=binding_refreshed"));
    bench_close(&b);
}

TEST(a_binding_whose_time_is_over_is_told)
{
    open_bench(LOG_INFO);
    registers(1, "Expires: 60\r\n");
    bench_live(&b, 120000);
    CHECK(strstr(lines.text, "level=info part=registrar event=binding_expired call=call-6001 aor=sip:bob@example.test "
                             "contact=sip:bob@192.0.2.9:6001\n") != NULL);
    bench_close(&b);
}

TEST(removing_all_is_a_line_for_each)
{
    open_bench(LOG_INFO);
    raw_ask(&b.bob, &(struct request_form){ .cseq = 1, .more = "Contact: <sip:a@192.0.2.9>, <sip:b@192.0.2.9>\r\n" });
    raw_ask(&b.bob, &(struct request_form){ .cseq = 2, .more = "Contact: *\r\nExpires: 0\r\n" });
    bench_live(&b, 50);
    CHECK_INT(2, log_keep_count(&lines, "event=binding_unregistered call=call-6001 aor=sip:bob@example.test contact="));
    bench_close(&b);
}

TEST(a_refusal_says_why)
{
    open_bench(LOG_INFO);
    registers(1, "Expires: 1\r\n");
    CHECK_INT(1, log_keep_count(&lines, "part=server event=answered call=call-6001 method=REGISTER"));
    CHECK_INT(1, log_keep_count(&lines, "status=423 why="));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_binding_is_told_when_it_comes_and_when_it_is_taken_away),
        cmocka_unit_test(a_refresh_is_a_detail),
        cmocka_unit_test(a_binding_whose_time_is_over_is_told),
        cmocka_unit_test(removing_all_is_a_line_for_each),
        cmocka_unit_test(a_refusal_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
