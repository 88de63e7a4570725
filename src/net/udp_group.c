/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/udp_group.h"

#include <assert.h>

/* A group that may still grow, by its number: the members are linked until all are known. */
struct growing {
    unsigned char first, last;
    bool          may_pad; /* all of them                     */
    bool          unknown; /* one of them is of no call known */
    size_t        shortest;
};

static bool same_way(const struct udp_piece *a, const struct udp_piece *b)
{
    return address_eq(a->to, b->to) && address_eq(a->from, b->from);
}

static bool may_join(const struct udp_group *g, const struct growing *grown, const struct udp_piece *piece, bool pad)
{
    size_t size     = piece->len > g->size ? piece->len : g->size;
    size_t shortest = piece->len < grown->shortest ? piece->len : grown->shortest;
    bool   fits     = size <= (pad ? UDP_GROUP_SEGMENT : UDP_GROUP_SURE) && (g->count + 1) * size <= UDP_GROUP_BYTES;

    return size > 0 && fits && (size == shortest || (pad && grown->may_pad && piece->may_pad && size <= 2 * shortest));
}

/* The group for `piece`, not before number `least`; or `count`.  What is of no call known keeps its place among all
 * that goes its way. */
static unsigned group_of(const struct udp_piece *pieces, const struct udp_piece *piece, const struct udp_groups *groups,
                         const struct growing *grown, unsigned least, bool pad)
{
    for (unsigned i = groups->count; i-- > least;) {
        bool joins = may_join(&groups->of[i], &grown[i], piece, pad);

        if ((joins || piece->call == 0 || grown[i].unknown) && same_way(&pieces[grown[i].first], piece))
            return joins ? i : groups->count;
    }
    return groups->count;
}

static void begin(struct udp_group *g, struct growing *grown, const struct udp_piece *piece, unsigned index)
{
    *g     = (struct udp_group){ .count = 1, .size = piece->len };
    *grown = (struct growing){
        .first    = (unsigned char)index,
        .last     = (unsigned char)index,
        .may_pad  = piece->may_pad,
        .unknown  = piece->call == 0,
        .shortest = piece->len,
    };
}

static void join(struct udp_group *g, struct growing *grown, const struct udp_piece *piece, unsigned char *next,
                 unsigned index)
{
    next[grown->last] = (unsigned char)index;
    grown->last       = (unsigned char)index;
    grown->may_pad &= piece->may_pad;
    grown->unknown |= piece->call == 0;
    g->count++;
    g->size         = piece->len > g->size ? piece->len : g->size;
    grown->shortest = piece->len < grown->shortest ? piece->len : grown->shortest;
}

_Static_assert(UDP_GROUP_CALLS == UINT8_MAX + 1, "as many as a piece can name");

void udp_group(const struct udp_piece *pieces, unsigned count, bool pad, struct udp_groups *out)
{
    struct growing grown[UDP_GROUP_BATCH];
    unsigned char  next[UDP_GROUP_BATCH];
    unsigned char  last[UDP_GROUP_CALLS] = { 0 }; /* the last group with a piece of that call, to any address */
    unsigned       at                    = 0;

    assert(count <= UDP_GROUP_BATCH);
    out->count = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct udp_piece *piece = &pieces[i];
        unsigned                reach = pad || out->count < UDP_GROUP_REACH ? 0 : out->count - UDP_GROUP_REACH;
        unsigned                own   = piece->call != 0 ? last[piece->call] : 0;
        unsigned                n     = group_of(pieces, piece, out, grown, own > reach ? own : reach, pad);

        if (n < out->count)
            join(&out->of[n], &grown[n], piece, next, i);
        else
            begin(&out->of[out->count++], &grown[n], piece, i);
        if (last[piece->call] < n)
            last[piece->call] = (unsigned char)n;
    }
    for (unsigned n = 0; n < out->count; n++) {
        unsigned char member = grown[n].first;

        out->of[n].first = at;
        for (unsigned i = 0; i < out->of[n].count; i++, member = next[member])
            out->order[at++] = member;
    }
}
