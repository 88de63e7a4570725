/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/endpoint.h"

#include "base/error.h"
#include "cmd/exit_code.h"
#include "cmd/offline.h"
#include "console/control_client.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATIENCE = 30000 }; /* ms: a commit on a slow disk */

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

struct endpoint {
    const char          *name;
    const struct config *config;
    char                 path[PATH_MAX]; /* of the socket */
    bool                 found, online;
    bool                 reads; /* without a database none is made */
    struct offline       offline;
    struct lane          lanes[ENDPOINT_LANES];
};

static void on_finish(struct control_call *call, json_t *outcome)
{
    struct lane *lane = CONTAINER_OF(call, struct lane, call);

    lane->outcome = outcome;
    lane->done    = true;
}

/* ---- where the calls go ---- */

static int open_offline(struct endpoint *e)
{
    char problem[1024];
    int  error = offline_open(&e->offline, e->reads ? OFFLINE_READING : OFFLINE_DATABASE, problem, sizeof problem);

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
    msec now = e->offline.world->now, until = now + PATIENCE;

    while (!lane->done && now < until)
        now = offline_turn(&e->offline, PATIENCE);
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

enum without_server { COMPLAIN, OPEN_DATABASE, READ_DATABASE };

static int call(const char *name, const struct config *config, const char *method, json_t *params, json_t **result,
                enum without_server without)
{
    struct endpoint *e;
    int              code = endpoint_open(name, config, &e);

    if (code == EXIT_OK)
        e->reads = without == READ_DATABASE;
    if (code == EXIT_OK)
        code = send_call(e, &e->lanes[0], method, params, without != COMPLAIN);
    if (code == EXIT_OK)
        code = endpoint_wait(e, 0, result);
    endpoint_close(e);
    json_decref(params);
    return code;
}

int endpoint_call(const char *name, const struct config *config, const char *method, json_t *params, json_t **result)
{
    return call(name, config, method, params, result, OPEN_DATABASE);
}

int endpoint_call_server(const char *name, const struct config *config, const char *method, json_t *params,
                         json_t **result)
{
    return call(name, config, method, params, result, COMPLAIN);
}

int endpoint_call_reading(const char *name, const struct config *config, const char *method, json_t *params,
                          json_t **result)
{
    return call(name, config, method, params, result, READ_DATABASE);
}
