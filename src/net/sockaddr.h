/* SPDX-License-Identifier: BSD-2-Clause */
/* sockaddr.h - where our addresses and errors meet the kernel's.
 *
 * IPv4-mapped IPv6 addresses become IPv4 on their way in. */

#ifndef NET_SOCKADDR_H
#define NET_SOCKADDR_H

#include "base/address.h"

#include <netinet/in.h>
#include <sys/socket.h>

/* Returns the length; 0 for an address without family. */
socklen_t sockaddr_from(struct sockaddr_storage *out, const struct address *a);
/* FAMILY_NONE for anything but AF_INET and AF_INET6. */
struct address address_from_sockaddr(const struct sockaddr_storage *sa);
struct address address_from_in(struct in_addr ip, uint16_t port);
struct address address_from_in6(const struct in6_addr *ip, uint32_t scope, uint16_t port);

/* What a socket is bound to, or connected to; FAMILY_NONE if the kernel won't say. */
struct address socket_local(int fd);
struct address socket_remote(int fd);

/* As world_source: which of our addresses the host would use to reach `remote`.
 * Returns 0 or -ERR_UNREACHABLE. */
int socket_source(const struct address *remote, struct address *local);

/* A non-blocking, close-on-exec socket; an IPv6 one carries IPv6 only.  The
 * descriptor, or -ERR_LIMIT or -ERR_NO_ADDRESS (the family is not there). */
int socket_open(enum family family, int type);

/* What a datagram socket of ours wants, to be bound to `local`: the address that was hit if
 * that is a wildcard, ICMP errors, large buffers, many at once of one sender.  Each is an improvement the kernel may
 * lack. */
void socket_datagram_options(int fd, const struct address *local);

/* Can it send many datagrams as one (UDP_SEGMENT of udp(7))?  A kernel that cannot (before 4.18) passes over the size
 * of each, and would send them joined. */
bool socket_can_segment(int fd);

/* A socket_open that is bound, and listens if it is a SOCK_STREAM.  Without `join`
 * nobody else may have the address: a second process must hear that it is in use
 * rather than get half of the traffic.  With it the sockets that have it must have
 * set SO_REUSEPORT.  The descriptor, or an error of socket_open or bind_error. */
int socket_bound(int type, const struct address *local, bool join);

/* The -ERR_X for an errno of bind or listen: -ERR_IN_USE, -ERR_NO_ADDRESS,
 * -ERR_PERMISSION or -ERR_LIMIT. */
int bind_error(int number);
/* Of a datagram that did not get there: -ERR_REFUSED, -ERR_TOO_LARGE, -ERR_UNREACHABLE. */
int datagram_error(int number);
/* Of a connection: -ERR_REFUSED, -ERR_TIMEOUT, -ERR_UNREACHABLE, -ERR_RESET. */
int stream_error(int number);

#endif
