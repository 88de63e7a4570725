/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/numbers.h"

#include <stdlib.h>

enum { PERIOD = 1000 /* ms */, SAMPLES = 12 };

struct sample {
    msec     at;
    uint64_t counters[COUNTERS];
};

struct numbers {
    struct world         *world;
    struct numbers_source source;
    struct timer          timer;
    struct counters       shared; /* gauges that no single worker knows */
    struct sample         first;  /* when it began                      */
    struct sample         samples[SAMPLES];
    unsigned              next, count;
};

static void take_sample(struct numbers *n, struct sample *s)
{
    struct counters_sum sum;

    numbers_sum(n, &sum);
    s->at = world_now(n->world);
    memcpy(s->counters, sum.counters, sizeof s->counters);
}

static void on_timer(struct timer *timer, msec now)
{
    struct numbers *n = CONTAINER_OF(timer, struct numbers, timer);

    n->source.sample(n->source.arg, &n->shared);
    take_sample(n, &n->samples[n->next]);
    n->next = (n->next + 1) % SAMPLES;
    n->count += n->count < SAMPLES;
    world_timer(n->world, &n->timer, on_timer, now + PERIOD);
}

struct numbers *numbers_new(struct world *world, const struct numbers_source *source)
{
    struct numbers *n = calloc(1, sizeof *n);

    if (n == NULL)
        return NULL;
    n->world  = world;
    n->source = *source;
    source->sample(source->arg, &n->shared);
    take_sample(n, &n->first);
    world_timer(world, &n->timer, on_timer, world_now(world) + PERIOD);
    return n;
}

void numbers_free(struct numbers *n)
{
    if (n == NULL)
        return;
    world_timer_stop(n->world, &n->timer);
    free(n);
}

void numbers_sum(const struct numbers *n, struct counters_sum *sum)
{
    *sum = (struct counters_sum){ 0 };
    n->source.sum(n->source.arg, sum);
    counters_sum_add(sum, &n->shared);
}

void numbers_forget_high(struct numbers *n)
{
    counters_forget_high(&n->shared);
}

/* The youngest sample that is at least so old, else the oldest there is. */
static const struct sample *sample_before(const struct numbers *n, msec age)
{
    const struct sample *best = &n->first;

    for (unsigned i = 0; i < n->count; i++) {
        const struct sample *s = &n->samples[(n->next + SAMPLES - 1 - i) % SAMPLES];

        best = s;
        if (s->at + age <= world_now(n->world))
            return best;
    }
    return n->count < SAMPLES ? &n->first : best;
}

void numbers_rates(struct numbers *n, enum numbers_span span, double rates[COUNTERS])
{
    static const msec    spans[NUMBERS_SPANS] = { [NUMBERS_1S] = 1000, [NUMBERS_10S] = 10000 };
    const struct sample *from                 = span == NUMBERS_ALL ? &n->first : sample_before(n, spans[span]);
    struct sample        now;
    double               seconds;

    take_sample(n, &now);
    seconds = (double)(now.at - from->at) / 1000;
    for (size_t i = 0; i < COUNTERS; i++)
        rates[i] = seconds > 0 ? (double)(now.counters[i] - from->counters[i]) / seconds : 0;
}

static json_t *counters_to_json(const struct counters_sum *sum)
{
    json_t *counters = json_object();

    for (size_t i = 0; i < COUNTERS; i++)
        json_object_set_new(counters, counter_table[i].name, json_integer((json_int_t)sum->counters[i]));
    return counters;
}

static json_t *rates_to_json(struct numbers *n)
{
    double  rates[NUMBERS_SPANS][COUNTERS];
    json_t *all = json_object();

    for (int span = 0; span < NUMBERS_SPANS; span++)
        numbers_rates(n, (enum numbers_span)span, rates[span]);
    for (size_t i = 0; i < COUNTERS; i++)
        json_object_set_new(all, counter_table[i].name,
                            json_pack("{s:f,s:f,s:f}", "1s", rates[NUMBERS_1S][i], "10s", rates[NUMBERS_10S][i], "all",
                                      rates[NUMBERS_ALL][i]));
    return all;
}

static json_t *gauges_to_json(const struct counters_sum *sum)
{
    json_t *gauges = json_object();

    for (size_t i = 0; i < GAUGES; i++) {
        const struct gauge_sum *g = &sum->gauges[i];

        json_object_set_new(gauges, gauge_table[i].name,
                            json_pack("{s:I,s:I,s:o,s:i}", "value", (json_int_t)g->value, "high", (json_int_t)g->high,
                                      "limit", g->limit == 0 ? json_null() : json_integer((json_int_t)g->limit), "full",
                                      (int)g->fullest));
    }
    return gauges;
}

json_t *numbers_to_json(struct numbers *n)
{
    struct counters_sum sum;

    n->source.sample(n->source.arg, &n->shared);
    numbers_sum(n, &sum);
    return json_pack("{s:o,s:o,s:o}", "counters", counters_to_json(&sum), "rates", rates_to_json(n), "gauges",
                     gauges_to_json(&sum));
}
