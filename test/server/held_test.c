/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that wait for something: with a store that does not answer, for a user. */
#include "server/held.h"

#include "server/internal.h"
#include "support/server_bench.h"
#include "support/test.h"

#include <stdio.h>

static struct bench b;

static void setup(void)
{
    bench_open(&b, "");
    store_fake_hold_reads(b.store, true);
}

static void call(unsigned cseq, const char *user)
{
    char uri[64], branch[32], call_id[32];

    snprintf(uri, sizeof uri, "sip:%s@example.test", user);
    snprintf(branch, sizeof branch, "b%u", cseq);
    snprintf(call_id, sizeof call_id, "c%u", cseq);
    raw_ask(&b.alice, &(struct request_form){ .method  = "INVITE",
                                              .uri     = uri,
                                              .branch  = branch,
                                              .from    = "<sip:stranger@else.test>;tag=1",
                                              .call_id = call_id,
                                              .cseq    = cseq,
                                              .more    = "Contact: <sip:a@192.0.2.9:6000>\r\n" });
    bench_live(&b, 2);
}

static void cancel(unsigned cseq, const char *user)
{
    char uri[64], branch[32], call_id[32];

    snprintf(uri, sizeof uri, "sip:%s@example.test", user);
    snprintf(branch, sizeof branch, "b%u", cseq);
    snprintf(call_id, sizeof call_id, "c%u", cseq);
    raw_ask(&b.alice, &(struct request_form){ .method  = "CANCEL",
                                              .uri     = uri,
                                              .branch  = branch,
                                              .from    = "<sip:stranger@else.test>;tag=1",
                                              .call_id = call_id,
                                              .cseq    = cseq });
    bench_live(&b, 5);
}

TEST(an_invite_that_waits_can_be_cancelled_and_no_other_is)
{
    setup();
    call(1, "bob");
    call(2, "bob");
    CHECK_INT(2, server_alive(b.server));
    cancel(1, "bob");
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 487 "));
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 200 "));
    CHECK_INT(1, server_alive(b.server));
    store_fake_hold_reads(b.store, false);
    bench_live(&b, 10);
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 404 "));
    bench_close(&b);
}

TEST(so_many_wait_and_no_more)
{
    setup();
    for (unsigned i = 1; i <= REQUESTS_HELD; i++)
        call(i, "bob");
    CHECK_INT(REQUESTS_HELD, server_alive(b.server));
    raw_forget(&b.alice);
    call(REQUESTS_HELD + 1, "bob");
    CHECK(raw_last_is(&b.alice, "SIP/2.0 503 "));
    bench_live(&b, 5000);
    CHECK_INT(0, server_alive(b.server));
    bench_close(&b);
}

TEST(a_server_may_end_while_requests_wait)
{
    setup();
    call(1, "bob");
    call(2, "carol");
    bench_abandon(&b);
}

TEST(a_server_that_gives_up_lets_nobody_wait)
{
    setup();
    call(1, "bob");
    raw_forget(&b.alice);
    server_give_up(b.server);
    bench_live(&b, 10);
    CHECK(raw_last_is(&b.alice, "SIP/2.0 503 "));
    CHECK_INT(0, server_alive(b.server));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_invite_that_waits_can_be_cancelled_and_no_other_is),
        cmocka_unit_test(so_many_wait_and_no_more),
        cmocka_unit_test(a_server_may_end_while_requests_wait),
        cmocka_unit_test(a_server_that_gives_up_lets_nobody_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
