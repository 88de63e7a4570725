/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "console/control_private.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LAST_WORDS = 500, PAUSE = 100 }; /* ms */

static msec clock_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (msec)t.tv_sec * 1000 + (msec)t.tv_nsec / 1000000;
}

static void drop(struct control_client *client)
{
    close(client->fd);
    free(client->out);
    rpc_drop(&client->exchange);
    client->fd  = -1;
    client->out = NULL;
    client->generation++; /* an answer to the old one finds nobody */
    client->busy = client->closing = false;
    client->in_len = client->out_len = client->out_at = 0;
}

static void flush(struct control_client *client)
{
    while (client->out_at < client->out_len) {
        ssize_t sent = send(client->fd, client->out + client->out_at, client->out_len - client->out_at,
                            MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (sent < 0) {
            drop(client);
            return;
        }
        client->out_at += (size_t)sent;
        client->active_at = clock_now();
    }
    free(client->out);
    client->out    = NULL;
    client->out_at = client->out_len = 0;
    if (client->closing)
        drop(client);
}

/* All requests of the line are done: write what there is to say. */
static void answer(struct control_client *client)
{
    size_t len;
    char  *text = rpc_write(&client->exchange, &len);

    client->busy = false;
    if (text == NULL || len > CONTROL_ANSWER_MAX || (len == 0 && client->closing)) {
        free(text);
        drop(client);
        return;
    }
    client->active_at = clock_now();
    if (len == 0) { /* notifications only */
        free(text);
        return;
    }
    client->out     = text;
    client->out_len = len;
    client->out_at  = 0;
    flush(client);
}

static struct control_request *request_of(const json_t *request)
{
    struct control_request *r = calloc(1, sizeof *r);

    if (r == NULL)
        return NULL;
    r->method = strdup(json_string_value(json_object_get(request, "method")));
    r->id     = json_incref(json_object_get(request, "id"));
    r->params = json_incref(json_object_get(request, "params"));
    if (r->method != NULL)
        return r;
    control_request_free(r);
    return NULL;
}

/* False: it was answered here. */
static bool submit(struct control *c, struct control_client *client, const json_t *request)
{
    struct control_request *r     = request_of(request);
    int                     error = -ERR_NO_MEMORY;

    if (r != NULL) {
        r->control    = c;
        r->client     = (unsigned)(client - c->clients);
        r->generation = client->generation;
        error         = control_submit(r);
    }
    if (error == 0)
        return true;
    rpc_finish(
        &client->exchange, json_object_get(request, "id"),
        control_error_new(CONTROL_FAILED, error, error == -ERR_LIMIT ? "the server is too busy" : error_text(error)));
    if (r != NULL)
        control_request_free(r);
    return false;
}

static void handle_line(struct control *c, struct control_client *client, const char *line, size_t len)
{
    json_t *requests = rpc_read(&client->exchange, line, len), *one;
    size_t  i;

    if (requests == NULL) {
        drop(client);
        return;
    }
    client->busy    = true;
    client->pending = json_array_size(requests);
    json_array_foreach(requests, i, one)
    {
        if (!submit(c, client, one))
            client->pending--;
    }
    json_decref(requests);
    if (client->pending == 0)
        answer(client);
}

static void refuse_length(struct control_client *client)
{
    static const char text[] = "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":\"request "
                               "too long\",\"data\":{\"error\":\"TOO_LARGE\"}}}\n";

    client->closing = true;
    client->in_len  = 0;
    client->out     = strdup(text);
    client->out_len = sizeof text - 1;
    if (client->out != NULL)
        flush(client);
    else
        drop(client);
}

/* Work on the next whole line, if there is one and nothing is under way. */
static void next_line(struct control *c, struct control_client *client)
{
    while (client->fd >= 0 && !client->busy && client->out == NULL) {
        char  *end = memchr(client->in, '\n', client->in_len);
        size_t len;
        char   line[CONTROL_REQUEST_MAX];

        if (end == NULL) {
            if (client->in_len == sizeof client->in)
                refuse_length(client);
            return;
        }
        len = (size_t)(end - client->in);
        memcpy(line, client->in, len);
        client->in_len -= len + 1;
        memmove(client->in, end + 1, client->in_len);
        client->line_at = clock_now();
        if (len > 0)
            handle_line(c, client, line, len);
    }
}

static void read_some(struct control *c, struct control_client *client)
{
    ssize_t got = recv(client->fd, client->in + client->in_len, sizeof client->in - client->in_len, MSG_DONTWAIT);

    if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
        return;
    if (got == 0 && client->in_len > 0 && client->in_len < sizeof client->in &&
        !client->closing) { /* the last line need not end in a newline */
        client->in[client->in_len] = '\n';
        client->closing            = true;
        got                        = 1;
    }
    if (got <= 0) {
        drop(client);
        return;
    }
    client->active_at = clock_now();
    if (client->in_len == 0)
        client->line_at = client->active_at;
    client->in_len += (size_t)got;
    next_line(c, client);
}

static bool peer_is_allowed(int fd)
{
    struct ucred peer;
    socklen_t    size = sizeof peer;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == geteuid() || peer.uid == 0);
}

static void turn_away(int fd, const char *text)
{
    (void)send(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
    close(fd);
}

static void accept_one(struct control *c)
{
    int      fd = accept4(c->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    unsigned i  = 0;

    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            (void)poll(NULL, 0, PAUSE); /* it stays in the queue: do not spin on it */
        return;
    }
    if (!peer_is_allowed(fd)) {
        turn_away(fd, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32000,\"message\":\"only the server's "
                      "user and root may use this socket\",\"data\":{\"error\":\"PERMISSION\"}}}\n");
        return;
    }
    while (i < c->client_count && c->clients[i].fd >= 0)
        i++;
    if (i == c->client_count) {
        turn_away(fd, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32000,\"message\":\"too many commands at "
                      "the same time\",\"data\":{\"error\":\"LIMIT\"}}}\n");
        return;
    }
    c->clients[i].fd        = fd;
    c->clients[i].active_at = clock_now();
}

static void deliver(struct control *c)
{
    struct link answers;

    list_init(&answers);
    pthread_mutex_lock(&c->mutex);
    for (struct link *l; (l = list_shift(&c->answers)) != NULL;)
        list_append(&answers, l);
    pthread_mutex_unlock(&c->mutex);
    for (struct link *l; (l = list_shift(&answers)) != NULL;) {
        struct control_request *r      = CONTAINER_OF(l, struct control_request, link);
        struct control_client  *client = &c->clients[r->client];

        if (client->fd >= 0 && client->generation == r->generation) {
            rpc_finish(&client->exchange, r->id, r->outcome);
            r->outcome = NULL;
            if (--client->pending == 0)
                answer(client);
            next_line(c, client);
        }
        control_request_free(r);
    }
}

/* A line that was begun must be complete in a while: a byte now and then does not
 * keep the place. */
static bool is_slow(const struct control *c, const struct control_client *client, msec now)
{
    if (client->out != NULL)
        return now - client->active_at > c->stall;
    if (client->in_len > 0 && now - client->line_at > c->stall)
        return true;
    return now - client->active_at > c->idle;
}

static void drop_the_slow(struct control *c)
{
    msec now = clock_now();

    for (unsigned i = 0; i < c->client_count; i++) {
        struct control_client *client = &c->clients[i];

        if (client->fd >= 0 && !client->busy && is_slow(c, client, now))
            drop(client);
    }
}

static bool is_stopping(struct control *c)
{
    bool stopping;

    pthread_mutex_lock(&c->mutex);
    stopping = c->stopping;
    pthread_mutex_unlock(&c->mutex);
    return stopping;
}

/* polls[0] wakes, polls[1] listens, the rest are the clients in their order. */
static void fill_polls(struct control *c, struct pollfd *polls)
{
    polls[0] = (struct pollfd){ .fd = c->wake_fd, .events = POLLIN };
    polls[1] = (struct pollfd){ .fd = c->listen_fd, .events = POLLIN };
    for (unsigned i = 0; i < c->client_count; i++) {
        struct control_client *client = &c->clients[i];
        short                  events = 0; /* a hang-up is always told */

        if (client->out != NULL)
            events = POLLOUT;
        else if (!client->busy)
            events = POLLIN;
        polls[2 + i] = (struct pollfd){ .fd = client->fd, .events = events };
    }
}

static void serve_client(struct control *c, struct control_client *client, short ready)
{
    if (client->fd < 0)
        return;
    if (ready & POLLOUT)
        flush(client);
    else if (ready & POLLIN)
        read_some(c, client);
    else if (ready & (POLLHUP | POLLERR))
        drop(client);
    if (client->fd >= 0)
        next_line(c, client);
}

static void recount(struct control *c)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < c->client_count; i++)
        bytes += c->clients[i].out != NULL ? c->clients[i].out_len : 0;
    atomic_store_explicit(&c->answer_bytes, bytes, memory_order_relaxed);
}

static void turn(struct control *c)
{
    struct pollfd *polls = c->polls;
    uint64_t       wakes;

    fill_polls(c, polls);
    if (poll(polls, 2 + c->client_count, (int)c->tick) > 0) {
        if (polls[0].revents != 0)
            (void)!read(c->wake_fd, &wakes, sizeof wakes);
        for (unsigned i = 0; i < c->client_count; i++)
            if (polls[2 + i].fd >= 0 && polls[2 + i].revents != 0)
                serve_client(c, &c->clients[i], polls[2 + i].revents);
        if (polls[1].revents != 0)
            accept_one(c);
    }
    deliver(c);
    drop_the_slow(c);
    recount(c);
}

/* What is answered already is still written, for a moment. */
static void say_goodbye(struct control *c)
{
    msec until = clock_now() + LAST_WORDS;

    deliver(c);
    for (unsigned i = 0; i < c->client_count; i++) {
        struct control_client *client = &c->clients[i];

        while (client->fd >= 0 && client->out != NULL && clock_now() < until) {
            struct pollfd one = { .fd = client->fd, .events = POLLOUT };

            if (poll(&one, 1, 10) > 0)
                flush(client);
        }
        if (client->fd >= 0)
            drop(client);
    }
}

void *control_thread(void *arg)
{
    struct control *c = arg;

    while (!is_stopping(c))
        turn(c);
    say_goodbye(c);
    return NULL;
}
