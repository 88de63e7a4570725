/* SPDX-License-Identifier: BSD-2-Clause */
/* flow.h - where a message came from or goes to: a transport, two addresses
 * and, for streams, the connection. */

#ifndef SIP_FLOW_H
#define SIP_FLOW_H

#include "base/address.h"
#include "base/id.h"
#include "base/siphash.h"

enum transport { TRANSPORT_NONE, TRANSPORT_UDP, TRANSPORT_TCP, TRANSPORT_TLS, TRANSPORT_WS, TRANSPORT_WSS };

struct flow {
    enum transport transport;
    struct address local; /* the address that was hit, or to send from */
    struct address remote;
    object_id      connection; /* streams only, else 0                      */
    unsigned       listener;   /* index of the listener it belongs to       */
};

/* "UDP", "TCP", ... as in a Via; "udp" as in a URI parameter. */
struct slice   transport_name(enum transport transport);
struct slice   transport_param(enum transport transport);
enum transport transport_parse(struct slice name); /* any case; TRANSPORT_NONE if unknown */

/* The same in as few bytes as it takes, for what is kept in great numbers: 15 for a datagram by IPv4.
 * Returns how many.  Unpacked it is the same flow again; a listener must be less than 256. */
enum { FLOW_PACK_MAX = 3 + 2 * 22 + 8 };
size_t      flow_pack(const struct flow *flow, uint8_t out[FLOW_PACK_MAX]);
struct flow flow_unpack(const uint8_t *packed);

/* For tables of peers: under a key that no peer knows. */
uint64_t flow_remote_hash(const struct hash_key *key, enum transport transport, const struct address *remote);

bool     transport_is_reliable(enum transport transport);  /* no retransmissions */
bool     transport_is_secure(enum transport transport);    /* TLS is in it: TLS, WSS */
uint16_t transport_default_port(enum transport transport); /* 5060, 5061, 80, 443 */

#endif
