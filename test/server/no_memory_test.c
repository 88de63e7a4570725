/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory runs out at every single place in turn, while a phone registers, is called,
 * hangs up, and is called in vain: nobody crashes, nothing leaks (the sanitizers
 * see to that), nothing is left under way, and the server serves again. */
#include "support/alloc.h"
#include "support/server_bench.h"
#include "support/test.h"

static struct bench b;

/* Answer the last message heard if it is such a request. */
static bool answer_if(struct raw_phone *p, const char *method, const char *status)
{
    if (!raw_last_is(p, method))
        return false;
    raw_answer(p, 0, status, "b");
    bench_live(&b, 100);
    return true;
}

static void calls(const char *method, unsigned cseq, const char *branch)
{
    raw_ask(&b.alice, &(struct request_form){ .method  = method,
                                              .uri     = "sip:bob@example.test",
                                              .from    = "<sip:a@far.test>;tag=a",
                                              .call_id = branch,
                                              .branch  = branch,
                                              .cseq    = cseq });
    bench_live(&b, 100);
}

static void registers(unsigned cseq)
{
    raw_register(&b.bob, cseq, "Expires: 60\r\n");
    bench_live(&b, 100);
}

/* INVITE, 180, 200, ACK, BYE; whatever of it comes about. */
static void a_call(unsigned cseq)
{
    char route[256], line[300] = "Route: ";

    calls("INVITE", cseq, "call");
    if (!raw_last_is(&b.bob, "INVITE "))
        return;
    header_of(raw_heard(&b.bob, 0), "Record-Route", route, sizeof route);
    raw_answer(&b.bob, 0, "180 Ringing", "b");
    bench_live(&b, 100);
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 100);
    strcat(strcat(line, route), "\r\n");
    for (unsigned i = 0; i < 2; i++) {
        raw_ask(&b.alice, &(struct request_form){ .method  = i == 0 ? "ACK" : "BYE",
                                                  .uri     = "sip:bob@192.0.2.9:6001",
                                                  .from    = "<sip:a@far.test>;tag=a",
                                                  .to      = "<sip:bob@example.test>;tag=b",
                                                  .call_id = "call",
                                                  .cseq    = cseq + i,
                                                  .more    = line });
        bench_live(&b, 100);
    }
    answer_if(&b.bob, "BYE ", "200 OK");
}

static void a_cancelled_call(unsigned cseq)
{
    calls("INVITE", cseq, "cancelled");
    answer_if(&b.bob, "INVITE ", "180 Ringing");
    calls("CANCEL", cseq, "cancelled");
    if (answer_if(&b.bob, "CANCEL ", "200 OK"))
        for (unsigned i = 0; i < 3; i++)
            if (strncmp(raw_heard(&b.bob, i), "INVITE ", 7) == 0) {
                raw_answer(&b.bob, i, "487 Request Terminated", "b");
                break;
            }
    bench_live(&b, 100);
}

/* By a stream and by a name, which take other paths through the stack. */
static void a_message_by_tcp_to_a_name(void)
{
    struct raw_phone tcp;

    raw_connect(&tcp, b.at_phones);
    bench_live(&b, 10);
    if (tcp.stream != NULL)
        raw_ask(&tcp, &(struct request_form){ .method = "MESSAGE", .uri = "sip:x@far.test" });
    bench_live(&b, 300);
    answer_if(&b.carol, "MESSAGE ", "200 OK");
    bench_live(&b, 100);
    raw_close(&tcp);
}

static void forget_all(void)
{
    raw_forget(&b.alice);
    raw_forget(&b.bob);
    raw_forget(&b.carol);
}

/* Everything once; true if the n-th allocation was asked for. */
static bool run_with_failure(unsigned n)
{
    bool failed;

    forget_all();
    alloc_fail_at(n);
    registers(n * 4);
    a_call(n * 4);
    a_cancelled_call(n * 4);
    a_message_by_tcp_to_a_name();
    failed = alloc_failed();
    alloc_fail_at(0);
    return failed;
}

/* Timer C is the longest; bob's binding ends meanwhile. */
static void see_that_it_serves(unsigned n)
{
    bench_live(&b, 260 * 1000);
    CHECK_INT(0, server_alive(b.server));
    CHECK_INT(0, stack_alive(server_stack(b.server)));
    forget_all();
    registers(n * 4 + 1);
    CHECK(raw_last_is(&b.bob, "SIP/2.0 200 "));
    a_call(n * 4 + 2);
    CHECK_INT(1, raw_heard_count(&b.alice, "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.9:6000;branch=z9hG4bKcall"));
    CHECK(raw_last_is(&b.alice, "SIP/2.0 200 "));
    bench_live(&b, 100 * 1000);
}

TEST(any_allocation_may_fail_and_the_server_serves_on)
{
    unsigned n;

    bench_open(&b, "connection_idle = 30s\nroute \"far.test\" { to = \"sip:name.test\" }\n");
    network_add_srv(b.network, "_sip._udp.name.test", 1, 0, 6002, "host.name.test");
    network_add_ip(b.network, "host.name.test", "192.0.2.9");
    for (n = 1; run_with_failure(n); n++)
        see_that_it_serves(n);
    CHECK(n > 30); /* it does not pass for want of allocations, or of what it is about */
    CHECK(raw_heard_count(&b.alice, "SIP/2.0 487 ") > 0);
    CHECK_INT(1, raw_heard_count(&b.carol, "MESSAGE sip:x@far.test "));
    see_that_it_serves(n);
    bench_close(&b);
}

/* A server that cannot start says so, and nothing of it stays. */
TEST(any_allocation_may_fail_while_the_server_starts)
{
    const struct stack_trace none = { NULL, NULL };
    char                     problem[256];
    unsigned                 n;
    bool                     failed = true;

    bench_open(&b, "");
    registers(1);
    for (n = 1; failed; n++) {
        struct shared *shared;
        struct server *s     = NULL;
        int            error = -1;

        bench_kill(&b);
        b.at_server = world_fake_new(network_host(b.network, "server"));
        alloc_fail_at(n);
        shared = shared_new(b.at_server, b.config, rcu_single_new(), NULL);
        if (shared != NULL)
            s = server_new(b.at_server, shared, 0, &none);
        if (s != NULL) {
            b.store = store_fake_open(b.disk, 100);
            error   = shared_load(shared, b.at_server, b.store, problem, sizeof problem);
            if (error == 0)
                error = server_start(s, NULL, problem, sizeof problem);
        }
        failed = alloc_failed();
        alloc_fail_at(0);
        CHECK(error != 0 || !failed || location_count(server_location(s)) == 1);
        server_free(s);
        shared_free(shared);
        if (s != NULL)
            store_fake_crash(b.store);
        world_fake_free(b.at_server);
        bench_start(&b);
        CHECK_INT(1, location_count(server_location(b.server)));
    }
    CHECK(n > 10);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_allocation_may_fail_and_the_server_serves_on),
        cmocka_unit_test(any_allocation_may_fail_while_the_server_starts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
