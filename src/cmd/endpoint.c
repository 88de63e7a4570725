/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/endpoint.h"

#include "base/error.h"
#include "cmd/exit_code.h"
#include "console/admin.h"
#include "console/control_client.h"
#include "net/world_uv.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    PATIENCE = 30000, /* ms: a commit on a slow disk */
    QUEUE    = 2048,  /* all contacts of an address fit, and the users of two calls */
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

/* One call under way. */
struct lane {
    struct control_call call;
    int                 fd;   /* to a running server; -1: none                       */
    bool                done; /* the database has answered                           */
    json_t             *outcome;
};

/* The database, opened by ourselves because no server runs: a server that listens
 * nowhere. */
struct offline {
    struct world  *world;
    struct shared *shared;
    struct server *server;
    struct store  *store;
    struct admin   admin;
};

struct endpoint {
    const char          *name;
    const struct config *config;
    char                 path[PATH_MAX]; /* of the socket */
    bool                 found, online;
    struct offline       offline;
    struct lane          lanes[ENDPOINT_LANES];
};

static void on_finish(struct control_call *call, json_t *outcome)
{
    struct lane *lane = CONTAINER_OF(call, struct lane, call);

    lane->outcome = outcome;
    lane->done    = true;
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

/* ---- where the calls go ---- */

static int open_offline(struct endpoint *e)
{
    char problem[1024];
    int  error = offline_open(&e->offline, problem, sizeof problem);

    return error == 0 ? EXIT_OK : complain(e->name, problem, error);
}

static int fail_to_talk(const struct endpoint *e, int error)
{
    char problem[PATH_MAX + 128];

    if (error == -ERR_NOT_FOUND) {
        snprintf(problem, sizeof problem, "no server runs on %.*s", SLICE_ARG(e->config->state));
        return complain(e->name, problem, -ERR_REFUSED);
    }
    snprintf(problem, sizeof problem, "cannot talk to the server at %.400s: %s%s", e->path, error_text(error),
             error == -ERR_PERMISSION ? "; run this as the server's user or as root" : "");
    return complain(e->name, problem, error);
}

static int send_online(struct endpoint *e, struct lane *lane, const char *method, json_t *params)
{
    return control_send(e->path, method, params, PATIENCE, &lane->fd);
}

static void send_offline(struct endpoint *e, struct lane *lane, const char *method, json_t *params)
{
    size_t                       count;
    const struct control_method *methods = admin_methods(&count);

    lane->done = false;
    control_dispatch(methods, count, &e->offline.admin, &lane->call, method, params);
}

/* The first call finds out whether a server runs.  Borrows `params`. */
static int send_call(struct endpoint *e, struct lane *lane, const char *method, json_t *params, bool may_be_offline)
{
    int error = !e->found || e->online ? send_online(e, lane, method, params) : 0;
    int code  = EXIT_OK;

    if (e->found && e->online)
        return error == 0 ? EXIT_OK : fail_to_talk(e, error);
    if (!e->found && error == 0) {
        e->found = e->online = true;
        return EXIT_OK;
    }
    /* A path that is too long for a socket has no server behind it. */
    if (!e->found && (!may_be_offline || (error != -ERR_NOT_FOUND && error != -ERR_TOO_LARGE)))
        return fail_to_talk(e, error);
    if (!e->found)
        code = open_offline(e);
    if (code != EXIT_OK)
        return code;
    e->found = true;
    send_offline(e, lane, method, params);
    return EXIT_OK;
}

static struct endpoint *endpoint_new(const char *name, const struct config *config)
{
    struct endpoint *e = calloc(1, sizeof *e);
    struct buf       b;

    if (e == NULL)
        return NULL;
    e->name          = name;
    e->config        = config;
    e->offline.admin = (struct admin){ .config = config };
    for (size_t i = 0; i < ENDPOINT_LANES; i++)
        e->lanes[i] = (struct lane){ .call = { on_finish }, .fd = -1 };
    b = BUF_ON(e->path);
    config_state_path(config, &b, "control.sock");
    (void)buf_cstr(&b);
    return e;
}

void endpoint_close(struct endpoint *e)
{
    if (e == NULL)
        return;
    offline_close(&e->offline); /* who still waits is answered -ERR_CLOSED */
    for (size_t i = 0; i < ENDPOINT_LANES; i++) {
        json_decref(e->lanes[i].outcome);
        if (e->lanes[i].fd >= 0)
            close(e->lanes[i].fd);
    }
    free(e);
}

int endpoint_open(const char *name, const struct config *config, struct endpoint **out)
{
    *out = endpoint_new(name, config);
    return *out != NULL ? EXIT_OK : complain(name, error_text(ERR_NO_MEMORY), -ERR_NO_MEMORY);
}

int endpoint_send(struct endpoint *e, unsigned lane, const char *method, json_t *params)
{
    int code = send_call(e, &e->lanes[lane], method, params, true);

    json_decref(params);
    return code;
}

static void wait_offline(struct endpoint *e, struct lane *lane)
{
    msec until = e->offline.world->now + PATIENCE;

    while (!lane->done && e->offline.world->now < until)
        world_uv_turn(e->offline.world, PATIENCE);
}

int endpoint_wait(struct endpoint *e, unsigned which, json_t **result)
{
    struct lane *lane    = &e->lanes[which];
    json_t      *outcome = NULL;
    int          error   = 0;

    if (e->online) {
        error    = control_receive(lane->fd, PATIENCE, &outcome);
        lane->fd = -1;
    } else {
        wait_offline(e, lane);
        outcome       = lane->outcome;
        lane->outcome = NULL;
        error         = lane->done ? 0 : -ERR_TIMEOUT;
    }
    if (error == 0)
        return take_result(e->name, outcome, result);
    return e->online ? fail_to_talk(e, error) : complain(e->name, "the disk does not take it in time", error);
}

int endpoint_ask(struct endpoint *e, const char *method, json_t *params, json_t **result)
{
    int code = endpoint_send(e, 0, method, params);

    return code == EXIT_OK ? endpoint_wait(e, 0, result) : code;
}

static int call(const char *name, const struct config *config, const char *method, json_t *params, json_t **result,
                bool may_be_offline)
{
    struct endpoint *e;
    int              code = endpoint_open(name, config, &e);

    if (code == EXIT_OK)
        code = send_call(e, &e->lanes[0], method, params, may_be_offline);
    if (code == EXIT_OK)
        code = endpoint_wait(e, 0, result);
    endpoint_close(e);
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
