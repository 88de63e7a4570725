/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/address.h"
#include "support/test.h"

#include <stdio.h>

static struct slice written(const struct address *a, bool port)
{
    static char memory[ADDRESS_TEXT];
    struct buf  b = BUF_ON(memory);

    if (port)
        address_write(&b, a);
    else
        address_write_ip(&b, a);
    CHECK(*buf_cstr(&b) != '\0');
    return buf_slice(&b);
}

/* RFC 5952 4 and 5; RFC 4291 2.5.5.2 for the mapped ones. */
TEST(every_spelling_of_an_address_becomes_one)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        { "192.0.2.1", "192.0.2.1" },
        { "0.0.0.0", "0.0.0.0" },
        { "255.255.255.255", "255.255.255.255" },
        { "9.10.99.100", "9.10.99.100" },
        { "::", "[::]" },
        { "::1", "[::1]" },
        { "1::", "[1::]" },
        { "[2001:DB8::1]", "[2001:db8::1]" },
        { "2001:0db8:0000:0000:0001:0000:0000:0001", "[2001:db8::1:0:0:1]" },
        { "2001:db8:0:1:1:1:1:1", "[2001:db8:0:1:1:1:1:1]" },
        { "2001:0:0:1:0:0:0:1", "[2001:0:0:1::1]" },
        { "2001:db8:1:1:1:1:0:0", "[2001:db8:1:1:1:1::]" },
        { "0:0:1:1:1:1:1:1", "[::1:1:1:1:1:1]" },
        { "2001:db8::aaaa:0:0:1", "[2001:db8::aaaa:0:0:1]" },
        { "1:2:3:4:5:6:7:8", "[1:2:3:4:5:6:7:8]" },
        { "fe80::a0b:c00", "[fe80::a0b:c00]" },
        { "::ffff:192.0.2.1", "192.0.2.1" },
        { "[::ffff:c000:201]", "192.0.2.1" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address a;

        CHECK(address_parse_ip(test_guarded(slice_from(cases[i].in)), &a));
        CHECK_SLICE(cases[i].out, written(&a, false));
        CHECK_INT(0, a.port);
    }
}

/* Whatever room there is, as many bytes are written as it has, and none behind them. */
TEST(an_address_needs_no_more_room_than_its_text)
{
    static const char *const texts[] = { "1.2.3.4", "192.0.2.10", "255.255.255.255", "[2001:db8::1]" };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct slice   text = slice_from(texts[i]);
        struct address a;

        CHECK(address_parse_ip(text, &a));
        for (size_t room = 0; room < text.len + 20; room++) {
            char       memory[64];
            struct buf b = buf_on(memory, room);

            memset(memory, '#', sizeof memory);
            address_write_ip(&b, &a);
            CHECK(buf_ok(&b) == (room >= text.len));
            CHECK(memory[room] == '#');
            if (buf_ok(&b))
                CHECK_SLICE(texts[i], buf_slice(&b));
        }
    }
}

TEST(every_octet_is_written_in_every_place)
{
    for (unsigned i = 0; i <= UINT8_MAX; i++) {
        struct address a = address_v4((uint8_t)i, (uint8_t)(255 - i), (uint8_t)(i ^ 0x5a), (uint8_t)i, 0);
        char           expected[sizeof "255.255.255.255"], memory[ADDRESS_TEXT];
        struct buf     b = BUF_ON(memory);

        snprintf(expected, sizeof expected, "%u.%u.%u.%u", i, 255 - i, i ^ 0x5a, i);
        address_write_ip(&b, &a);
        CHECK_SLICE(expected, buf_slice(&b));
    }
}

TEST(what_is_no_address_is_refused)
{
    static const char *const bad[] = {
        "",           "192.0.2",    "192.0.2.256",
        "192.0.2.1 ", "192.0.2.01", "[192.0.2.1]",
        "192.0.2.",   ".0.2.1",     "192..2.1",
        "192.0.2.-1", "192.0.2.00", "192.0.2.0x1",
        "[::1",       "::1]",       "[",
        "[]",         "1::2::3",    "example",
        ":",          "12345::",    "fe80::1%eth0",
        "::1:5060x",  "1.2.3.4.5",  "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
    };
    struct address a;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!address_parse_ip(test_guarded(slice_from(bad[i])), &a));
    CHECK(!address_parse_ip(test_guarded((struct slice){ "1.2.3.4\0x", 9 }), &a));
    CHECK(!address_parse_ip(test_guarded((struct slice){ "1.2.3.4\0", 8 }), &a));
}

TEST(a_port_may_follow)
{
    struct address a;

    CHECK(address_parse(test_guarded(SLICE("192.0.2.1:5061")), &a));
    CHECK_SLICE("192.0.2.1:5061", written(&a, true));
    CHECK(address_parse(test_guarded(SLICE("[2001:db8::1]:65535")), &a));
    CHECK_SLICE("[2001:db8::1]:65535", written(&a, true));
    CHECK(address_parse(test_guarded(SLICE("192.0.2.1")), &a));
    CHECK_SLICE("192.0.2.1:0", written(&a, true));
    CHECK(address_parse(test_guarded(SLICE("::1")), &a));
    CHECK(!address_parse(test_guarded(SLICE("192.0.2.1:")), &a));
    CHECK(!address_parse(test_guarded(SLICE("192.0.2.1:65536")), &a));
    CHECK(!address_parse(test_guarded(SLICE("[::1]:80x")), &a));
    CHECK(!address_parse(test_guarded(SLICE("host:80")), &a));
    CHECK(!address_parse((struct slice){ NULL, 0 }, &a));
}

TEST(equality_is_of_bytes_scope_and_port)
{
    struct address a = address_v4(192, 0, 2, 1, 5060), b = a, six;

    CHECK(address_eq(&a, &b));
    b.port = 5061;
    CHECK(!address_eq(&a, &b) && address_eq_ip(&a, &b));
    b.ip[3] = 2;
    CHECK(!address_eq_ip(&a, &b));
    CHECK(address_parse_ip(SLICE("::ffff:192.0.2.1"), &six));
    CHECK(address_eq_ip(&a, &six));
    CHECK(address_parse_ip(SLICE("fe80::1"), &six));
    b       = six;
    b.scope = 2;
    CHECK(!address_eq_ip(&six, &b));
    b = address_v4(0, 0, 0, 0, 0);
    CHECK(address_parse_ip(SLICE("::"), &six));
    CHECK(!address_eq_ip(&six, &b));
}

TEST(any_and_loopback_are_known_in_both_families)
{
    struct address a    = address_v4(0, 0, 0, 0, 1);
    struct address none = { 0 };

    CHECK(address_is_any(&a) && !address_is_loopback(&a));
    a = address_v4(127, 9, 9, 9, 1);
    CHECK(!address_is_any(&a) && address_is_loopback(&a));
    CHECK(address_parse_ip(SLICE("::1"), &a));
    CHECK(!address_is_any(&a) && address_is_loopback(&a));
    CHECK(address_parse_ip(SLICE("::"), &a));
    CHECK(address_is_any(&a) && !address_is_loopback(&a));
    CHECK(!address_is_any(&none) && !address_is_loopback(&none));
    CHECK_SLICE("none:0", written(&none, true));
}

TEST(private_addresses_are_those_of_rfc_1918_6598_4193_and_links)
{
    static const char *const private[] = { "10.1.1.1",    "172.16.0.1",  "172.31.255.255", "192.168.3.4", "100.64.0.1",
                                           "100.127.9.9", "169.254.1.1", "fc00::1",        "fd12::1",     "fe80::1" };
    static const char *const public[]  = { "9.255.0.1",   "11.0.0.1",    "172.15.0.1", "172.32.0.1",
                                           "192.167.0.1", "192.169.0.1", "100.63.0.1", "100.128.0.1",
                                           "169.253.0.1", "2001:db8::1", "fe00::1",    "::1" };
    struct address a;

    for (size_t i = 0; i < sizeof private / sizeof *private; i++)
        CHECK(address_parse_ip(slice_from(private[i]), &a) && address_is_private(&a));
    for (size_t i = 0; i < sizeof public / sizeof *public; i++)
        CHECK(address_parse_ip(slice_from(public[i]), &a) && !address_is_private(&a));
    a = (struct address){ 0 };
    CHECK(!address_is_private(&a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_spelling_of_an_address_becomes_one),
        cmocka_unit_test(an_address_needs_no_more_room_than_its_text),
        cmocka_unit_test(every_octet_is_written_in_every_place),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(a_port_may_follow),
        cmocka_unit_test(equality_is_of_bytes_scope_and_port),
        cmocka_unit_test(any_and_loopback_are_known_in_both_families),
        cmocka_unit_test(private_addresses_are_those_of_rfc_1918_6598_4193_and_links),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
