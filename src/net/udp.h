/* SPDX-License-Identifier: BSD-2-Clause */
/* udp.h - datagrams in batches: recvmmsg, sendmmsg, and the errors ICMP brings.
 *
 *   udp_send --> queue of the socket --(end of turn: udp_flush)--> sendmmsg, 64 at a time
 *                     ^                                               |
 *                     +-- EAGAIN: the rest waits till it is writable -+
 *
 * What is sent while datagrams come does not wait for the end of the turn, but for that of a portion of them
 * (udp_private.h).
 *
 * Where many of one size go to one address they leave as one, if the kernel knows UDP_SEGMENT: net/udp_group.h. Where
 * that is wanted they are padded to one size.  What comes so is parted (UDP_GRO).
 *
 * All sockets of a world share one hub, which holds the receive slots and the
 * list of sockets with something to send.  The functions below are those of
 * net/world.h and promise the same. */

#ifndef NET_UDP_H
#define NET_UDP_H

#include "net/descriptors.h"
#include "net/loop.h"
#include "net/world.h"

struct udp_hub;

/* Borrows the loop, the world, for its accounts, and the sockets that are bound `ahead` (NULL: none), of which it
 * uses those of this worker.  NULL without memory. */
struct udp_hub *udp_hub_new(struct loop *loop, struct world *w, size_t queue_limit, struct descriptors *ahead,
                            unsigned worker, struct udp_grouping grouping);
/* Closes what is still open; nobody is called. */
void udp_hub_free(struct udp_hub *hub);

/* Send what is queued.  Calls on_error of what the kernel refuses. */
void udp_flush(struct udp_hub *hub);
/* At the end of a turn: look at what waits to be read, if it is time to (world->backlog). */
void udp_look(struct udp_hub *hub);
/* Does something wait for udp_flush (not: for a socket to become writable)? */
bool udp_waiting(const struct udp_hub *hub);

/* Bytes of queued datagrams per socket, their bookkeeping included. */
enum { UDP_QUEUE = 4 * 1024 * 1024 };

int            udp_open(struct udp_hub *hub, const struct address *local, const struct udp_events *events, void *owner,
                        struct udp **out);
struct address udp_local(const struct udp *u);
int            udp_send(struct udp *u, const struct address *from, const struct address *to, const struct slice *parts,
                        size_t count);
void           udp_close(struct udp *u);
int            udp_steer(struct udp *u, bool here);

#endif
