/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/worker.h"

#include "base/error.h"
#include "console/log_writer.h"
#include "net/world_uv.h"
#include "sip/peek.h"
#include "stack/trace.h"

#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>

unsigned workers_wanted(const struct config *config)
{
    cpu_set_t cpus;
    int       count = 1;

    if (config->workers > 0)
        return config->workers;
    if (sched_getaffinity(0, sizeof cpus, &cpus) == 0)
        count = CPU_COUNT(&cpus);
    return count < WORKERS_MAX ? (unsigned)count : WORKERS_MAX;
}

/* ---- opening ---- */

static int open_world(struct worker *w, const struct config *config, const struct common *common, char *problem,
                      size_t problem_size)
{
    char                    servers[1024];
    struct log             *log    = log_writer_source(common->log, w->index + 1);
    struct world_uv_options limits = {
        .dns_queries  = config->dns_queries,
        .udp_queue    = config->udp_queue,
        .stream_queue = config->stream_queue,
        .stream_stall = config->stream_stall,
        .names        = common->names,
        .descriptors  = common->place->descriptors,
        .worker       = w->index,
        .grouping     = { config->udp_gso ? peek_ends_by_length : NULL, .by_call = true },
        .budget       = common->budget,
    };

    snprintf(servers, sizeof servers, "%.*s", SLICE_ARG(config->dns_servers));
    if (servers[0] != '\0')
        limits.dns_servers = servers;
    w->world = log != NULL ? world_uv_new_with(log, &limits) : NULL;
    if (w->world != NULL)
        return 0;
    snprintf(problem, problem_size, "no memory or descriptors for the event loop, or dns_servers makes no sense");
    return -ERR_NO_MEMORY;
}

/* One for each worker, on one file: whoever writes appends. */
static int open_trace(struct worker *w, const struct config *config, char *problem, size_t problem_size)
{
    char path[PATH_MAX];
    int  error;

    if (config->trace.len == 0)
        return 0;
    snprintf(path, sizeof path, "%.*s", SLICE_ARG(config->trace));
    error = trace_open(w->world, path, config->domains[0], &w->trace);
    if (error != 0)
        snprintf(problem, problem_size, "cannot write the trace %.256s: %s", path, error_text(error));
    return error;
}

int worker_open(struct worker *w, unsigned index, const struct config *config, const struct common *common,
                char *problem, size_t problem_size)
{
    int error;

    *w    = (struct worker){ .index = index, .child = common->place->child };
    error = open_world(w, config, common, problem, problem_size);
    return error != 0 ? error : open_trace(w, config, problem, problem_size);
}

int worker_close(struct worker *w)
{
    int error = trace_close(w->trace);

    if (w->world != NULL)
        world_uv_free(w->world);
    w->trace = NULL;
    w->world = NULL;
    return error;
}

int worker_make_server(struct worker *w, struct shared *shared)
{
    struct stack_trace trace = trace_hook(w->trace);

    w->rcu    = shared->rcu;
    w->server = server_new(w->world, shared, w->index, &trace);
    return w->server != NULL ? 0 : -ERR_NO_MEMORY;
}

/* ---- running ---- */

int worker_run(struct worker *w)
{
    int error = duty_begin(&w->duty, w->child, w->world, w->index);

    w->error = error;
    if (w->running) /* on its own thread: somebody waits for this */
        sem_post(&w->begun);
    if (error == 0)
        world_uv_run(w->world);
    duty_end(&w->duty);
    return error;
}

static void *thread_main(void *arg)
{
    struct worker *w = arg;

    rcu_join(w->rcu);
    (void)worker_run(w);
    rcu_quit(w->rcu);
    return NULL;
}

/* Signals that are not one thread's own are the first worker's business. */
static int create_thread(struct worker *w)
{
    sigset_t all, before;
    char     name[16];
    int      number;

    sigemptyset(&all);
    sigaddset(&all, SIGTERM);
    sigaddset(&all, SIGINT);
    sigaddset(&all, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    number = pthread_create(&w->thread, NULL, thread_main, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (number == 0) {
        snprintf(name, sizeof name, "ahoy-worker-%u", w->index % 1000);
        pthread_setname_np(w->thread, name); /* for top and gdb */
    }
    return number == 0 ? 0 : -ERR_LIMIT;
}

static void wait_for(sem_t *s)
{
    while (sem_wait(s) != 0)
        ;
}

static void join(struct worker *w)
{
    pthread_join(w->thread, NULL);
    sem_destroy(&w->begun);
    w->running = false;
}

int worker_start(struct worker *w)
{
    if (sem_init(&w->begun, 0, 0) != 0)
        return -ERR_LIMIT;
    w->running = true;
    if (create_thread(w) != 0) {
        w->running = false;
        sem_destroy(&w->begun);
        return -ERR_LIMIT;
    }
    wait_for(&w->begun);
    if (w->error != 0)
        join(w);
    return w->error;
}

static void stop_world(void *arg)
{
    world_uv_stop(arg);
}

void worker_stop(struct worker *w)
{
    if (!w->running)
        return;
    while (w->world->ops->post(w->world, stop_world, w->world) != 0)
        poll(NULL, 0, 1); /* its queue is full, and it works on it */
    join(w);
}
