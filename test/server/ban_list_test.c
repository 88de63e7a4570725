/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/ban_list.h"

#include "base/error.h"
#include "support/server_bench.h"
#include "support/test.h"

static struct bench b;
static int          done_with;
static unsigned     done_count;

static const struct counters *counters(void)
{
    return &b.at_server->counters;
}

static struct prefix prefix(const char *text)
{
    struct prefix p;

    CHECK(prefix_parse(slice_from(text), &p));
    return p;
}

static struct address address(const char *text)
{
    struct address a;

    CHECK(address_parse_ip(slice_from(text), &a));
    return a;
}

static void on_done(void *arg, int error)
{
    (void)arg;
    done_with = error;
    done_count++;
}

static void ban(const char *network, msec span)
{
    struct prefix p = prefix(network);

    CHECK_INT(0, ban_list_add(b.server, &p, span, SLICE("a nuisance"), on_done, NULL));
}

static bool is_banned(const char *text)
{
    struct address a = address(text);

    return bans_hit(b.shared->bans, &a, NULL);
}

static bool is_banned_by_udp(const char *text)
{
    struct address     a    = address(text);
    const struct slice said = SLICE_INIT("INVITE sip:a SIP/2.0\r\n");

    return bans_hit(b.shared->bans, &a, &said);
}

static msec left_of(const char *network)
{
    struct prefix p = prefix(network);
    struct ban    found;

    if (!bans_get(b.shared->bans, &p, &found))
        return 0;
    return found.until > ban_list_wall(b.server) ? found.until - ban_list_wall(b.server) : 0;
}

static void open_bench(const char *more)
{
    done_count = 0;
    bench_open(&b, more);
}

TEST(a_ban_is_in_force_at_once_and_done_when_it_is_stored)
{
    open_bench("");
    store_fake_hold(b.store, true);
    ban("192.0.2.66", 0);
    CHECK(is_banned("192.0.2.66"));
    bench_live(&b, 100);
    CHECK_INT(0, done_count);
    store_fake_hold(b.store, false);
    bench_live(&b, 100);
    CHECK_INT(1, done_count);
    CHECK_INT(0, done_with);
    bench_close(&b);
}

TEST(bans_outlive_the_process)
{
    open_bench("");
    ban("192.0.2.66", 0);
    ban("2001:db8:bad::/48", 3600000);
    ban("192.0.2.77", 5000);
    bench_live(&b, 1000);
    bench_kill(&b);
    bench_start(&b);
    CHECK(is_banned("192.0.2.66") && is_banned("2001:db8:bad::1") && is_banned("192.0.2.77"));
    CHECK(left_of("2001:db8:bad::/48") > 3500000 && left_of("2001:db8:bad::/48") < 3600000);
    bench_live(&b, 6000);
    CHECK(is_banned("192.0.2.66") && !is_banned("192.0.2.77"));
    bench_kill(&b);
    bench_start(&b);
    CHECK_INT(0, left_of("192.0.2.77"));
    CHECK_INT(2, bans_count(b.shared->bans));
    bench_close(&b);
}

TEST(what_is_taken_back_does_not_come_back)
{
    struct prefix p = prefix("192.0.2.66");

    open_bench("");
    ban("192.0.2.66", 0);
    bench_live(&b, 100);
    CHECK_INT(0, ban_list_remove(b.server, &p, on_done, NULL));
    CHECK(!is_banned("192.0.2.66"));
    CHECK_INT(-ERR_NOT_FOUND, ban_list_remove(b.server, &p, on_done, NULL));
    bench_live(&b, 100);
    CHECK_INT(2, done_count);
    bench_kill(&b);
    bench_start(&b);
    CHECK(!is_banned("192.0.2.66"));
    bench_close(&b);
}

TEST(who_is_allowed_cannot_be_banned)
{
    struct prefix  inside = prefix("10.1.0.0/16"), around = prefix("0.0.0.0/0");
    struct address source = address("10.1.2.3");

    open_bench("allow = {\"10.0.0.0/8\"}\n");
    CHECK_INT(-ERR_EXISTS, ban_list_add(b.server, &inside, 0, SLICE(""), on_done, NULL));
    CHECK_INT(0, ban_list_add(b.server, &around, 0, SLICE(""), on_done, NULL));
    ban_list_earn(b.server, &source, false, "");
    CHECK(!is_banned("10.1.2.3") && is_banned("11.1.2.3"));
    bench_live(&b, 100);
    bench_close(&b);
}

TEST(each_ban_that_behaviour_earns_is_twice_as_long)
{
    struct address source = address("192.0.2.66");

    open_bench("scanner_ban = 10s\nscanner_ban_max = 30s\n");
    ban_list_earn(b.server, &source, false, "asks for many users");
    CHECK_INT(10000, left_of("192.0.2.66"));
    ban_list_earn(b.server, &source, false, "asks for many users"); /* what had been on its way */
    CHECK_INT(10000, left_of("192.0.2.66"));
    CHECK_INT(1, counter_read(&counters()->scanners_banned));
    bench_live(&b, 11000);
    CHECK(!is_banned("192.0.2.66"));
    ban_list_earn(b.server, &source, false, "asks for many users");
    CHECK_INT(20000, left_of("192.0.2.66"));
    bench_live(&b, 21000);
    bench_kill(&b);
    bench_start(&b);
    CHECK(!is_banned("192.0.2.66"));
    ban_list_earn(b.server, &source, false, "asks for many users"); /* that it was there is known */
    CHECK_INT(30000, left_of("192.0.2.66"));
    bench_live(&b, 31000);
    bench_live(&b, BANS_REMEMBERED + 2000);
    ban_list_earn(b.server, &source, false, "asks for many users");
    CHECK_INT(10000, left_of("192.0.2.66"));
    bench_close(&b);
}

TEST(what_datagrams_have_earned_is_a_ban_of_datagrams)
{
    struct address source = address("192.0.2.66");

    open_bench("scanner_ban = 10s\n");
    ban_list_earn(b.server, &source, true, "");
    CHECK(is_banned_by_udp("192.0.2.66") && !is_banned("192.0.2.66"));
    ban_list_earn(b.server, &source, false, "");
    CHECK(is_banned_by_udp("192.0.2.66") && is_banned("192.0.2.66"));
    CHECK_INT(20000, left_of("192.0.2.66"));
    bench_close(&b);
}

TEST(a_host_of_ipv6_is_banned_with_all_of_its_64_bits)
{
    struct address source = address("2001:db8::1");

    open_bench("");
    ban_list_earn(b.server, &source, false, "");
    CHECK(is_banned("2001:db8::ffff:2") && !is_banned("2001:db8:0:1::1"));
    bench_close(&b);
}

TEST(a_ban_that_the_store_does_not_take_is_in_force_all_the_same)
{
    struct prefix p = prefix("192.0.2.66");

    open_bench("");
    store_fake_fail(b.store, -ERR_DISK_FULL);
    CHECK_INT(0, ban_list_add(b.server, &p, 0, SLICE(""), on_done, NULL));
    bench_live(&b, 100);
    CHECK_INT(1, done_count);
    CHECK_INT(-ERR_DISK_FULL, done_with);
    CHECK(is_banned("192.0.2.66"));
    store_fake_fail(b.store, 0);
    bench_live(&b, 2000);
    bench_kill(&b);
    bench_start(&b);
    CHECK(is_banned("192.0.2.66"));
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ban_is_in_force_at_once_and_done_when_it_is_stored),
        cmocka_unit_test(bans_outlive_the_process),
        cmocka_unit_test(what_is_taken_back_does_not_come_back),
        cmocka_unit_test(who_is_allowed_cannot_be_banned),
        cmocka_unit_test(each_ban_that_behaviour_earns_is_twice_as_long),
        cmocka_unit_test(what_datagrams_have_earned_is_a_ban_of_datagrams),
        cmocka_unit_test(a_host_of_ipv6_is_banned_with_all_of_its_64_bits),
        cmocka_unit_test(a_ban_that_the_store_does_not_take_is_in_force_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
