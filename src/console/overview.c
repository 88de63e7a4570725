/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/overview.h"

#include "base/error.h"

static void sum(void *arg, struct counters_sum *out)
{
    const struct overview *o = arg;

    for (unsigned i = 0; i < o->world_count; i++)
        counters_sum_add(out, &o->worlds[i]->counters);
}

/* The store counts for itself: a difference is what is new. */
static void follow(struct counter *c, uint64_t total)
{
    counter_add(c, total - counter_read(c));
}

static void sample_store(const struct overview *o, struct counters *shared)
{
    struct store_stats stats;

    store_stats(o->store, world_now(o->worlds[0]), &stats);
    follow(&shared->store_commits, stats.commits);
    follow(&shared->store_changes, stats.committed);
    follow(&shared->store_retries, stats.failures);
    follow(&shared->store_refused, stats.refused);
    gauge_set_limit(&shared->store_queue, stats.limit);
    gauge_set(&shared->store_queue, stats.high); /* its own mark, which no sample can miss */
    gauge_set(&shared->store_queue, stats.queued);
    gauge_set(&shared->store_queue_age_seconds, stats.oldest / 1000);
}

static void sample_log(const struct overview *o, struct counters *shared)
{
    struct log_writer_counts counts;

    if (o->log == NULL)
        return;
    counts = log_writer_count(o->log);
    follow(&shared->log_lines, counts.written);
    follow(&shared->log_lines_dropped, counts.dropped);
    follow(&shared->log_lines_lost, counts.lost);
}

static void sample(void *arg, struct counters *shared)
{
    const struct overview *o = arg;

    gauge_set_limit(&shared->bindings, o->shared->config->max_bindings);
    gauge_set(&shared->bindings, location_count(o->shared->location));
    gauge_set(&shared->users, users_count(o->shared->users));
    sample_store(o, shared);
    sample_log(o, shared);
}

struct numbers_source overview_source(struct overview *o)
{
    return (struct numbers_source){ sum, sample, o };
}

void overview_forget_high(const struct overview *o)
{
    for (unsigned i = 0; i < o->world_count; i++)
        counters_forget_high(&o->worlds[i]->counters);
}

static json_t *error_to_json(int error)
{
    return error == 0 ? json_null() : json_pack("{s:s,s:s}", "error", error_name(error), "message", error_text(error));
}

json_t *overview_store_to_json(const struct overview *o)
{
    struct store_stats s;

    store_stats(o->store, world_now(o->worlds[0]), &s);
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o}", "queued", (json_int_t)s.queued, "limit",
                     (json_int_t)s.limit, "high", (json_int_t)s.high, "oldest_msec", (json_int_t)s.oldest, "committed",
                     (json_int_t)s.committed, "commits", (json_int_t)s.commits, "failures", (json_int_t)s.failures,
                     "refused", (json_int_t)s.refused, "error", error_to_json(s.error), "last_error",
                     error_to_json(s.last_error));
}
