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

/* Takes `message` and adds what JSON-RPC wants; NULL: without memory. */
static void answer(struct control_client *client, json_t *message, json_t *id)
{
    char  *text = NULL;
    size_t len;

    if (message != NULL && json_object_set_new(message, "jsonrpc", json_string("2.0")) == 0 &&
        json_object_set_new(message, "id", id == NULL ? json_null() : json_incref(id)) == 0)
        text = json_dumps(message, JSON_COMPACT);
    json_decref(message);
    client->busy = false;
    if (text == NULL || (len = strlen(text)) > CONTROL_ANSWER_MAX) {
        free(text);
        drop(client);
        return;
    }
    text[len]         = '\n'; /* in place of the NUL */
    client->out       = text;
    client->out_len   = len + 1;
    client->out_at    = 0;
    client->active_at = clock_now();
    flush(client);
}

static void refuse(struct control_client *client, json_t *id, int code, int error, const char *text)
{
    answer(client, control_error_new(code, error, text), id);
}

static struct control_request *request_of(const json_t *root)
{
    struct control_request *r      = calloc(1, sizeof *r);
    const char             *method = json_string_value(json_object_get(root, "method"));

    if (r == NULL || method == NULL || (r->method = strdup(method)) == NULL) {
        free(r);
        return NULL;
    }
    r->id     = json_incref(json_object_get(root, "id"));
    r->params = json_incref(json_object_get(root, "params"));
    return r;
}

static bool is_request(const json_t *root)
{
    const json_t *params  = json_object_get(root, "params");
    const json_t *id      = json_object_get(root, "id");
    const char   *version = json_string_value(json_object_get(root, "jsonrpc"));

    return version != NULL && strcmp(version, "2.0") == 0 && json_is_string(json_object_get(root, "method")) &&
           (params == NULL || json_is_object(params)) &&
           (json_is_string(id) || json_is_integer(id)); /* no notifications: who asks wants to know */
}

static void handle_line(struct control *c, struct control_client *client, const char *line, size_t len)
{
    json_error_t            where;
    json_t                 *root = json_loadb(line, len, JSON_REJECT_DUPLICATES, &where);
    struct control_request *r;

    if (root == NULL) {
        client->closing = true;
        refuse(client, NULL, CONTROL_PARSE_ERROR, ERR_SYNTAX, where.text);
        return;
    }
    if (!is_request(root)) {
        json_decref(root);
        refuse(client, NULL, CONTROL_INVALID_REQUEST, ERR_SYNTAX,
               "want {\"jsonrpc\":\"2.0\",\"id\":...,\"method\":...,\"params\":{...}}");
        return;
    }
    r = request_of(root);
    json_decref(root);
    if (r == NULL) {
        drop(client);
        return;
    }
    r->control    = c;
    r->client     = (unsigned)(client - c->clients);
    r->generation = client->generation;
    client->busy  = true;
    if (control_submit(r) != 0) {
        refuse(client, r->id, CONTROL_FAILED, ERR_LIMIT, "the server is too busy");
        control_request_free(r);
    }
}

/* Work on the next whole line, if there is one and nothing is under way. */
static void next_line(struct control *c, struct control_client *client)
{
    while (client->fd >= 0 && !client->busy && client->out == NULL) {
        char  *end = memchr(client->in, '\n', client->in_len);
        size_t len;
        char   line[CONTROL_REQUEST_MAX];

        if (end == NULL) {
            if (client->in_len == sizeof client->in) {
                client->closing = true;
                client->in_len  = 0;
                refuse(client, NULL, CONTROL_INVALID_REQUEST, ERR_TOO_LARGE, "request too long");
            }
            return;
        }
        len = (size_t)(end - client->in);
        memcpy(line, client->in, len);
        client->in_len -= len + 1;
        memmove(client->in, end + 1, client->in_len);
        if (len > 0)
            handle_line(c, client, line, len);
    }
}

static void read_some(struct control *c, struct control_client *client)
{
    ssize_t got = recv(client->fd, client->in + client->in_len, sizeof client->in - client->in_len, MSG_DONTWAIT);

    if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
        return;
    if (got <= 0) {
        drop(client);
        return;
    }
    client->in_len += (size_t)got;
    client->active_at = clock_now();
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
            json_t *outcome = r->outcome;

            r->outcome = NULL;
            answer(client, outcome, r->id);
            next_line(c, client);
        }
        control_request_free(r);
    }
}

static void drop_the_slow(struct control *c)
{
    msec now = clock_now();

    for (unsigned i = 0; i < c->client_count; i++) {
        struct control_client *client = &c->clients[i];
        msec                   limit  = client->out != NULL ? c->stall : c->idle;

        if (client->fd >= 0 && !client->busy && now - client->active_at > limit)
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
