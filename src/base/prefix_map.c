/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/prefix_map.h"

#include <assert.h>
#include <stdlib.h>

/* An address as one number. */
struct key {
    uint64_t high, low; /* IPv4: `low` alone */
};

/* From there to the next. */
struct boundary {
    struct key from;
    int        index; /* or PREFIX_NONE */
};

struct prefix_map {
    size_t          count_4, count; /* those of IPv4 come first */
    struct boundary boundaries[];
};

enum { DEPTH = 130 }; /* sizes that networks within each other have, and one */

static uint64_t number_at(const uint8_t *bytes)
{
    uint64_t n = 0;

    for (int i = 0; i < 8; i++)
        n = n << 8 | bytes[i];
    return n;
}

static struct key key_of(const struct address *a)
{
    if (a->family == FAMILY_6)
        return (struct key){ number_at(a->ip), number_at(a->ip + 8) };
    return (struct key){ 0, number_at(a->ip) >> 32 };
}

static bool is_less(struct key a, struct key b)
{
    return a.high != b.high ? a.high < b.high : a.low < b.low;
}

/* The last address of a network. */
static struct key last_of(const struct prefix *n)
{
    struct key k = key_of(&n->address);

    if (n->address.family != FAMILY_6) {
        k.low |= UINT64_C(0xffffffff) >> n->bits;
    } else if (n->bits < 64) {
        k.high |= UINT64_MAX >> n->bits;
        k.low = UINT64_MAX;
    } else if (n->bits < 128) {
        k.low |= UINT64_MAX >> (n->bits - 64);
    }
    return k;
}

/* The networks of one family around the place that has been reached, the smallest last. */
struct nest {
    struct prefix_map *map;
    size_t             first; /* boundary of the family */
    struct key         last[DEPTH];
    int                index[DEPTH];
    unsigned           depth;
};

/* Of two boundaries at one place the later one is what counts. */
static void add(struct nest *n, struct key from, int index)
{
    struct prefix_map *m = n->map;

    if (m->count > n->first && !is_less(m->boundaries[m->count - 1].from, from))
        m->count--;
    m->boundaries[m->count++] = (struct boundary){ from, index };
}

static void leave_one(struct nest *n)
{
    struct key after = n->last[--n->depth];

    after.low++;
    after.high += after.low == 0;
    if (after.low != 0 || after.high != 0) /* behind the last address of all there is nothing */
        add(n, after, n->depth > 0 ? n->index[n->depth - 1] : PREFIX_NONE);
}

static void enter(struct nest *n, const struct prefix *p, int index)
{
    struct key from = key_of(&p->address);

    while (n->depth > 0 && is_less(n->last[n->depth - 1], from))
        leave_one(n);
    add(n, from, index);
    assert(n->depth < DEPTH);
    n->last[n->depth]    = last_of(p);
    n->index[n->depth++] = index;
}

/* The networks of one family from `i` on; where they end. */
static size_t fill(struct prefix_map *m, const struct prefix *prefixes, size_t i, size_t count)
{
    struct nest n = { .map = m, .first = m->count };

    for (size_t first = i; i < count && prefixes[i].address.family == prefixes[first].address.family; i++)
        enter(&n, &prefixes[i], (int)i);
    while (n.depth > 0)
        leave_one(&n);
    return i;
}

size_t prefix_map_size(size_t count)
{
    return sizeof(struct prefix_map) + 2 * count * sizeof(struct boundary);
}

struct prefix_map *prefix_map_new(const struct prefix *prefixes, size_t count)
{
    struct prefix_map *m = count <= PREFIX_MAP_MAX ? malloc(prefix_map_size(count)) : NULL;
    size_t             i = 0;

    if (m == NULL)
        return NULL;
    m->count = m->count_4 = 0;
    if (count > 0 && prefixes[0].address.family != FAMILY_6) {
        i          = fill(m, prefixes, 0, count);
        m->count_4 = m->count;
    }
    fill(m, prefixes, i, count);
    return m;
}

void prefix_map_free(struct prefix_map *m)
{
    free(m);
}

int prefix_map_find(const struct prefix_map *m, const struct address *a)
{
    const bool       six   = a->family == FAMILY_6;
    const struct key key   = key_of(a);
    size_t           first = six ? m->count_4 : 0, low = first, high = six ? m->count : m->count_4;

    while (low < high) { /* those below `low` are not behind the address, those from `high` on are */
        size_t middle = low + (high - low) / 2;

        if (is_less(key, m->boundaries[middle].from))
            high = middle;
        else
            low = middle + 1;
    }
    return low > first ? m->boundaries[low - 1].index : PREFIX_NONE;
}
