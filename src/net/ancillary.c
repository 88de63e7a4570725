/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/ancillary.h"

#include "base/error.h"
#include "net/sockaddr.h"

#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>

/* For a multicast one ipi_spec_dst is an address of ours, fit to answer from,
 * where ipi_addr would be the group. */
struct address ancillary_hit(struct msghdr *m, const struct address *bound)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;

            memcpy(&info, CMSG_DATA(c), sizeof info);
            return address_from_in(info.ipi_spec_dst, bound->port);
        }
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;

            memcpy(&info, CMSG_DATA(c), sizeof info);
            if (!IN6_IS_ADDR_MULTICAST(&info.ipi6_addr))
                return address_from_in6(&info.ipi6_addr, info.ipi6_ifindex, bound->port);
        }
    }
    return *bound;
}

size_t ancillary_segment(struct msghdr *m, size_t whole)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        int size;

        if (c->cmsg_level != IPPROTO_UDP || c->cmsg_type != UDP_GRO)
            continue;
        memcpy(&size, CMSG_DATA(c), sizeof size);
        return size > 0 ? (size_t)size : whole;
    }
    return whole;
}

void ancillary_set_source(struct msghdr *m, char *control, const struct address *from)
{
    struct cmsghdr *c = (struct cmsghdr *)(void *)control;

    memset(control, 0, ANCILLARY);
    m->msg_control = control;
    if (from->family == FAMILY_4) {
        struct in_pktinfo info = { .ipi_ifindex = 0 };

        memcpy(&info.ipi_spec_dst, from->ip, sizeof info.ipi_spec_dst);
        *c = (struct cmsghdr){ CMSG_LEN(sizeof info), IPPROTO_IP, IP_PKTINFO };
        memcpy(CMSG_DATA(c), &info, sizeof info);
        m->msg_controllen = CMSG_SPACE(sizeof info);
    } else {
        struct in6_pktinfo info = { .ipi6_ifindex = from->scope };

        memcpy(&info.ipi6_addr, from->ip, sizeof info.ipi6_addr);
        *c = (struct cmsghdr){ CMSG_LEN(sizeof info), IPPROTO_IPV6, IPV6_PKTINFO };
        memcpy(CMSG_DATA(c), &info, sizeof info);
        m->msg_controllen = CMSG_SPACE(sizeof info);
    }
}

void ancillary_set_segment(struct msghdr *m, char *control, uint16_t size)
{
    char           *end = control + m->msg_controllen;
    struct cmsghdr *c   = (struct cmsghdr *)(void *)end;

    memset(end, 0, CMSG_SPACE(sizeof size));
    *c = (struct cmsghdr){ CMSG_LEN(sizeof size), IPPROTO_UDP, UDP_SEGMENT };
    memcpy(CMSG_DATA(c), &size, sizeof size);
    m->msg_control = control;
    m->msg_controllen += CMSG_SPACE(sizeof size);
}

/* RFC 3261 18.4: a loop of routers on the way, which may be over when it is sent again. */
static bool is_time_exceeded(const struct sock_extended_err *error)
{
    return error->ee_type == (error->ee_origin == SO_EE_ORIGIN_ICMP6 ? ICMP6_TIME_EXCEEDED : ICMP_TIME_EXCEEDED);
}

int ancillary_error(struct msghdr *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        struct sock_extended_err error;

        if (!(c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) &&
            !(c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
            continue;
        memcpy(&error, CMSG_DATA(c), sizeof error);
        /* A local error has been the result of sendmmsg already. */
        if (error.ee_origin != SO_EE_ORIGIN_ICMP && error.ee_origin != SO_EE_ORIGIN_ICMP6)
            return 0;
        return error.ee_errno == 0 || is_time_exceeded(&error) ? 0 : datagram_error((int)error.ee_errno);
    }
    return 0;
}
