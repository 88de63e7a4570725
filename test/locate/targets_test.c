/* SPDX-License-Identifier: BSD-2-Clause */
#include "locate/targets.h"

#include "support/test.h"

#include <stdio.h>

static struct targets t;

static void add(const char *text, unsigned server, size_t nth)
{
    struct target target = { .transport = TRANSPORT_UDP };

    CHECK(address_parse(slice_from(text), &target.address));
    targets_add(&t, &target, server, nth);
}

static void check_list(const char *want)
{
    char       memory[2048];
    struct buf b = BUF_ON(memory);

    for (unsigned i = 0; i < t.count; i++) {
        if (i > 0)
            buf_put_byte(&b, ' ');
        address_write_ip(&b, &t.list[i].address);
    }
    CHECK_SLICE(want, buf_slice(&b));
    t = (struct targets){ 0 };
}

/* RFC 7984 5. */
TEST(families_of_one_server_alternate_and_servers_stay_apart)
{
    add("192.0.2.9", 1, 0);
    add("192.0.2.1", 0, 0);
    add("192.0.2.2", 0, 1);
    add("[2001:db8::1]", 0, 0);
    add("[2001:db8::2]", 0, 1);
    add("[2001:db8::3]", 0, 2);
    check_list("[2001:db8::1] 192.0.2.1 [2001:db8::2] 192.0.2.2 [2001:db8::3] 192.0.2.9");
}

/* RFC 6724 2.1: precedence 40 for IPv6, 50 for ::1, 35 for IPv4, less for these. */
TEST(addresses_of_low_precedence_stand_behind_ipv4)
{
    static const char *const second_rate[] = { "[2002:c000:201::1]", "[2001::1]", "[fd00::1]",
                                               "[fec0::1]",          "[3ffe::1]", "[::192.0.2.1]" };
    static const char *const good[]        = { "[2001:db8::1]", "[2a00::1]", "[::1]", "[fe80::1]" };

    for (size_t i = 0; i < sizeof second_rate / sizeof *second_rate; i++) {
        add(second_rate[i], 0, 0);
        add("192.0.2.1", 0, 0);
        CHECK_INT(FAMILY_4, t.list[0].address.family);
        t = (struct targets){ 0 };
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        add("192.0.2.1", 0, 0);
        add(good[i], 0, 0);
        CHECK_INT(FAMILY_6, t.list[0].address.family);
        t = (struct targets){ 0 };
    }
}

TEST(the_same_address_keeps_its_better_place)
{
    add("192.0.2.2", 1, 0);
    add("192.0.2.1", 2, 0);
    add("192.0.2.1", 0, 0);
    add("192.0.2.1", 3, 0);
    CHECK_INT(0, targets_server(&t, 0));
    CHECK_INT(1, targets_server(&t, 1));
    check_list("192.0.2.1 192.0.2.2");
}

TEST(another_transport_or_port_is_another_target)
{
    struct target target = { TRANSPORT_UDP, address_v4(192, 0, 2, 1, 5060) };

    targets_add(&t, &target, 0, 0);
    target.transport = TRANSPORT_TCP;
    targets_add(&t, &target, 1, 0);
    target.address.port = 5061;
    targets_add(&t, &target, 2, 0);
    targets_add(&t, &target, 3, 0);
    check_list("192.0.2.1 192.0.2.1 192.0.2.1");
}

TEST(the_worst_falls_off_a_full_list)
{
    char text[32];

    for (unsigned i = 0; i < LOCATE_TARGETS; i++) {
        snprintf(text, sizeof text, "192.0.2.%u", i);
        CHECK(!targets_full(&t, 1));
        add(text, 1, i);
    }
    CHECK(targets_full(&t, 2));
    CHECK(!targets_full(&t, 1));
    add("192.0.2.100", 2, 0);
    CHECK_INT(LOCATE_TARGETS, t.count);
    CHECK_INT(15, t.list[15].address.ip[3]);
    add("192.0.2.101", 0, 0);
    CHECK_INT(LOCATE_TARGETS, t.count);
    CHECK_INT(101, t.list[0].address.ip[3]);
    CHECK_INT(14, t.list[15].address.ip[3]);
    t = (struct targets){ 0 };
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families_of_one_server_alternate_and_servers_stay_apart),
        cmocka_unit_test(addresses_of_low_precedence_stand_behind_ipv4),
        cmocka_unit_test(the_same_address_keeps_its_better_place),
        cmocka_unit_test(another_transport_or_port_is_another_target),
        cmocka_unit_test(the_worst_falls_off_a_full_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
