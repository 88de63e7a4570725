/* SPDX-License-Identifier: BSD-2-Clause */
/* How long a forwarded request is known. */
#include "server/proxy_context.h"

#include "support/server_bench.h"
#include "support/test.h"

static struct bench b;

static uint64_t contexts(void)
{
    return gauge_read(&b.at_server->counters.contexts);
}

static void calls(void)
{
    bench_open(&b, "route \"far.test\" { to = \"sip:192.0.2.9:6001\" }\n");
    CHECK_INT(0, contexts());
    raw_ask(&b.alice, &(struct request_form){
                          .method = "MESSAGE", .uri = "sip:dave@far.test", .from = "<sip:alice@example.test>;tag=1" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "MESSAGE "));
}

TEST(a_request_is_known_until_it_has_its_answer)
{
    calls();
    CHECK_INT(1, contexts());
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    CHECK_INT(0, contexts());
    bench_close(&b);
}

/* bench_close wants all memory back. */
TEST(a_server_that_ends_gives_back_what_it_was_forwarding)
{
    calls();
    CHECK_INT(1, contexts());
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_known_until_it_has_its_answer),
        cmocka_unit_test(a_server_that_ends_gives_back_what_it_was_forwarding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
