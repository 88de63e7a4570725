/* SPDX-License-Identifier: BSD-2-Clause */
/* descriptors.h - sockets that are bound ahead of the worlds that use them.
 *
 *     parent   descriptors_bind --> [udp 5060, worker 0] [udp 5060, worker 1] ...
 *                                           |                    |
 *     worlds of the workers           udp_open: dup        udp_open: dup
 *
 * Whoever binds keeps the sockets: a world works on a duplicate, and closing that
 * neither unbinds the address nor loses what waits in the kernel.  So a server
 * that is started again finds its ports, and what came meanwhile.
 *
 * The first socket of an address binds without SO_REUSEPORT and sets it
 * afterwards; only then do those of the other workers join.  A second process
 * that does the same hears "address in use" rather than getting half of the
 * traffic.
 *
 * Sockets passed by a service manager (LISTEN_FDS, sd_listen_fds(3)) are taken in
 * by descriptors_inherit, and claimed by the descriptors_bind of their address. */

#ifndef NET_DESCRIPTORS_H
#define NET_DESCRIPTORS_H

#include "base/address.h"

#include <pthread.h>

struct descriptor {
    struct address requested, bound; /* they differ in the port, if any free one was asked for */
    unsigned       worker;
    int            type; /* SOCK_DGRAM or SOCK_STREAM                   */
    int            fd;
    bool           inherited; /* from who started us                         */
    bool           claimed;   /* inherited, and an address was bound with it */
};

/* One thread binds and drops; the others only open, at the same time. */
struct descriptors {
    struct descriptor *list;
    size_t             count;
    pthread_mutex_t    lock; /* around changes of the list, and looks at it by other threads */
};

void descriptors_init(struct descriptors *d);
/* Closes them all. */
void descriptors_fini(struct descriptors *d);

/* Take in what LISTEN_FDS names, if LISTEN_PID is this process, and unset both, so
 * that no child takes it for its own.  Call it before any other file is opened.
 * What is no UDP socket and no listening TCP socket is left alone, and counted in
 * `*strange`.  Returns 0 or -ERR_NO_MEMORY. */
int descriptors_inherit(struct descriptors *d, size_t *strange);

/* A socket of `type` on this address for each of `workers` workers; port 0: one
 * free port for all of them.  If an inherited socket has the address, that is the
 * first one; workers that may not join it share it.  Returns 0, -ERR_IN_USE,
 * -ERR_NO_ADDRESS, -ERR_PERMISSION, -ERR_LIMIT or -ERR_NO_MEMORY; then none is
 * added. */
int descriptors_bind(struct descriptors *d, int type, const struct address *address, unsigned workers);

/* Has the first worker such a socket? */
bool descriptors_has(const struct descriptors *d, int type, const struct address *address);
/* Take in one of the first worker, or another, that was bound elsewhere: takes the descriptor.  An inherited
 * socket of its address is claimed, for that is the first worker's then.  Returns 0 or -ERR_NO_MEMORY. */
int descriptors_take(struct descriptors *d, const struct descriptor *one);
/* Close the sockets of this requested address of all workers.  What was inherited stays open, unclaimed: it
 * is bound by who started us anyway. */
void descriptors_drop(struct descriptors *d, int type, const struct address *address);

/* May others than these workers have a socket at this bound address: was it inherited, or not bound ahead at all? */
bool descriptors_are_shared(struct descriptors *d, int type, const struct address *address);

/* A socket of its own for a world: a duplicate of the worker's descriptor with this
 * requested or bound address, else one that is bound now.  `d` may be NULL.  The
 * caller closes it.  The descriptor, or an error as descriptors_bind. */
int descriptors_open(struct descriptors *d, unsigned worker, int type, const struct address *address);

#endif
