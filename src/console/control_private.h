/* SPDX-License-Identifier: BSD-2-Clause */
/* control_private.h - shared by control.c (start, stop, the world's side) and
 * control_thread.c (the socket's side). */

#ifndef CONSOLE_CONTROL_PRIVATE_H
#define CONSOLE_CONTROL_PRIVATE_H

#include "base/list.h"
#include "console/control.h"
#include "console/control_rpc.h"

#include <pthread.h>
#include <stdatomic.h>

/* Belongs to the socket's thread. */
struct control_client {
    int                 fd; /* -1: free */
    uint32_t            generation;
    bool                busy;    /* a line is being worked on: nothing is read */
    bool                closing; /* close when the answer is written */
    struct rpc_exchange exchange;
    size_t              pending; /* requests of the line that are not done */
    char               *out;
    size_t              out_len, out_at;
    msec                active_at; /* last progress of reading or writing */
    msec                line_at;   /* since when the first line in `in` is waited for */
    size_t              in_len;
    char                in[CONTROL_REQUEST_MAX];
};

/* A request on its way to the world and back. */
struct control_request {
    struct control_call call;
    struct link         link; /* in control.answers */
    struct control     *control;
    unsigned            client;
    uint32_t            generation;
    json_t             *id, *params;
    char               *method;
    json_t             *outcome;
};

struct control_limits {
    unsigned clients;
    msec     stall, idle, tick; /* tick: how often the clocks of the clients are looked at */
};

struct control {
    struct world                *world;
    const struct control_method *methods;
    size_t                       method_count;
    void                        *user;
    char                         path[108]; /* sun_path */
    int                          listen_fd, wake_fd;
    pthread_t                    thread;
    bool                         stopped; /* world's thread */

    struct control_client *clients; /* socket's thread */
    struct pollfd         *polls;
    unsigned               client_count;
    msec                   stall, idle, tick;
    atomic_size_t          answer_bytes; /* that wait to be written; any thread reads it */

    pthread_mutex_t mutex; /* the rest */
    struct link     answers;
    bool            stopping;
    unsigned        holders; /* the owner, and every request under way */
};

/* control_start with other limits than the usual ones, for tests. */
int control_open(struct world *world, const char *path, const struct control_method *methods, size_t method_count,
                 void *user, const struct control_limits *limits, struct control **out, char *problem,
                 size_t problem_size);

/* Socket's thread. */
void *control_thread(void *control);

/* Hand a request to the world; -ERR_LIMIT if it cannot take more. */
int  control_submit(struct control_request *r);
void control_request_free(struct control_request *r);

void control_release(struct control *c);

#endif
