/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that wait for ENUM (RFC 6116). */
#include "base/error.h"
#include "server/internal.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static const char key[] = "3.2.1.0.3.9.4.e164.test";

static void setup(void)
{
    bench_open(&b, "enum_suffix = \"e164.test\"\nsource_rate = 0\n");
    network_add_naptr(b.network, key, 1, 1,
                      &(struct naptr_texts){ "u", "E2U+sip", "!^\\+49(.*)$!sip:\\1@192.0.2.9:6001!", "." });
}

static void calls(const char *method)
{
    raw_ask(&b.alice, &(struct request_form){ .method  = method,
                                              .uri     = "tel:+49-30-123",
                                              .from    = "<sip:alice@example.test>;tag=1",
                                              .branch  = "call",
                                              .call_id = "call" });
    bench_live(&b, 50);
}

TEST(a_number_goes_where_the_dns_says)
{
    setup();
    calls("MESSAGE");
    CHECK(raw_last_is(&b.bob, "MESSAGE sip:30123@192.0.2.9:6001 SIP/2.0\r\n"));
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    CHECK_INT(1, counter_read(&b.at_server->counters.numbers_asked));
    bench_close(&b);
}

TEST(a_number_nobody_answers_for_is_treated_as_it_came)
{
    setup();
    network_set_name_error(b.network, key, -ERR_TIMEOUT);
    calls("MESSAGE");
    CHECK_INT(1, server_alive(b.server));
    CHECK_INT(0, b.alice.count);
    bench_live(&b, 6000);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 416 "));
    bench_close(&b);
}

/* RFC 3261 9.2. */
TEST(a_cancel_ends_the_wait)
{
    setup();
    network_set_name_late(b.network, key, 3000);
    calls("INVITE");
    calls("CANCEL");
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 487 "));
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 200 "));
    CHECK_INT(0, server_alive(b.server));
    bench_live(&b, 5000);
    CHECK_INT(0, b.bob.count);
    bench_close(&b);
}

TEST(whoever_waits_when_time_is_up_hears_503)
{
    setup();
    network_set_name_late(b.network, key, 3000);
    calls("MESSAGE");
    server_give_up(b.server);
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 503 "));
    CHECK_INT(0, server_alive(b.server));
    bench_close(&b);
}

TEST(a_server_that_ends_asks_no_more)
{
    setup();
    network_set_name_late(b.network, key, 3000);
    calls("INVITE");
    bench_abandon(&b);
}

TEST(requests_that_wait_for_a_number_are_bounded)
{
    setup();
    network_set_name_late(b.network, key, 20000);
    for (unsigned i = 0; i <= REQUESTS_HELD; i++) {
        char id[16];

        snprintf(id, sizeof id, "call-%u", i);
        raw_ask(&b.alice, &(struct request_form){ .method  = "MESSAGE",
                                                  .uri     = "tel:+4930123",
                                                  .from    = "<sip:alice@example.test>;tag=1",
                                                  .branch  = id,
                                                  .call_id = id });
    }
    bench_live(&b, 50);
    CHECK_INT(REQUESTS_HELD, server_alive(b.server));
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 503 "));
    CHECK_INT(1, counter_read(&b.at_server->counters.requests_turned_away));
    bench_abandon(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_goes_where_the_dns_says),
        cmocka_unit_test(a_number_nobody_answers_for_is_treated_as_it_came),
        cmocka_unit_test(a_cancel_ends_the_wait),
        cmocka_unit_test(whoever_waits_when_time_is_up_hears_503),
        cmocka_unit_test(a_server_that_ends_asks_no_more),
        cmocka_unit_test(requests_that_wait_for_a_number_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
