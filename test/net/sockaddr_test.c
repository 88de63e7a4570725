/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/sockaddr.h"

#include "base/error.h"
#include "support/live.h"

#include <errno.h>
#include <unistd.h>

static struct address parse(const char *text)
{
    struct address a;

    CHECK(address_parse(slice_from(text), &a));
    return a;
}

static void check_round_trip(struct address a)
{
    struct sockaddr_storage sa;
    struct address          back;

    CHECK(sockaddr_from(&sa, &a) > 0);
    back = address_from_sockaddr(&sa);
    CHECK(address_eq(&a, &back));
}

TEST(addresses_survive_the_way_to_the_kernel_and_back)
{
    struct address link_local = parse("[fe80::1]:5060");

    check_round_trip(parse("192.0.2.1:5060"));
    check_round_trip(parse("[2001:db8::1]:65535"));
    link_local.scope = 7;
    check_round_trip(link_local);
}

TEST(an_ipv4_mapped_address_becomes_ipv4)
{
    struct sockaddr_in6 in6  = { .sin6_family = AF_INET6, .sin6_port = htons(5060) };
    struct address      want = parse("192.0.2.1:5060"), got;

    in6.sin6_addr.s6_addr[10] = in6.sin6_addr.s6_addr[11] = 0xff;
    memcpy(in6.sin6_addr.s6_addr + 12, want.ip, 4);
    got = address_from_sockaddr(&(struct sockaddr_storage){ 0 });
    CHECK_INT(FAMILY_NONE, got.family);
    got = address_from_in6(&in6.sin6_addr, 3, 5060);
    CHECK(address_eq(&got, &want));
    CHECK_INT(0, got.scope);
}

/* Only link-local addresses differ by interface. */
TEST(a_scope_is_kept_where_it_means_something)
{
    struct address  global = parse("2001:db8::1"), local = parse("fe80::1");
    struct in6_addr ip;

    memcpy(&ip, global.ip, 16);
    CHECK_INT(0, address_from_in6(&ip, 3, 0).scope);
    memcpy(&ip, local.ip, 16);
    CHECK_INT(3, address_from_in6(&ip, 3, 0).scope);
}

TEST(no_family_makes_no_sockaddr)
{
    struct sockaddr_storage sa;
    struct address          none = { .family = FAMILY_NONE };

    CHECK_INT(0, sockaddr_from(&sa, &none));
}

TEST(an_ipv6_socket_carries_ipv6_only)
{
    int       fd, on = 0;
    socklen_t len = sizeof on;

    if (!live_has_v6())
        skip();
    fd = socket_open(FAMILY_6, SOCK_STREAM);
    CHECK(fd >= 0);
    CHECK_INT(0, getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, &len));
    CHECK_INT(1, on);
    close(fd);
}

TEST(errors_are_those_the_header_promises)
{
    static const struct {
        int number, bind, datagram, stream;
    } rows[] = {
        { EADDRINUSE, -ERR_IN_USE, -ERR_UNREACHABLE, -ERR_RESET },
        { EADDRNOTAVAIL, -ERR_NO_ADDRESS, -ERR_UNREACHABLE, -ERR_UNREACHABLE },
        { EACCES, -ERR_PERMISSION, -ERR_UNREACHABLE, -ERR_UNREACHABLE },
        { EMFILE, -ERR_LIMIT, -ERR_UNREACHABLE, -ERR_RESET },
        { ECONNREFUSED, -ERR_NO_ADDRESS, -ERR_REFUSED, -ERR_REFUSED },
        { EMSGSIZE, -ERR_NO_ADDRESS, -ERR_TOO_LARGE, -ERR_RESET },
        { EHOSTUNREACH, -ERR_NO_ADDRESS, -ERR_UNREACHABLE, -ERR_UNREACHABLE },
        { ETIMEDOUT, -ERR_NO_ADDRESS, -ERR_UNREACHABLE, -ERR_TIMEOUT },
        { ECONNRESET, -ERR_NO_ADDRESS, -ERR_UNREACHABLE, -ERR_RESET },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_INT(rows[i].bind, bind_error(rows[i].number));
        CHECK_INT(rows[i].datagram, datagram_error(rows[i].number));
        CHECK_INT(rows[i].stream, stream_error(rows[i].number));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_survive_the_way_to_the_kernel_and_back),
        cmocka_unit_test(an_ipv4_mapped_address_becomes_ipv4),
        cmocka_unit_test(a_scope_is_kept_where_it_means_something),
        cmocka_unit_test(no_family_makes_no_sockaddr),
        cmocka_unit_test(an_ipv6_socket_carries_ipv6_only),
        cmocka_unit_test(errors_are_those_the_header_promises),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
