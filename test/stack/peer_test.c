/* SPDX-License-Identifier: BSD-2-Clause */
/* Whom an ICMP error concerns: the requests to that very address which have heard
 * nothing yet (RFC 3261 18.4). */
#include "support/server_bench.h"
#include "support/test.h"

static struct bench b;

static void asks(const char *to, unsigned cseq)
{
    raw_ask(&b.alice, &(struct request_form){ .method = "INVITE", .uri = to, .cseq = cseq });
    bench_live(&b, 20);
}

TEST(an_error_fails_all_that_wait_for_that_address_and_no_other)
{
    bench_open(&b, "route \"one.test\" { to = \"sip:192.0.2.9:6001\" }\n"
                   "route \"two.test\" { to = \"sip:192.0.2.9:6002\" }\n"
                   "route \"down.test\" { to = \"sip:192.0.2.77\" }\n");
    CHECK(host_add_address(network_host(b.network, "down"), "192.0.2.77"));
    host_set_down(network_host(b.network, "down"), true); /* nobody says a word */
    asks("sip:x@two.test", 1);
    asks("sip:x@down.test", 2);
    raw_close(&b.bob);
    asks("sip:x@one.test", 3);
    asks("sip:x@one.test", 4);
    CHECK_INT(2, raw_heard_count(&b.alice, "SIP/2.0 500 "));
    CHECK(raw_last_is(&b.carol, "INVITE "));
    raw_answer(&b.carol, 0, "486 Busy Here", "c");
    bench_live(&b, 50);
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 486 "));
    bench_close(&b);
}

/* Who rings is alive: an error from there is about something else. */
TEST(after_a_provisional_response_an_error_changes_nothing)
{
    bench_open(&b, "route \"one.test\" { to = \"sip:192.0.2.9:6001\" }\n");
    asks("sip:x@one.test", 1);
    raw_answer(&b.bob, 0, "180 Ringing", "b");
    bench_live(&b, 20);
    raw_close(&b.bob);
    raw_ask(&b.carol, &(struct request_form){ .method = "MESSAGE", .uri = "sip:x@one.test" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.carol, "SIP/2.0 500 "));
    CHECK(raw_last_is(&b.alice, "SIP/2.0 180 "));
    bench_live(&b, 300 * 1000); /* Timer C */
    CHECK(raw_last_is(&b.alice, "SIP/2.0 408 ") || raw_last_is(&b.alice, "SIP/2.0 500 "));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_fails_all_that_wait_for_that_address_and_no_other),
        cmocka_unit_test(after_a_provisional_response_an_error_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
