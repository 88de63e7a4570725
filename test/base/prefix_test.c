/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/prefix.h"
#include "support/test.h"

static struct slice written(const struct prefix *n)
{
    static char memory[PREFIX_TEXT];
    struct buf  b = BUF_ON(memory);

    prefix_write(&b, n);
    CHECK(*buf_cstr(&b) != '\0');
    return buf_slice(&b);
}

TEST(a_network_is_an_address_and_how_much_of_it_counts)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        { "192.0.2.0/24", "192.0.2.0/24" },
        { "192.0.2.66/24", "192.0.2.0/24" },
        { "192.0.2.66", "192.0.2.66" },
        { "192.0.2.66/32", "192.0.2.66" },
        { "203.0.113.255/25", "203.0.113.128/25" },
        { "10.255.255.255/9", "10.128.0.0/9" },
        { "1.2.3.4/0", "0.0.0.0/0" },
        { "2001:db8::/32", "2001:db8::/32" },
        { "[2001:db8::7]", "2001:db8::7" },
        { "2001:db8:ffff::1/33", "2001:db8:8000::/33" },
        { "2001:db8::7/128", "2001:db8::7" },
        { "2001:db8::7/127", "2001:db8::6/127" },
        { "::/0", "::/0" },
        { "::ffff:192.0.2.1", "192.0.2.1" },
    };
    struct prefix n;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(prefix_parse(test_guarded(slice_from(cases[i].in)), &n));
        CHECK_SLICE(cases[i].out, written(&n));
    }
}

TEST(what_is_no_network_is_refused)
{
    static const char *const bad[] = { "",
                                       "/",
                                       "/24",
                                       "192.0.2.0/",
                                       "192.0.2.0/33",
                                       "192.0.2.0/-1",
                                       "192.0.2.0/8 ",
                                       "192.0.2/24",
                                       "192.0.2.0:5060",
                                       "2001:db8::/129",
                                       "::ffff:192.0.2.0/120",
                                       "::ffff:192.0.2.0/24",
                                       "example.com/24",
                                       "192.0.2.0/24/24" };
    struct prefix            n;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!prefix_parse(test_guarded(slice_from(bad[i])), &n));
}

static bool has(const char *network, const char *address)
{
    struct prefix  n;
    struct address a;

    CHECK(prefix_parse(slice_from(network), &n) && address_parse_ip(slice_from(address), &a));
    return prefix_has(&n, &a);
}

TEST(a_network_has_the_addresses_that_begin_like_it)
{
    CHECK(has("192.0.2.0/24", "192.0.2.0") && has("192.0.2.0/24", "192.0.2.255"));
    CHECK(!has("192.0.2.0/24", "192.0.3.0") && !has("192.0.2.0/24", "192.0.1.255"));
    CHECK(has("192.0.2.128/25", "192.0.2.128") && !has("192.0.2.128/25", "192.0.2.127"));
    CHECK(has("192.0.2.7", "192.0.2.7") && !has("192.0.2.7", "192.0.2.6"));
    CHECK(has("0.0.0.0/0", "255.255.255.255"));
    CHECK(has("2001:db8::/33", "2001:db8:7fff::1") && !has("2001:db8::/33", "2001:db8:8000::1"));
    CHECK(!has("::/0", "192.0.2.1") && !has("0.0.0.0/0", "::1"));
}

static bool covers(const char *outer, const char *inner)
{
    struct prefix a, b;

    CHECK(prefix_parse(slice_from(outer), &a) && prefix_parse(slice_from(inner), &b));
    return prefix_covers(&a, &b);
}

TEST(a_network_covers_those_within_it_and_itself)
{
    CHECK(covers("10.0.0.0/8", "10.1.0.0/16") && covers("10.0.0.0/8", "10.0.0.0/8") &&
          covers("10.0.0.0/8", "10.9.9.9"));
    CHECK(!covers("10.1.0.0/16", "10.0.0.0/8") && !covers("10.0.0.0/8", "11.0.0.0/16"));
}

TEST(a_host_of_ipv6_is_all_that_share_its_first_64_bits)
{
    struct address a;
    struct prefix  n;

    CHECK(address_parse(SLICE("[2001:db8::1:2:3:4]:5060"), &a));
    n = prefix_of_host(&a);
    CHECK_SLICE("2001:db8::/64", written(&n));
    a = address_v4(192, 0, 2, 7, 5060);
    n = prefix_of_host(&a);
    CHECK_SLICE("192.0.2.7", written(&n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_is_an_address_and_how_much_of_it_counts),
        cmocka_unit_test(what_is_no_network_is_refused),
        cmocka_unit_test(a_network_has_the_addresses_that_begin_like_it),
        cmocka_unit_test(a_network_covers_those_within_it_and_itself),
        cmocka_unit_test(a_host_of_ipv6_is_all_that_share_its_first_64_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
