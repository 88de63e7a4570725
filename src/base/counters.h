/* SPDX-License-Identifier: BSD-2-Clause */
/* counters.h - what is counted and measured, by worker (counters.def).
 *
 *     counter_add(&world->counters.requests_sent, 1);
 *     gauge_set(&world->counters.connections, ids.used);
 *
 * Each worker has a struct counters, its world's, and is the only one to write to
 * it: an addition is a plain load and store, no locked instruction.  Any thread may
 * read: a number is never torn, and numbers read together may be some events apart.
 * A reader sums over the workers:
 *
 *     struct counters_sum sum = { 0 };
 *     for (each worker) counters_sum_add(&sum, &worker->counters);
 *
 * A gauge remembers the highest value it had and may have a limit.  In a sum, all
 * three are added up: the high-water mark of the sum is then what the workers
 * would have had together if each was at its highest at the same time, so no less
 * than the true one.  Since every worker has a limit of its own, the sum also says
 * how near the fullest of them came to its own. */

#ifndef BASE_COUNTERS_H
#define BASE_COUNTERS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct counter {
    _Atomic uint64_t n;
};

struct gauge {
    _Atomic uint64_t value, high, limit; /* limit 0: none */
};

struct counters {
#define COUNTER(name, part, unit, help) struct counter name;
#define GAUGE(name, part, unit, help)   struct gauge name;
#include "base/counters.def"
#undef COUNTER
#undef GAUGE
};

enum counter_index {
#define COUNTER(name, part, unit, help) COUNTER_##name,
#define GAUGE(name, part, unit, help)
#include "base/counters.def"
    COUNTERS
#undef COUNTER
#undef GAUGE
};

enum gauge_index {
#define COUNTER(name, part, unit, help)
#define GAUGE(name, part, unit, help) GAUGE_##name,
#include "base/counters.def"
    GAUGES
#undef COUNTER
#undef GAUGE
};

/* One row of the table. */
struct counter_entry {
    const char *name, *part, *unit, *help;
};

/* COUNTERS and GAUGES rows, in the order of counters.def. */
extern const struct counter_entry counter_table[COUNTERS];
extern const struct counter_entry gauge_table[GAUGES];

/* Writer's thread. */
static inline void counter_add(struct counter *c, uint64_t n)
{
    atomic_store_explicit(&c->n, atomic_load_explicit(&c->n, memory_order_relaxed) + n, memory_order_relaxed);
}

/* Writer's thread. */
static inline void gauge_set(struct gauge *g, uint64_t value)
{
    atomic_store_explicit(&g->value, value, memory_order_relaxed);
    if (value > atomic_load_explicit(&g->high, memory_order_relaxed))
        atomic_store_explicit(&g->high, value, memory_order_relaxed);
}

/* Any thread, as are the following. */
static inline uint64_t counter_read(const struct counter *c)
{
    return atomic_load_explicit(&c->n, memory_order_relaxed);
}

static inline uint64_t gauge_read(const struct gauge *g)
{
    return atomic_load_explicit(&g->value, memory_order_relaxed);
}

static inline void gauge_set_limit(struct gauge *g, uint64_t limit)
{
    atomic_store_explicit(&g->limit, limit, memory_order_relaxed);
}

struct gauge_sum {
    uint64_t value, high, limit;
    unsigned fullest; /* thousandths: high of limit, of the worker that came nearest to its own */
};

struct counters_sum {
    uint64_t         counters[COUNTERS];
    struct gauge_sum gauges[GAUGES];
};

void counters_sum_add(struct counters_sum *sum, const struct counters *c);

/* Writer's thread: the counters, though not the gauges, are again what they were when `was`, of this one worker,
 * was read.  For what is only tried. */
void counters_restore(struct counters *c, const struct counters_sum *was);

/* The high-water marks begin anew from the present values. */
void counters_forget_high(struct counters *c);

#endif
