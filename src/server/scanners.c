/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/scanners.h"

#include "base/siphash.h"
#include "server/crowd.h"

#include <stdlib.h>

enum {
    NETWORK = 8, /* bytes of an address that count; more than IPv4 has */
    BITS    = 256,
    WORDS   = BITS / 64,
};

/* Kinds that are about users come first. */
static const enum scan_kind USERS_UP_TO = SCAN_GUESSED;

struct record {
    struct crowd_entry entry;
    msec               until;
    unsigned           counts[SCAN_KINDS];
    uint64_t           seen[SCAN_GUESSED + 1][WORDS];
};

struct scanners {
    struct hash_key key;
    struct crowd   *records;
    struct budget  *budget;
};

static const struct record *record_of(const struct crowd_entry *e)
{
    return (const struct record *)(const void *)e;
}

static bool is_over(const struct crowd_entry *e, msec now, const void *arg)
{
    (void)arg;
    return now >= record_of(e)->until;
}

static unsigned weight_of(const struct record *r)
{
    return r->counts[SCAN_UNKNOWN] + r->counts[SCAN_GUESSED] + r->counts[SCAN_REFUSED] + r->counts[SCAN_MALFORMED];
}

static bool is_weaker(const struct crowd_entry *e, const struct crowd_entry *than)
{
    return weight_of(record_of(e)) < weight_of(record_of(than));
}

struct scanners *scanners_new(const struct random *random)
{
    static const struct crowd_kind kind = { sizeof(struct record), is_over, is_weaker };
    struct scanners               *s    = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    random_fill(random, &s->key, sizeof s->key);
    s->records = crowd_new(&kind, NULL, SCANNERS_KEPT);
    if (s->records == NULL) {
        free(s);
        return NULL;
    }
    return s;
}

void scanners_account(struct scanners *s, struct budget *b)
{
    s->budget = b;
    budget_move(b, ACCOUNT_LIMITS, (int64_t)crowd_size(s->records));
}

void scanners_free(struct scanners *s)
{
    if (s == NULL)
        return;
    if (s->budget != NULL)
        budget_move(s->budget, ACCOUNT_LIMITS, -(int64_t)crowd_size(s->records));
    crowd_free(s->records);
    free(s);
}

static uint64_t hash_of(const struct scanners *s, const struct address *source, bool datagram)
{
    struct siphash h;
    const char     how = (char)datagram;
    uint64_t       hash;

    siphash_init(&h, &s->key);
    siphash_add(&h, (struct slice){ (const char *)source->ip, NETWORK });
    siphash_add(&h, (struct slice){ &how, 1 });
    hash = siphash_result(&h);
    return hash != 0 ? hash : 1;
}

/* Is it about somebody whom none before was about? */
static bool is_new(const struct scanners *s, struct record *r, enum scan_kind kind, struct slice what)
{
    uint64_t bit = siphash(&s->key, what) % BITS, mask = UINT64_C(1) << bit % 64;
    bool     seen;

    if (kind > USERS_UP_TO)
        return true;
    seen = (r->seen[kind][bit / 64] & mask) != 0;
    r->seen[kind][bit / 64] |= mask;
    return !seen;
}

static bool note(const struct scanners *s, struct record *r, const struct scan_rules *rules, enum scan_kind kind,
                 struct slice what)
{
    r->counts[kind] += is_new(s, r, kind, what);
    if (r->counts[kind] < rules->limit[kind])
        return false;
    r->counts[kind] = 0;
    if (kind <= USERS_UP_TO)
        memset(r->seen[kind], 0, sizeof r->seen[kind]);
    return true;
}

bool scanners_note(struct scanners *s, const struct scan_rules *rules, const struct address *source, bool datagram,
                   enum scan_kind kind, struct slice what, msec now)
{
    const uint64_t hash = hash_of(s, source, datagram);
    struct record *r;
    bool           reached;

    if (rules->limit[kind] == 0)
        return false;
    crowd_lock(s->records, hash);
    r = crowd_take(s->records, hash, now);
    if (r->until == 0)
        r->until = now + rules->window;
    reached = note(s, r, rules, kind, what);
    crowd_unlock(s->records, hash);
    return reached;
}
