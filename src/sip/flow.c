/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/flow.h"

#include <string.h>

static const struct {
    struct slice name, param;
    uint16_t     port;
    bool         reliable;
} transports[] = {
    [TRANSPORT_NONE] = { SLICE_INIT(""), SLICE_INIT(""), 5060, false },
    [TRANSPORT_UDP]  = { SLICE_INIT("UDP"), SLICE_INIT("udp"), 5060, false },
    [TRANSPORT_TCP]  = { SLICE_INIT("TCP"), SLICE_INIT("tcp"), 5060, true },
    [TRANSPORT_TLS]  = { SLICE_INIT("TLS"), SLICE_INIT("tls"), 5061, true },
    [TRANSPORT_WS]   = { SLICE_INIT("WS"), SLICE_INIT("ws"), 80, true },
    [TRANSPORT_WSS]  = { SLICE_INIT("WSS"), SLICE_INIT("wss"), 443, true },
};

struct slice transport_name(enum transport transport)
{
    return transports[transport].name;
}

struct slice transport_param(enum transport transport)
{
    return transports[transport].param;
}

enum transport transport_parse(struct slice name)
{
    for (enum transport t = TRANSPORT_UDP; t <= TRANSPORT_WSS; t++)
        if (slice_eq_nocase(name, transports[t].name))
            return t;
    return TRANSPORT_NONE;
}

bool transport_is_reliable(enum transport transport)
{
    return transports[transport].reliable;
}

bool transport_is_secure(enum transport transport)
{
    return transport == TRANSPORT_TLS || transport == TRANSPORT_WSS;
}

uint16_t transport_default_port(enum transport transport)
{
    return transports[transport].port;
}

uint64_t flow_remote_hash(const struct hash_key *key, enum transport transport, const struct address *remote)
{
    uint64_t words[3];

    address_words(remote, words);
    words[2] = (uint64_t)transport << 16 | remote->port;
    return siphash13_words(key, words, 3);
}

/* transport, listener, which of the following there are; then the addresses, each its ip, port
 * and, of IPv6, scope; then the connection. */
enum { HAS_CONNECTION = 0x40, FAMILY_BITS = 3, FAMILY_MASK = 7, IP4 = 4, IP6 = 16 };

static uint8_t *put(uint8_t *to, const void *from, size_t size)
{
    memcpy(to, from, size);
    return to + size;
}

static const uint8_t *take(const uint8_t *from, void *to, size_t size)
{
    memcpy(to, from, size);
    return from + size;
}

static uint8_t *pack_address(uint8_t *to, const struct address *a)
{
    if (a->family == FAMILY_NONE)
        return to;
    to = put(to, a->ip, a->family == FAMILY_4 ? IP4 : IP6);
    to = put(to, &a->port, sizeof a->port);
    return a->family == FAMILY_6 ? put(to, &a->scope, sizeof a->scope) : to;
}

static const uint8_t *unpack_address(const uint8_t *from, struct address *a, uint8_t family)
{
    a->family = family;
    if (family == FAMILY_NONE)
        return from;
    from = take(from, a->ip, family == FAMILY_4 ? IP4 : IP6);
    from = take(from, &a->port, sizeof a->port);
    return family == FAMILY_6 ? take(from, &a->scope, sizeof a->scope) : from;
}

size_t flow_pack(const struct flow *flow, uint8_t out[FLOW_PACK_MAX])
{
    uint8_t *at = out + 3;

    out[0] = (uint8_t)flow->transport;
    out[1] = (uint8_t)flow->listener;
    out[2] = (uint8_t)(flow->local.family | flow->remote.family << FAMILY_BITS |
                       (flow->connection != 0 ? HAS_CONNECTION : 0));
    at     = pack_address(at, &flow->local);
    at     = pack_address(at, &flow->remote);
    if (flow->connection != 0)
        at = put(at, &flow->connection, sizeof flow->connection);
    return (size_t)(at - out);
}

struct flow flow_unpack(const uint8_t *packed)
{
    struct flow    flow = { .transport = (enum transport)packed[0], .listener = packed[1] };
    const uint8_t *at   = packed + 3;

    at = unpack_address(at, &flow.local, packed[2] & FAMILY_MASK);
    at = unpack_address(at, &flow.remote, packed[2] >> FAMILY_BITS & FAMILY_MASK);
    if ((packed[2] & HAS_CONNECTION) != 0)
        take(at, &flow.connection, sizeof flow.connection);
    return flow;
}
