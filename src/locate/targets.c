/* SPDX-License-Identifier: BSD-2-Clause */
#include "locate/targets.h"

#include <string.h>

/* IPv6 whose precedence in RFC 6724 2.1 is below that of IPv4 (35): 6to4, Teredo, unique
 * local, site-local, 6bone, IPv4-compatible. */
static bool is_second_rate(const struct address *a)
{
    static const uint8_t teredo[4] = { 0x20, 0x01, 0, 0 }, zero[12] = { 0 };
    const uint8_t       *ip = a->ip;

    return (ip[0] == 0x20 && ip[1] == 0x02) || memcmp(ip, teredo, sizeof teredo) == 0 || (ip[0] & 0xfe) == 0xfc ||
           (ip[0] == 0xfe && (ip[1] & 0xc0) == 0xc0) || (ip[0] == 0x3f && ip[1] == 0xfe) ||
           (memcmp(ip, zero, sizeof zero) == 0 && !address_is_loopback(a));
}

static uint32_t rank_of(unsigned server, size_t nth, const struct address *ip)
{
    unsigned family = ip->family == FAMILY_4 ? 1 : is_second_rate(ip) ? 2 : 0;

    return server << 16 | (unsigned)nth << 2 | family;
}

static void take_out(struct targets *t, unsigned at)
{
    t->count--;
    memmove(&t->list[at], &t->list[at + 1], (t->count - at) * sizeof *t->list);
    memmove(&t->ranks[at], &t->ranks[at + 1], (t->count - at) * sizeof *t->ranks);
}

static void put_in(struct targets *t, unsigned at, const struct target *target, uint32_t rank)
{
    if (at == LOCATE_TARGETS)
        return;
    if (t->count < LOCATE_TARGETS)
        t->count++;
    memmove(&t->list[at + 1], &t->list[at], (t->count - 1 - at) * sizeof *t->list);
    memmove(&t->ranks[at + 1], &t->ranks[at], (t->count - 1 - at) * sizeof *t->ranks);
    t->list[at]  = *target;
    t->ranks[at] = rank;
}

void targets_add(struct targets *t, const struct target *target, unsigned server, size_t nth)
{
    uint32_t rank = rank_of(server, nth, &target->address);
    unsigned at   = 0;

    for (unsigned i = 0; i < t->count; i++) {
        if (t->list[i].transport != target->transport || !address_eq(&t->list[i].address, &target->address))
            continue;
        if (t->ranks[i] <= rank)
            return;
        take_out(t, i);
        break;
    }
    while (at < t->count && t->ranks[at] <= rank)
        at++;
    put_in(t, at, target, rank);
}

bool targets_full(const struct targets *t, unsigned server)
{
    return t->count == LOCATE_TARGETS && t->ranks[LOCATE_TARGETS - 1] >> 16 < server;
}

unsigned targets_server(const struct targets *t, unsigned index)
{
    return t->ranks[index] >> 16;
}
