/* SPDX-License-Identifier: BSD-2-Clause */
/* numbers.h - what all workers have counted, now and lately.
 *
 *     worker 0, 1, ...  struct counters ---sum---> now
 *     each second: a sample of the sums  --------> rates over the last 1 s and 10 s
 *                  gauges of what is shared -----> their high-water marks
 *
 * It sums when asked; only the samples for the rates are kept.  One belongs to one
 * world and its thread, but numbers_sum, which any thread may call. */

#ifndef CONSOLE_NUMBERS_H
#define CONSOLE_NUMBERS_H

#include "net/world.h"

#include <jansson.h>

struct numbers;

struct numbers_source {
    /* Add what each worker has counted.  Called on any thread. */
    void (*sum)(void *arg, struct counters_sum *sum);
    /* Set the gauges that no single worker knows.  Called on the world's thread,
     * each second and before numbers_to_json. */
    void (*sample)(void *arg, struct counters *shared);
    void *arg;
};

/* NULL without memory. */
struct numbers *numbers_new(struct world *world, const struct numbers_source *source);
void            numbers_free(struct numbers *n);

/* Everything counted so far, the shared gauges as they were sampled last. */
void numbers_sum(const struct numbers *n, struct counters_sum *sum);

/* The marks of the shared gauges begin anew. */
void numbers_forget_high(struct numbers *n);

enum numbers_span { NUMBERS_1S, NUMBERS_10S, NUMBERS_ALL, NUMBERS_SPANS };

/* Events per second over the span, or over what has passed if that is less. */
void numbers_rates(struct numbers *n, enum numbers_span span, double rates[COUNTERS]);

/* {"counters": {name: n}, "rates": {name: {"1s", "10s", "all"}},
 *  "gauges": {name: {"value", "high", "limit", "full"}}}: limit null if there is
 * none; full is thousandths of its own limit that the fullest worker has reached.
 * NULL without memory. */
json_t *numbers_to_json(struct numbers *n);

#endif
