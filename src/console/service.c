/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/service.h"

#include "base/error.h"
#include "console/admin.h"
#include "console/cert_watch.h"
#include "console/control.h"
#include "console/drain.h"
#include "console/folder.h"
#include "console/log_writer.h"
#include "console/metrics.h"
#include "console/overview.h"
#include "console/reloading.h"
#include "console/worker.h"
#include "net/entropy.h"
#include "net/name_cache.h"
#include "net/world_uv.h"
#include "process/machine.h"
#include "server/certificates.h"
#include "server/config_check.h"
#include "server/server.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct service {
    const struct service_setup *setup;
    const struct config        *config; /* of the start; what a reload may change is in reloading.taken.now */
    struct log_writer          *log;
    struct budget               budget;
    struct name_cache          *names;
    struct rcu                 *rcu; /* that of shared: this thread has joined */
    struct workers             *all;
    struct shared              *shared;
    struct store               *store;
    struct worker               workers[WORKERS_MAX];
    struct world               *worlds[WORKERS_MAX]; /* of the workers */
    unsigned                    count;               /* of workers that have been opened */
    struct control             *control;
    struct admin                admin;
    struct overview             overview;
    struct numbers             *numbers;
    struct metrics             *metrics;      /* NULL: not configured */
    struct metrics             *next_metrics; /* of a reload that is under way */
    struct reloading            reloading;
    bool                        hung_up; /* SIGHUP came during a reload: once more */
    const struct place         *place;
    struct drain                drain;
    struct cert_watch           watch;   /* of the certificates */
    bool                        closing; /* a signal that comes now is late: what it would speak of goes */
};

/* Where a step of the start says what is wrong. */
struct problem {
    char  *text;
    size_t size;
};

static int fail(const struct problem *p, int error)
{
    snprintf(p->text, p->size, "%s", error_text(error));
    return error;
}

/* ---- the state folder and the store ---- */

static int open_store(struct service *v, const struct problem *p)
{
    char       path[PATH_MAX];
    struct buf b     = BUF_ON(path);
    int        error = folder_make(v->config->state, p->text, p->size);

    if (error != 0)
        return error;
    config_state_path(v->config, &b, "ahoy.db");
    error = store_sqlite_open(buf_cstr(&b), v->config->store_queue, v->config->store_queue_age, &v->store, p->text,
                              p->size);
    if (error == 0)
        store_sqlite_account(v->store, &v->budget);
    if (error == 0 && v->config->digest_userhash) {
        error = store_sqlite_index_names(v->store);
        if (error != 0)
            snprintf(p->text, p->size, "cannot index the names of users in %s (digest_userhash): %s", buf_cstr(&b),
                     error_text(error));
    }
    return error;
}

/* ---- the control socket ---- */

static json_t *listening_to_json(const struct server *server)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < server_listener_count(server); i++) {
        struct flow          flow   = server_listener(server, i);
        struct config_listen listen = { .transport = flow.transport,
                                        .address   = flow.local,
                                        .advertise = server_advertised(server, i) };
        char                 text[CONFIG_LISTEN_TEXT];
        struct buf           b = BUF_ON(text);

        config_listen_write(&b, &listen);
        json_array_append_new(list, json_string(buf_cstr(&b)));
    }
    return list;
}

static json_t *metrics_to_json(const struct metrics *metrics)
{
    struct address address;
    char           text[ADDRESS_TEXT];
    struct buf     b = BUF_ON(text);

    if (metrics == NULL)
        return json_null();
    address = metrics_address(metrics);
    address_write(&b, &address);
    return json_string(buf_cstr(&b));
}

static json_t *taken_to_json(const struct taken *t)
{
    return json_pack("{s:I,s:I,s:s%,s:b}", "number", (json_int_t)t->number, "taken_at", (json_int_t)t->at, "file",
                     t->now->name.ptr, t->now->name.len, "can_undo", t->before != NULL);
}

/* What `ahoy status` shows beyond the numbers. */
static void add_status(void *arg, json_t *status)
{
    struct service *v = arg;

    json_object_set_new(status, "configuration", taken_to_json(&v->reloading.taken));
    json_object_set_new(status, "restarts", json_integer((json_int_t)v->place->child->restarts));
    json_object_set_new(status, "listening", listening_to_json(v->workers[0].server));
    json_object_set_new(status, "metrics", metrics_to_json(v->metrics));
    json_object_set_new(status, "bindings", json_integer((json_int_t)location_count(v->shared->location)));
    json_object_set_new(status, "store", overview_store_to_json(&v->overview));
    json_object_set_new(status, "memory", overview_memory_to_json(&v->overview));
}

static void forget_high(void *arg)
{
    overview_forget_high(&((struct service *)arg)->overview);
}

/* ---- the end ---- */

static size_t count_waiting(void *arg)
{
    const struct service *v     = arg;
    size_t                count = 0;

    for (unsigned i = 0; i < v->count; i++)
        count += gauge_read(&v->worlds[i]->counters.requests_unanswered);
    return count;
}

static void give_up_one(void *server)
{
    server_give_up(server);
}

/* Each on its own thread; one whose queue is full has other worries, and ends anyway. */
static void give_up(void *arg)
{
    struct service *v = arg;

    for (unsigned i = 0; i < v->count; i++)
        (void)v->worlds[i]->ops->post(v->worlds[i], give_up_one, v->workers[i].server);
}

static void on_drained(void *arg)
{
    struct service *v = arg;

    world_uv_stop(v->worlds[0]);
}

static void on_stop(void *arg)
{
    static const struct drain_events events = { count_waiting, give_up, on_drained };
    struct service                  *v      = arg;

    if (v->closing)
        return;
    child_stopping(v->place->child);
    shared_drain(v->shared);
    drain_begin(&v->drain, v->worlds[0], v->config->drain, &events, v);
}

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
static int reload(void *arg, char *problem, size_t problem_size)
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

static int reload_and_look(void *arg, char *problem, size_t problem_size)
{
    struct service *v     = arg;
    int             error = reload(v, problem, problem_size);

    if (error == 0 && v->watch.world != NULL)
        cert_watch_look(&v->watch);
    return error;
}

static void renew(void *arg)
{
    char problem[1024];

    (void)reload(arg, problem, sizeof problem); /* it is in the log */
}

/* The servers borrow them; the state folder is there. */
static int open_certificates(struct service *v, const struct problem *p)
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

static void open_reloading(struct service *v)
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

static void on_hangup(void *arg);

/* It is in the log. */
static void on_hung_up(void *arg, json_t *answer)
{
    struct service *v = arg;

    json_decref(answer);
    if (v->hung_up && !v->closing)
        on_hangup(v);
}

static void on_hangup(void *arg)
{
    struct service                     *v     = arg;
    static const struct reloading_order order = { .path = NULL };

    log_writer_reopen(v->log);
    v->hung_up = reloading_is_busy(&v->reloading);
    if (!v->closing && !v->hung_up)
        reloading_order(&v->reloading, &order, on_hung_up, v);
}

static void order_reload(void *arg, const struct reloading_order *order, reloading_done_fn *done, void *done_arg)
{
    struct service *v = arg;

    reloading_order(&v->reloading, order, done, done_arg);
}

static int open_numbers(struct service *v, const struct problem *p)
{
    struct numbers_source source;

    v->overview = (struct overview){ v->shared, v->store, v->worlds, v->count, v->log, NULL, &v->budget };
    source      = overview_source(&v->overview);
    v->numbers  = numbers_new(v->worlds[0], &source);
    return v->numbers != NULL ? 0 : fail(p, -ERR_NO_MEMORY);
}

static int open_metrics(struct service *v, const struct problem *p)
{
    return start_metrics(v, v->config, &v->metrics, p->text, p->size);
}

/* Where commands such as `ahoy user add` reach us. */
static int open_control(struct service *v, const struct problem *p)
{
    const struct control_method *methods;
    size_t                       count;
    char                         path[PATH_MAX];
    struct buf                   b = BUF_ON(path);
    int                          error;

    v->admin = (struct admin){
        .config      = v->config,
        .users       = v->shared->users,
        .server      = v->workers[0].server,
        .world       = v->worlds[0],
        .numbers     = v->numbers,
        .levels      = log_writer_levels(v->log),
        .forget_high = forget_high,
        .add_status  = add_status,
        .reload      = reload_and_look,
        .order       = order_reload,
        .stop        = on_stop,
        .arg         = v,
        .tls         = v->shared->tls,
        .memory      = &v->budget,
        .workers     = v->overview.world_count,
        .started_at  = world_wall(v->worlds[0]),
    };
    methods = admin_methods(&count);
    config_state_path(v->config, &b, "control.sock");
    error = control_start(v->worlds[0], buf_cstr(&b), methods, count, &v->admin, v->config->control_clients,
                          &v->control, p->text, p->size);
    v->overview.control = v->control;
    return error;
}

/* ---- start ---- */

/* Half of it unless said otherwise: what is accounted for is not all that a process
 * takes, and it is not alone on the machine. */
static uint64_t memory_limit(const struct config *c)
{
    enum { MIB = 1024 * 1024 };

    return c->memory > 0 ? (uint64_t)c->memory * MIB : machine_memory(NULL) / 2;
}

static int open_names(struct service *v, const struct problem *p)
{
    struct entropy entropy;
    struct random  random = { entropy_fill, &entropy };

    if (entropy_init(&entropy))
        v->names = name_cache_new(v->config->dns_cache, &random, &v->budget);
    return v->names != NULL ? 0 : fail(p, -ERR_NO_MEMORY);
}

static int open_workers(struct service *v, const struct problem *p)
{
    struct common common = { v->log, &v->budget, NULL, v->place };
    unsigned      wanted = workers_wanted(v->config);
    int           error;

    accounts_init(&v->budget, memory_limit(v->config));
    error        = open_names(v, p);
    common.names = v->names;
    while (error == 0 && v->count < wanted) {
        struct worker *w = &v->workers[v->count];

        error               = worker_open(w, v->count, v->config, &common, p->text, p->size);
        v->worlds[v->count] = w->world;
        v->count++; /* closed with the others, whatever became of it */
    }
    return error;
}

/* This thread is the first worker's, and the one that makes and frees everything. */
static int open_shared(struct service *v)
{
    v->all = workers_new(v->count, &v->worlds[0]->random);
    if (v->all != NULL)
        workers_account(v->all, &v->budget);
    v->shared = v->all != NULL ? shared_new(v->worlds[0], v->config, rcu_threads_new(), v->all) : NULL;
    if (v->shared == NULL)
        return -ERR_NO_MEMORY;
    v->rcu = v->shared->rcu;
    rcu_join(v->rcu);
    return 0;
}

static int open_servers(struct service *v, const struct problem *p)
{
    int error = open_shared(v);

    if (error != 0)
        return fail(p, error);
    error = open_certificates(v, p);
    if (error != 0)
        return error;
    for (unsigned i = 0; error == 0 && i < v->count; i++)
        error = worker_make_server(&v->workers[i], v->shared);
    return error == 0 ? 0 : fail(p, error);
}

/* The others listen where the first one does. */
static int start_servers(struct service *v, const struct problem *p)
{
    const struct server *first = NULL;
    int                  error = shared_load(v->shared, v->worlds[0], v->store, p->text, p->size);

    for (unsigned i = 0; error == 0 && i < v->count; i++) {
        error = server_start(v->workers[i].server, first, p->text, p->size);
        first = v->workers[0].server;
    }
    return error;
}

static int start(struct service *v, const struct problem *p)
{
    char           damaged[512] = "";
    struct problem at_start     = { damaged, sizeof damaged };
    int            error        = open_workers(v, p);

    if (error == 0) {
        error = open_store(v, &at_start); /* its lock guards the whole state folder */
        snprintf(p->text, p->size, "%s", damaged);
    }
    if (error == 0)
        error = open_servers(v, p);
    if (error == 0)
        error = start_servers(v, p);
    if (error == 0) {
        open_reloading(v);
        error = open_numbers(v, p);
    }
    if (error == 0)
        error = open_control(v, p);
    if (error == 0)
        error = open_metrics(v, p);
    if (error == 0) /* a store that was damaged, and a new one begun */
        snprintf(p->text, p->size, "%s", damaged);
    return error;
}

int service_open(const struct service_setup *setup, struct log_writer *log, const struct place *place,
                 struct service **out, char *problem, size_t problem_size)
{
    struct service *v = calloc(1, sizeof *v);
    struct problem  p = { problem, problem_size };
    int             error;

    problem[0] = '\0';
    if (v == NULL)
        return fail(&p, -ERR_NO_MEMORY);
    v->setup  = setup;
    v->config = setup->taken.now;
    v->log    = log;
    v->place  = place;
    error     = start(v, &p);
    if (error != 0) {
        service_close(v);
        return error;
    }
    world_uv_signal(v->worlds[0], SIGTERM, on_stop, v);
    world_uv_signal(v->worlds[0], SIGINT, on_stop, v);
    world_uv_signal(v->worlds[0], SIGHUP, on_hangup, v);
    *out = v;
    return 0;
}

/* What they share goes when no server is left, and when this thread has quit. */
static void free_servers(struct service *v)
{
    for (unsigned i = 0; i < v->count; i++)
        server_free(v->workers[i].server);
    if (v->rcu != NULL)
        rcu_quit(v->rcu);
    shared_free(v->shared);
}

/* What they still had posted to each other is done with, then they go. */
static int close_workers(struct service *v)
{
    int error = 0;

    for (unsigned i = 0; i < v->count; i++)
        if (v->worlds[i] != NULL)
            world_uv_turn(v->worlds[i], 0);
    for (unsigned i = 0; i < v->count; i++) {
        int one = worker_close(&v->workers[i]);

        error = error == 0 ? one : error;
    }
    workers_free(v->all);
    name_cache_free(v->names);
    return error;
}

/* No new commands; then the store: what waits in its queue is committed before the end. */
int service_close(struct service *v)
{
    int error;

    if (v == NULL)
        return 0;
    v->closing = true;
    drain_stop(&v->drain);
    reloading_end(&v->reloading);
    if (v->control != NULL)
        control_stop(v->control);
    v->overview.control = NULL;
    metrics_stop(v->metrics);
    numbers_free(v->numbers);
    cert_watch_stop(&v->watch);
    free_servers(v);
    if (v->store != NULL)
        store_close(v->store);
    error = close_workers(v);
    free(v);
    return error;
}

int service_run(struct service *v)
{
    int error = 0;

    for (unsigned i = 1; error == 0 && i < v->count; i++)
        error = worker_start(&v->workers[i]);
    if (error == 0)
        error = worker_run(&v->workers[0]);
    for (unsigned i = 1; i < v->count; i++)
        worker_stop(&v->workers[i]);
    return error;
}

void service_stop(struct service *v)
{
    (void)v->worlds[0]->ops->post(v->worlds[0], on_stop, v);
}

unsigned service_listener_count(const struct service *v)
{
    return server_listener_count(v->workers[0].server);
}

struct flow service_listener(const struct service *v, unsigned index)
{
    return server_listener(v->workers[0].server, index);
}

const struct self_signed *service_self_signed(const struct service *v)
{
    return shared_self_signed(v->shared);
}

size_t service_user_count(const struct service *v)
{
    return users_count(v->shared->users);
}
