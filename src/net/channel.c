/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/channel_private.h"

#include "base/error.h"
#include "base/limits.h"

#include <stdlib.h>

static void recount(struct channel *c)
{
    world_recount(c->all->world, ACCOUNT_CONNECTIONS, &c->accounted,
                  sizeof *c + c->held.cap + c->early.cap + layers_memory(c));
}

/* --- the end --- */

static void leave_handshakes(struct channel *c)
{
    if (c->counted)
        c->all->handshaking--;
    c->counted = false;
}

static void release(struct channel *c)
{
    struct channels *all = c->all;

    if (all->current == c)
        all->current = NULL;
    line_leave(c);
    leave_handshakes(c);
    world_timer_stop(all->world, &c->timer);
    world_give(all->world, ACCOUNT_CONNECTIONS, c->accounted);
    layers_free(c);
    queue_fini(&c->held);
    queue_fini(&c->early);
    free(c);
}

static void close_stream(struct channel *c)
{
    if (c->stream != NULL)
        c->all->world->ops->stream_close(c->stream);
    c->stream = NULL;
}

void channel_end(struct channel *c, int error)
{
    c->state = CHANNEL_TOLD;
    close_stream(c);
    c->events->on_close(c->owner, c, error);
    release(c);
}

void channel_close(struct channel *c)
{
    if (c->state == CHANNEL_TOLD)
        return; /* from inside its own on_close: it goes anyway */
    if (c->state == CHANNEL_OPEN && c->stream != NULL)
        layers_shut(c);
    close_stream(c);
    release(c);
}

/* --- the timer --- */

static void on_timer(struct timer *t, msec now)
{
    struct channel *c = CONTAINER_OF(t, struct channel, timer);

    (void)now;
    switch ((enum channel_state)c->state) {
    case CHANNEL_OPENING:
        counter_add(&c->all->world->counters.handshakes_late, 1);
        channel_report(c, "the handshake took too long");
        channel_end(c, -ERR_TIMEOUT);
        break;
    case CHANNEL_FAILED:
        channel_end(c, c->failed);
        break;
    case CHANNEL_OPEN:
    case CHANNEL_TOLD:
        break;
    }
}

void channel_fail(struct channel *c, int error)
{
    if (c->state == CHANNEL_FAILED || c->state == CHANNEL_TOLD)
        return;
    c->state  = CHANNEL_FAILED;
    c->failed = error;
    world_timer(c->all->world, &c->timer, on_timer, world_now(c->all->world));
}

static void be_patient(struct channel *c)
{
    world_timer(c->all->world, &c->timer, on_timer, world_now(c->all->world) + c->all->limits.handshake_time);
}

/* --- what waits for the handshakes --- */

static int hold(struct channel *c, const struct slice *parts, size_t count)
{
    size_t len = 0;
    char  *at;

    for (size_t i = 0; i < count; i++)
        len += parts[i].len;
    at = queue_room(&c->held, sizeof len + len, c->all->limits.queue);
    if (at == NULL)
        return -ERR_LIMIT;
    memcpy(at, &len, sizeof len);
    at += sizeof len;
    for (size_t i = 0; i < count; at += parts[i++].len)
        if (parts[i].len > 0)
            memcpy(at, parts[i].ptr, parts[i].len);
    queue_added(&c->held, sizeof len + len);
    recount(c);
    return 0;
}

/* What does not go out now is lost like anything that a broken connection took along. */
static void send_held(struct channel *c)
{
    int error = 0;

    while (error == 0 && !queue_empty(&c->held)) {
        struct slice bytes = queue_bytes(&c->held), message;
        size_t       len;

        memcpy(&len, bytes.ptr, sizeof len);
        message = (struct slice){ bytes.ptr + sizeof len, len };
        error   = layers_put(c, &message, 1);
        queue_drop(&c->held, sizeof len + len);
    }
    queue_fini(&c->held);
    if (error != 0)
        channel_fail(c, error);
}

int channel_send(struct channel *c, const struct slice *parts, size_t count)
{
    int error = -ERR_CLOSED;

    if (c->stream == NULL)
        return error;
    switch ((enum channel_state)c->state) {
    case CHANNEL_OPENING:
        return c->kind == CHANNEL_TCP ? layers_put(c, parts, count) : hold(c, parts, count);
    case CHANNEL_OPEN:
        error = layers_put(c, parts, count);
        break;
    case CHANNEL_FAILED:
    case CHANNEL_TOLD:
        break;
    }
    return error;
}

/* --- what the layers and the stream say --- */

bool channel_opened(struct channel *c)
{
    struct channels *all = c->all;

    c->state = CHANNEL_OPEN;
    leave_handshakes(c);
    world_timer_stop(all->world, &c->timer);
    send_held(c);
    all->current = c;
    c->events->on_open(c->owner, c);
    return all->current == c;
}

bool channel_deliver(struct channel *c, struct slice bytes)
{
    struct channels *all = c->all;

    all->current = c;
    c->events->on_bytes(c->owner, c, bytes);
    return all->current == c;
}

static void on_open(void *owner, struct stream *stream)
{
    struct channel *c = owner;

    (void)stream;
    if (c->state != CHANNEL_OPENING)
        return;
    be_patient(c);
    if (layers_begin(c))
        recount(c);
}

static void on_bytes(void *owner, struct stream *stream, struct slice bytes)
{
    struct channel *c = owner;

    (void)stream;
    if (c->state == CHANNEL_FAILED)
        return;
    if (!c->secured && channel_has_tls(c) && !line_pass(c, bytes)) {
        recount(c);
        return;
    }
    if (layers_feed(c, bytes))
        recount(c);
}

static void on_close(void *owner, struct stream *stream, int error)
{
    struct channel *c = owner;

    (void)stream;
    c->stream = NULL;
    channel_end(c, error);
}

const struct stream_events *channel_stream(void)
{
    static const struct stream_events events = { .on_open = on_open, .on_bytes = on_bytes, .on_close = on_close };

    return &events;
}

/* --- the beginning --- */

/* 0, -ERR_NO_MEMORY or -ERR_UNSUPPORTED. */
static int new_channel(struct channels *all, enum channel_kind kind, struct slice domain, bool accepted,
                       struct channel **out)
{
    struct channel *c = calloc(1, sizeof *c);
    int             error;

    if (c == NULL)
        return -ERR_NO_MEMORY;
    *c    = (struct channel){ .all = all, .kind = (uint8_t)kind, .accepted = accepted };
    error = layers_make(c, domain);
    if (error != 0) {
        free(c);
        return error;
    }
    recount(c);
    *out = c;
    return 0;
}

int channel_connect(struct channels *all, enum channel_kind kind, const struct address *remote, struct slice domain,
                    const struct channel_events *events, void *owner, struct channel **out)
{
    struct channel *c;
    int             error = new_channel(all, kind, domain, false, &c);

    if (error != 0)
        return error == -ERR_NO_MEMORY ? -ERR_LIMIT : error;
    c->events = events;
    c->owner  = owner;
    c->remote = *remote;
    error     = world_connect(all->world, remote, channel_stream(), c, &c->stream);
    if (error != 0) {
        c->stream = NULL;
        release(c);
        return error;
    }
    *out = c;
    return 0;
}

struct channel *channel_accept(struct channels *all, enum channel_kind kind, struct stream *stream,
                               const struct channel_events *events, void *owner)
{
    struct channel *c;

    if (kind != CHANNEL_TCP && all->handshaking >= all->limits.handshakes) {
        counter_add(&all->world->counters.handshakes_refused, 1);
        return NULL;
    }
    if (new_channel(all, kind, SLICE(""), true, &c) != 0)
        return NULL;
    c->events = events;
    c->owner  = owner;
    c->stream = stream;
    c->remote = all->world->ops->stream_remote(stream);
    if (kind == CHANNEL_TCP) {
        c->state = CHANNEL_OPEN;
        return c;
    }
    all->handshaking++;
    c->counted = true;
    be_patient(c);
    return c;
}

struct address channel_local(const struct channel *c)
{
    return c->stream != NULL ? c->all->world->ops->stream_local(c->stream) : (struct address){ .family = FAMILY_NONE };
}

struct address channel_remote(const struct channel *c)
{
    return c->remote;
}

/* --- all of a world --- */

static void set_defaults(struct channel_limits *l)
{
    if (l->queue == 0)
        l->queue = CHANNEL_QUEUE;
    if (l->message == 0)
        l->message = LIMIT_MESSAGE;
    if (l->handshakes == 0)
        l->handshakes = CHANNEL_HANDSHAKES;
    if (l->handshake_time == 0)
        l->handshake_time = CHANNEL_PATIENCE;
}

struct channels *channels_new(struct world *w, struct tls_shared *tls, const struct channel_limits *limits)
{
    struct channels *all = calloc(1, sizeof *all);
    struct hash_key  key;

    if (all == NULL)
        return NULL;
    all->world  = w;
    all->tls    = tls;
    all->limits = *limits;
    set_defaults(&all->limits);
    random_fill(&w->random, &key, sizeof key);
    log_limit_init(&all->log_limit, &key);
    line_init(all);
    return all;
}

void channels_free(struct channels *all)
{
    if (all == NULL)
        return;
    line_fini(all);
    free(all);
}
