/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/offline.h"

#include "base/error.h"
#include "net/world_uv.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

enum { QUEUE = 2048 }; /* changes: all contacts of an address fit, and the users of two calls */

static int open_store(struct offline *o, enum offline_store which, char *problem, size_t problem_size)
{
    char        text[PATH_MAX];
    struct buf  b = BUF_ON(text);
    const char *path;
    int         error;

    config_state_path(o->admin.config, &b, "ahoy.db");
    path = buf_cstr(&b);
    if (which == OFFLINE_EMPTY || (which == OFFLINE_READING && access(path, F_OK) != 0))
        path = ":memory:";
    error = store_sqlite_open(path, QUEUE, STORE_QUEUE_AGE, &o->store, problem, problem_size);
    if (error == 0 && problem[0] != '\0')
        fprintf(stderr, "ahoy: %s\n", problem); /* it was damaged, and a new one begun */
    return error;
}

int offline_open(struct offline *o, enum offline_store store, char *problem, size_t problem_size)
{
    const struct stack_trace none = { NULL, NULL };
    int                      error;

    snprintf(problem, problem_size, "%s", error_text(ERR_NO_MEMORY));
    o->world  = world_uv_new(NULL);
    o->shared = o->world != NULL ? shared_new(o->world, o->admin.config, rcu_single_new(), NULL) : NULL;
    o->server = o->shared != NULL ? server_new(o->world, o->shared, 0, &none) : NULL;
    if (o->server == NULL)
        return -ERR_NO_MEMORY;
    error = open_store(o, store, problem, problem_size);
    if (error == 0)
        error = shared_load(o->shared, o->world, o->store, problem, problem_size);
    if (error == 0)
        error = server_attach(o->server, problem, problem_size);
    if (error == 0)
        error = server_assume(o->server, problem, problem_size);
    o->admin.users  = o->shared->users;
    o->admin.server = o->server;
    o->admin.world  = o->world;
    return error;
}

void offline_close(struct offline *o)
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

msec offline_turn(struct offline *o, msec longest)
{
    world_uv_turn(o->world, longest);
    return o->world->now;
}
