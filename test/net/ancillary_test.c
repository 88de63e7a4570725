/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/ancillary.h"

#include "base/error.h"
#include "support/test.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/udp.h>

static _Alignas(struct cmsghdr) char control[512];

/* What is set as the source of one datagram reads as the address that was hit by
 * another: both are PKTINFO. */
static void check_round_trip(const char *text)
{
    struct msghdr  m     = { 0 };
    struct address bound = { .port = 5060 }, from, hit;

    CHECK(address_parse(slice_from(text), &from));
    ancillary_set_source(&m, control, &from);
    hit = ancillary_hit(&m, &bound);
    CHECK(address_eq(&hit, &from));
}

TEST(the_source_that_is_set_is_the_address_that_is_read)
{
    check_round_trip("192.0.2.1:5060");
    check_round_trip("[2001:db8::1]:5060");
}

TEST(the_size_of_segments_stands_behind_the_source)
{
    struct msghdr   m     = { 0 };
    struct address  bound = { .port = 5060 }, from, hit;
    struct cmsghdr *c;
    uint16_t        size;

    CHECK(address_parse(SLICE("[2001:db8::1]:5060"), &from));
    ancillary_set_source(&m, control, &from);
    ancillary_set_segment(&m, control, 1234);
    CHECK_INT(ANCILLARY, m.msg_controllen);
    hit = ancillary_hit(&m, &bound);
    CHECK(address_eq(&hit, &from));
    c = CMSG_NXTHDR(&m, CMSG_FIRSTHDR(&m));
    assert_non_null(c);
    memcpy(&size, CMSG_DATA(c), sizeof size);
    CHECK_INT(1234, size);
}

TEST(how_many_came_as_one_is_told_by_the_length_of_each)
{
    struct msghdr   m    = { .msg_iovlen = 1 };
    struct address  from = address_v4(192, 0, 2, 1, 5060);
    struct cmsghdr *c;
    int             size = 300;

    CHECK_INT(1500, ancillary_segment(&m, 1500));
    ancillary_set_source(&m, control, &from);
    CHECK_INT(1500, ancillary_segment(&m, 1500));
    c = (struct cmsghdr *)(void *)(control + m.msg_controllen);
    memset(c, 0, CMSG_SPACE(sizeof size));
    *c = (struct cmsghdr){ CMSG_LEN(sizeof size), IPPROTO_UDP, UDP_GRO };
    memcpy(CMSG_DATA(c), &size, sizeof size);
    m.msg_controllen += CMSG_SPACE(sizeof size);
    CHECK_INT(300, ancillary_segment(&m, 1500));
    size = 0;
    memcpy(CMSG_DATA(c), &size, sizeof size);
    CHECK_INT(1500, ancillary_segment(&m, 1500));
}

TEST(a_link_local_source_names_its_interface)
{
    struct msghdr  m     = { 0 };
    struct address bound = { .port = 5060 }, from, hit;

    CHECK(address_parse(SLICE("[fe80::1]:5060"), &from));
    from.scope = 9;
    ancillary_set_source(&m, control, &from);
    hit = ancillary_hit(&m, &bound);
    CHECK_INT(9, hit.scope);
}

TEST(without_word_from_the_kernel_the_bound_address_was_hit)
{
    struct msghdr  m     = { 0 };
    struct address bound = address_v4(192, 0, 2, 1, 5060), group, hit;

    hit = ancillary_hit(&m, &bound);
    CHECK(address_eq(&hit, &bound));
    CHECK(address_parse(SLICE("[ff02::1]:5060"), &group)); /* an answer cannot leave from there */
    ancillary_set_source(&m, control, &group);
    hit = ancillary_hit(&m, &bound);
    CHECK(address_eq(&hit, &bound));
}

static int read_typed(int level, int type, unsigned char origin, unsigned char icmp, unsigned number)
{
    struct sock_extended_err error = { .ee_errno = number, .ee_origin = origin, .ee_type = icmp };
    struct msghdr            m     = { .msg_control = control, .msg_controllen = CMSG_SPACE(sizeof error) };
    struct cmsghdr          *c     = (struct cmsghdr *)(void *)control;

    memset(control, 0, sizeof control);
    *c = (struct cmsghdr){ CMSG_LEN(sizeof error), level, type };
    memcpy(CMSG_DATA(c), &error, sizeof error);
    return ancillary_error(&m);
}

static int read_error(int level, int type, unsigned char origin, unsigned number)
{
    return read_typed(level, type, origin, 0, number);
}

TEST(an_icmp_error_is_told_by_its_meaning)
{
    CHECK_INT(-ERR_REFUSED, read_error(IPPROTO_IP, IP_RECVERR, SO_EE_ORIGIN_ICMP, ECONNREFUSED));
    CHECK_INT(-ERR_UNREACHABLE, read_error(IPPROTO_IP, IP_RECVERR, SO_EE_ORIGIN_ICMP, EHOSTUNREACH));
    CHECK_INT(-ERR_TOO_LARGE, read_error(IPPROTO_IPV6, IPV6_RECVERR, SO_EE_ORIGIN_ICMP6, EMSGSIZE));
}

/* RFC 3261 18.4; the kernel calls both unreachable. */
TEST(that_a_datagram_was_on_its_way_for_too_long_is_no_error)
{
    CHECK_INT(0, read_typed(IPPROTO_IP, IP_RECVERR, SO_EE_ORIGIN_ICMP, 11, EHOSTUNREACH));
    CHECK_INT(0, read_typed(IPPROTO_IPV6, IPV6_RECVERR, SO_EE_ORIGIN_ICMP6, 3, EHOSTUNREACH));
    CHECK_INT(-ERR_UNREACHABLE, read_typed(IPPROTO_IP, IP_RECVERR, SO_EE_ORIGIN_ICMP, 3, EHOSTUNREACH));
}

/* What our own kernel refused was the result of the send already. */
TEST(a_local_error_and_other_messages_say_nothing)
{
    CHECK_INT(0, read_error(IPPROTO_IP, IP_RECVERR, SO_EE_ORIGIN_LOCAL, EMSGSIZE));
    CHECK_INT(0, read_error(IPPROTO_IP, IP_RECVERR, SO_EE_ORIGIN_ICMP, 0));
    CHECK_INT(0, read_error(IPPROTO_IP, IP_TTL, SO_EE_ORIGIN_ICMP, ECONNREFUSED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_source_that_is_set_is_the_address_that_is_read),
        cmocka_unit_test(the_size_of_segments_stands_behind_the_source),
        cmocka_unit_test(how_many_came_as_one_is_told_by_the_length_of_each),
        cmocka_unit_test(a_link_local_source_names_its_interface),
        cmocka_unit_test(without_word_from_the_kernel_the_bound_address_was_hit),
        cmocka_unit_test(an_icmp_error_is_told_by_its_meaning),
        cmocka_unit_test(that_a_datagram_was_on_its_way_for_too_long_is_no_error),
        cmocka_unit_test(a_local_error_and_other_messages_say_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
