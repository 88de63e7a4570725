/* SPDX-License-Identifier: BSD-2-Clause */
#include "locate/srv.h"

#include "base/limits.h"

bool srv_is_root(struct slice target)
{
    return target.len == 0 || slice_eq(target, SLICE("."));
}

static bool usable(const struct record *r)
{
    return r->type == RECORD_SRV && !srv_is_root(r->target) && r->target.len <= SRV_NAME_MAX && r->port != 0;
}

/* The records that are still to be placed and have the lowest priority of these. */
struct pool {
    uint64_t members; /* one bit for each record */
    uint32_t weights; /* their sum                */
};

static struct pool lowest(const struct record *records, uint64_t left)
{
    struct pool p    = { 0, 0 };
    uint32_t    best = UINT32_MAX;

    for (unsigned i = 0; i < LIMIT_LIST; i++) {
        if ((left >> i & 1) == 0 || records[i].priority > best)
            continue;
        if (records[i].priority < best)
            p = (struct pool){ 0, 0 };
        best = records[i].priority;
        p.members |= (uint64_t)1 << i;
        p.weights += records[i].weight;
    }
    return p;
}

/* "Arrange all SRV RRs ... any order, except that all those with weight 0 are placed at
 * the beginning", then the first whose running sum reaches the lot: so weight 0 wins if
 * the lot is 0, "a very small chance".  `p` has a member. */
static unsigned draw(const struct record *records, struct pool p, const struct random *random)
{
    uint32_t lot     = random_below(random, p.weights + 1);
    uint32_t running = 0;
    unsigned last    = 0;

    for (unsigned heavy = 0; heavy <= 1; heavy++)
        for (unsigned i = 0; i < LIMIT_LIST; i++) {
            if ((p.members >> i & 1) == 0 || (records[i].weight != 0) != heavy)
                continue;
            running += records[i].weight;
            last = i;
            if (running >= lot)
                return i;
        }
    return last;
}

size_t srv_order(const struct record *records, size_t count, const struct random *random, uint8_t *order, size_t room)
{
    uint64_t left = 0;
    size_t   n    = 0;

    for (size_t i = 0; i < count && i < LIMIT_LIST; i++)
        if (usable(&records[i]))
            left |= (uint64_t)1 << i;
    for (; left != 0 && n < room; n++) {
        unsigned next = draw(records, lowest(records, left), random);

        order[n] = (uint8_t)next;
        left &= ~((uint64_t)1 << next);
    }
    return n;
}

bool srv_refuses(const struct record *records, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (records[i].type == RECORD_SRV && srv_is_root(records[i].target))
            return true;
    return false;
}
