/* SPDX-License-Identifier: BSD-2-Clause */
/* A response whose connection has gone finds another way (RFC 3261 18.2.2, RFC 3263 5). */
#include "support/server_bench.h"
#include "support/test.h"

static struct bench     b;
static struct raw_phone caller, listener;

/* A request by TCP that says it comes from `sent_by`; its connection is gone when the
 * answer comes. */
static void asks_and_goes(const char *sent_by)
{
    char       memory[128];
    struct buf via = BUF_ON(memory);

    buf_printf(&via, "SIP/2.0/TCP %s", sent_by);
    buf_put_byte(&via, '\0');
    raw_connect(&caller, b.at_phones);
    bench_live(&b, 50);
    raw_ask(&caller,
            &(struct request_form){
                .method = "MESSAGE", .uri = "sip:x@far.test", .via = memory, .from = "<sip:a@example.test>;tag=1" });
    bench_live(&b, 50);
    CHECK(raw_last_is(&b.bob, "MESSAGE "));
    raw_close(&caller);
    bench_live(&b, 50);
}

static void bob_answers(void)
{
    raw_answer(&b.bob, 0, "200 OK", "b");
    bench_live(&b, 200);
}

static void setup(void)
{
    bench_open(&b, "route \"far.test\" { to = \"sip:192.0.2.9:6001\" }\n");
}

static void teardown(void)
{
    raw_close(&listener);
    bench_close(&b);
}

TEST(it_goes_to_the_source_and_the_port_of_sent_by)
{
    setup();
    raw_listen(&listener, b.at_phones, 6010);
    asks_and_goes("gone.test:6010");
    bob_answers();
    CHECK_INT(1, raw_heard_count(&listener, "SIP/2.0 200 "));
    teardown();
}

/* RFC 3263 5: "If, however, the sent-by field contained a domain name and no port, the
 * server queries for SRV records". */
TEST(when_nobody_listens_there_it_goes_where_the_dns_says)
{
    setup();
    network_add_srv(b.network, "_sip._tcp.caller.test", 1, 0, 6011, "dead.caller.test");
    network_add_srv(b.network, "_sip._tcp.caller.test", 2, 0, 6012, "backup.caller.test");
    network_add_ip(b.network, "dead.caller.test", "192.0.2.9");
    network_add_ip(b.network, "backup.caller.test", "192.0.2.9");
    raw_listen(&listener, b.at_phones, 6012);
    asks_and_goes("caller.test");
    bob_answers();
    CHECK_INT(1, raw_heard_count(&listener, "SIP/2.0 200 "));
    teardown();
}

/* "... a domain name and a port number, the server queries for A or AAAA". */
TEST(a_name_with_a_port_is_looked_up_by_its_addresses)
{
    struct address local = address_v4(192, 0, 2, 99, 6013);

    setup();
    CHECK(host_add_address(b.phones_host, "192.0.2.99"));
    network_add_ip(b.network, "caller.test", "192.0.2.99");
    raw_listen_at(&listener, b.at_phones, &local);
    asks_and_goes("caller.test:6013");
    bob_answers();
    CHECK_INT(1, raw_heard_count(&listener, "SIP/2.0 200 "));
    teardown();
}

/* Who asks says where, and shall not have us knock at every door. */
TEST(no_more_than_three_of_them_are_tried)
{
    uint64_t before;

    setup();
    for (uint16_t i = 0; i < 8; i++)
        network_add_srv(b.network, "_sip._tcp.caller.test", i, 0, (uint16_t)(6100 + i), "dead.caller.test");
    network_add_ip(b.network, "dead.caller.test", "192.0.2.9");
    asks_and_goes("caller.test");
    before = counter_read(&b.at_server->counters.connections_opened);
    bob_answers();
    CHECK_INT(4, counter_read(&b.at_server->counters.connections_opened) - before); /* the source, and three */
    bench_close(&b);
}

TEST(when_nobody_is_there_it_is_given_up)
{
    setup();
    network_add_ip(b.network, "caller.test", "192.0.2.9");
    asks_and_goes("caller.test:6014");
    bob_answers();
    CHECK(counter_read(&b.at_server->counters.transport_errors) > 0);
    asks_and_goes("nowhere.test");
    bob_answers();
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_goes_to_the_source_and_the_port_of_sent_by),
        cmocka_unit_test(when_nobody_listens_there_it_goes_where_the_dns_says),
        cmocka_unit_test(a_name_with_a_port_is_looked_up_by_its_addresses),
        cmocka_unit_test(no_more_than_three_of_them_are_tried),
        cmocka_unit_test(when_nobody_is_there_it_is_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
