/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/abuse_rules.h"

#include "base/siphash.h"
#include "server/rate.h"

#include <stdlib.h>

enum { BURST_SECONDS = 10, PEER_PART = 10, PEER_LEAST = 1024, KNOWN_PART = 10, SECOND_US = 1000000 };

static int compare(const void *a, const void *b)
{
    return prefix_compare(a, b);
}

/* In order, each once. */
static size_t sort(struct prefix *all, size_t count)
{
    size_t kept = 0;

    qsort(all, count, sizeof *all, compare);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || prefix_compare(&all[kept - 1], &all[i]) != 0)
            all[kept++] = all[i];
    return kept;
}

static bool take_allowed(struct abuse_rules *r, const struct config_list *list)
{
    r->allowed = calloc(list->count + 1, sizeof *r->allowed);
    if (r->allowed == NULL)
        return false;
    for (size_t i = 0; i < list->count; i++)
        r->allowed_count += prefix_parse(list->texts[i], &r->allowed[r->allowed_count]);
    r->allowed_count = sort(r->allowed, r->allowed_count);
    r->allowed_map   = prefix_map_new(r->allowed, r->allowed_count);
    return r->allowed_map != NULL;
}

static uint32_t methods_of(const struct config_list *names)
{
    uint32_t set = 0;

    for (size_t i = 0; i < names->count; i++)
        set |= UINT32_C(1) << method_parse(names->texts[i]); /* "other" is METHOD_OTHER */
    return set;
}

static enum limit_per per_of(struct slice word)
{
    if (slice_eq(word, SLICE("user")))
        return PER_USER;
    return slice_eq(word, SLICE("trunk")) ? PER_TRUNK : PER_SOURCE;
}

static enum limit_answer answer_of(struct slice word)
{
    if (slice_eq(word, SLICE("403")))
        return LIMIT_SAY_403;
    return slice_eq(word, SLICE("drop")) ? LIMIT_DROP : LIMIT_SAY_503;
}

/* What goes with it is made a key of its own later. */
static uint64_t key_of(struct slice name)
{
    static const struct hash_key none;

    return siphash(&none, name);
}

static uint64_t burst_of(const struct config_limit *l, uint64_t interval)
{
    uint64_t ten_seconds = (uint64_t)BURST_SECONDS * SECOND_US / interval;

    if (l->burst > 0)
        return l->burst;
    return ten_seconds > 0 ? ten_seconds : 1;
}

static struct limit_rule rule_of(const struct config_limit *l)
{
    struct rate       rate;
    struct limit_rule rule = { .name    = l->name,
                               .key     = key_of(l->name),
                               .methods = methods_of(&l->method),
                               .per     = per_of(l->per),
                               .answer  = answer_of(l->answer) };

    (void)rate_parse(l->rate, &rate); /* the configuration was checked */
    rule.interval = rate_interval(&rate);
    rule.burst    = burst_of(l, rule.interval);
    return rule;
}

static void take_source(struct abuse_rules *r, const struct config *c)
{
    const struct limit_rule rule = { .name     = SLICE("source_rate"),
                                     .key      = 0,
                                     .per      = PER_SOURCE,
                                     .interval = (uint64_t)SECOND_US / c->source_rate,
                                     .burst    = c->source_burst };

    r->of_source                = &r->limits[r->limit_count];
    r->limits[r->limit_count++] = rule;
    r->known                    = rule;
    r->known.key                = 1;
    r->known.interval           = rule.interval * KNOWN_PART;
    r->known.burst              = rule.burst / KNOWN_PART > 0 ? rule.burst / KNOWN_PART : 1;
}

static bool take_limits(struct abuse_rules *r, const struct config *c)
{
    r->limits = calloc(c->limit_count + 1, sizeof *r->limits);
    if (r->limits == NULL)
        return false;
    if (c->source_rate > 0)
        take_source(r, c);
    for (size_t i = 0; i < c->limit_count; i++)
        r->limits[r->limit_count++] = rule_of(&c->limits[i]);
    for (size_t i = 0; i < r->limit_count; i++)
        r->pers |= 1U << r->limits[i].per;
    return true;
}

struct abuse_rules *abuse_rules_new(const struct config *c)
{
    struct abuse_rules *r = calloc(1, sizeof *r);

    if (r == NULL)
        return NULL;
    if (!take_allowed(r, &c->allow) || !take_limits(r, c)) {
        abuse_rules_free(r);
        return NULL;
    }
    r->peer_transactions = c->max_peer_transactions;
    if (r->peer_transactions == 0)
        r->peer_transactions = c->max_server_transactions / PEER_PART;
    if (c->max_peer_transactions == 0 && r->peer_transactions < PEER_LEAST)
        r->peer_transactions = PEER_LEAST;
    return r;
}

void abuse_rules_free(struct abuse_rules *r)
{
    if (r == NULL)
        return;
    prefix_map_free(r->allowed_map);
    free(r->allowed);
    free(r->limits);
    free(r);
}

bool abuse_allows(const struct abuse_rules *r, const struct address *source)
{
    return prefix_map_find(r->allowed_map, source) != PREFIX_NONE;
}
