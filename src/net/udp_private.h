/* SPDX-License-Identifier: BSD-2-Clause */
/* udp_private.h - what the two halves of udp.h share: udp.c has the sockets and what comes
 * in, udp_out.c what goes out. */

#ifndef NET_UDP_PRIVATE_H
#define NET_UDP_PRIVATE_H

#include "net/ancillary.h"
#include "net/queue.h"
#include "net/udp.h"
#include "net/udp_group.h"

enum {
    UDP_BATCH = UDP_GROUP_BATCH,
    UDP_READY = LOOP_READ | LOOP_ERROR, /* what a socket is watched for while nothing waits to be sent */

    /* So many datagrams are delivered at once, and what they are answered with leaves before the next.  Linux has who
     * reads a datagram on another core give its memory back to the core that sent it, and interrupts that when 32 wait
     * (net.core.skb_defer_max / 2), but for what it takes back itself whenever it sends on the loopback interface.
     * Where both ends are on one machine: 13 interrupts for 1000 calls instead of 63, 5 % of a call's CPU. */
    UDP_PORTION = 28,
};

struct udp {
    struct udp_hub          *hub;
    struct watch             watch;
    struct link              member; /* hub->sockets                                */
    struct link              unsent; /* hub->unsent, while something may be sent now */
    const struct udp_events *events;
    void                    *owner;
    struct address           local;
    int                      fd;
    msec                     unread_since; /* not found empty since; 0: it has been emptied */
    unsigned                 per_slot;     /* datagrams that came as one, on average, when it was read last */
    uint32_t                 drops;        /* by the kernel's count, when it was looked at last */
    bool                     any;          /* bound to a wildcard: PKTINFO says what was hit   */
    bool                     blocked;      /* the kernel takes no more: wait for LOOP_WRITE    */
    bool                     retried;      /* the head packet has met an error that may be old */
    bool                     singly;       /* no groups: in this flush one was refused ...     */
    bool                     no_groups;    /* ... or for good                                  */
    int                      group_error;  /* what was said to one in this flush that may be for good; 0: nothing */
    struct queue             queue;        /* of struct packet, each followed by its bytes     */
    size_t                   accounted;    /* bytes of it */
};

struct packet {
    struct address from, to;
    size_t         len;
    uint8_t        call; /* as of struct udp_piece */
    bool           may_pad;
    bool           sent; /* with its group, before others that wait ahead of it */
};

/* What the kernel reads and writes by, prepared once.  What it changes is put back. */
struct mailbag {
    struct mmsghdr          messages[UDP_BATCH];
    struct iovec            parts[UDP_BATCH];
    struct sockaddr_storage names[UDP_BATCH];
    _Alignas(struct cmsghdr) char control[UDP_BATCH][ANCILLARY];
};

struct udp_hub {
    struct loop        *loop;
    struct world       *world;
    size_t              queue_limit; /* bytes that may wait for one socket */
    struct descriptors *ahead;
    unsigned            worker;
    struct udp         *current; /* whose callback runs; NULL once that has closed it */
    struct link         sockets, unsent;
    msec                looked_at; /* at what waits to be read */
    uint64_t            processor; /* microseconds that the thread had used by then */
    unsigned            portion;   /* datagrams that were delivered since the last on_batch_end */
    struct mailbag      in, out;
    char               *slots; /* UDP_BATCH of them, touched only as far as datagrams reach */

    struct udp_grouping grouping;
    struct packet      *packets[UDP_BATCH];      /* of the batch that is being sent     */
    struct udp_groups   groups;                  /* of them, if they are grouped        */
    struct iovec        segments[2 * UDP_BATCH]; /* of groups: bytes, padding      */
    char                padding[UDP_GROUP_SEGMENT / 2];
};

/* Of udp_out.c: the end of a socket's queue, by sending what the kernel takes at once. */
void udp_send_last(struct udp *u);
/* What waits to be sent by it leaves now, and not at the end of the turn.  Of hub->current, which it is afterwards
 * unless it was closed in a callback: then this is false. */
bool udp_send_early(struct udp *u);
/* Something may be sent: again, or for the first time. */
void udp_want_flush(struct udp *u);
/* `out` of the hub is what sendmmsg gets. */
void udp_prepare_out(struct udp_hub *hub);

#endif
