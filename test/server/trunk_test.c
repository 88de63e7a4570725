/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/trunk.h"

#include "support/server_bench.h"
#include "support/test.h"

static struct bench b;

static const struct trunk *from(enum transport transport, const char *address)
{
    struct flow flow = { .transport = transport };

    CHECK(address_parse(slice_from(address), &flow.remote));
    return trunk_of(b.server, &flow);
}

TEST(who_sends_from_the_address_of_a_trunk_is_that_trunk)
{
    bench_open(&b, "trunk one { address = {\"192.0.2.0/28\"} }\ntrunk two { address = {\"203.0.113.9\"} }\n"
                   "listen = {\"udp:192.0.2.1:5060\"}\n");
    CHECK(from(TRANSPORT_UDP, "198.51.100.1:5060") == NULL);
    CHECK_SLICE("one", from(TRANSPORT_TCP, "192.0.2.9:40000")->name);
    CHECK_SLICE("two", from(TRANSPORT_UDP, "203.0.113.9:5060")->name);
    bench_close(&b);
}

TEST(without_trunks_nobody_is_one)
{
    bench_open(&b, "");
    CHECK(from(TRANSPORT_UDP, "192.0.2.9:5060") == NULL);
    bench_close(&b);
}

/* A certificate is shown by TLS, in a connection that there is. */
TEST(nobody_proves_anything_without_a_connection)
{
    bench_open(&b, "tls_clients = optional\ntrunk one { certificate = {one.test} }\n");
    CHECK(from(TRANSPORT_TLS, "192.0.2.9:5061") == NULL);
    CHECK(from(TRANSPORT_UDP, "192.0.2.9:5060") == NULL);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_sends_from_the_address_of_a_trunk_is_that_trunk),
        cmocka_unit_test(without_trunks_nobody_is_one),
        cmocka_unit_test(nobody_proves_anything_without_a_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
