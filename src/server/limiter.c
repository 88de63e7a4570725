/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/limiter.h"

#include "base/siphash.h"
#include "server/crowd.h"

#include <stdlib.h>

enum { NETWORK = 8, /* bytes of an address that count; more than IPv4 has */ SAY_AGAIN = 1000, US = 1000 };

struct bucket {
    struct crowd_entry entry;
    uint64_t           empty_until; /* microseconds */
    msec               silent_until;
};

struct limiter {
    struct hash_key key;
    struct crowd   *buckets;
    struct budget  *budget;
};

static const struct bucket *bucket_of(const struct crowd_entry *e)
{
    return (const struct bucket *)(const void *)e;
}

static bool is_over(const struct crowd_entry *e, msec now, const void *arg)
{
    (void)arg;
    return bucket_of(e)->empty_until <= now * US && bucket_of(e)->silent_until <= now;
}

static bool is_weaker(const struct crowd_entry *e, const struct crowd_entry *than)
{
    return bucket_of(e)->empty_until < bucket_of(than)->empty_until;
}

struct limiter *limiter_new(const struct random *random)
{
    static const struct crowd_kind kind = { sizeof(struct bucket), is_over, is_weaker };
    struct limiter                *l    = calloc(1, sizeof *l);

    if (l == NULL)
        return NULL;
    random_fill(random, &l->key, sizeof l->key);
    l->buckets = crowd_new(&kind, NULL, LIMITER_BUCKETS);
    if (l->buckets == NULL) {
        free(l);
        return NULL;
    }
    return l;
}

void limiter_account(struct limiter *l, struct budget *b)
{
    l->budget = b;
    budget_move(b, ACCOUNT_LIMITS, (int64_t)crowd_size(l->buckets));
}

void limiter_free(struct limiter *l)
{
    if (l == NULL)
        return;
    if (l->budget != NULL)
        budget_move(l->budget, ACCOUNT_LIMITS, -(int64_t)crowd_size(l->buckets));
    crowd_free(l->buckets);
    free(l);
}

static uint64_t hash_of(const struct limiter *l, const struct limit_rule *rule, const struct limited *who)
{
    uint64_t words[4] = { rule->key }; /* those of the source, the domain, the name: 0 if there is none */
    uint64_t hash;

    if (who->source != NULL)
        memcpy(&words[1], who->source->ip, NETWORK);
    if (who->name.len > 0) {
        words[2] = siphash13(&l->key, who->domain);
        words[3] = siphash13(&l->key, who->name);
    }
    hash = siphash13_words(&l->key, words, sizeof words / sizeof *words);
    return hash != 0 ? hash : 1;
}

static struct limiter_taken take(struct bucket *b, const struct limit_rule *rule, unsigned most, msec now)
{
    uint64_t at = now * US, from = b->empty_until > at ? b->empty_until : at;
    uint64_t end = at + rule->burst * rule->interval, room = end > from ? (end - from) / rule->interval : 0;

    if (room > 0) {
        room           = room < most ? room : most;
        b->empty_until = from + room * rule->interval;
        return (struct limiter_taken){ LIMITER_PASSES, (unsigned)room, b->empty_until };
    }
    if (now < b->silent_until)
        return (struct limiter_taken){ LIMITER_SAYS_NOTHING, 0, 0 };
    b->silent_until = now + SAY_AGAIN;
    return (struct limiter_taken){ LIMITER_SAYS_NO, 0, 0 };
}

struct limiter_taken limiter_take_some(struct limiter *l, const struct limit_rule *rule, const struct limited *who,
                                       unsigned most, msec now)
{
    const uint64_t       hash = hash_of(l, rule, who);
    struct limiter_taken taken;

    crowd_lock(l->buckets, hash);
    taken = take(crowd_take(l->buckets, hash, now), rule, most, now);
    crowd_unlock(l->buckets, hash);
    return taken;
}

enum limiter_verdict limiter_take(struct limiter *l, const struct limit_rule *rule, const struct limited *who, msec now)
{
    return limiter_take_some(l, rule, who, 1, now).verdict;
}

/* The bucket empties from the front, and they are at the end of what was in it when they were taken. */
void limiter_give_back(struct limiter *l, const struct limit_rule *rule, const struct limited *who,
                       const struct limiter_taken *taken, msec now)
{
    const uint64_t at = now * US, left = taken->until > at ? taken->until - at : 0, all = taken->count * rule->interval;
    const uint64_t hash = hash_of(l, rule, who), back = all < left ? all : left;
    struct bucket *b;

    if (back == 0)
        return;
    crowd_lock(l->buckets, hash);
    b = crowd_find(l->buckets, hash, now);
    if (b != NULL)
        b->empty_until -= back < b->empty_until ? back : b->empty_until;
    crowd_unlock(l->buckets, hash);
}
