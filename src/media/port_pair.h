/* SPDX-License-Identifier: BSD-2-Clause */
/* port_pair.h - an even port for RTP and the next for RTCP (RFC 3550 11). */

#ifndef MEDIA_PORT_PAIR_H
#define MEDIA_PORT_PAIR_H

#include "net/world.h"

struct port_pair {
    struct udp *rtp, *rtcp;
};

/* Bind both on `local` (its port is ignored), within first..last, beginning at a
 * random place so that a port is not used again at once.  Returns 0, -ERR_IN_USE
 * (all are taken), -ERR_SYNTAX (no pair fits into the range), or what
 * world_udp_open says. */
int  port_pair_open(struct world *w, const struct address *local, uint16_t first, uint16_t last,
                    const struct udp_events *rtp_events, const struct udp_events *rtcp_events, void *owner,
                    struct port_pair *out);
void port_pair_close(struct world *w, struct port_pair *p);

#endif
