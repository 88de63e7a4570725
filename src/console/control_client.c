/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/control_client.h"

#include "base/error.h"
#include "console/control.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct answer {
    char  *text;
    size_t len, cap;
};

static msec clock_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (msec)t.tv_sec * 1000 + (msec)t.tv_nsec / 1000000;
}

static int error_of_errno(int cause)
{
    switch (cause) {
    case ENOENT:
    case ECONNREFUSED:
        return -ERR_NOT_FOUND;
    case EACCES:
    case EPERM:
        return -ERR_PERMISSION;
    case EPIPE:
    case ECONNRESET:
        return -ERR_RESET;
    case ENOMEM:
        return -ERR_NO_MEMORY;
    case EAGAIN:
        return -ERR_TIMEOUT; /* its backlog is full */
    }
    return -ERR_IO;
}

static int open_connection(const char *path, int *fd)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    if (strlen(path) >= sizeof address.sun_path)
        return -ERR_TOO_LARGE;
    strcpy(address.sun_path, path);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0)
        return error_of_errno(errno);
    if (connect(*fd, (struct sockaddr *)&address, sizeof address) == 0)
        return 0;
    return error_of_errno(errno);
}

/* 0 when `fd` is ready for `events`. */
static int wait_for(int fd, short events, msec until)
{
    for (;;) {
        struct pollfd one  = { .fd = fd, .events = events };
        msec          now  = clock_now();
        int           left = until > now ? (int)(until - now) : 0;
        int           got  = poll(&one, 1, left);

        if (got > 0)
            return 0;
        if (got == 0)
            return -ERR_TIMEOUT;
        if (errno != EINTR)
            return error_of_errno(errno);
    }
}

static int send_all(int fd, const char *text, size_t len, msec until)
{
    while (len > 0) {
        ssize_t sent  = send(fd, text, len, MSG_NOSIGNAL);
        int     error = 0;

        if (sent < 0 && errno == EAGAIN)
            error = wait_for(fd, POLLOUT, until);
        else if (sent < 0 && errno != EINTR)
            error = error_of_errno(errno);
        if (error != 0)
            return error;
        if (sent > 0) {
            text += sent;
            len -= (size_t)sent;
        }
    }
    return 0;
}

static int make_room(struct answer *a)
{
    enum { FIRST = 4096 };
    size_t cap  = a->cap == 0 ? FIRST : 2 * a->cap;
    char  *text = a->len < a->cap ? a->text : NULL;

    if (text != NULL)
        return 0;
    if (cap > 2 * (size_t)CONTROL_ANSWER_MAX)
        return -ERR_TOO_LARGE;
    text = realloc(a->text, cap);
    if (text == NULL)
        return -ERR_NO_MEMORY;
    a->text = text;
    a->cap  = cap;
    return 0;
}

/* Up to the end of the line. */
static int receive_line(int fd, struct answer *a, msec until)
{
    for (;;) {
        int     error = make_room(a);
        ssize_t got;

        if (error == 0)
            error = wait_for(fd, POLLIN, until);
        if (error != 0)
            return error;
        got = recv(fd, a->text + a->len, a->cap - a->len, 0);
        if (got == 0)
            return -ERR_RESET;
        if (got < 0 && errno != EINTR && errno != EAGAIN)
            return error_of_errno(errno);
        if (got > 0)
            a->len += (size_t)got;
        if (got > 0 && a->text[a->len - 1] == '\n')
            return 0;
    }
}

static char *request_text(const char *method, json_t *params)
{
    json_t *request = json_pack("{s:s,s:i,s:s}", "jsonrpc", "2.0", "id", 1, "method", method);
    char   *text    = NULL;

    if (request != NULL && (params == NULL || json_object_set(request, "params", params) == 0))
        text = json_dumps(request, JSON_COMPACT);
    json_decref(request);
    return text;
}

static int send_request(int fd, char *request, msec until)
{
    size_t len = strlen(request);
    int    error;

    if (len >= CONTROL_REQUEST_MAX)
        return -ERR_TOO_LARGE;
    request[len] = '\n'; /* in place of the NUL */
    error        = send_all(fd, request, len + 1, until);
    /* A server that turns us away has said why before it closed. */
    return error == -ERR_RESET ? 0 : error;
}

int control_send(const char *path, const char *method, json_t *params, msec patience, int *fd)
{
    char *request = request_text(method, params);
    int   error   = request == NULL ? -ERR_NO_MEMORY : 0;

    *fd = -1;
    if (error == 0)
        error = open_connection(path, fd);
    if (error == 0)
        error = send_request(*fd, request, clock_now() + patience);
    if (error != 0 && *fd >= 0) {
        close(*fd);
        *fd = -1;
    }
    free(request);
    return error;
}

int control_receive(int fd, msec patience, json_t **outcome)
{
    struct answer a     = { 0 };
    int           error = receive_line(fd, &a, clock_now() + patience);

    if (error == 0) {
        *outcome = json_loadb(a.text, a.len, 0, NULL);
        error    = json_is_object(*outcome) ? 0 : -ERR_SYNTAX;
    }
    close(fd);
    free(a.text);
    return error;
}

int control_ask(const char *path, const char *method, json_t *params, msec patience, json_t **outcome)
{
    int fd;
    int error = control_send(path, method, params, patience, &fd);

    return error == 0 ? control_receive(fd, patience, outcome) : error;
}
