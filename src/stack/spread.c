/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether one worker serves all: the first one looks at what their threads have used, base/spreading.h draws the
 * conclusion, and here it is carried out.  What all may have is shared out by what each has in use (stack/shares.h).
 *
 * Where datagrams come to and where calls live are two things: what has come to another worker's socket before a
 * change is handed on by the homes as anything else. */
#include "stack/internal.h"

#include "stack/shares.h"

enum {
    LOOK_AGAIN = 1000, /* ms; all are spread, and nothing may come that has the first one look */
    WAITS      = 20,  /* ms that something has waited all the time: long before overload_delay, unless told otherwise */
    PATIENCE   = 500, /* ms until what waited for one has been served, while others take what comes */
};

static bool is_first(const struct stack *s)
{
    return s->homes != NULL && s->config.worker == 0;
}

/* ---- what all may have ---- */

uint32_t spread_limit(const struct stack *s, uint32_t part)
{
    uint64_t all;

    if (s->spread.share == 0)
        return part;
    all = (uint64_t)part * workers_count(s->config.workers) * s->spread.share / SHARES_WHOLE;
    return all == 0 ? 1 : all > UINT32_MAX ? UINT32_MAX : (uint32_t)all;
}

static uint32_t part_in_use(const struct gauge *g, uint64_t all)
{
    uint64_t part = all == 0 ? 0 : gauge_read(g) * SHARES_WHOLE / all;

    return part < SHARES_WHOLE ? (uint32_t)part : SHARES_WHOLE;
}

static void share_out(struct stack *s)
{
    struct workers *w     = s->config.workers;
    unsigned        count = workers_count(w);
    uint32_t        used[WORKERS_MAX], shares[WORKERS_MAX];

    for (unsigned i = 0; i < count; i++) {
        const struct counters *c = workers_counters(w, i);
        uint32_t               server, client;

        server  = c == NULL ? 0 : part_in_use(&c->server_transactions, (uint64_t)s->config.max_server_txns * count);
        client  = c == NULL ? 0 : part_in_use(&c->client_transactions, (uint64_t)s->config.max_client_txns * count);
        used[i] = server > client ? server : client;
    }
    shares_out(used, count, homes_are_spread(s->homes), shares);
    for (unsigned i = 0; i < count; i++)
        workers_set_share(w, i, shares[i]);
}

static void take_share(struct stack *s)
{
    uint32_t share = workers_share(s->config.workers, s->config.worker);

    if (share == s->spread.share)
        return;
    s->spread.share = share;
    stack_take_limits(s);
}

/* ---- a change ---- */

static bool steer_all(struct stack *s, bool here)
{
    bool can = true;

    for (unsigned i = 0; i < s->socket_count; i++)
        if (s->sockets[i].udp != NULL && world_udp_steer(s->world, s->sockets[i].udp, here) != 0)
            can = false;
    return can;
}

static timer_fn on_spread;

static void change(struct stack *s, bool spread, const char *reason)
{
    homes_change(s->homes, spread);
    workers_tell_change(s->config.workers, s->config.worker);
    gauge_set(&s->world->counters.gathered, !spread);
    share_out(s);
    if (spread)
        s->spread.patient_until = world_now(s->world) + PATIENCE; /* what waits is answered so, not by refusals */
    if (spread)
        world_timer(s->world, &s->spread.timer, on_spread, world_now(s->world) + LOOK_AGAIN);
    log_spread(s, spread, reason);
}

/* For good.  The timer goes on: what each has in use changes. */
static void give_up(struct stack *s)
{
    s->spread.may_gather = false;
    s->spread.gave_up    = true;
    (void)steer_all(s, false);
    change(s, true, "refused");
}

static struct spreading_look look_around(struct stack *s)
{
    const struct backlog *b       = &s->world->backlog;
    struct spreading_look look    = { .waiting = b->waited >= WAITS || b->lost != s->spread.lost_seen };
    uint64_t              dropped = 0;

    for (unsigned i = 0; i < workers_count(s->config.workers); i++) {
        const struct counters *c    = workers_counters(s->config.workers, i);
        uint64_t               used = c == NULL ? 0 : counter_read(&c->worker_processor_time);

        look.first += i == 0 ? used : 0;
        look.all += used;
        dropped += c == NULL ? 0 : counter_read(&c->handover_dropped);
    }
    if (dropped != s->spread.dropped_seen) /* gathered, all that comes to a worker by streams goes through one ring */
        look.waiting = true;
    s->spread.lost_seen    = b->lost;
    s->spread.dropped_seen = dropped;
    return look;
}

static void decide(struct stack *s)
{
    struct spreading_look look = look_around(s);

    switch (spreading_look(&s->spread.law, world_now(s->world), &look)) {
    case SPREADING_SAME:
        share_out(s);
        break;
    case SPREADING_BUSY:
        (void)steer_all(s, false);
        change(s, true, "busy");
        break;
    case SPREADING_WAITING:
        (void)steer_all(s, false);
        change(s, true, "waiting");
        break;
    case SPREADING_CALM:
        if (steer_all(s, true))
            change(s, false, "calm");
        else
            give_up(s);
        break;
    }
}

static void look_again(struct stack *s)
{
    if (s->spread.may_gather)
        decide(s);
    else if (s->spread.gave_up)
        share_out(s);
    take_share(s);
}

static void on_spread(struct timer *timer, msec now)
{
    struct stack *s = CONTAINER_OF(timer, struct stack, spread.timer);

    look_again(s);
    if (homes_are_spread(s->homes))
        world_timer(s->world, timer, on_spread, now + LOOK_AGAIN);
}

void spread_look(struct stack *s)
{
    s->spread.looks_seen = s->world->backlog.looks;
    if (s->homes != NULL)
        look_again(s);
}

void spread_opened(struct stack *s, struct udp *udp)
{
    bool here = s->spread.may_gather && !homes_are_spread(s->homes);

    if (s->spread.may_gather && world_udp_steer(s->world, udp, here) != 0 && here)
        give_up(s);
}

void stack_gather(struct stack *s)
{
    struct spreading_look look;

    if (!is_first(s))
        return;
    if (!steer_all(s, true)) {
        give_up(s);
        return;
    }
    look                 = look_around(s);
    s->spread.may_gather = true;
    spreading_init(&s->spread.law, world_now(s->world), &look);
    change(s, false, "calm");
}

void spread_end(struct stack *s)
{
    world_timer_stop(s->world, &s->spread.timer);
    gauge_set(&s->world->counters.gathered, 0);
}
