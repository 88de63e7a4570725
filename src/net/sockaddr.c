/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/sockaddr.h"

#include "base/error.h"

#include <errno.h>
#include <netinet/udp.h>
#include <unistd.h>

enum {
    BACKLOG         = 1024,            /* connections waiting to be accepted           */
    DATAGRAM_BUFFER = 4 * 1024 * 1024, /* asked of the kernel, which gives what rmem_max allows */
};

socklen_t sockaddr_from(struct sockaddr_storage *out, const struct address *a)
{
    if (a->family == FAMILY_4) {
        struct sockaddr_in *in = (struct sockaddr_in *)out;

        *in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(a->port) };
        memcpy(&in->sin_addr, a->ip, sizeof in->sin_addr);
        return sizeof *in;
    }
    if (a->family == FAMILY_6) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

        *in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(a->port), .sin6_scope_id = a->scope };
        memcpy(&in6->sin6_addr, a->ip, sizeof in6->sin6_addr);
        return sizeof *in6;
    }
    return 0;
}

struct address address_from_in(struct in_addr ip, uint16_t port)
{
    struct address a = { .family = FAMILY_4, .port = port };

    memcpy(a.ip, &ip, sizeof ip);
    return a;
}

struct address address_from_in6(const struct in6_addr *ip, uint32_t scope, uint16_t port)
{
    struct address a = { .family = FAMILY_6, .port = port };

    if (IN6_IS_ADDR_V4MAPPED(ip)) {
        a.family = FAMILY_4;
        memcpy(a.ip, ip->s6_addr + 12, 4);
        return a;
    }
    /* Only a link-local address needs its interface; a scope elsewhere would
     * make equal hosts differ. */
    if (IN6_IS_ADDR_LINKLOCAL(ip))
        a.scope = scope;
    memcpy(a.ip, ip->s6_addr, 16);
    return a;
}

struct address address_from_sockaddr(const struct sockaddr_storage *sa)
{
    if (sa->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)sa;

        return address_from_in(in->sin_addr, ntohs(in->sin_port));
    }
    if (sa->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;

        return address_from_in6(&in6->sin6_addr, in6->sin6_scope_id, ntohs(in6->sin6_port));
    }
    return (struct address){ .family = FAMILY_NONE };
}

struct address socket_local(int fd)
{
    struct sockaddr_storage sa  = { .ss_family = AF_UNSPEC };
    socklen_t               len = sizeof sa;

    (void)getsockname(fd, (struct sockaddr *)&sa, &len);
    return address_from_sockaddr(&sa);
}

struct address socket_remote(int fd)
{
    struct sockaddr_storage sa  = { .ss_family = AF_UNSPEC };
    socklen_t               len = sizeof sa;

    (void)getpeername(fd, (struct sockaddr *)&sa, &len);
    return address_from_sockaddr(&sa);
}

int socket_open(enum family family, int type)
{
    int on = 1;
    int fd = socket(family == FAMILY_6 ? AF_INET6 : AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return errno == EAFNOSUPPORT ? -ERR_NO_ADDRESS : -ERR_LIMIT;
    if (family == FAMILY_6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) {
        close(fd);
        return -ERR_NO_ADDRESS;
    }
    return fd;
}

int socket_source(const struct address *remote, struct address *local)
{
    struct address          to = *remote;
    struct sockaddr_storage sa;
    socklen_t               len;
    int                     fd;

    *local      = *remote;
    local->port = 0;
    /* All of 127/8 is ours, but the kernel would answer 127.0.0.1 for any of it. */
    if (remote->family == FAMILY_4 && address_is_loopback(remote))
        return 0;
    if (to.port == 0)
        to.port = 9; /* any will do: connecting a datagram socket sends nothing */
    len = sockaddr_from(&sa, &to);
    fd  = len == 0 ? -1 : socket_open((enum family)to.family, SOCK_DGRAM);
    if (fd < 0)
        return -ERR_UNREACHABLE;
    *local = (struct address){ .family = FAMILY_NONE };
    if (connect(fd, (struct sockaddr *)&sa, len) == 0)
        *local = socket_local(fd);
    close(fd);
    local->port = 0;
    return local->family == FAMILY_NONE ? -ERR_UNREACHABLE : 0;
}

int bind_error(int number)
{
    switch (number) {
    case EADDRINUSE:
        return -ERR_IN_USE;
    case EACCES:
    case EPERM:
        return -ERR_PERMISSION;
    case ENOMEM:
    case ENOBUFS:
    case EMFILE:
    case ENFILE:
        return -ERR_LIMIT;
    }
    return -ERR_NO_ADDRESS;
}

int datagram_error(int number)
{
    switch (number) {
    case ECONNREFUSED:
        return -ERR_REFUSED;
    case EMSGSIZE:
        return -ERR_TOO_LARGE;
    }
    return -ERR_UNREACHABLE;
}

int stream_error(int number)
{
    switch (number) {
    case ECONNREFUSED:
        return -ERR_REFUSED;
    case ETIMEDOUT:
        return -ERR_TIMEOUT;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
    case ENONET:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case EACCES:
    case EPERM:
    case EINVAL:
        return -ERR_UNREACHABLE;
    }
    return -ERR_RESET;
}

/* Without PKTINFO replies of a wildcard socket leave from the routing table's address,
 * without RECVERR errors are timeouts. */
void socket_datagram_options(int fd, const struct address *local)
{
    int on = 1, any = address_is_any(local), size = DATAGRAM_BUFFER;

    (void)setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on);

    if (local->family == FAMILY_4) {
        (void)setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
        (void)setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &any, sizeof any);
    } else {
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &any, sizeof any);
    }
    /* Root may have more than rmem_max, whose default is a twentieth of this. */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

bool socket_can_segment(int fd)
{
    int       size;
    socklen_t len = sizeof size;

    return getsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, &len) == 0;
}

/* Returns 0 or an errno. */
static int bind_to(int fd, int type, const struct address *local, bool join)
{
    struct sockaddr_storage sa;
    socklen_t               len = sockaddr_from(&sa, local);
    int                     on  = 1;

    /* On Linux this allows connections in TIME_WAIT, not a second listener. */
    if (type == SOCK_STREAM)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (join && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
        return errno;
    if (bind(fd, (struct sockaddr *)&sa, len) != 0)
        return errno;
    return type == SOCK_STREAM && listen(fd, BACKLOG) != 0 ? errno : 0;
}

int socket_bound(int type, const struct address *local, bool join)
{
    int fd, number;

    if (local->family == FAMILY_NONE)
        return -ERR_NO_ADDRESS;
    fd = socket_open((enum family)local->family, type);
    if (fd < 0)
        return fd;
    if (type == SOCK_DGRAM)
        socket_datagram_options(fd, local);
    number = bind_to(fd, type, local, join);
    if (number == 0)
        return fd;
    close(fd);
    return bind_error(number);
}
