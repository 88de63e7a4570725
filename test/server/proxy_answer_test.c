/* SPDX-License-Identifier: BSD-2-Clause */
/* What who asks is told in the end (RFC 3261 16.7). */
#include "support/server_bench.h"
#include "support/test.h"

static struct bench b;

static void calls(void)
{
    bench_open(&b, "route \"far.test\" { to = \"sip:192.0.2.9:6001\" }\n");
    raw_ask(&b.alice, &(struct request_form){
                          .method = "MESSAGE", .uri = "sip:dave@far.test", .from = "<sip:alice@example.test>;tag=1" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "MESSAGE "));
}

static const char *hears(const char *answer)
{
    raw_answer(&b.bob, 0, answer, "b");
    bench_live(&b, 50);
    return raw_heard(&b.alice, 0);
}

/* RFC 3261 16.7 item 6, 20.33: it is not for all requests that we say so, but for this one it is true. */
TEST(a_500_for_a_503_says_when_to_ask_again)
{
    char value[64];

    calls();
    CHECK(strstr(hears("503 Service Unavailable\r\nRetry-After: 7 (at lunch);duration=3"), "SIP/2.0 500 ") != NULL);
    CHECK_SLICE("7 (at lunch);duration=3",
                slice_from(header_of(raw_heard(&b.alice, 0), "Retry-After", value, sizeof value)));
    bench_close(&b);
    calls();
    CHECK(strstr(hears("503 Service Unavailable"), "SIP/2.0 500 ") != NULL);
    CHECK_SLICE("", slice_from(header_of(raw_heard(&b.alice, 0), "Retry-After", value, sizeof value)));
    bench_close(&b);
}

TEST(another_failure_goes_up_as_it_is)
{
    char value[64];

    calls();
    CHECK(strstr(hears("480 Later\r\nRetry-After: 9"), "SIP/2.0 480 Later\r\n") != NULL);
    CHECK_SLICE("9", slice_from(header_of(raw_heard(&b.alice, 0), "Retry-After", value, sizeof value)));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_500_for_a_503_says_when_to_ask_again),
        cmocka_unit_test(another_failure_goes_up_as_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
