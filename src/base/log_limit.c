/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log_limit.h"

void log_limit_init(struct log_limit *l, const struct hash_key *key)
{
    memset(l, 0, sizeof *l);
    l->key = *key;
}

static uint64_t hash_of(const struct log_limit *l, const struct address *source)
{
    enum { NETWORK_6 = 8 };
    uint64_t hash = siphash13(&l->key, (struct slice){ (const char *)source->ip, NETWORK_6 });

    return hash != 0 ? hash : 1;
}

/* The source's entry, or the one of its set that was silent for longest. */
static struct log_limit_entry *entry_of(struct log_limit *l, uint64_t source)
{
    struct log_limit_entry *set  = l->entries[source % LOG_LIMIT_SETS];
    struct log_limit_entry *best = &set[0];

    for (unsigned i = 0; i < LOG_LIMIT_WAYS; i++) {
        if (set[i].source == source)
            return &set[i];
        if (set[i].source == 0 || (best->source != 0 && set[i].second < best->second))
            best = &set[i];
    }
    l->suppressed += best->suppressed;
    *best = (struct log_limit_entry){ .source = source };
    return best;
}

bool log_limit_pass(struct log_limit *l, const struct address *source, msec now, struct log_debt *debt)
{
    struct log_limit_entry *e      = entry_of(l, hash_of(l, source));
    msec                    second = now / 1000 + 1; /* 0 is before all */

    if (e->second != second) {
        e->second = second;
        e->lines  = 0;
    }
    if (l->second != second) {
        l->second = second;
        l->lines  = 0;
    }
    if (e->lines >= LOG_LINES_PER_SOURCE || l->lines >= LOG_LINES_OF_STRANGERS) {
        e->suppressed++;
        return false;
    }
    e->lines++;
    l->lines++;
    *debt         = (struct log_debt){ e->suppressed, l->suppressed };
    e->suppressed = 0;
    l->suppressed = 0;
    return true;
}

void log_debt_put(struct log_line *line, const struct log_debt *debt)
{
    if (debt->own > 0)
        log_number(line, "suppressed", (int64_t)debt->own);
    if (debt->others > 0)
        log_number(line, "suppressed_others", (int64_t)debt->others);
}
