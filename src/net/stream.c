/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/stream.h"

#include "base/error.h"
#include "net/listener.h"
#include "net/queue.h"
#include "net/sockaddr.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    BUFFER        = 65536,
    ROUNDS        = 4, /* reads per readiness, so that others have their turn */
    SPARE_LARGEST = 8192,
};

enum stream_state {
    CONNECTING,
    OPEN,
    HALF_CLOSED, /* the peer has sent FIN; what is queued still leaves     */
    FAILED,      /* stream_flush will say so                               */
    TOLD,        /* on_close runs or has run                               */
};

struct stream {
    struct stream_hub          *hub;
    struct link                 member;  /* hub->streams */
    struct link                 pending; /* hub->pending */
    struct watch                watch;
    struct timer                timer;
    const struct stream_events *events; /* NULL until an accepted stream has an owner */
    void                       *owner;
    struct address              local, remote;
    struct queue                queue;
    enum stream_state           state;
    int                         fd;
    int                         error;     /* FAILED: for on_close                   */
    size_t                      accounted; /* bytes */
    bool                        blocked;   /* the kernel takes no more: LOOP_WRITE   */
};

static void recount(struct stream *s)
{
    world_recount(s->hub->world, ACCOUNT_STREAM_QUEUES, &s->accounted, sizeof *s + s->queue.cap);
}

/* What waits leaves in the same turn mostly, so memory for it is needed by few at a time: a stream
 * that has sent all leaves it to the next one.  An idle stream has none. */
static void borrow_queue(struct stream *s)
{
    struct stream_hub *hub = s->hub;

    if (s->queue.cap == 0 && hub->spare_count > 0)
        s->queue = hub->spare[--hub->spare_count];
}

static void return_queue(struct stream *s)
{
    struct stream_hub *hub = s->hub;

    if (s->queue.cap > 0 && s->queue.cap <= SPARE_LARGEST && hub->spare_count < STREAM_SPARES) {
        hub->spare[hub->spare_count++] = s->queue;
        s->queue                       = (struct queue){ 0 };
    } else
        queue_fini(&s->queue);
    recount(s);
}

static void mark(struct stream *s)
{
    if (!link_in_list(&s->pending))
        list_append(&s->hub->pending, &s->pending);
}

static void release(struct stream *s)
{
    watch_stop(s->hub->loop, &s->watch);
    world_timer_stop(s->hub->world, &s->timer);
    list_unlink(&s->pending);
    list_unlink(&s->member);
    world_give(s->hub->world, ACCOUNT_STREAM_QUEUES, s->accounted);
    queue_fini(&s->queue);
    close(s->fd);
    free(s);
}

/* The last callback, made only from the loop. */
static void end(struct stream *s, int error)
{
    s->state = TOLD;
    s->events->on_close(s->owner, s, error);
    if (s->hub->current == s)
        s->hub->current = NULL;
    release(s);
}

/* The connection is over before connect could return: say so from the loop. */
static void fail_later(struct stream *s, int error)
{
    s->state = FAILED;
    s->error = error;
    mark(s);
}

static void want(struct stream *s)
{
    unsigned wanted = s->state == OPEN ? LOOP_READ : 0;

    if (s->blocked || s->state == CONNECTING)
        wanted |= LOOP_WRITE;
    (void)watch_want(s->hub->loop, &s->watch, wanted);
}

static void on_patience_over(struct timer *t, msec now)
{
    struct stream *s = CONTAINER_OF(t, struct stream, timer);

    (void)now;
    end(s, s->state == CONNECTING ? -ERR_TIMEOUT : 0);
}

static void be_patient(struct stream *s)
{
    world_timer(s->hub->world, &s->timer, on_patience_over, s->hub->world->now + STREAM_PATIENCE);
}

static void on_stalled(struct timer *t, msec now)
{
    struct stream *s = CONTAINER_OF(t, struct stream, timer);

    (void)now;
    counter_add(&s->hub->world->counters.streams_stalled, 1);
    end(s, -ERR_TIMEOUT);
}

/* The kernel takes no more: from now on the peer is to take something. */
static void watch_progress(struct stream *s)
{
    if (s->state == OPEN)
        world_timer(s->hub->world, &s->timer, on_stalled, s->hub->world->now + s->hub->stall);
}

/* --- out --- */

static void write_queue(struct stream *s)
{
    while (!queue_empty(&s->queue)) {
        struct slice bytes = queue_bytes(&s->queue);
        ssize_t      sent  = send(s->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);

        if (sent >= 0)
            queue_drop(&s->queue, (size_t)sent);
        else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            s->blocked = true;
            want(s);
            watch_progress(s);
            return;
        } else if (errno != EINTR) {
            end(s, stream_error(errno));
            return;
        }
    }
    if (s->state == HALF_CLOSED) {
        end(s, 0);
        return;
    }
    return_queue(s);
    world_timer_stop(s->hub->world, &s->timer);
}

static void work(struct stream *s)
{
    switch (s->state) {
    case OPEN:
    case HALF_CLOSED:
        if (!s->blocked)
            write_queue(s);
        break;
    case FAILED:
        end(s, s->error);
        break;
    case CONNECTING:
    case TOLD:
        break;
    }
}

void stream_flush(struct stream_hub *hub)
{
    struct link now; /* what a callback queues is for the next turn */

    list_init(&now);
    for (struct link *l; (l = list_shift(&hub->pending)) != NULL;)
        list_append(&now, l);
    for (struct link *l; (l = list_shift(&now)) != NULL;)
        work(CONTAINER_OF(l, struct stream, pending));
}

bool stream_waiting(const struct stream_hub *hub)
{
    return !list_empty(&hub->pending);
}

/* --- in --- */

static void half_close(struct stream *s)
{
    s->state = HALF_CLOSED;
    want(s);
    be_patient(s);
    mark(s);
}

static void read_bytes(struct stream *s)
{
    struct stream_hub *hub = s->hub;

    for (unsigned round = 0; round < ROUNDS; round++) {
        ssize_t got = recv(s->fd, hub->buffer, BUFFER, 0);

        if (got == 0) {
            half_close(s);
            return;
        }
        if (got < 0) {
            if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
                end(s, stream_error(errno));
            return;
        }
        hub->current = s;
        s->events->on_bytes(s->owner, s, (struct slice){ hub->buffer, (size_t)got });
        if (hub->current != s || got < BUFFER)
            break;
    }
    hub->current = NULL;
}

static void on_connected(struct stream *s)
{
    int       number = 0;
    socklen_t len    = sizeof number;

    if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &number, &len) != 0)
        number = errno;
    if (number != 0) {
        end(s, stream_error(number));
        return;
    }
    world_timer_stop(s->hub->world, &s->timer);
    s->state = OPEN;
    s->local = socket_local(s->fd);
    want(s);
    if (!queue_empty(&s->queue))
        mark(s);
    s->events->on_open(s->owner, s);
}

static void on_ready(struct watch *watch, unsigned ready)
{
    struct stream *s = CONTAINER_OF(watch, struct stream, watch);

    if (s->state == CONNECTING) {
        on_connected(s);
        return;
    }
    if (s->blocked && ready & LOOP_WRITE) {
        s->blocked = false;
        want(s);
        mark(s);
    }
    if (s->state == OPEN && ready & LOOP_READ)
        read_bytes(s);
}

/* --- life --- */

/* Takes the descriptor, also when it fails. */
static struct stream *new_stream(struct stream_hub *hub, int fd, const struct address *remote)
{
    struct stream *s  = calloc(1, sizeof *s);
    int            on = 1;

    if (s == NULL) {
        close(fd);
        return NULL;
    }
    *s = (struct stream){ .hub = hub, .fd = fd, .remote = *remote };
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    list_append(&hub->streams, &s->member);
    recount(s);
    return s;
}

struct stream *stream_adopt(struct stream_hub *hub, int fd, const struct address *remote)
{
    struct stream *s = new_stream(hub, fd, remote);

    if (s == NULL)
        return NULL;
    s->state = OPEN;
    s->local = socket_local(fd);
    if (watch_start(hub->loop, &s->watch, fd, LOOP_READ, on_ready) != 0) {
        release(s);
        return NULL;
    }
    return s;
}

void stream_give(struct stream *s, const struct stream_events *events, void *owner)
{
    s->events = events;
    s->owner  = owner;
}

/* Returns 0, -ERR_LIMIT or -ERR_UNREACHABLE. */
static int start_connect(struct stream *s)
{
    struct sockaddr_storage sa;
    socklen_t               len = sockaddr_from(&sa, &s->remote);

    if (connect(s->fd, (struct sockaddr *)&sa, len) != 0 && errno != EINPROGRESS && errno != EINTR) {
        int error = stream_error(errno);

        if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM)
            return -ERR_LIMIT;
        if (error == -ERR_UNREACHABLE)
            return error;
        fail_later(s, error);
        return 0;
    }
    s->state = CONNECTING;
    be_patient(s);
    return watch_start(s->hub->loop, &s->watch, s->fd, LOOP_WRITE, on_ready);
}

int stream_connect(struct stream_hub *hub, const struct address *remote, const struct stream_events *events,
                   void *owner, struct stream **out)
{
    struct stream *s;
    int            fd, error;

    if (remote->family == FAMILY_NONE)
        return -ERR_UNREACHABLE;
    fd = socket_open((enum family)remote->family, SOCK_STREAM);
    if (fd < 0)
        return fd == -ERR_LIMIT ? fd : -ERR_UNREACHABLE;
    s = new_stream(hub, fd, remote);
    if (s == NULL)
        return -ERR_LIMIT;
    stream_give(s, events, owner);
    error = start_connect(s);
    if (error != 0) {
        release(s);
        return error;
    }
    *out = s;
    return 0;
}

struct address stream_local(const struct stream *s)
{
    return s->local;
}

struct address stream_remote(const struct stream *s)
{
    return s->remote;
}

int stream_send(struct stream *s, const struct slice *parts, size_t count)
{
    size_t len = 0;
    char  *at;

    if (s->state == FAILED || s->state == TOLD)
        return -ERR_CLOSED;
    for (size_t i = 0; i < count; i++)
        len += parts[i].len;
    if (len == 0)
        return 0;
    borrow_queue(s);
    at = queue_room(&s->queue, len, s->hub->queue_limit);
    if (at == NULL)
        return -ERR_LIMIT;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > 0)
            memcpy(at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
    }
    queue_added(&s->queue, len);
    recount(s);
    if (!s->blocked)
        mark(s);
    return 0;
}

size_t stream_room(const struct stream *s)
{
    size_t waiting = queue_bytes(&s->queue).len;

    return waiting < s->hub->queue_limit ? s->hub->queue_limit - waiting : 0;
}

void stream_close(struct stream *s)
{
    struct slice rest = queue_bytes(&s->queue);

    if (s->state == TOLD)
        return; /* from inside its own on_close: it goes anyway */
    if (s->hub->current == s)
        s->hub->current = NULL;
    if (rest.len > 0 && (s->state == OPEN || s->state == HALF_CLOSED))
        (void)send(s->fd, rest.ptr, rest.len, MSG_NOSIGNAL);
    release(s);
}

/* --- the hub --- */

int stream_hub_init(struct stream_hub *hub, struct loop *loop, struct world *w, size_t queue_limit, msec stall,
                    struct descriptors *ahead, unsigned worker)
{
    *hub             = (struct stream_hub){ .loop = loop, .world = w, .buffer = malloc(BUFFER) };
    hub->ahead       = ahead;
    hub->worker      = worker;
    hub->queue_limit = queue_limit != 0 ? queue_limit : STREAM_QUEUE;
    hub->stall       = stall != 0 ? stall : STREAM_STALL;
    list_init(&hub->streams);
    list_init(&hub->listeners);
    list_init(&hub->pending);
    return hub->buffer == NULL ? -ERR_NO_MEMORY : 0;
}

void stream_hub_fini(struct stream_hub *hub)
{
    listener_close_all(hub);
    while (!list_empty(&hub->streams))
        release(CONTAINER_OF(hub->streams.next, struct stream, member));
    while (hub->spare_count > 0)
        queue_fini(&hub->spare[--hub->spare_count]);
    free(hub->buffer);
}
