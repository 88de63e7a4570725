/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/line_writer.h"

#include "base/error.h"
#include "console/own_descriptor.h"
#include "net/world_uv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

enum { FIRST_CAPACITY = 4096, AGAIN_MS = 20 };

struct line_writer {
    struct world             *world;
    struct line_writer_events events;
    void                     *arg;
    struct own_descriptor     out;
    bool                      polled, waiting, broken;
    uv_poll_t                 poll;
    struct timer              timer;
    char                     *bytes;
    size_t                    len, capacity, limit;
    unsigned long             dropped;
};

/* ---- writing without waiting ---- */

static void give_up(struct line_writer *l)
{
    l->broken = true;
    l->len    = 0;
    if (l->waiting)
        uv_poll_stop(&l->poll);
    l->waiting = false;
    world_timer_stop(l->world, &l->timer);
}

/* All that is taken now; false: the rest must wait, or nobody reads. */
static bool flush(struct line_writer *l)
{
    size_t done = 0;

    while (done < l->len) {
        ssize_t n = write(l->out.fd, l->bytes + done, l->len - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN) {
            give_up(l);
            return false;
        }
        if (n < 0)
            break;
        done += (size_t)n;
    }
    if (done < l->len) /* there may be no bytes at all yet */
        memmove(l->bytes, l->bytes + done, l->len - done);
    l->len -= done;
    return l->len == 0;
}

static void wait_for_room(struct line_writer *l);

static void go_on(struct line_writer *l)
{
    unsigned long dropped = l->dropped;
    bool          broken  = l->broken;

    if (l->len > 0 && !flush(l) && !l->broken)
        wait_for_room(l);
    if (l->broken && !broken) {
        l->events.on_broken(l->arg);
        return;
    }
    if (dropped > 0 && l->len <= l->limit / 2) {
        l->dropped = 0;
        l->events.on_dropped(l->arg, dropped);
    }
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct line_writer *l = poll->data;

    (void)status;
    (void)events;
    world_uv_begin_turn(l->world);
    uv_poll_stop(poll);
    l->waiting = false;
    go_on(l);
}

static void on_timer(struct timer *t, msec now)
{
    (void)now;
    go_on(CONTAINER_OF(t, struct line_writer, timer));
}

static void wait_for_room(struct line_writer *l)
{
    if (l->waiting || timer_running(&l->timer))
        return;
    if (l->polled && uv_poll_start(&l->poll, UV_WRITABLE | UV_DISCONNECT, on_ready) == 0)
        l->waiting = true;
    else
        world_timer(l->world, &l->timer, on_timer, world_now(l->world) + AGAIN_MS);
}

/* ---- lines ---- */

static bool make_room(struct line_writer *l, size_t len)
{
    size_t capacity = l->capacity == 0 ? FIRST_CAPACITY : l->capacity;
    char  *bytes;

    if (l->len + len > l->limit)
        return false;
    while (capacity < l->len + len)
        capacity *= 2;
    if (capacity == l->capacity)
        return true;
    bytes = realloc(l->bytes, capacity);
    if (bytes == NULL)
        return false;
    l->bytes    = bytes;
    l->capacity = capacity;
    return true;
}

/* What breaks, or is dropped, is told from the loop: the caller is in the middle of something. */
void line_writer_put(struct line_writer *l, struct slice line)
{
    if (l->broken)
        return;
    if (l->dropped > 0 || !make_room(l, line.len)) {
        l->dropped++;
        wait_for_room(l);
        return;
    }
    memcpy(l->bytes + l->len, line.ptr, line.len);
    l->len += line.len;
    if (!timer_running(&l->timer) && !l->waiting)
        world_timer(l->world, &l->timer, on_timer, world_now(l->world));
}

/* ---- life ---- */

int line_writer_open(struct world *w, int fd, size_t limit, const struct line_writer_events *events, void *arg,
                     struct line_writer **out)
{
    struct line_writer *l = calloc(1, sizeof *l);

    if (l == NULL)
        return -ERR_NO_MEMORY;
    l->world  = w;
    l->events = *events;
    l->arg    = arg;
    l->limit  = limit;
    own_descriptor_open(&l->out, fd, O_WRONLY);
    l->polled    = uv_poll_init(world_uv_loop(w), &l->poll, l->out.fd) == 0; /* a file has no need of it */
    l->poll.data = l;
    *out         = l;
    return 0;
}

static void free_writer(struct line_writer *l)
{
    own_descriptor_close(&l->out);
    free(l->bytes);
    free(l);
}

static void on_closed(uv_handle_t *handle)
{
    free_writer(handle->data);
}

bool line_writer_close(struct line_writer *l, msec patience)
{
    struct pollfd p;
    bool          all;

    if (l == NULL)
        return true;
    p = (struct pollfd){ .fd = l->out.fd, .events = POLLOUT };
    while (!l->broken && !flush(l) && !l->broken && patience > 0) {
        (void)poll(&p, 1, AGAIN_MS);
        patience -= patience < AGAIN_MS ? patience : AGAIN_MS;
    }
    all = !l->broken && l->len == 0;
    world_timer_stop(l->world, &l->timer);
    if (l->polled)
        uv_close((uv_handle_t *)&l->poll, on_closed);
    else
        free_writer(l);
    return all;
}
