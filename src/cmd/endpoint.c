/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/endpoint.h"

#include "base/error.h"
#include "cmd/exit_code.h"
#include "console/admin.h"
#include "console/control_client.h"
#include "net/world_uv.h"

#include <limits.h>
#include <stdio.h>

enum {
    PATIENCE = 15000, /* ms: a commit on a slow disk */
    QUEUE    = 256,   /* all contacts of an address fit */
};

static int complain(const char *name, const char *problem, int error)
{
    fprintf(stderr, "ahoy %s: %s\n", name, problem);
    return exit_code_of_error(error);
}

/* Takes `outcome`. */
static int take_result(const char *name, json_t *outcome, json_t **result)
{
    const char *message = "";
    json_t     *borrowed;
    int         error = control_outcome_read(outcome, &borrowed, &message);
    int         code  = EXIT_OK;

    if (error == 0)
        *result = json_incref(borrowed);
    else if (error == -ERR_SYNTAX)
        code = (complain(name, message, error), EXIT_USAGE);
    else
        code = complain(name, message, error);
    json_decref(outcome);
    return code;
}

/* The database, opened by ourselves because no server runs: a server that listens
 * nowhere. */
struct offline {
    struct control_call call;
    struct world       *world;
    struct shared      *shared;
    struct server      *server;
    struct store       *store;
    struct admin        admin;
    json_t             *outcome;
    bool                done;
};

static void on_finish(struct control_call *call, json_t *outcome)
{
    struct offline *o = CONTAINER_OF(call, struct offline, call);

    o->outcome = outcome;
    o->done    = true;
}

static int open_database(struct offline *o, char *problem, size_t problem_size)
{
    char       path[PATH_MAX];
    struct buf b = BUF_ON(path);
    int        error;

    config_state_path(o->admin.config, &b, "ahoy.db");
    error = store_sqlite_open(buf_cstr(&b), QUEUE, STORE_QUEUE_AGE, &o->store, problem, problem_size);
    if (error == 0 && problem[0] != '\0')
        fprintf(stderr, "ahoy: %s\n", problem); /* it was damaged, and a new one begun */
    return error;
}

static int offline_open(struct offline *o, char *problem, size_t problem_size)
{
    const struct stack_trace none = { NULL, NULL };
    int                      error;

    snprintf(problem, problem_size, "%s", error_text(ERR_NO_MEMORY));
    o->world  = world_uv_new(NULL);
    o->shared = o->world != NULL ? shared_new(o->world, o->admin.config, rcu_single_new(), NULL) : NULL;
    o->server = o->shared != NULL ? server_new(o->world, o->shared, 0, &none) : NULL;
    if (o->server == NULL)
        return -ERR_NO_MEMORY;
    error = open_database(o, problem, problem_size);
    if (error == 0)
        error = shared_load(o->shared, o->world, o->store, problem, problem_size);
    if (error == 0)
        error = server_attach(o->server, problem, problem_size);
    o->admin.users  = o->shared->users;
    o->admin.server = o->server;
    o->admin.world  = o->world;
    return error;
}

static void offline_close(struct offline *o)
{
    server_free(o->server);
    shared_free(o->shared);
    if (o->store != NULL)
        store_close(o->store);
    if (o->world == NULL)
        return;
    world_uv_turn(o->world, 0); /* what the store had still posted */
    world_uv_free(o->world);
}

/* Borrows `params`. */
static int call_offline(const char *name, const struct config *config, const char *method, json_t *params,
                        json_t **result)
{
    struct offline o = { .call = { on_finish }, .admin = { .config = config } };
    char           problem[1024];
    size_t         count;
    int            code, error = offline_open(&o, problem, sizeof problem);

    if (error == 0) {
        const struct control_method *methods = admin_methods(&count);
        msec                         until   = o.world->now + PATIENCE;

        control_dispatch(methods, count, &o.admin, &o.call, method, params);
        while (!o.done && o.world->now < until)
            world_uv_turn(o.world, PATIENCE);
    }
    offline_close(&o); /* answers -ERR_CLOSED if it took too long */
    if (error != 0)
        code = complain(name, problem, error);
    else
        code = take_result(name, o.outcome, result);
    return code;
}

static int call(const char *name, const struct config *config, const char *method, json_t *params, json_t **result,
                bool may_be_offline)
{
    char       path[PATH_MAX], problem[PATH_MAX + 128];
    struct buf b       = BUF_ON(path);
    json_t    *outcome = NULL;
    int        code, error;

    config_state_path(config, &b, "control.sock");
    error = control_ask(buf_cstr(&b), method, params, PATIENCE, &outcome);
    if (error == 0) {
        code = take_result(name, outcome, result);
    } else if (may_be_offline && (error == -ERR_NOT_FOUND || error == -ERR_TOO_LARGE)) {
        code = call_offline(name, config, method, params, result);
    } else if (error == -ERR_NOT_FOUND) {
        snprintf(problem, sizeof problem, "no server runs on %.*s", SLICE_ARG(config->state));
        code = complain(name, problem, -ERR_REFUSED);
    } else {
        snprintf(problem, sizeof problem, "cannot talk to the server at %.400s: %s%s", path, error_text(error),
                 error == -ERR_PERMISSION ? "; run this as the server's user or as root" : "");
        code = complain(name, problem, error);
    }
    json_decref(params);
    return code;
}

int endpoint_call(const char *name, const struct config *config, const char *method, json_t *params, json_t **result)
{
    return call(name, config, method, params, result, true);
}

int endpoint_call_server(const char *name, const struct config *config, const char *method, json_t *params,
                         json_t **result)
{
    return call(name, config, method, params, result, false);
}
