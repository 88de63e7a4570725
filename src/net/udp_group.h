/* SPDX-License-Identifier: BSD-2-Clause */
/* udp_group.h - which datagrams of a batch may leave as one (UDP generic segmentation
 * offload, udp(7): UDP_SEGMENT).
 *
 *     batch:   A  B  A  A  B  C             the kernel takes A A A padded to one size
 *     groups: [A  A  A][B  B][C]            through its layers once, and cuts it at the end
 *
 * Datagrams of a group go to one address from one address.  They have one length: because they have it anyway
 * (one kind of message to one neighbour, mostly), or because they were said to bear bytes behind their
 * end (RFC 3261 18.3: who receives them discards what follows the body) and that is wanted.
 *
 * What belongs to one call keeps its order, and so does what is of no call known; calls overtake each other within a
 * batch, as they may on any network:
 *
 *     batch:   180 of x   200 of x   180 of y   200 of y         to one address
 *     groups: [180 of x   180 of y] [200 of x   200 of y] */

#ifndef NET_UDP_GROUP_H
#define NET_UDP_GROUP_H

#include "base/address.h"

enum {
    UDP_GROUP_BATCH   = 64,    /* datagrams that are looked at together                        */
    UDP_GROUP_SEGMENT = 1400,  /* bytes of one at most: what is cut must fit into a frame      */
    UDP_GROUP_SURE    = 1232,  /* the same where nobody has said so: any link of IPv6 takes it */
    UDP_GROUP_REACH   = 16,    /* so many groups back what is of one length anyway finds its own */
    UDP_GROUP_CALLS   = 256,   /* so many calls are told from each other; those of one number keep the order of both */
    UDP_GROUP_BYTES   = 60000, /* of a group, below what the length of an IP packet can say    */
};

struct udp_piece {
    const struct address *to, *from;
    size_t                len;
    bool                  may_pad;
    uint8_t               call; /* what it belongs to, by any hash; 0: nobody knows */
};

struct udp_group {
    unsigned first, count; /* its members are order[first], ... */
    size_t   size;         /* the longest, to which the others are padded */
};

struct udp_groups {
    unsigned         count;
    struct udp_group of[UDP_GROUP_BATCH];
    unsigned char    order[UDP_GROUP_BATCH]; /* indexes of pieces */
};

/* Group `count` pieces, UDP_GROUP_BATCH at most.  What goes to one address stays in its order but for what belongs to
 * different calls; groups are in the order of their first pieces.  With `pad` what may be padded is, to no more than
 * twice its length. */
void udp_group(const struct udp_piece *pieces, unsigned count, bool pad, struct udp_groups *out);

#endif
