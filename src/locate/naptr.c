/* SPDX-License-Identifier: BSD-2-Clause */
#include "locate/naptr.h"

#include "base/limits.h"
#include "locate/srv.h"

static bool comes_before(const struct record *a, const struct record *b)
{
    return a->priority != b->priority ? a->priority < b->priority : a->weight < b->weight;
}

size_t naptr_order(const struct record *records, size_t count, uint8_t *order, size_t room)
{
    size_t n = 0;

    for (size_t i = 0; i < count && i < LIMIT_LIST; i++) {
        size_t at = n;

        if (records[i].type != RECORD_NAPTR)
            continue;
        while (at > 0 && comes_before(&records[i], &records[order[at - 1]]))
            at--;
        if (at == room)
            continue;
        if (n < room)
            n++;
        memmove(order + at + 1, order + at, n - 1 - at);
        order[at] = (uint8_t)i;
    }
    return n;
}

/* RFC 3263 9, RFC 7118 10.2; D2S (SCTP) and what else there may be is TRANSPORT_NONE. */
static enum transport transport_of(struct slice service, bool *secure)
{
    static const struct {
        struct slice   service;
        enum transport transport;
        bool           secure;
    } table[] = {
        { SLICE_INIT("SIP+D2U"), TRANSPORT_UDP, false }, { SLICE_INIT("SIP+D2T"), TRANSPORT_TCP, false },
        { SLICE_INIT("SIPS+D2T"), TRANSPORT_TLS, true }, { SLICE_INIT("SIP+D2W"), TRANSPORT_WS, false },
        { SLICE_INIT("SIPS+D2W"), TRANSPORT_WSS, true },
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (slice_eq_nocase(service, table[i].service)) {
            *secure = table[i].secure;
            return table[i].transport;
        }
    return TRANSPORT_NONE;
}

static bool applies(const struct record *r, unsigned supported, bool secure, enum transport *transport)
{
    bool is_secure = false;

    *transport = transport_of(r->service, &is_secure);
    return *transport != TRANSPORT_NONE && (supported >> *transport & 1) != 0 && (is_secure || !secure) &&
           slice_eq_nocase(r->flags, SLICE("s")) && r->regexp.len == 0 && !srv_is_root(r->target) &&
           r->target.len <= SRV_NAME_MAX;
}

size_t naptr_services(const struct record *records, size_t count, unsigned supported, bool secure,
                      struct naptr_service *out, size_t room)
{
    uint8_t  order[LIMIT_LIST];
    size_t   known = naptr_order(records, count, order, LIMIT_LIST), n = 0;
    uint16_t matched = 0;

    for (size_t i = 0; i < known && n < room; i++) {
        const struct record *r = &records[order[i]];
        enum transport       transport;

        if (n > 0 && r->priority != matched)
            break;
        if (!applies(r, supported, secure, &transport))
            continue;
        matched  = r->priority;
        out[n++] = (struct naptr_service){ transport, r->target };
    }
    return n;
}
