/* SPDX-License-Identifier: BSD-2-Clause */
/* What of a service changes while it runs: its certificates, and its part of another configuration. */
#include "console/service_private.h"

#include "base/error.h"
#include "console/log_writer.h"
#include "server/server.h"

#include <stdio.h>

/* ---- certificates ---- */

/* Who has to look at a fingerprint, finds it in the log, too. */
static void log_self_signed(const struct service *v)
{
    const struct self_signed *self = shared_self_signed(v->shared);
    struct log_line           l;

    if (self == NULL || !log_begin(&l, v->worlds[0]->log, self->is_in_memory ? LOG_WARNING : LOG_NOTICE,
                                   LOG_PART_PROCESS, "certificate_self_signed"))
        return;
    log_text(&l, "sha256", self->fingerprint);
    log_text(&l, "file", self->is_in_memory ? "" : self->file);
    log_text(&l, "problem", self->problem);
    log_end(&l);
}

/* The old ones stay if the new ones are no good. */
static int read_certificates(void *arg, char *problem, size_t problem_size)
{
    struct service *v   = arg;
    struct log     *log = v->worlds[0]->log;
    struct log_line l;
    int error = shared_reload_certificates(v->shared, world_wall(v->worlds[0]) / 1000, problem, problem_size);

    if (log_begin(&l, log, error == 0 ? LOG_NOTICE : LOG_ERROR, LOG_PART_PROCESS,
                  error == 0 ? "certificates_read" : "certificates_not_read")) {
        log_text(&l, "problem", error == 0 ? "" : problem);
        log_end(&l);
    }
    return error;
}

int service_reload_certificates(void *arg, char *problem, size_t problem_size)
{
    struct service *v     = arg;
    int             error = read_certificates(v, problem, problem_size);

    if (error == 0 && v->watch.world != NULL)
        cert_watch_look(&v->watch);
    return error;
}

static void renew(void *arg)
{
    char problem[1024];

    (void)read_certificates(arg, problem, sizeof problem); /* it is in the log */
}

/* The servers borrow them; the state folder is there. */
int service_open_certificates(struct service *v, const struct problem *p)
{
    int error = shared_reload_certificates(v->shared, world_wall(v->worlds[0]) / 1000, p->text, p->size);

    if (error != 0)
        return error;
    log_self_signed(v);
    cert_watch_begin(&v->watch, v->worlds[0], v->shared->tls, renew, v);
    return 0;
}

/* ---- metrics ---- */

static int start_metrics(struct service *v, const struct config *config, struct metrics **out, char *problem,
                         size_t problem_size)
{
    struct prometheus_facts facts = { AHOY_VERSION, v->overview.world_count, v->admin.started_at, &v->budget,
                                      v->shared->tls };
    struct address          address;

    if (config->metrics.len == 0)
        return 0;
    if (!address_parse(config->metrics, &address)) { /* the configuration was checked */
        snprintf(problem, problem_size, "%s", error_text(ERR_SYNTAX));
        return -ERR_SYNTAX;
    }
    return metrics_start(&address, v->numbers, &facts, out, problem, problem_size);
}

int service_open_metrics(struct service *v, const struct problem *p)
{
    return start_metrics(v, v->config, &v->metrics, p->text, p->size);
}

/* ---- another configuration ---- */

static bool has_other_metrics(const struct service *v, const struct config *next)
{
    return !slice_eq(next->metrics, v->reloading.taken.now->metrics);
}

static int prepare(void *arg, const struct config *next, char *problem, size_t problem_size)
{
    struct service *v = arg;

    v->next_metrics = NULL;
    return has_other_metrics(v, next) ? start_metrics(v, next, &v->next_metrics, problem, problem_size) : 0;
}

static void give_up_next(void *arg)
{
    struct service *v = arg;

    metrics_stop(v->next_metrics);
    v->next_metrics = NULL;
}

static void choose_levels(const struct service *v, const struct config *config, struct log_levels *levels)
{
    config_log_levels(config, levels);
    if (v->setup->levels != NULL)
        v->setup->levels(v->setup->arg, config, levels);
}

/* Unless they differ what `ahoy log level` has said stays. */
static void take_levels(struct service *v, const struct config *next, const struct config *before)
{
    struct log_levels new, old;

    choose_levels(v, next, &new);
    choose_levels(v, before, &old);
    for (int part = 0; part < LOG_PARTS; part++) {
        enum log_level level = log_levels_get(&new, (enum log_part)part);

        if (level != log_levels_get(&old, (enum log_part)part))
            (void)log_levels_set(log_writer_levels(v->log), log_part_name((enum log_part)part), level);
    }
}

static void take_config(void *arg, const struct config *next, const struct config *before)
{
    struct service *v = arg;

    v->admin.config = next;
    take_levels(v, next, before);
    if (!slice_eq(next->metrics, before->metrics)) {
        metrics_stop(v->metrics);
        v->metrics      = v->next_metrics;
        v->next_metrics = NULL;
    }
    if (v->watch.world != NULL)
        cert_watch_look(&v->watch);
}

void service_open_reloading(struct service *v)
{
    static const struct reloading_events events = { prepare, take_config, give_up_next };
    struct reloading                    *r      = &v->reloading;

    r->path          = v->setup->path;
    r->path_may_lack = v->setup->path_may_lack;
    r->shared        = v->shared;
    r->world         = v->worlds[0];
    r->place         = v->place;
    r->events        = &events;
    r->arg           = v;
    r->count         = v->count;
    for (unsigned i = 0; i < v->count; i++)
        r->servers[i] = v->workers[i].server;
    reloading_begin(r, &v->setup->taken);
}

/* It is in the log. */
static void on_hung_up(void *arg, json_t *answer)
{
    struct service *v = arg;

    json_decref(answer);
    if (v->hung_up && !v->closing)
        service_on_hangup(v);
}

void service_on_hangup(void *arg)
{
    struct service                     *v     = arg;
    static const struct reloading_order order = { .path = NULL };

    log_writer_reopen(v->log);
    v->hung_up = reloading_is_busy(&v->reloading);
    if (!v->closing && !v->hung_up)
        reloading_order(&v->reloading, &order, on_hung_up, v);
}

void service_order_reload(void *arg, const struct reloading_order *order, reloading_done_fn *done, void *done_arg)
{
    struct service *v = arg;

    reloading_order(&v->reloading, order, done, done_arg);
}
