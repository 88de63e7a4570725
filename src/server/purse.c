/* SPDX-License-Identifier: BSD-2-Clause */
/* A request that is in the purse costs 40 instructions instead of 300, of which a mutex and a keyed hash were most, and
 * no line of memory that another core writes to. */
#include "server/purse.h"

static const uint64_t SPREAD = UINT64_C(0x9e3779b97f4a7c15);

/* Who chooses his address so that he meets somebody else here gains nothing: both take from the buckets then. */
static struct purse_slot *slot_of(struct purse *p, uint64_t network, uint64_t rule)
{
    return &p->slots[((network ^ rule * SPREAD) * SPREAD >> 32) % PURSE_SLOTS];
}

static uint64_t network_of(const struct address *a)
{
    uint64_t network;

    memcpy(&network, a->ip, sizeof network);
    return network;
}

/* What its owner has not needed. */
static void give_back(const struct purse_slot *slot, struct limiter *l, msec now)
{
    const struct limit_rule    rule   = { .key = slot->rule, .interval = slot->interval };
    const struct limiter_taken rest   = { .count = slot->left, .until = slot->forgotten };
    struct address             source = { .family = FAMILY_NONE };
    const struct limited       who    = { .source = &source };

    if (slot->left == 0)
        return;
    memcpy(source.ip, &slot->network, sizeof slot->network);
    limiter_give_back(l, &rule, &who, &rest, now);
}

/* Twice as many as the last time if those were used up before their time. */
static uint32_t next_batch(const struct purse_slot *slot, bool his, const struct limit_rule *rule, msec now)
{
    const uint64_t most = rule->burst / PURSE_PART;

    if (!his || now >= slot->until || slot->batch == 0 || most < 2)
        return 1;
    return 2 * (uint64_t)slot->batch < most ? 2 * slot->batch : (uint32_t)most;
}

static enum limiter_verdict refill(struct purse_slot *slot, struct limiter *l, const struct limit_rule *rule,
                                   const struct address *source, msec now)
{
    const struct limited who     = { .source = source };
    const uint64_t       network = network_of(source);
    const bool           his     = slot->network == network && slot->rule == rule->key;
    const uint32_t       batch   = next_batch(slot, his, rule, now);
    struct limiter_taken taken;

    give_back(slot, l, now);
    taken = limiter_take_some(l, rule, &who, batch, now);
    *slot = (struct purse_slot){ .network   = network,
                                 .rule      = rule->key,
                                 .interval  = rule->interval,
                                 .left      = taken.count > 0 ? taken.count - 1 : 0,
                                 .batch     = batch,
                                 .until     = now + PURSE_TIME,
                                 .forgotten = taken.until };
    return taken.verdict;
}

enum limiter_verdict purse_take(struct purse *p, struct limiter *l, const struct limit_rule *rule,
                                const struct address *source, msec now)
{
    const uint64_t     network = network_of(source);
    struct purse_slot *slot    = slot_of(p, network, rule->key);

    if (slot->left == 0 || slot->network != network || slot->rule != rule->key || now >= slot->until)
        return refill(slot, l, rule, source, now);
    slot->left--;
    return LIMITER_PASSES;
}
