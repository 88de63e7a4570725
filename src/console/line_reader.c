/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/line_reader.h"

#include "base/error.h"
#include "console/own_descriptor.h"
#include "net/world_uv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

struct line_reader {
    struct world             *world;
    struct line_reader_events events;
    void                     *arg;
    struct own_descriptor     in;
    uv_poll_t                 poll;
    struct timer              timer; /* of a file, which epoll does not know */
    bool                      polled, closed, inside, skipping;
    size_t                    len, longest;
    char                      bytes[]; /* longest + 1 */
};

static void free_reader(struct line_reader *r)
{
    own_descriptor_close(&r->in);
    free(r);
}

static void on_closed(uv_handle_t *handle)
{
    free_reader(handle->data);
}

static void let_go(struct line_reader *r)
{
    world_timer_stop(r->world, &r->timer);
    if (r->polled)
        uv_close((uv_handle_t *)&r->poll, on_closed);
    else
        free_reader(r);
}

void line_reader_close(struct line_reader *r)
{
    if (r == NULL || r->closed)
        return;
    r->closed = true;
    if (!r->inside)
        let_go(r);
}

/* ---- lines ---- */

static struct slice without_cr(struct slice line)
{
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

static void tell_line(struct line_reader *r, struct slice line)
{
    if (r->skipping)
        r->skipping = false;
    else
        r->events.on_line(r->arg, without_cr(line));
}

static void tell_lines(struct line_reader *r)
{
    char *at = r->bytes, *end = r->bytes + r->len, *lf;

    while (!r->closed && (lf = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        tell_line(r, slice_between(at, lf));
        at = lf + 1;
    }
    r->len = (size_t)(end - at);
    memmove(r->bytes, at, r->len);
    if (r->len <= r->longest)
        return;
    r->len = 0; /* what follows up to the next line end belongs to it */
    if (!r->skipping && !r->closed)
        r->events.on_too_long(r->arg);
    r->skipping = true;
}

/* The last line may have no end. */
static void tell_end(struct line_reader *r)
{
    if (r->polled)
        uv_poll_stop(&r->poll);
    world_timer_stop(r->world, &r->timer);
    if (r->len > 0)
        tell_line(r, (struct slice){ r->bytes, r->len });
    r->len = 0;
    if (!r->closed)
        r->events.on_end(r->arg);
}

/* False: nothing will follow. */
static bool read_some(struct line_reader *r)
{
    ssize_t got = read(r->in.fd, r->bytes + r->len, r->longest + 1 - r->len);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    r->inside = true;
    if (got > 0) {
        r->len += (size_t)got;
        tell_lines(r);
    } else {
        tell_end(r);
    }
    r->inside = false;
    if (r->closed)
        let_go(r);
    return got > 0;
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct line_reader *r = poll->data;

    (void)status; /* an error shows when it is read */
    (void)events;
    world_uv_begin_turn(r->world);
    (void)read_some(r);
}

static void on_timer(struct timer *t, msec now)
{
    struct line_reader *r = CONTAINER_OF(t, struct line_reader, timer);

    world_timer(r->world, t, on_timer, now);
    (void)read_some(r); /* which may free it */
}

int line_reader_open(struct world *w, int fd, size_t longest, const struct line_reader_events *events, void *arg,
                     struct line_reader **out)
{
    struct line_reader *r = calloc(1, sizeof *r + longest + 1);

    if (r == NULL)
        return -ERR_NO_MEMORY;
    r->world   = w;
    r->events  = *events;
    r->arg     = arg;
    r->longest = longest;
    own_descriptor_open(&r->in, fd, O_RDONLY);
    r->polled = uv_poll_init(world_uv_loop(w), &r->poll, r->in.fd) == 0; /* which makes it non-blocking */
    if (r->polled) {
        r->poll.data = r;
        if (uv_poll_start(&r->poll, UV_READABLE | UV_DISCONNECT, on_ready) != 0) {
            line_reader_close(r);
            return -ERR_LIMIT;
        }
    } else {
        world_timer(w, &r->timer, on_timer, world_now(w));
    }
    *out = r;
    return 0;
}
