/* SPDX-License-Identifier: BSD-2-Clause */
/* tcp_floor - what a call over TCP costs when next to nothing is done: the kernel's share.
 *
 *     tcp_floor PORT CALLEE-PORT
 *
 * One thread, one epoll.  Requests of all who connect get a Via and go to the callee, by one
 * connection; an INVITE is answered 100 as well.  Responses lose that Via, which says whose they
 * are.  What a turn has for a connection leaves in one send.  Nothing is parsed, kept or timed:
 * this is no proxy, but what a proxy can be measured by (bench/streams.py). */
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

enum { EVENTS = 64, CALLERS = 4096, TEXT = 2048 };

static const char via[] = "Via: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKfloor.";

struct floor {
    int          epoll, listener;
    uint16_t     callee_port;
    struct wire *callee;
    struct wire *callers[CALLERS];
    unsigned     count;
    struct link  dirty; /* wire.link: has something to send this turn */
};

static void put(struct floor *f, struct wire *w, struct slice bytes)
{
    if (!link_in_list(&w->link))
        list_append(&f->dirty, &w->link);
    wire_put(w, bytes);
}

static struct slice rest_behind(struct slice text, const char *at)
{
    return slice_between(at, text.ptr + text.len);
}

/* ---- requests, from a caller ---- */

static void put_trying(struct floor *f, struct wire *caller, struct slice headers)
{
    const char *end = memmem(headers.ptr, headers.len, "\r\nContact", 9);

    put(f, caller, SLICE("SIP/2.0 100 Trying\r\n"));
    put(f, caller, end != NULL ? slice_between(headers.ptr, end) : headers);
    put(f, caller, SLICE("\r\nContent-Length: 0\r\n\r\n"));
}

static void to_callee(struct floor *f, struct wire *caller, struct slice request)
{
    const char  *line = memchr(request.ptr, '\n', request.len);
    struct slice rest = rest_behind(request, line + 1);
    char         text[TEXT];
    int          len = snprintf(text, sizeof text, "%s%u\r\n", via, caller->number);

    if (*request.ptr == 'I')
        put_trying(f, caller, rest);
    if (f->callee == NULL) {
        f->callee = wire_new(wire_connect(f->callee_port), CALLERS);
        wire_watch(f->epoll, f->callee->fd, f->callee);
    }
    put(f, f->callee, slice_between(request.ptr, line + 1));
    put(f, f->callee, (struct slice){ text, (size_t)len });
    put(f, f->callee, rest);
}

/* ---- responses, from the callee ---- */

static void to_caller(struct floor *f, struct slice response)
{
    const char   *line   = memchr(response.ptr, '\n', response.len) + 1;
    const char   *second = (const char *)memchr(line, '\n', (size_t)(response.ptr + response.len - line)) + 1;
    unsigned long number = strtoul(line + sizeof via - 1, NULL, 10);

    if (number >= f->count || f->callers[number] == NULL)
        return;
    put(f, f->callers[number], slice_between(response.ptr, line));
    put(f, f->callers[number], rest_behind(response, second));
}

/* ---- the loop ---- */

static void accept_all(struct floor *f)
{
    int fd;

    while ((fd = wire_accept(f->listener)) >= 0) {
        if (f->count == CALLERS)
            wire_die("too many callers");
        f->callers[f->count] = wire_new(fd, f->count);
        wire_watch(f->epoll, fd, f->callers[f->count++]);
    }
}

static void gone(struct floor *f, struct wire *w)
{
    if (w == f->callee)
        f->callee = NULL;
    else
        f->callers[w->number] = NULL;
    wire_free(w);
}

static void on_readable(struct floor *f, struct wire *w)
{
    struct slice message;

    if (!wire_read(w)) {
        gone(f, w);
        return;
    }
    while (wire_next(w, &message))
        if (w == f->callee)
            to_caller(f, message);
        else
            to_callee(f, w, message);
}

static void turn(struct floor *f)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(f->epoll, events, EVENTS, f->callee != NULL && f->callee->out_len > 0 ? 1 : -1);

    for (int i = 0; i < count; i++)
        if (events[i].data.ptr == f)
            accept_all(f);
        else
            on_readable(f, events[i].data.ptr);
    if (f->callee != NULL && f->callee->out_len > 0 && !link_in_list(&f->callee->link))
        list_append(&f->dirty, &f->callee->link);
    for (struct link *l; (l = list_shift(&f->dirty)) != NULL;)
        wire_flush(CONTAINER_OF(l, struct wire, link));
}

int main(int argc, char **argv)
{
    static struct floor f;

    if (argc != 3) {
        fprintf(stderr, "usage: tcp_floor PORT CALLEE-PORT\n");
        return 2;
    }
    f.listener    = wire_listen((uint16_t)strtoul(argv[1], NULL, 10));
    f.callee_port = (uint16_t)strtoul(argv[2], NULL, 10);
    f.epoll       = epoll_create1(EPOLL_CLOEXEC);
    list_init(&f.dirty);
    wire_watch(f.epoll, f.listener, &f);
    puts("ready");
    fflush(stdout);
    for (;;)
        turn(&f);
}
