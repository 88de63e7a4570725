/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/control.h"

#include "base/error.h"
#include "console/control_private.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void free_control(struct control *c)
{
    for (unsigned i = 0; c->clients != NULL && i < c->client_count; i++)
        free(c->clients[i].out);
    free(c->clients);
    free(c->polls);
    pthread_mutex_destroy(&c->mutex);
    free(c);
}

void control_release(struct control *c)
{
    bool last;

    pthread_mutex_lock(&c->mutex);
    last = --c->holders == 0;
    pthread_mutex_unlock(&c->mutex);
    if (last)
        free_control(c);
}

void control_request_free(struct control_request *r)
{
    json_decref(r->id);
    json_decref(r->params);
    json_decref(r->outcome);
    free(r->method);
    free(r);
}

static void wake_thread(struct control *c)
{
    uint64_t one = 1;

    while (write(c->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
        ; /* EAGAIN: it is awake already */
}

/* World's thread: the method is done.  Hands the request back. */
static void finish(struct control_call *call, json_t *outcome)
{
    struct control_request *r = CONTAINER_OF(call, struct control_request, call);
    struct control         *c = r->control;

    r->outcome = outcome;
    if (c->stopped) {
        control_request_free(r);
        control_release(c);
        return;
    }
    pthread_mutex_lock(&c->mutex);
    list_append(&c->answers, &r->link);
    pthread_mutex_unlock(&c->mutex);
    wake_thread(c);
    control_release(c); /* the owner still holds it: it has not been stopped */
}

/* Never its parameters: passwords are among them. */
static void log_request(const struct control *c, const char *name)
{
    const struct control_method *m = control_method_find(c->methods, c->method_count, name);
    struct log_line              line;

    if (m == NULL || !log_begin(&line, c->world->log, m->changes ? LOG_INFO : LOG_DEBUG, LOG_PART_CONTROL, "command"))
        return;
    log_text(&line, "method", m->name);
    log_end(&line);
}

/* World's thread. */
static void run_request(void *arg)
{
    struct control_request *r = arg;
    struct control         *c = r->control;

    if (c->stopped) {
        control_request_free(r);
        control_release(c);
        return;
    }
    log_request(c, r->method);
    control_dispatch(c->methods, c->method_count, c->user, &r->call, r->method, r->params);
}

int control_submit(struct control_request *r)
{
    struct control *c = r->control;
    int             error;

    r->call.finish = finish;
    pthread_mutex_lock(&c->mutex);
    c->holders++;
    pthread_mutex_unlock(&c->mutex);
    error = c->world->ops->post(c->world, run_request, r);
    if (error != 0)
        control_release(c);
    return error;
}

static int make_address(const char *path, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof address->sun_path)
        return -ERR_TOO_LARGE;
    strcpy(address->sun_path, path);
    return 0;
}

static bool somebody_answers(const struct sockaddr_un *address)
{
    int  fd    = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool alive = fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN);

    if (fd >= 0)
        close(fd);
    return alive;
}

static int error_of_errno(int cause)
{
    if (cause == EACCES || cause == EPERM || cause == EROFS)
        return -ERR_PERMISSION;
    if (cause == EADDRINUSE)
        return -ERR_IN_USE;
    return cause == ENOMEM || cause == EMFILE || cause == ENFILE ? -ERR_NO_MEMORY : -ERR_IO;
}

/* A socket file that nobody listens behind is left over from a crash. */
static int clear_the_way(const struct sockaddr_un *address)
{
    struct stat status;

    if (lstat(address->sun_path, &status) != 0)
        return errno == ENOENT ? 0 : error_of_errno(errno);
    if (!S_ISSOCK(status.st_mode) || somebody_answers(address))
        return -ERR_IN_USE;
    return unlink(address->sun_path) == 0 || errno == ENOENT ? 0 : error_of_errno(errno);
}

static int open_socket(struct control *c)
{
    enum { BACKLOG = 128 }; /* commands of one moment: above it they hear that the server is busy */
    struct sockaddr_un address;
    int                error = make_address(c->path, &address);

    if (error == 0)
        error = clear_the_way(&address);
    if (error != 0)
        return error;
    c->wake_fd   = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    c->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->wake_fd < 0 || c->listen_fd < 0)
        return error_of_errno(errno);
    /* On Linux the file is made with the mode of the socket: never a moment open to all. */
    if (fchmod(c->listen_fd, 0600) != 0 || bind(c->listen_fd, (struct sockaddr *)&address, sizeof address) != 0)
        return error_of_errno(errno);
    if (chmod(c->path, 0600) != 0 || listen(c->listen_fd, BACKLOG) != 0) {
        error = error_of_errno(errno);
        unlink(c->path);
    }
    return error;
}

static void close_socket(struct control *c)
{
    if (c->listen_fd >= 0)
        close(c->listen_fd);
    if (c->wake_fd >= 0)
        close(c->wake_fd);
    c->listen_fd = c->wake_fd = -1;
}

static void describe(const char *path, int error, char *problem, size_t problem_size)
{
    const char *remedy = "check the folder, or choose another state folder";

    if (error == -ERR_IN_USE)
        remedy = "another ahoy serves there: stop it first ('ahoy stop'), or choose another state folder";
    else if (error == -ERR_TOO_LARGE)
        remedy = "a socket's path has at most 107 bytes: choose a shorter state folder";
    snprintf(problem, problem_size, "cannot open the control socket %s: %s; %s", path, error_text(error), remedy);
}

static struct control *control_new(struct world *world, const char *path, const struct control_limits *limits)
{
    struct control *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    pthread_mutex_init(&c->mutex, NULL);
    list_init(&c->answers);
    c->world     = world;
    c->holders   = 1;
    c->listen_fd = c->wake_fd = -1;
    snprintf(c->path, sizeof c->path, "%s", path);
    c->clients      = calloc(limits->clients, sizeof *c->clients);
    c->polls        = calloc(2 + limits->clients, sizeof *c->polls);
    c->client_count = limits->clients;
    c->stall        = limits->stall;
    c->idle         = limits->idle;
    c->tick         = limits->tick;
    for (unsigned i = 0; c->clients != NULL && i < limits->clients; i++)
        c->clients[i].fd = -1;
    if (c->clients != NULL && c->polls != NULL)
        return c;
    free_control(c);
    return NULL;
}

int control_open(struct world *world, const char *path, const struct control_method *methods, size_t method_count,
                 void *user, const struct control_limits *limits, struct control **out, char *problem,
                 size_t problem_size)
{
    struct control *c     = strlen(path) < sizeof c->path ? control_new(world, path, limits) : NULL;
    int             error = strlen(path) < sizeof c->path ? -ERR_NO_MEMORY : -ERR_TOO_LARGE;

    problem[0] = '\0';
    if (c != NULL) {
        c->methods      = methods;
        c->method_count = method_count;
        c->user         = user;
        json_object_seed(0); /* before there are threads that might do it together */
        error = open_socket(c);
        if (error == 0 && pthread_create(&c->thread, NULL, control_thread, c) != 0) {
            unlink(c->path);
            error = -ERR_NO_MEMORY;
        }
    }
    if (error == 0) {
        pthread_setname_np(c->thread, "ahoy-control");
        *out = c;
        return 0;
    }
    describe(path, error, problem, problem_size);
    if (c != NULL) {
        close_socket(c);
        free_control(c);
    }
    return error;
}

int control_start(struct world *world, const char *path, const struct control_method *methods, size_t method_count,
                  void *user, unsigned max_clients, struct control **out, char *problem, size_t problem_size)
{
    static const msec     tick   = 1000;
    struct control_limits limits = { max_clients, CONTROL_STALL, CONTROL_IDLE, tick };

    return control_open(world, path, methods, method_count, user, &limits, out, problem, problem_size);
}

size_t control_memory(const struct control *c)
{
    return sizeof *c + c->client_count * (sizeof *c->clients + sizeof *c->polls) +
           atomic_load_explicit(&c->answer_bytes, memory_order_relaxed);
}

void control_stop(struct control *c)
{
    pthread_mutex_lock(&c->mutex);
    c->stopping = true;
    pthread_mutex_unlock(&c->mutex);
    wake_thread(c);
    pthread_join(c->thread, NULL);
    unlink(c->path);
    close_socket(c);
    for (struct link *l; (l = list_shift(&c->answers)) != NULL;)
        control_request_free(CONTAINER_OF(l, struct control_request, link));
    c->stopped = true;
    control_release(c);
}
