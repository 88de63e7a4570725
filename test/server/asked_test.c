/* SPDX-License-Identifier: BSD-2-Clause */
/* The hooks of a request that is only asked about; what they say together is in route_explain_test.c. */
#include "server/asked.h"

#include "base/error.h"
#include "server/route_explain.h"
#include "support/alloc.h"
#include "support/server_bench.h"
#include "support/test.h"

static struct bench b;

static struct heard {
    unsigned times, status, targets, enum_steps;
    int      error;
} heard;

static void on_explained(void *arg, int error, const struct route_explanation *e)
{
    (void)arg;
    heard.times++;
    heard.error = error;
    if (e == NULL)
        return;
    heard.status  = e->status;
    heard.targets = e->target_count;
    for (unsigned i = 0; i < e->explain->count; i++)
        heard.enum_steps += slice_eq(e->explain->steps[i].rule, SLICE("RFC 6116"));
}

static int ask(const char *uri)
{
    const struct route_question q = { .method        = SLICE("INVITE"),
                                      .uri           = slice_from(uri),
                                      .from          = SLICE("sip:alice@example.test"),
                                      .authenticated = true };
    char                        problem[256];
    int                         error;

    heard = (struct heard){ 0 };
    error = route_explain(b.server, &q, on_explained, NULL, problem, sizeof problem);
    bench_live(&b, 50);
    return error;
}

TEST(a_number_is_decided_upon_as_if_the_dns_knew_nothing)
{
    bench_open(&b, "enum_suffix = \"e164.test\"\nroute \"*\" { to = \"sip:192.0.2.9:6002\" }\n");
    CHECK_INT(0, ask("tel:+4930123"));
    CHECK_INT(1, heard.times);
    CHECK_INT(0, heard.error);
    CHECK_INT(2, heard.enum_steps); /* the decision to ask, and that nobody was */
    CHECK_INT(1, heard.targets);
    CHECK_INT(0, heard.status);
    CHECK_INT(0, counter_read(&b.at_server->counters.numbers_asked));
    CHECK_INT(0, world_fake_usage(b.at_server).queries);
    bench_close(&b);
}

/* Whichever allocation fails. */
TEST(without_memory_it_is_an_error_and_nothing_is_left)
{
    bench_open(&b, "route \"far.test\" { to = \"sip:192.0.2.9:6002\" }\n");
    for (unsigned n = 1; n < 8; n++) {
        int error;

        alloc_fail_at(n);
        error = ask("sip:x@far.test");
        alloc_fail_at(0);
        if (error == 0 && heard.error == 0)
            CHECK(heard.targets == 1 || heard.status == 503); /* as a real one would be answered */
        else
            CHECK(error != 0 ? heard.times == 0 : heard.times == 1);
    }
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_decided_upon_as_if_the_dns_knew_nothing),
        cmocka_unit_test(without_memory_it_is_an_error_and_nothing_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
