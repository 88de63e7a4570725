/* SPDX-License-Identifier: BSD-2-Clause */
/* wire.h - a TCP connection of a benchmark's own, to 127.0.0.1: bytes that came, bytes that are
 * to go, and messages cut by Content-Length with as little work as that can be.
 *
 * Floors and generators trust each other and the server: what is no SIP ends the run. */

#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include "base/list.h"
#include "base/slice.h"

#include <stdint.h>

enum { WIRE_IN = 65536 };

struct wire {
    struct link link; /* of its user's */
    int         fd;
    unsigned    number; /* of its user's */
    size_t      begin, end;
    size_t      out_len, out_cap;
    char       *out;
    char        in[WIRE_IN];
};

/* Sockets that do not block once they are there, on 127.0.0.1; whatever fails ends the program. */
int          wire_listen(uint16_t port);
int          wire_accept(int listener); /* -1: nobody waits */
int          wire_connect(uint16_t port);
struct wire *wire_new(int fd, unsigned number);
void         wire_free(struct wire *w);

/* One recv.  False: the peer has closed. */
bool wire_read(struct wire *w);
/* The next message of what was read, whole, or none; lives until the next read. */
bool wire_next(struct wire *w, struct slice *message);
void wire_put(struct wire *w, struct slice bytes);
/* One send of what was put; what the kernel does not take stays. */
void wire_flush(struct wire *w);

/* epoll, level-triggered, for reading. */
void wire_watch(int epoll, int fd, void *data);

_Noreturn void wire_die(const char *what);

#endif
