/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers that need no transaction (RFC 3261 8.2.7), or have none to spare. */
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

/* A plain OPTIONS would get no transaction (server/at_once.h). */
#define LONGER "Require: pref\r\n"

static void fill_transactions(void)
{
    bench_open(&b, "max_server_transactions = 16\n");
    for (unsigned i = 1; i <= 16; i++)
        raw_ask(&b.carol, &(struct request_form){ .method = "OPTIONS", .cseq = i, .more = LONGER });
    bench_live(&b, 50);
    CHECK_INT(16, raw_heard_count(&b.carol, "SIP/2.0 200 "));
}

static void asks(const char *method, const char *via, unsigned cseq)
{
    raw_ask(&b.alice, &(struct request_form){ .method = method, .via = via, .cseq = cseq, .more = LONGER });
    bench_live(&b, 50);
}

TEST(the_same_request_gets_the_same_tag_and_another_one_another)
{
    char first[128], second[128], third[128];

    fill_transactions();
    asks("OPTIONS", NULL, 1);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 503 "));
    header_of(raw_heard(&b.alice, 0), "To", first, sizeof first);
    CHECK(strstr(first, ";tag=") != NULL);
    asks("OPTIONS", NULL, 1);
    header_of(raw_heard(&b.alice, 0), "To", second, sizeof second);
    assert_string_equal(first, second);
    asks("OPTIONS", NULL, 2);
    header_of(raw_heard(&b.alice, 0), "To", third, sizeof third);
    CHECK(strcmp(first, third) != 0);
    bench_close(&b);
}

/* RFC 3261 8.2.7: an ACK is never answered, and a CANCEL of a full server is. */
TEST(at_the_limit_an_ack_is_dropped_and_a_cancel_refused)
{
    fill_transactions();
    asks("ACK", NULL, 1);
    CHECK_INT(0, b.alice.count);
    asks("CANCEL", NULL, 1);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 503 "));
    bench_close(&b);
}

TEST(it_goes_where_the_via_says_but_never_to_another_host)
{
    fill_transactions();
    asks("OPTIONS", "SIP/2.0/UDP 10.9.9.9:6001", 1);
    CHECK_INT(0, b.alice.count);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 503 "));
    asks("OPTIONS", "SIP/2.0/UDP 10.9.9.9:6001;rport", 2);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 503 "));
    asks("OPTIONS", "SIP/2.0/UDP 10.9.9.9:6000;maddr=192.0.2.77", 3);
    CHECK_INT(2, b.alice.count);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_request_gets_the_same_tag_and_another_one_another),
        cmocka_unit_test(at_the_limit_an_ack_is_dropped_and_a_cancel_refused),
        cmocka_unit_test(it_goes_where_the_via_says_but_never_to_another_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
