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
    QUEUE    = 16,
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

/* The database, opened by ourselves because no server runs. */
struct offline {
    struct control_call  call;
    struct world        *world;
    struct store        *store;
    struct store_client *client;
    struct admin         admin;
    json_t              *outcome;
    bool                 done;
};

static void on_finish(struct control_call *call, json_t *outcome)
{
    struct offline *o = CONTAINER_OF(call, struct offline, call);

    o->outcome = outcome;
    o->done    = true;
}

static void on_report(void *owner, uint64_t seq, int error)
{
    users_report(((struct offline *)owner)->admin.users, seq, error);
}

static void on_user(void *arg, const struct stored_user *u)
{
    users_on_user(arg, u);
}

static void on_setting(void *arg, struct slice name, struct slice value)
{
    users_on_setting(arg, name, value);
}

static int load(struct offline *o)
{
    struct store_loader loader = { .on_user = on_user, .on_setting = on_setting, .arg = o->admin.users };
    int                 error  = store_load(o->store, world_wall(o->world), &loader);

    if (error == 0)
        error = store_client_open(o->store, o->world, on_report, o, &o->client);
    return error == 0 ? users_start(o->admin.users, o->client, o->admin.config->realm) : error;
}

static int offline_open(struct offline *o, char *problem, size_t problem_size)
{
    char       path[PATH_MAX];
    struct buf b = BUF_ON(path);
    int        error;

    snprintf(problem, problem_size, "%s", error_text(ERR_NO_MEMORY));
    o->world = world_uv_new(NULL);
    if (o->world == NULL || (o->admin.users = users_new(o->world, NULL)) == NULL)
        return -ERR_NO_MEMORY;
    config_state_path(o->admin.config, &b, "ahoy.db");
    error = store_sqlite_open(buf_cstr(&b), QUEUE, STORE_QUEUE_AGE, &o->store, problem, problem_size);
    if (error != 0)
        return error;
    if (problem[0] != '\0')
        fprintf(stderr, "ahoy: %s\n", problem); /* it was damaged, and a new one begun */
    error = load(o);
    if (error != 0)
        snprintf(problem, problem_size, "cannot read the database %.400s: %s", path, error_text(error));
    return error;
}

static void offline_close(struct offline *o)
{
    if (o->client != NULL)
        store_client_close(o->client);
    if (o->store != NULL)
        store_close(o->store);
    users_free(o->admin.users);
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
