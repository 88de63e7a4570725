/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/dns_server.h"

#include "net/sockaddr.h"
#include "support/live.h"

#include <ctype.h>
#include <poll.h>
#include <unistd.h>

enum { HEADER = 12, ADDITIONAL = 11 };

static bool read_question(const uint8_t *bytes, size_t len, struct dns_question *q)
{
    size_t at = HEADER, out = 0;

    while (at < len && bytes[at] != 0 && out + bytes[at] < sizeof q->name - 2) {
        size_t label = bytes[at++];

        while (label-- > 0 && at < len)
            q->name[out++] = (char)tolower(bytes[at++]);
        q->name[out++] = '.';
    }
    if (at + 5 > len)
        return false;
    q->name[out > 0 ? out - 1 : 0] = '\0';
    q->id                          = (uint16_t)(bytes[0] << 8 | bytes[1]);
    q->type                        = (unsigned)bytes[at + 1] << 8 | bytes[at + 2];
    q->edns                        = bytes[ADDITIONAL] != 0;
    return true;
}

static int bound_socket(int type, uint16_t port)
{
    struct address          local = live_v4(1, port);
    struct sockaddr_storage sa;
    socklen_t               len = sockaddr_from(&sa, &local);
    int                     fd  = socket_open(FAMILY_4, type);

    if (fd >= 0 && bind(fd, (struct sockaddr *)&sa, len) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static void shut(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* The kernel picks the port for UDP: it may be taken for TCP. */
bool dns_server_open(struct dns_server *s, dns_handler_fn *handler, void *owner)
{
    *s = (struct dns_server){ .handler = handler, .owner = owner, .udp = -1, .tcp = -1 };
    for (unsigned i = 0; i < DNS_SERVER_PEERS; i++)
        s->peers[i] = -1;
    s->other = bound_socket(SOCK_DGRAM, 0);
    for (unsigned i = 0; i < 50 && s->other >= 0; i++) {
        s->udp  = bound_socket(SOCK_DGRAM, 0);
        s->port = s->udp >= 0 ? socket_local(s->udp).port : 0;
        s->tcp  = s->udp >= 0 ? bound_socket(SOCK_STREAM, s->port) : -1;
        if (s->tcp >= 0 && listen(s->tcp, 5) == 0)
            return true;
        shut(&s->udp);
        shut(&s->tcp);
    }
    shut(&s->other);
    return false;
}

void dns_server_close(struct dns_server *s)
{
    shut(&s->udp);
    shut(&s->tcp);
    shut(&s->other);
    for (unsigned i = 0; i < DNS_SERVER_PEERS; i++)
        shut(&s->peers[i]);
}

/* Who asks again because he was not answered in time has asked once. */
static bool is_repeated(const struct dns_server *s, const struct dns_question *q)
{
    for (unsigned i = 0; i < DNS_SERVER_RECENT; i++) {
        const struct dns_question *r = &s->recent[i];

        if (r->id == q->id && r->type == q->type && r->edns == q->edns && strcmp(r->name, q->name) == 0)
            return true;
    }
    return false;
}

static void note(struct dns_server *s, const struct dns_question *q)
{
    if (!is_repeated(s, q))
        s->recent[s->asked++ % DNS_SERVER_RECENT] = *q;
    s->tries++;
}

static void serve_udp(struct dns_server *s)
{
    uint8_t             bytes[512];
    struct dns_question q;
    ssize_t             len;

    for (;;) {
        q   = (struct dns_question){ .peer = -1, .from_len = sizeof q.from };
        len = s->udp >= 0 ? recvfrom(s->udp, bytes, sizeof bytes, 0, (struct sockaddr *)&q.from, &q.from_len) : -1;
        if (len < 0)
            return;
        if (!read_question(bytes, (size_t)len, &q))
            continue;
        note(s, &q);
        s->handler(s, &q);
    }
}

static void accept_peers(struct dns_server *s)
{
    for (unsigned i = 0; i < DNS_SERVER_PEERS && s->tcp >= 0; i++)
        if (s->peers[i] < 0)
            s->peers[i] = accept4(s->tcp, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* By TCP a length stands before each message (RFC 1035 4.2.2).  A question comes whole: it
 * is short, and this is the loopback. */
static void serve_peer(struct dns_server *s, int *peer)
{
    uint8_t             bytes[512];
    struct dns_question q   = { .peer = *peer };
    ssize_t             len = recv(*peer, bytes, sizeof bytes, 0);

    if (len == 0) {
        shut(peer);
        return;
    }
    for (size_t at = 0; len > 0 && at + 2 < (size_t)len;) {
        size_t message = (size_t)bytes[at] << 8 | bytes[at + 1];

        if (at + 2 + message > (size_t)len || !read_question(bytes + at + 2, message, &q))
            return;
        s->asked_tcp++;
        s->handler(s, &q);
        at += 2 + message;
    }
}

void dns_server_wait(struct dns_server *s)
{
    struct pollfd fds[2 + DNS_SERVER_PEERS] = { { .fd = s->udp, .events = POLLIN },
                                                { .fd = s->tcp, .events = POLLIN } };

    for (unsigned i = 0; i < DNS_SERVER_PEERS; i++)
        fds[2 + i] = (struct pollfd){ .fd = s->peers[i], .events = POLLIN };
    (void)poll(fds, sizeof fds / sizeof *fds, -1);
}

void dns_server_serve(struct dns_server *s)
{
    serve_udp(s);
    accept_peers(s);
    for (unsigned i = 0; i < DNS_SERVER_PEERS; i++)
        if (s->peers[i] >= 0)
            serve_peer(s, &s->peers[i]);
}

void dns_server_send(struct dns_server *s, const struct dns_question *q, const struct dns_writer *answer)
{
    uint8_t bytes[2 + sizeof answer->bytes];

    if (q->peer < 0) {
        (void)sendto(s->udp, answer->bytes, answer->len, 0, (const struct sockaddr *)&q->from, q->from_len);
        return;
    }
    bytes[0] = (uint8_t)(answer->len >> 8);
    bytes[1] = (uint8_t)answer->len;
    memcpy(bytes + 2, answer->bytes, answer->len);
    (void)send(q->peer, bytes, 2 + answer->len, MSG_NOSIGNAL);
}

void dns_server_send_from_other(struct dns_server *s, const struct dns_question *q, const struct dns_writer *answer)
{
    (void)sendto(s->other, answer->bytes, answer->len, 0, (const struct sockaddr *)&q->from, q->from_len);
}
