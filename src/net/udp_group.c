/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/udp_group.h"

#include <assert.h>

/* A group that may still grow, by its number: the members are linked until all are known. */
struct growing {
    unsigned char first, last;
    bool          may_pad; /* all of them */
    size_t        shortest;
};

static bool same_way(const struct udp_piece *a, const struct udp_piece *b)
{
    return address_eq(a->to, b->to) && address_eq(a->from, b->from);
}

/* The last group whose members go the way of `piece`, not before number `least`; or `count`. */
static unsigned group_of(const struct udp_piece *pieces, const struct udp_piece *piece, const struct growing *groups,
                         unsigned least, unsigned count)
{
    for (unsigned i = count; i-- > least;)
        if (same_way(&pieces[groups[i].first], piece))
            return i;
    return count;
}

static bool may_join(const struct udp_group *g, const struct growing *grown, const struct udp_piece *piece, bool pad)
{
    size_t size     = piece->len > g->size ? piece->len : g->size;
    size_t shortest = piece->len < grown->shortest ? piece->len : grown->shortest;
    bool   fits     = size <= (pad ? UDP_GROUP_SEGMENT : UDP_GROUP_SURE) && (g->count + 1) * size <= UDP_GROUP_BYTES;

    return size > 0 && fits && (size == shortest || (pad && grown->may_pad && piece->may_pad && size <= 2 * shortest));
}

static void begin(struct udp_group *g, struct growing *grown, const struct udp_piece *piece, unsigned index)
{
    *g     = (struct udp_group){ .count = 1, .size = piece->len };
    *grown = (struct growing){
        .first    = (unsigned char)index,
        .last     = (unsigned char)index,
        .may_pad  = piece->may_pad,
        .shortest = piece->len,
    };
}

void udp_group(const struct udp_piece *pieces, unsigned count, bool pad, struct udp_groups *out)
{
    struct growing grown[UDP_GROUP_BATCH];
    unsigned char  next[UDP_GROUP_BATCH];
    unsigned       at = 0;

    assert(count <= UDP_GROUP_BATCH);
    out->count = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned          least = pad || out->count < UDP_GROUP_REACH ? 0 : out->count - UDP_GROUP_REACH;
        unsigned          n     = group_of(pieces, &pieces[i], grown, least, out->count);
        struct udp_group *g     = &out->of[n];

        if (n == out->count || !may_join(g, &grown[n], &pieces[i], pad)) {
            begin(&out->of[out->count], &grown[out->count], &pieces[i], i);
            out->count++;
            continue;
        }
        next[grown[n].last] = (unsigned char)i;
        grown[n].last       = (unsigned char)i;
        grown[n].may_pad &= pieces[i].may_pad;
        g->count++;
        g->size           = pieces[i].len > g->size ? pieces[i].len : g->size;
        grown[n].shortest = pieces[i].len < grown[n].shortest ? pieces[i].len : grown[n].shortest;
    }
    for (unsigned n = 0; n < out->count; n++) {
        unsigned char member = grown[n].first;

        out->of[n].first = at;
        for (unsigned i = 0; i < out->of[n].count; i++, member = next[member])
            out->order[at++] = member;
    }
}
