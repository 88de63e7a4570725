/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/merged.h"

#include "support/server_bench.h"
#include "support/test.h"

static struct bench b;

static void registers(const char *branch, const char *from, const char *to, const char *call_id, unsigned cseq)
{
    raw_ask(&b.bob,
            &(struct request_form){ .branch = branch, .from = from, .to = to, .call_id = call_id, .cseq = cseq });
    bench_live(&b, 50);
}

#define ONE   "<sip:bob@example.test>;tag=1"
#define OTHER "<sip:bob@example.test>;tag=other"

TEST(one_that_came_another_way_is_known_until_the_first_is_over)
{
    bench_open(&b, "");
    registers("a", ONE, NULL, "call", 1);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    registers("b", ONE, NULL, "call", 1);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 482 "));
    bench_live(&b, 33000);
    registers("c", ONE, NULL, "call", 1);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    bench_close(&b);
}

TEST(tag_call_id_and_cseq_all_make_another_request)
{
    bench_open(&b, "");
    registers("a", ONE, NULL, "call", 1);
    registers("b", OTHER, NULL, "call", 1);
    registers("c", ONE, NULL, "other", 1);
    registers("d", ONE, NULL, "call", 2);
    CHECK_INT(4, raw_heard_count(&b.bob, "SIP/2.0 200 "));
    bench_close(&b);
}

/* RFC 3261 7.3.1: it is a token. */
TEST(a_tag_in_other_case_is_the_same)
{
    bench_open(&b, "");
    registers("a", "<sip:bob@example.test>;tag=ab", NULL, "call", 1);
    registers("b", "<sip:bob@example.test>;tag=AB", NULL, "call", 1);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 482 "));
    bench_close(&b);
}

TEST(what_belongs_to_a_dialog_is_not_compared)
{
    bench_open(&b, "");
    registers("a", ONE, "<sip:bob@example.test>;tag=x", "call", 1);
    registers("b", ONE, "<sip:bob@example.test>;tag=x", "call", 1);
    CHECK_INT(2, raw_heard_count(&b.bob, "SIP/2.0 200 "));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_came_another_way_is_known_until_the_first_is_over),
        cmocka_unit_test(tag_call_id_and_cseq_all_make_another_request),
        cmocka_unit_test(a_tag_in_other_case_is_the_same),
        cmocka_unit_test(what_belongs_to_a_dialog_is_not_compared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
