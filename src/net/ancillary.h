/* SPDX-License-Identifier: BSD-2-Clause */
/* ancillary.h - what travels beside a datagram: which of our addresses it was
 * sent to or shall leave from (IP_PKTINFO; IPV6_PKTINFO, RFC 3542 6), how many came or go as one, and what
 * ICMP said of one we sent (IP_RECVERR, IPV6_RECVERR; ip(7)). */

#ifndef NET_ANCILLARY_H
#define NET_ANCILLARY_H

#include "base/address.h"

#include <netinet/in.h>
#include <sys/socket.h>

/* Room for the PKTINFO of either family and the size of segments, in or out. */
enum { ANCILLARY = CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int)) };

/* The address a received datagram was sent to, with the port of `bound`; `bound`
 * itself if the kernel does not say or it was a multicast group. */
struct address ancillary_hit(struct msghdr *m, const struct address *bound);

/* The size of each of the datagrams that were received as one (UDP_GRO of udp(7)); the last may be shorter. `whole`
 * if it is but one of that length. */
size_t ancillary_segment(struct msghdr *m, size_t whole);

/* Let a datagram leave from `from`.  `control` has ANCILLARY bytes, aligned for a
 * struct cmsghdr, and must live until it is sent. */
void ancillary_set_source(struct msghdr *m, char *control, const struct address *from);

/* Let what is sent leave as datagrams of `size` bytes (the last may be shorter): UDP_SEGMENT of
 * udp(7).  After ancillary_set_source, in the same `control`. */
void ancillary_set_segment(struct msghdr *m, char *control, uint16_t size);

/* What an entry of the error queue means: -ERR_REFUSED, -ERR_TOO_LARGE,
 * -ERR_UNREACHABLE, or 0 for nothing that anyone need be told. */
int ancillary_error(struct msghdr *m);

#endif
