/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/channel_private.h"

#include "base/error.h"
#include "base/limits.h"
#include "net/tls.h"

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

/* --- times --- */

static void on_timer(struct timer *t, msec now);

/* Times move while the timer runs, to later ones mostly: it looks again then. */
static void arm(struct channel *c)
{
    msec at = NEVER;

    if (c->late_at != 0)
        at = c->late_at;
    if (c->ping_at != 0 && c->ping_at < at)
        at = c->ping_at;
    if (c->state == CHANNEL_FAILED)
        at = world_now(c->all->world);
    if (at != NEVER && (!timer_running(&c->timer) || c->timer.at > at))
        world_timer(c->all->world, &c->timer, on_timer, at);
}

static void ping(struct channel *c, msec now)
{
    c->ping_at = now + c->all->limits.ping;
    if (layers_ping(c) != 0)
        channel_fail(c, -ERR_TIMEOUT); /* it has not read for very long */
}

static void on_timer(struct timer *t, msec now)
{
    struct channel *c = CONTAINER_OF(t, struct channel, timer);

    if (c->state == CHANNEL_FAILED) {
        channel_end(c, c->failed);
        return;
    }
    if (c->late_at != 0 && now >= c->late_at) {
        fault_of_time(c);
        channel_end(c, -ERR_TIMEOUT);
        return;
    }
    if (c->ping_at != 0 && now >= c->ping_at)
        ping(c, now);
    arm(c);
}

void channel_fail(struct channel *c, int error)
{
    if (c->state == CHANNEL_FAILED || c->state == CHANNEL_TOLD)
        return;
    c->state  = CHANNEL_FAILED;
    c->failed = error;
    arm(c);
}

static void be_patient(struct channel *c)
{
    c->late_at = world_now(c->all->world) + c->all->limits.handshake_time;
    arm(c);
}

/* Something that is to be whole in time. */
static void begin(struct channel *c)
{
    if (c->late_at == 0)
        c->late_at = world_now(c->all->world) + c->all->limits.message_time;
}

/* What has come is used up: is the peer still to end something?  Tickets, pings and the like owe
 * nothing, and take no time from what does. */
static void settle(struct channel *c)
{
    if (c->state != CHANNEL_OPEN)
        return;
    if (c->owed || layers_are_partial(c))
        begin(c);
    else
        c->late_at = 0;
}

void channel_whole(struct channel *c)
{
    c->owed = false;
    if (c->state == CHANNEL_OPEN)
        c->late_at = 0;
}

void channel_partial(struct channel *c)
{
    c->owed = true;
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

/* Who connects is to say something. */
static void open_now(struct channel *c)
{
    msec now = world_now(c->all->world);

    c->state   = CHANNEL_OPEN;
    c->late_at = c->accepted ? now + c->all->limits.message_time : 0;
    c->owed    = c->accepted;
    c->ping_at = channel_has_websocket(c) && c->all->limits.ping != 0 ? now + c->all->limits.ping : 0;
    arm(c);
}

bool channel_opened(struct channel *c)
{
    struct channels *all = c->all;

    leave_handshakes(c);
    open_now(c);
    send_held(c);
    all->current = c;
    c->events->on_open(c->owner, c);
    return all->current == c;
}

bool channel_deliver(struct channel *c, struct slice bytes)
{
    struct channels *all = c->all;

    all->current = c;
    c->owed      = c->owed || !channel_has_websocket(c);
    c->events->on_bytes(c->owner, c, bytes);
    return all->current == c;
}

bool channel_alive(struct channel *c)
{
    struct channels *all = c->all;

    all->current = c;
    if (c->events->on_alive != NULL)
        c->events->on_alive(c->owner, c);
    return all->current == c;
}

static void on_open(void *owner, struct stream *stream)
{
    struct channel *c = owner;

    (void)stream;
    if (c->state != CHANNEL_OPENING)
        return;
    if (c->kind != CHANNEL_TCP)
        be_patient(c);
    if (layers_begin(c))
        recount(c);
}

bool channel_take(struct channel *c, struct slice bytes)
{
    begin(c);
    if (!layers_feed(c, bytes))
        return false;
    settle(c);
    arm(c);
    recount(c);
    return true;
}

static void on_bytes(void *owner, struct stream *stream, struct slice bytes)
{
    struct channel *c = owner;

    (void)stream;
    if (c->state == CHANNEL_FAILED)
        return;
    c->heard = true;
    if (!channel_has_tls(c) || c->secured || line_pass(c, bytes))
        (void)channel_take(c, bytes);
    else
        recount(c);
}

static void on_close(void *owner, struct stream *stream, int error)
{
    struct channel *c = owner;

    (void)stream;
    c->stream = NULL;
    if (c->state == CHANNEL_OPENING && c->late_at != 0)
        fault_of_cut(c);
    if (c->state == CHANNEL_OPEN && error == -ERR_TIMEOUT)
        fault_of_stall(c);
    channel_end(c, error);
}

const struct stream_events *channel_stream(void)
{
    static const struct stream_events events = { .on_open = on_open, .on_bytes = on_bytes, .on_close = on_close };

    return &events;
}

/* --- the beginning --- */

static struct channel *new_channel(struct channels *all, enum channel_kind kind, const struct channel_events *events,
                                   void *owner)
{
    struct channel *c = calloc(1, sizeof *c);

    if (c != NULL)
        *c = (struct channel){ .all = all, .events = events, .owner = owner, .kind = (uint8_t)kind };
    return c;
}

int channel_connect(struct channels *all, enum channel_kind kind, const struct address *remote, struct slice domain,
                    const struct channel_events *events, void *owner, struct channel **out)
{
    struct channel *c = new_channel(all, kind, events, owner);
    int             error;

    if (c == NULL)
        return -ERR_LIMIT;
    c->remote = *remote;
    error     = world_connect(all->world, remote, channel_stream(), c, &c->stream);
    if (error != 0)
        c->stream = NULL;
    else
        error = layers_make(c, domain);
    if (error != 0) {
        close_stream(c);
        release(c);
        return error == -ERR_NO_MEMORY ? -ERR_LIMIT : error;
    }
    recount(c);
    *out = c;
    return 0;
}

static bool has_room(struct channels *all, enum channel_kind kind)
{
    if (kind == CHANNEL_TCP || all->handshaking < all->limits.handshakes)
        return true;
    counter_add(&all->world->counters.handshakes_refused, 1);
    return false;
}

struct channel *channel_accept(struct channels *all, enum channel_kind kind, struct stream *stream,
                               const struct channel_events *events, void *owner)
{
    struct channel *c = has_room(all, kind) ? new_channel(all, kind, events, owner) : NULL;

    if (c == NULL)
        return NULL;
    c->accepted = true;
    c->remote   = all->world->ops->stream_remote(stream);
    if (layers_make(c, SLICE("")) != 0) {
        release(c);
        return NULL;
    }
    c->stream = stream;
    recount(c);
    if (kind == CHANNEL_TCP) {
        open_now(c);
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
    if (l->message_time == 0)
        l->message_time = CHANNEL_MESSAGE_TIME;
}

static void take_limits(struct channels *all, const struct channel_limits *limits)
{
    all->limits = *limits;
    set_defaults(&all->limits);
    all->rules = (struct websocket_rules){ all->limits.message, all->limits.origins, all->limits.origin_count };
}

static bool make_contexts(struct channels *all)
{
    all->websockets = websocket_context_new(&all->rules, &all->world->random);
    if (all->tls != NULL)
        all->context = tls_context_new(all->world, all->tls);
    return all->websockets != NULL && (all->tls == NULL || all->context != NULL);
}

struct channels *channels_new(struct world *w, struct tls_shared *tls, const struct channel_limits *limits)
{
    struct channels *all = calloc(1, sizeof *all);
    struct hash_key  key;

    if (all == NULL)
        return NULL;
    all->world = w;
    all->tls   = tls;
    take_limits(all, limits);
    random_fill(&w->random, &key, sizeof key);
    log_limit_init(&all->log_limit, &key);
    line_init(all);
    if (!make_contexts(all)) {
        channels_free(all);
        return NULL;
    }
    return all;
}

int channels_use_tls(struct channels *all, struct tls_shared *tls)
{
    if (all->tls != NULL)
        return -ERR_EXISTS;
    all->context = tls_context_new(all->world, tls);
    if (all->context == NULL)
        return -ERR_NO_MEMORY;
    all->tls = tls;
    return 0;
}

void channels_configure(struct channels *all, const struct channel_limits *limits)
{
    take_limits(all, limits);
}

void channels_free(struct channels *all)
{
    if (all == NULL)
        return;
    line_fini(all);
    websocket_context_free(all->websockets);
    tls_context_free(all->context);
    free(all);
}
