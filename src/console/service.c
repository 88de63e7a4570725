/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/service.h"

#include "base/error.h"
#include "console/admin.h"
#include "console/control.h"
#include "console/drain.h"
#include "console/folder.h"
#include "console/log_writer.h"
#include "console/metrics.h"
#include "console/overview.h"
#include "net/world_uv.h"
#include "process/duty.h"
#include "server/config_keys.h"
#include "server/server.h"
#include "stack/trace.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct service {
    const struct config *config;
    struct log_writer   *log;
    struct world        *world;
    struct shared       *shared;
    struct server       *server;
    struct store        *store;
    struct trace_writer *trace;
    struct control      *control;
    struct admin         admin;
    struct overview      overview;
    struct numbers      *numbers;
    struct metrics      *metrics; /* NULL: not configured */
    const struct place  *place;
    struct drain         drain;
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
    return store_sqlite_open(buf_cstr(&b), v->config->store_queue, v->config->store_queue_age, &v->store, p->text,
                             p->size);
}

/* ---- the control socket ---- */

static json_t *listening_to_json(const struct server *server)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < server_listener_count(server); i++) {
        struct flow          flow   = server_listener(server, i);
        struct config_listen listen = { flow.transport, flow.local };
        char                 text[ADDRESS_TEXT + 8];
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

/* What `ahoy status` shows beyond the numbers. */
static void add_status(void *arg, json_t *status)
{
    struct service *v = arg;

    json_object_set_new(status, "listening", listening_to_json(v->server));
    json_object_set_new(status, "metrics", metrics_to_json(v->metrics));
    json_object_set_new(status, "bindings", json_integer((json_int_t)location_count(server_location(v->server))));
    json_object_set_new(status, "store", overview_store_to_json(&v->overview));
}

static void forget_high(void *arg)
{
    overview_forget_high(&((struct service *)arg)->overview);
}

/* ---- the end ---- */

static size_t count_waiting(void *arg)
{
    const struct service *v = arg;

    return server_unanswered(v->server);
}

static void give_up(void *arg)
{
    struct service *v = arg;

    server_give_up(v->server);
}

static void on_drained(void *arg)
{
    struct service *v = arg;

    world_uv_stop(v->world);
}

static void on_stop(void *arg)
{
    static const struct drain_events events = { count_waiting, give_up, on_drained };
    struct service                  *v      = arg;

    child_stopping(v->place->child);
    shared_drain(v->shared);
    drain_begin(&v->drain, v->world, v->config->drain, &events, v);
}

static void on_hangup(void *arg)
{
    struct service *v = arg;

    log_writer_reopen(v->log);
}

static int open_numbers(struct service *v, const struct problem *p)
{
    struct numbers_source source;

    v->overview = (struct overview){ v->shared, v->store, &v->world, 1, v->log };
    source      = overview_source(&v->overview);
    v->numbers  = numbers_new(v->world, &source);
    return v->numbers != NULL ? 0 : fail(p, -ERR_NO_MEMORY);
}

static int open_metrics(struct service *v, const struct problem *p)
{
    struct prometheus_facts facts = { AHOY_VERSION, v->overview.world_count, v->admin.started_at };
    struct address          address;

    if (v->config->metrics.len == 0)
        return 0;
    if (!address_parse(v->config->metrics, &address)) /* the configuration was checked */
        return fail(p, -ERR_SYNTAX);
    return metrics_start(&address, v->numbers, &facts, &v->metrics, p->text, p->size);
}

/* Where commands such as `ahoy user add` reach us. */
static int open_control(struct service *v, const struct problem *p)
{
    const struct control_method *methods;
    size_t                       count;
    char                         path[PATH_MAX];
    struct buf                   b = BUF_ON(path);

    v->admin = (struct admin){
        .config      = v->config,
        .users       = server_users(v->server),
        .server      = v->server,
        .world       = v->world,
        .numbers     = v->numbers,
        .levels      = log_writer_levels(v->log),
        .forget_high = forget_high,
        .add_status  = add_status,
        .stop        = on_stop,
        .arg         = v,
        .workers     = v->overview.world_count,
        .started_at  = world_wall(v->world),
    };
    methods = admin_methods(&count);
    config_state_path(v->config, &b, "control.sock");
    return control_start(v->world, buf_cstr(&b), methods, count, &v->admin, v->config->control_clients, &v->control,
                         p->text, p->size);
}

/* ---- start ---- */

static int open_trace(struct service *v, const struct problem *p)
{
    char path[PATH_MAX];
    int  error;

    if (v->config->trace.len == 0)
        return 0;
    snprintf(path, sizeof path, "%.*s", SLICE_ARG(v->config->trace));
    error = trace_open(v->world, path, v->config->domains[0], &v->trace);
    if (error != 0)
        snprintf(p->text, p->size, "cannot write the trace %.256s: %s", path, error_text(error));
    return error;
}

static int open_world(struct service *v, const struct problem *p)
{
    char                    servers[1024];
    struct log             *log;
    struct world_uv_options limits = {
        .dns_queries  = v->config->dns_queries,
        .udp_queue    = v->config->udp_queue,
        .stream_queue = v->config->stream_queue,
        .descriptors  = v->place->descriptors,
    };

    snprintf(servers, sizeof servers, "%.*s", SLICE_ARG(v->config->dns_servers));
    if (servers[0] != '\0')
        limits.dns_servers = servers;
    log      = log_writer_source(v->log, 0);
    v->world = log != NULL ? world_uv_new_with(log, &limits) : NULL;
    if (v->world != NULL)
        return 0;
    snprintf(p->text, p->size, "no memory or descriptors for the event loop, or dns_servers makes no sense");
    return -ERR_NO_MEMORY;
}

static int open_server(struct service *v, const struct problem *p)
{
    struct stack_trace trace = trace_hook(v->trace);

    v->shared = shared_new(v->world, v->config, rcu_single_new(), NULL);
    v->server = v->shared != NULL ? server_new(v->world, v->shared, 0, &trace) : NULL;
    return v->server != NULL ? 0 : fail(p, -ERR_NO_MEMORY);
}

static int start(struct service *v, const struct problem *p)
{
    char           damaged[512] = "";
    struct problem at_start     = { damaged, sizeof damaged };
    int            error        = open_world(v, p);

    if (error == 0)
        error = open_trace(v, p);
    if (error == 0)
        error = open_server(v, p);
    if (error == 0) {
        error = open_store(v, &at_start);
        snprintf(p->text, p->size, "%s", damaged);
    }
    if (error == 0)
        error = shared_load(v->shared, v->world, v->store, p->text, p->size);
    if (error == 0)
        error = server_start(v->server, NULL, p->text, p->size);
    if (error == 0)
        error = open_numbers(v, p);
    if (error == 0)
        error = open_control(v, p);
    if (error == 0)
        error = open_metrics(v, p);
    if (error == 0) /* a store that was damaged, and a new one begun */
        snprintf(p->text, p->size, "%s", damaged);
    return error;
}

int service_open(const struct config *config, struct log_writer *log, const struct place *place, struct service **out,
                 char *problem, size_t problem_size)
{
    struct service *v = calloc(1, sizeof *v);
    struct problem  p = { problem, problem_size };
    int             error;

    problem[0] = '\0';
    if (v == NULL)
        return fail(&p, -ERR_NO_MEMORY);
    v->config = config;
    v->log    = log;
    v->place  = place;
    error     = start(v, &p);
    if (error != 0) {
        service_close(v);
        return error;
    }
    world_uv_signal(v->world, SIGTERM, on_stop, v);
    world_uv_signal(v->world, SIGINT, on_stop, v);
    world_uv_signal(v->world, SIGHUP, on_hangup, v);
    *out = v;
    return 0;
}

/* No new commands; then the store: what waits in its queue is committed before the end. */
int service_close(struct service *v)
{
    int error;

    if (v == NULL)
        return 0;
    drain_stop(&v->drain);
    if (v->control != NULL)
        control_stop(v->control);
    metrics_stop(v->metrics);
    numbers_free(v->numbers);
    server_free(v->server);
    shared_free(v->shared);
    if (v->store != NULL)
        store_close(v->store);
    if (v->world != NULL)
        world_uv_turn(v->world, 0); /* what the two had still posted */
    error = trace_close(v->trace);
    if (v->world != NULL)
        world_uv_free(v->world);
    free(v);
    return error;
}

int service_run(struct service *v)
{
    struct duty duty;
    int         error = duty_begin(&duty, v->place->child, v->world, 0);

    if (error == 0)
        world_uv_run(v->world);
    duty_end(&duty);
    return error;
}

static void stop_posted(void *arg)
{
    on_stop(arg);
}

void service_stop(struct service *v)
{
    (void)v->world->ops->post(v->world, stop_posted, v);
}

unsigned service_listener_count(const struct service *v)
{
    return server_listener_count(v->server);
}

struct flow service_listener(const struct service *v, unsigned index)
{
    return server_listener(v->server, index);
}

size_t service_user_count(const struct service *v)
{
    return users_count(server_users(v->server));
}
