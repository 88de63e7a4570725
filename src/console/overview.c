/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/overview.h"

#include "base/error.h"

static void sum(void *arg, struct counters_sum *out)
{
    const struct overview *o = arg;

    for (unsigned i = 0; i < o->world_count; i++)
        counters_sum_add(out, &o->worlds[i]->counters);
}

/* Who counts for himself may take a step back (the log, of a line that was written after
 * all); a counter does not. */
static void follow(struct counter *c, uint64_t total)
{
    if (total > counter_read(c))
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

/* Of threads that account for nothing themselves: a difference is what is new. */
static void follow_memory(struct budget *b, enum account_id account, size_t bytes)
{
    budget_move(b, account, (int64_t)bytes - (int64_t)budget_figures(b, account).bytes);
}

static void sample_memory(const struct overview *o, struct counters *shared)
{
    struct budget_figures total;

    if (o->memory == NULL)
        return;
    if (o->log != NULL)
        follow_memory(o->memory, ACCOUNT_LOG, log_writer_memory(o->log));
    if (o->control != NULL)
        follow_memory(o->memory, ACCOUNT_CONTROL, control_memory(o->control));
    total = budget_total(o->memory);
    gauge_set_limit(&shared->memory_bytes, total.limit);
    gauge_set(&shared->memory_bytes, total.high_water); /* its own mark, which no sample can miss */
    gauge_set(&shared->memory_bytes, total.bytes);
    gauge_set(&shared->memory_level, (uint64_t)budget_level(o->memory));
}

static void sample(void *arg, struct counters *shared)
{
    const struct overview *o = arg;

    gauge_set_limit(&shared->bindings, location_limit(o->shared->location));
    gauge_set(&shared->bindings, location_count(o->shared->location));
    if (o->shared->attempts != NULL)
        gauge_set(&shared->auth_held, attempts_held(o->shared->attempts, world_now(o->worlds[0])));
    gauge_set(&shared->users, users_count(o->shared->users));
    gauge_set_limit(&shared->users_cached, (uint64_t)o->shared->config->user_cache);
    gauge_set(&shared->users_cached, user_cache_count(users_cache(o->shared->users)));
    sample_store(o, shared);
    sample_log(o, shared);
    sample_memory(o, shared);
}

struct numbers_source overview_source(struct overview *o)
{
    return (struct numbers_source){ sum, sample, o };
}

void overview_forget_high(const struct overview *o)
{
    for (unsigned i = 0; i < o->world_count; i++)
        counters_forget_high(&o->worlds[i]->counters);
    if (o->memory != NULL)
        budget_forget_high(o->memory);
    store_forget_high(o->store);
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

static double percent_of(uint64_t bytes, uint64_t limit)
{
    uint64_t tenths = bytes * 1000 / limit;

    return (double)tenths / 10;
}

static json_t *account_to_json(const struct budget_figures *f, uint64_t limit)
{
    return json_pack("{s:I,s:I,s:f}", "bytes", (json_int_t)f->bytes, "high", (json_int_t)f->high_water, "percent",
                     percent_of(f->bytes, limit));
}

json_t *overview_memory_to_json(const struct overview *o)
{
    static const char *const levels[] = { "normal", "high", "critical" };
    struct budget_figures    total;
    json_t                  *accounts;

    if (o->memory == NULL)
        return json_null();
    total    = budget_total(o->memory);
    accounts = json_object();
    for (unsigned i = 0; i < budget_count(o->memory); i++) {
        struct budget_figures f = budget_figures(o->memory, i);

        json_object_set_new(accounts, f.name, account_to_json(&f, total.limit));
    }
    return json_pack("{s:s,s:{s:I,s:I,s:I,s:f,s:I},s:o}", "level", levels[budget_level(o->memory)], "total", "bytes",
                     (json_int_t)total.bytes, "limit", (json_int_t)total.limit, "high", (json_int_t)total.high_water,
                     "percent", percent_of(total.bytes, total.limit), "refused", (json_int_t)total.refused, "accounts",
                     accounts);
}
