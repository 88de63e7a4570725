/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/listener.h"

#include "base/error.h"
#include "net/sockaddr.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { ACCEPTS = 64 /* per readiness */ };

struct listener {
    struct stream_hub *hub;
    struct link        member; /* hub->listeners */
    struct watch       watch;
    struct timer       pause;
    accept_fn         *on_accept;
    void              *owner;
    struct address     local;
    int                fd;
    bool               starved; /* out of descriptors, and it has been logged */
};

static void end_pause(struct timer *t, msec now)
{
    struct listener *l = CONTAINER_OF(t, struct listener, pause);

    (void)now;
    (void)watch_want(l->hub->loop, &l->watch, LOOP_READ);
}

static void rest(struct listener *l, int number)
{
    struct world *w = l->hub->world;

    (void)watch_want(l->hub->loop, &l->watch, 0);
    world_timer(w, &l->pause, end_pause, w->now + ACCEPT_PAUSE);
    if (l->starved)
        return;
    l->starved = true;
    if (w->log != NULL)
        log_say(w->log, LOG_WARNING, LOG_PART_NET, "accepting connections is paused: %s", strerror(number));
}

/* False when the listener was closed in the callback. */
static bool introduce(struct listener *l, int fd, const struct address *remote)
{
    struct stream_hub          *hub = l->hub;
    struct stream              *s   = stream_adopt(hub, fd, remote);
    const struct stream_events *events;
    void                       *owner = NULL;

    if (s == NULL)
        return true;
    hub->current   = s;
    hub->accepting = l;
    events         = l->on_accept(l->owner, l, s, &owner);
    if (hub->current == s && events != NULL)
        stream_give(s, events, owner);
    else if (hub->current == s)
        stream_close(s);
    hub->current = NULL;
    return hub->accepting == l;
}

static bool out_of_resources(int number)
{
    return number == EMFILE || number == ENFILE || number == ENOMEM || number == ENOBUFS;
}

static void on_ready(struct watch *watch, unsigned ready)
{
    struct listener *l = CONTAINER_OF(watch, struct listener, watch);

    (void)ready;
    for (unsigned i = 0; i < ACCEPTS; i++) {
        struct sockaddr_storage sa  = { .ss_family = AF_UNSPEC };
        socklen_t               len = sizeof sa;
        int                     fd  = accept4(l->fd, (struct sockaddr *)&sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        struct address          remote;

        if (fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            l->starved = false; /* all who waited have been served */
            return;
        }
        if (fd < 0 && out_of_resources(errno)) {
            rest(l, errno);
            return;
        }
        if (fd < 0)
            continue; /* the error of one connection that was gone before we came (accept(2)) */
        remote = address_from_sockaddr(&sa);
        if (!introduce(l, fd, &remote))
            return;
    }
}

int listener_open(struct stream_hub *hub, const struct address *local, accept_fn *on_accept, void *owner,
                  struct listener **out)
{
    struct listener *l  = calloc(1, sizeof *l);
    int              fd = l == NULL ? -ERR_LIMIT : descriptors_open(hub->ahead, hub->worker, SOCK_STREAM, local);
    int              error;

    if (fd < 0) {
        free(l);
        return fd;
    }
    *l = (struct listener){ .hub = hub, .on_accept = on_accept, .owner = owner, .local = socket_local(fd), .fd = fd };
    list_append(&hub->listeners, &l->member);
    error = watch_start(l->hub->loop, &l->watch, l->fd, LOOP_READ, on_ready);
    if (error != 0) {
        listener_close(l);
        return error;
    }
    *out = l;
    return 0;
}

void listener_close(struct listener *l)
{
    if (l->hub->accepting == l)
        l->hub->accepting = NULL;
    world_timer_stop(l->hub->world, &l->pause);
    watch_stop(l->hub->loop, &l->watch);
    list_unlink(&l->member);
    close(l->fd);
    free(l);
}

struct address listener_local(const struct listener *l)
{
    return l->local;
}

void listener_close_all(struct stream_hub *hub)
{
    while (!list_empty(&hub->listeners))
        listener_close(CONTAINER_OF(hub->listeners.next, struct listener, member));
}
