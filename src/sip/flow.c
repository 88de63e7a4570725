/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/flow.h"

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
