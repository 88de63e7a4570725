/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/service_private.h"

#include "base/error.h"
#include "console/folder.h"
#include "console/log_writer.h"
#include "net/entropy.h"
#include "net/name_cache.h"
#include "net/world_uv.h"
#include "process/machine.h"
#include "server/config_check.h"
#include "server/server.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

int service_fail(const struct problem *p, int error)
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

static int open_numbers(struct service *v, const struct problem *p)
{
    struct numbers_source source;

    v->overview = (struct overview){ v->shared, v->store, v->worlds, v->count, v->log, NULL, &v->budget };
    source      = overview_source(&v->overview);
    v->numbers  = numbers_new(v->worlds[0], &source);
    return v->numbers != NULL ? 0 : service_fail(p, -ERR_NO_MEMORY);
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
        .reload      = service_reload_certificates,
        .order       = service_order_reload,
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
    return v->names != NULL ? 0 : service_fail(p, -ERR_NO_MEMORY);
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
        return service_fail(p, error);
    error = service_open_certificates(v, p);
    if (error != 0)
        return error;
    for (unsigned i = 0; error == 0 && i < v->count; i++)
        error = worker_make_server(&v->workers[i], v->shared);
    return error == 0 ? 0 : service_fail(p, error);
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
    if (error == 0)
        stack_gather(server_stack(v->workers[0].server));
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
        service_open_reloading(v);
        error = open_numbers(v, p);
    }
    if (error == 0)
        error = open_control(v, p);
    if (error == 0)
        error = service_open_metrics(v, p);
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
        return service_fail(&p, -ERR_NO_MEMORY);
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
    world_uv_signal(v->worlds[0], SIGHUP, service_on_hangup, v);
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
