/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/counters.h"

const struct counter_entry counter_table[COUNTERS] = {
#define COUNTER(name, part, unit, help) { #name, part, unit, help },
#define GAUGE(name, part, unit, help)
#include "base/counters.def"
#undef COUNTER
#undef GAUGE
};

const struct counter_entry gauge_table[GAUGES] = {
#define COUNTER(name, part, unit, help)
#define GAUGE(name, part, unit, help) { #name, part, unit, help },
#include "base/counters.def"
#undef COUNTER
#undef GAUGE
};

static void gauge_sum_add(struct gauge_sum *sum, const struct gauge *g)
{
    uint64_t value = gauge_read(g);
    uint64_t high  = atomic_load_explicit(&g->high, memory_order_relaxed);
    uint64_t limit = atomic_load_explicit(&g->limit, memory_order_relaxed);
    unsigned full;

    if (high < value) /* the two were not read in the same instant */
        high = value;
    sum->value += value;
    sum->high += high;
    sum->limit += limit;
    full = limit == 0 ? 0 : (unsigned)(1000.0 * (double)high / (double)limit);
    if (full > sum->fullest)
        sum->fullest = full;
}

void counters_sum_add(struct counters_sum *sum, const struct counters *c)
{
#define COUNTER(name, part, unit, help) sum->counters[COUNTER_##name] += counter_read(&c->name);
#define GAUGE(name, part, unit, help)   gauge_sum_add(&sum->gauges[GAUGE_##name], &c->name);
#include "base/counters.def"
#undef COUNTER
#undef GAUGE
}

void counters_restore(struct counters *c, const struct counters_sum *was)
{
#define COUNTER(name, part, unit, help)                                                                                \
    atomic_store_explicit(&c->name.n, was->counters[COUNTER_##name], memory_order_relaxed);
#define GAUGE(name, part, unit, help)
#include "base/counters.def"
#undef COUNTER
#undef GAUGE
}

/* The worker may raise a mark at the same time; if that is lost, its next
 * gauge_set, or the reader, makes it good. */
static void forget(struct gauge *g)
{
    atomic_store_explicit(&g->high, gauge_read(g), memory_order_relaxed);
}

void counters_forget_high(struct counters *c)
{
#define COUNTER(name, part, unit, help)
#define GAUGE(name, part, unit, help) forget(&c->name);
#include "base/counters.def"
#undef COUNTER
#undef GAUGE
}
