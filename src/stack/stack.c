/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/internal.h"

#include <stdlib.h>

enum {
    DEFAULT_CONNECTION_IDLE  = 600000,
    DEFAULT_PEER_CONNECTIONS = 512,
    DEFAULT_TARGET_REST      = 30000,
    EXPECTED_TRANSACTIONS    = 1024,
    EXPECTED_CONNECTIONS     = 64,
    EXPECTED_ALIASES         = 64
};

static void set_defaults(struct stack *s)
{
    struct stack_config *c = &s->config;

    s->timers = TXN_TIMERS_DEFAULT;
    if (c->t1 != 0)
        s->timers.t1 = c->t1;
    if (c->t2 != 0)
        s->timers.t2 = c->t2;
    if (c->t4 != 0)
        s->timers.t4 = c->t4;
    if (c->max_message == 0)
        c->max_message = LIMIT_MESSAGE;
    if (c->max_peer_connections == 0)
        c->max_peer_connections = DEFAULT_PEER_CONNECTIONS;
    if (c->connection_idle == 0)
        c->connection_idle = DEFAULT_CONNECTION_IDLE;
    if (c->target_rest == 0)
        c->target_rest = DEFAULT_TARGET_REST;
    if (c->channel.message == 0)
        c->channel.message = c->max_message;
}

static void tell_limits(struct stack *s)
{
    gauge_set_limit(&s->world->counters.server_transactions, s->server_ids.limit);
    gauge_set_limit(&s->world->counters.client_transactions, s->client_ids.limit);
    gauge_set_limit(&s->world->counters.connections, s->connection_ids.limit);
}

static bool init_tables(struct stack *s)
{
    const struct stack_config *c = &s->config;

    id_table_init(&s->server_ids, c->worker, ID_SERVER_TXN, c->max_server_txns);
    id_table_init(&s->client_ids, c->worker, ID_CLIENT_TXN, c->max_client_txns);
    id_table_init(&s->connection_ids, c->worker, ID_CONNECTION, c->max_connections);
    tell_limits(s);
    return hash_index_init(&s->server_index, EXPECTED_TRANSACTIONS) == 0 &&
           table_init(&s->connections_by_remote, EXPECTED_CONNECTIONS) == 0 &&
           table_init(&s->aliases, EXPECTED_ALIASES) == 0;
}

static void make_nobody(struct stack *s)
{
    struct buf b = BUF_ON(s->nobody);

    random_token(&s->world->random, &b, NOBODY_TOKEN);
    buf_put(&b, SLICE(".invalid"));
}

struct slice stack_nobody(const struct stack *s)
{
    return slice_from(s->nobody);
}

struct stack *stack_new(struct world *w, const struct stack_config *config, const struct stack_events *events,
                        void *user)
{
    struct stack *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    s->world  = w;
    s->config = *config;
    s->events = events;
    s->user   = user;
    set_defaults(s);
    make_nobody(s);
    asleep_line_init(&s->server_line, s, server_asleep_end);
    asleep_line_init(&s->client_line, s, client_asleep_end);
    asleep_line_init(&s->client_short_line, s, client_asleep_end);
    list_init(&s->ended_flows);
    peers_init(s);
    random_fill(&w->random, &s->key, sizeof s->key);
    if (config->workers != NULL) {
        s->key   = *workers_key(config->workers);
        s->homes = workers_homes(config->workers);
    }
    log_limit_init(&s->log_limit, &s->key);
    overload_init(&s->overload, world_now(w));
    s->rested     = config->workers != NULL ? workers_rested(config->workers) : rested_new(&s->key);
    s->oversize   = config->workers != NULL ? workers_oversize(config->workers) : oversize_peers_new(&s->key);
    s->peer_load  = peer_load_new();
    s->peer_count = config->workers != NULL ? workers_peer_count(config->workers) : peer_count_new(&s->key);
    if (s->rested == NULL || s->oversize == NULL || s->peer_count == NULL || s->peer_load == NULL || !init_tables(s)) {
        stack_free(s);
        return NULL;
    }
    s->channels = channels_new(w, s->config.tls, &s->config.channel);
    if (s->channels == NULL) {
        stack_free(s);
        return NULL;
    }
    handover_join(s);
    return s;
}

static void take_limits(struct stack *s)
{
    id_table_limit(&s->server_ids, stack_server_limit(s));
    id_table_limit(&s->client_ids, spread_limit(s, s->config.max_client_txns));
    id_table_limit(&s->connection_ids, s->config.max_connections);
    tell_limits(s);
}

uint32_t stack_server_limit(const struct stack *s)
{
    return spread_limit(s, s->config.max_server_txns);
}

void stack_on_limits(struct stack *s, stack_limits_fn *fn, void *user)
{
    s->spread.on_limits = fn;
    s->spread.user      = user;
}

void stack_take_limits(struct stack *s)
{
    take_limits(s);
    if (s->spread.on_limits != NULL)
        s->spread.on_limits(s->spread.user);
}

void stack_configure(struct stack *s, const struct stack_config *config)
{
    struct stack_config new = *config;

    new.workers    = s->config.workers;
    new.worker     = s->config.worker;
    new.tls        = s->config.tls;
    new.user_agent = s->config.user_agent;
    s->config      = new;
    set_defaults(s);
    take_limits(s);
    channels_configure(s->channels, &s->config.channel);
}

int stack_use_tls(struct stack *s, struct tls_shared *tls)
{
    int error = channels_use_tls(s->channels, tls);

    if (error == 0)
        s->config.tls = tls;
    return error;
}

void stack_free(struct stack *s)
{
    void *object;

    if (s == NULL)
        return;
    handover_leave(s);
    flow_end_forget(s);
    asleep_line_fini(&s->client_line);
    asleep_line_fini(&s->client_short_line);
    asleep_line_fini(&s->server_line);
    for (uint32_t at = 0; (object = id_next(&s->client_ids, &at)) != NULL;)
        client_txn_free(object);
    for (uint32_t at = 0; (object = id_next(&s->server_ids, &at)) != NULL;)
        server_txn_free(object);
    for (uint32_t at = 0; (object = id_next(&s->connection_ids, &at)) != NULL;)
        connection_close(object);
    while (s->ahead_next < s->ahead_count)
        message_drop(s->ahead[s->ahead_next++]);
    while (s->refused_count > 0)
        message_drop(s->refused[--s->refused_count]);
    listen_close_all(s);
    admission_end(s);
    spread_end(s);
    channels_free(s->channels);
    free(s->peer_load);
    id_table_fini(&s->client_ids);
    id_table_fini(&s->server_ids);
    id_table_fini(&s->connection_ids);
    hash_index_fini(&s->server_index);
    table_fini(&s->connections_by_remote);
    table_fini(&s->aliases);
    if (s->config.workers == NULL) {
        rested_free(s->rested);
        oversize_peers_free(s->oversize);
        peer_count_free(s->peer_count);
    }
    free(s);
}

void stack_refuse_all(struct stack *s, unsigned status)
{
    const struct server_txn *t;

    for (uint32_t at = 0; (t = id_next(&s->server_ids, &at)) != NULL;)
        if (!is_asleep(t) && !t->answered)
            stack_reply(s, t->id, status, SLICE(""));
}

size_t stack_alive(const struct stack *s)
{
    return s->server_ids.used + s->client_ids.used + s->connection_ids.used;
}

size_t stack_unanswered(const struct stack *s)
{
    return gauge_read(&s->world->counters.requests_unanswered);
}

void stack_write_call_id(struct stack *s, struct buf *b, size_t length)
{
    struct slice   id    = { b->ptr + b->len, length };
    struct buf     start = *b;
    const unsigned me    = s->config.worker;

    do {
        *b = start;
        random_token(&s->world->random, b, length);
    } while (s->homes != NULL && !homes_have_changed(s->homes) && buf_ok(b) &&
             workers_home(s->config.workers, id) != me);
}

struct world *stack_world(const struct stack *s)
{
    return s->world;
}
