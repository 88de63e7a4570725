/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/ban_list.h"

#include "base/error.h"
#include "server/registrar.h"

#include <stdlib.h>

enum { DOUBLINGS = 20 };

/* Its network as text needs memory as long as it is used. */
static struct store_change put_change(const struct ban *b, struct buf *text)
{
    prefix_write(text, &b->network);
    return (struct store_change){ .kind = STORE_PUT_BAN,
                                  .ban  = { .network        = buf_slice(text),
                                            .datagrams_only = b->datagrams_only,
                                            .strikes        = b->strikes,
                                            .since          = b->since,
                                            .until          = b->until,
                                            .reason         = b->reason } };
}

static struct store_change delete_change(const struct prefix *network, struct buf *text)
{
    prefix_write(text, network);
    return (struct store_change){ .kind = STORE_DELETE_BAN, .ban = { .network = buf_slice(text) } };
}

/* ---- an administrator ---- */

/* Room for the wait and the change, before anything is changed. */
static int begin(struct server *s, ban_done_fn *done, void *arg, struct store_wait **w)
{
    if (!store_has_room(s->store, 1))
        return -ERR_LIMIT;
    *w = registrar_wait_for(s, done, arg);
    return *w != NULL ? 0 : -ERR_LIMIT;
}

static int write_down(struct server *s, const struct store_change *c, struct store_wait *w)
{
    uint64_t seq;
    int      error = store_write(s->store, c, 1, &seq);

    if (error == 0)
        registrar_wait(s, w, seq);
    else
        free(w);
    return error;
}

static void log_ban(struct server *s, const char *event, const struct ban *b, msec span)
{
    char            text[PREFIX_TEXT];
    struct buf      network = BUF_ON(text);
    struct log_line line;

    if (!log_begin(&line, s->world->log, LOG_NOTICE, LOG_PART_SERVER, event))
        return;
    prefix_write(&network, &b->network);
    log_slice(&line, "network", buf_slice(&network));
    log_number(&line, "for", (int64_t)(span / SECOND)); /* 0: for ever, or it is over */
    log_number(&line, "strikes", b->strikes);
    log_text(&line, "what", b->datagrams_only ? "datagrams" : "everything");
    log_slice(&line, "reason", b->reason);
    log_end(&line);
}

static bool is_allowed(const struct server *s, const struct prefix *network)
{
    const struct abuse_rules *rules = s->snapshot->abuse;

    for (size_t i = 0; i < rules->allowed_count; i++)
        if (prefix_covers(&rules->allowed[i], network))
            return true;
    return false;
}

int ban_list_add(struct server *s, const struct prefix *network, msec span, struct slice reason, ban_done_fn *done,
                 void *arg)
{
    uint64_t   wall = world_wall(s->world);
    struct ban b    = {
           .network = *network, .since = wall, .until = span > 0 ? wall + span : BAN_FOR_EVER, .reason = reason
    };
    char                text[PREFIX_TEXT];
    struct buf          memory = BUF_ON(text);
    struct store_change change = put_change(&b, &memory);
    struct store_wait  *w;
    int                 error = is_allowed(s, network) ? -ERR_EXISTS : begin(s, done, arg, &w);

    if (error != 0)
        return error;
    error = bans_put(s->shared->bans, &b, wall);
    if (error != 0) {
        free(w);
        return error;
    }
    log_ban(s, "ban_added", &b, span);
    return write_down(s, &change, w);
}

int ban_list_remove(struct server *s, const struct prefix *network, ban_done_fn *done, void *arg)
{
    char                text[PREFIX_TEXT];
    struct buf          memory = BUF_ON(text);
    struct store_change change = delete_change(network, &memory);
    struct ban          b;
    struct store_wait  *w;
    int                 error = begin(s, done, arg, &w);

    if (error != 0)
        return error;
    if (!bans_get(s->shared->bans, network, &b) || !bans_remove(s->shared->bans, network, world_wall(s->world))) {
        free(w);
        return -ERR_NOT_FOUND;
    }
    log_ban(s, "ban_removed", &b, 0);
    return write_down(s, &change, w);
}

uint64_t ban_list_wall(const struct server *s)
{
    return world_wall(s->world);
}

void ban_list_each(struct server *s, uint64_t wall, void (*fn)(void *arg, const struct ban *ban), void *arg)
{
    bans_each(s->shared->bans, wall, fn, arg);
}

/* ---- what a source has done ---- */

static msec span_of(const struct server *s, unsigned strikes)
{
    const struct config *c     = s->config;
    unsigned             twice = strikes - 1 < DOUBLINGS ? strikes - 1 : DOUBLINGS;
    msec                 span  = c->scanner_ban << twice;

    return span < c->scanner_ban_max ? span : c->scanner_ban_max;
}

/* If the store is full it is known until a restart only. */
static void note_down(struct server *s, const struct store_change *c)
{
    uint64_t seq;

    if (store_write(s->store, c, 1, &seq) != 0)
        counter_add(&s->world->counters.store_failures, 1);
}

void ban_list_earn(struct server *s, const struct address *source, bool by_datagrams, const char *why)
{
    uint64_t            wall  = world_wall(s->world);
    struct ban          b     = { .network = prefix_of_host(source), .reason = slice_from(why) }, old;
    bool                known = bans_get(s->shared->bans, &b.network, &old), in_force = known && old.until > wall;
    char                text[PREFIX_TEXT];
    struct buf          memory = BUF_ON(text);
    struct store_change change;

    if (in_force && (!old.datagrams_only || by_datagrams))
        return; /* what it says now had been on its way */
    b.strikes        = known ? old.strikes + 1 : 1;
    b.datagrams_only = by_datagrams;
    b.since          = wall;
    b.until          = wall + span_of(s, b.strikes);
    if (bans_put(s->shared->bans, &b, wall) != 0)
        return; /* no room, no memory: the limits of requests still hold */
    counter_add(&s->world->counters.scanners_banned, 1);
    log_ban(s, "scanner_banned", &b, b.until - wall);
    change = put_change(&b, &memory);
    note_down(s, &change);
}

/* ---- time and restart ---- */

int ban_list_loaded(struct shared *s, const struct stored_ban *stored, uint64_t wall)
{
    struct ban b = { .datagrams_only = stored->datagrams_only,
                     .strikes        = stored->strikes,
                     .since          = stored->since,
                     .until          = stored->until,
                     .reason         = stored->reason };
    int        error;

    if (!prefix_parse(stored->network, &b.network))
        return 0;
    error = bans_put(s->bans, &b, wall);
    return error == -ERR_LIMIT ? 0 : error;
}

static int take_allowed(struct shared *s, const struct snapshot *snapshot, uint64_t wall)
{
    int error = bans_allow(s->bans, snapshot->abuse->allowed, snapshot->abuse->allowed_count, wall);

    if (error != 0)
        return error;
    snapshot_drop(s->bans_allow);
    s->bans_allow = snapshot_hold(snapshot);
    return 0;
}

int ban_list_begin(struct shared *s, uint64_t wall)
{
    return take_allowed(s, s->snapshot, wall);
}

static void forget(void *server, const struct ban *b)
{
    char                text[PREFIX_TEXT];
    struct buf          memory = BUF_ON(text);
    struct store_change change = delete_change(&b->network, &memory);

    note_down(server, &change);
}

void ban_list_tick(struct server *s)
{
    if (s->worker == 0) {
        if (s->shared->bans_allow != s->snapshot) /* without memory the next second tries again */
            (void)take_allowed(s->shared, s->snapshot, world_wall(s->world));
        bans_expire(s->shared->bans, world_wall(s->world), forget, s);
        gauge_set(&s->world->counters.bans, bans_count(s->shared->bans));
    }
    stack_close_banned(s->stack);
}
