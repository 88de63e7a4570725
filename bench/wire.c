/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

_Noreturn void wire_die(const char *what)
{
    perror(what);
    exit(1);
}

static struct sockaddr_in at(uint16_t port)
{
    return (struct sockaddr_in){ .sin_family      = AF_INET,
                                 .sin_port        = htons(port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int open_socket(int flags)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0), on = 1;

    if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
        wire_die("socket");
    return fd;
}

int wire_listen(uint16_t port)
{
    struct sockaddr_in sa = at(port);
    int                fd = open_socket(SOCK_NONBLOCK);

    if (bind(fd, (struct sockaddr *)&sa, sizeof sa) != 0 || listen(fd, 1024) != 0)
        wire_die("listen");
    return fd;
}

/* TCP_NODELAY comes from the listener. */
int wire_accept(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0 && errno != EAGAIN && errno != ECONNABORTED)
        wire_die("accept");
    return fd;
}

int wire_connect(uint16_t port)
{
    struct sockaddr_in sa = at(port);
    int                fd = open_socket(0);

    if (connect(fd, (struct sockaddr *)&sa, sizeof sa) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
        wire_die("connect");
    return fd;
}

struct wire *wire_new(int fd, unsigned number)
{
    struct wire *w = malloc(sizeof *w);

    if (w == NULL)
        wire_die("malloc");
    w->fd     = fd;
    w->number = number;
    w->begin = w->end = w->out_len = w->out_cap = 0;
    w->out                                      = NULL;
    w->link                                     = (struct link){ NULL, NULL };
    return w;
}

void wire_free(struct wire *w)
{
    list_unlink(&w->link);
    close(w->fd);
    free(w->out);
    free(w);
}

bool wire_read(struct wire *w)
{
    ssize_t got;

    if (w->begin > 0) {
        memmove(w->in, w->in + w->begin, w->end - w->begin);
        w->end -= w->begin;
        w->begin = 0;
    }
    got = recv(w->fd, w->in + w->end, sizeof w->in - w->end, 0);
    if (got > 0)
        w->end += (size_t)got;
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool measure(struct slice text, size_t *len)
{
    static const char field[] = "\r\nContent-Length:";
    const char       *end     = memmem(text.ptr, text.len, "\r\n\r\n", 4), *number;

    if (end == NULL)
        return false;
    number = memmem(text.ptr, (size_t)(end - text.ptr), field, sizeof field - 1);
    if (number == NULL) {
        fprintf(stderr, "a message without Content-Length: %.*s\n", SLICE_ARG(text));
        exit(1);
    }
    *len = (size_t)(end + 4 - text.ptr) + (size_t)strtoul(number + sizeof field - 1, NULL, 10);
    return *len <= text.len;
}

bool wire_next(struct wire *w, struct slice *message)
{
    *message = slice_between(w->in + w->begin, w->in + w->end);
    if (message->len == 0 || !measure(*message, &message->len)) {
        if (message->len == sizeof w->in) {
            fprintf(stderr, "a message that is too long\n");
            exit(1);
        }
        return false;
    }
    w->begin += message->len;
    if (w->begin == w->end)
        w->begin = w->end = 0;
    return true;
}

void wire_put(struct wire *w, struct slice bytes)
{
    while (w->out_len + bytes.len > w->out_cap) {
        w->out_cap = w->out_cap == 0 ? 16384 : 2 * w->out_cap;
        w->out     = realloc(w->out, w->out_cap);
        if (w->out == NULL)
            wire_die("realloc");
    }
    memcpy(w->out + w->out_len, bytes.ptr, bytes.len);
    w->out_len += bytes.len;
}

void wire_flush(struct wire *w)
{
    ssize_t sent = w->out_len > 0 ? send(w->fd, w->out, w->out_len, MSG_NOSIGNAL) : 0;

    if (sent < 0 && errno != EAGAIN)
        wire_die("send");
    if (sent <= 0)
        return;
    memmove(w->out, w->out + sent, w->out_len - (size_t)sent);
    w->out_len -= (size_t)sent;
}

void wire_watch(int epoll, int fd, void *data)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = data };

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        wire_die("epoll_ctl");
}
