/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/route_table.h"

/* " weight=3", each once. */
static bool scan_option(struct scan *s, const char *name, uint32_t max, unsigned *value)
{
    struct scan at = *s;
    uint32_t    number;

    if (!scan_lws(&at) || !scan_word(&at, slice_from(name)) || !scan_byte(&at, '=') ||
        !scan_number(&at, max, &number) || number == 0)
        return false;
    *s     = at;
    *value = number;
    return true;
}

static bool scan_options(struct scan *s, struct table_target *out)
{
    out->weight = out->priority = 0;
    while (!scan_at_end(s)) {
        if (out->weight == 0 && scan_option(s, "weight", ROUTE_WEIGHT, &out->weight))
            continue;
        if (out->priority != 0 || !scan_option(s, "priority", ROUTE_PRIORITY, &out->priority))
            return false;
    }
    out->weight += out->weight == 0;
    out->priority += out->priority == 0;
    return true;
}

bool table_target_parse(struct slice text, struct table_target *out, struct slice *trunk)
{
    struct scan s = scan_from(text), name;
    struct uri  uri;

    *trunk = SLICE("");
    *out   = (struct table_target){ .uri = SLICE("") };
    if (!scan_until(&s, " \t", &out->uri))
        return false;
    name = scan_from(out->uri);
    if (scan_exact(&name, SLICE("trunk:"))) {
        out->uri = SLICE("");
        return scan_token(&name, trunk) && scan_at_end(&name) && scan_options(&s, out);
    }
    return uri_parse(out->uri, &uri) && (uri.scheme == URI_SIP || uri.scheme == URI_SIPS) && uri.host.len > 0 &&
           scan_options(&s, out);
}

/* Round after round another number, the same for the same call. */
static uint64_t throw_dice(const struct hash_key *key, struct slice call_id, unsigned round)
{
    struct siphash h;

    siphash_init(&h, key);
    siphash_add(&h, SLICE("route"));
    siphash_add(&h, call_id);
    siphash_add(&h, (struct slice){ (const char *)&round, sizeof round });
    return siphash_result(&h);
}

/* RFC 2782: of those of the lowest priority that are left (`taken` has a bit for the others), by weight. */
static unsigned choose(const struct table_target *targets, unsigned count, unsigned taken, uint64_t dice)
{
    unsigned lowest = ROUTE_PRIORITY + 1, sum = 0, chosen = 0;
    uint64_t at;

    for (unsigned i = 0; i < count; i++)
        if ((taken >> i & 1) == 0 && targets[i].priority < lowest)
            lowest = targets[i].priority;
    for (unsigned i = 0; i < count; i++)
        if ((taken >> i & 1) == 0 && targets[i].priority == lowest)
            sum += targets[i].weight;
    at = sum > 0 ? dice % sum : 0;
    for (unsigned i = 0; i < count; i++) {
        if ((taken >> i & 1) != 0 || targets[i].priority != lowest)
            continue;
        chosen = i;
        if (at < targets[i].weight)
            break;
        at -= targets[i].weight;
    }
    return chosen;
}

void route_order(const struct table_target *targets, unsigned count, const struct hash_key *key, struct slice call_id,
                 uint8_t order[ROUTE_TARGETS])
{
    unsigned taken = 0;

    for (unsigned round = 0; round < count; round++) {
        unsigned next = choose(targets, count, taken, count > 1 ? throw_dice(key, call_id, round) : 0);

        order[round] = (uint8_t)next;
        taken |= 1U << next;
    }
}
