/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/shared.h"
#include "support/server_bench.h"
#include "support/test.h"

static struct bench     b;
static struct raw_phone tcp;

static const struct counters *counters(void)
{
    return &b.at_server->counters;
}

static void ban_phones(bool datagrams_only)
{
    struct address   a   = address_v4(192, 0, 2, 9, 0);
    const struct ban one = { .network        = prefix_of_host(&a),
                             .until          = BAN_FOR_EVER,
                             .datagrams_only = datagrams_only,
                             .strikes        = datagrams_only };

    CHECK_INT(0, bans_put(b.shared->bans, &one, 0));
}

TEST(who_is_banned_is_not_answered_by_datagram)
{
    bench_open(&b, "");
    raw_ask(&b.bob, &(struct request_form){ .method = "OPTIONS", .cseq = 1 });
    bench_live(&b, 50);
    CHECK_INT(1, counter_read(&counters()->requests_received));
    ban_phones(false);
    raw_ask(&b.bob, &(struct request_form){ .method = "OPTIONS", .cseq = 2 });
    bench_live(&b, 50);
    CHECK_INT(1, counter_read(&counters()->requests_received));
    CHECK_INT(1, counter_read(&counters()->bans_dropped));
    bench_close(&b);
}

TEST(who_is_banned_is_not_let_in)
{
    bench_open(&b, "");
    ban_phones(false);
    raw_connect(&tcp, b.at_phones);
    bench_live(&b, 50);
    CHECK(tcp.closed);
    CHECK_INT(1, counter_read(&counters()->ban_connections_refused));
    CHECK_INT(0, counter_read(&counters()->connections_accepted));
    raw_close(&tcp);
    bench_close(&b);
}

TEST(who_is_banned_for_datagrams_alone_may_connect)
{
    bench_open(&b, "");
    ban_phones(true);
    raw_connect(&tcp, b.at_phones);
    bench_live(&b, 50);
    CHECK(!tcp.closed);
    raw_ask(&tcp, &(struct request_form){ .method = "OPTIONS", .cseq = 1 });
    bench_live(&b, 50);
    CHECK_INT(1, counter_read(&counters()->requests_received));
    raw_close(&tcp);
    bench_close(&b);
}

TEST(a_connection_ends_within_a_second_when_its_peer_is_banned)
{
    bench_open(&b, "");
    raw_connect(&tcp, b.at_phones);
    bench_live(&b, 50);
    CHECK(!tcp.closed);
    ban_phones(false);
    bench_live(&b, 1100);
    CHECK(tcp.closed);
    CHECK_INT(1, counter_read(&counters()->ban_connections_closed));
    raw_close(&tcp);
    bench_close(&b);
}

TEST(what_comes_by_a_connection_of_a_banned_peer_is_not_read)
{
    bench_open(&b, "");
    raw_connect(&tcp, b.at_phones);
    bench_live(&b, 50);
    ban_phones(false);
    raw_ask(&tcp, &(struct request_form){ .method = "OPTIONS", .cseq = 1 });
    bench_live(&b, 50);
    CHECK(tcp.closed);
    CHECK_INT(0, counter_read(&counters()->requests_received));
    raw_close(&tcp);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_banned_is_not_answered_by_datagram),
        cmocka_unit_test(who_is_banned_is_not_let_in),
        cmocka_unit_test(who_is_banned_for_datagrams_alone_may_connect),
        cmocka_unit_test(a_connection_ends_within_a_second_when_its_peer_is_banned),
        cmocka_unit_test(what_comes_by_a_connection_of_a_banned_peer_is_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
