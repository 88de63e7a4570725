/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/server.h"

#include "base/error.h"
#include "server/abuse.h"
#include "server/agreement.h"
#include "server/ahead.h"
#include "server/flow_failure.h"
#include "server/merged.h"
#include "server/pass.h"
#include "server/route_explain.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- what the stack says ---- */

static void on_request(void *user, object_id txn, struct message *request)
{
    decide_request(user, txn, request);
}

static void on_ack(void *user, struct message *ack)
{
    decide_ack(user, ack);
}

static void on_cancel(void *user, object_id invite, object_id txn, struct message *cancel)
{
    static const struct reason unknown = { "no INVITE to cancel", "RFC 3261 9.2" };

    if (invite != 0 && !held_cancel(user, invite))
        proxy_cancel(user, invite, cancel);
    else if (invite == 0)
        answer(user, txn, 481, &unknown);
}

/* RFC 6026 7.3: a proxy forwards no response that it has no transaction for. */
static void on_stray_response(void *user, struct message *response)
{
    (void)user;
    (void)response;
}

static void on_server_end(void *user, object_id txn, int error)
{
    (void)user;
    (void)txn;
    (void)error;
}

static bool admits(void *user, const struct message *request)
{
    return abuse_admits(user, request);
}

static void on_fault(void *user, const struct flow *flow)
{
    abuse_note(user, flow, SCAN_MALFORMED, SLICE(""));
}

static const struct stack_events events = { on_request, on_ack, on_cancel, on_stray_response, on_server_end };

/* ---- life ---- */

/* A limit of the process, as this worker's part of it. */
static uint32_t part_of(uint32_t limit, const struct shared *shared)
{
    uint32_t count = shared->workers != NULL ? workers_count(shared->workers) : 1;

    return limit / count + (limit % count != 0);
}

/* What the stack is made with, and what of it a reload changes. */
static struct stack_config stack_config_of(const struct config *config, const struct shared *shared, unsigned worker,
                                           const struct stack_trace *trace)
{
    return (struct stack_config){
        .max_server_txns      = part_of(config->max_server_transactions, shared),
        .max_client_txns      = part_of(config->max_client_transactions, shared),
        .max_connections      = part_of(config->max_connections, shared),
        .max_peer_connections = config->max_peer_connections,
        .max_message          = config->max_message,
        .udp_limit            = config->udp_limit,
        .t1                   = config->t1,
        .t2                   = config->t2,
        .t4                   = config->t4,
        .connection_idle      = config->connection_idle,
        .target_rest          = config->target_rest,
        .overload_delay       = config->overload_delay,
        .workers              = shared->workers,
        .worker               = (uint8_t)worker,
        .bans                 = shared->bans,
        .guard                = { admits, on_fault },
        .tls                  = shared->tls,
        .channel              = { .handshakes     = part_of(config->max_handshakes, shared),
                                  .handshake_time = config->handshake_time,
                                  .message_time   = config->message_time,
                                  .ping           = config->websocket_ping,
                                  .origins        = config->websocket_origins.texts,
                                  .origin_count   = config->websocket_origins.count },
        .trace                = *trace,
    };
}

static void take_limits(struct server *s, uint32_t limit)
{
    s->wait_limit = limit;
    id_table_limit(&s->contexts, limit);
    gauge_set_limit(&s->world->counters.contexts, s->contexts.limit);
    gauge_set_limit(&s->world->counters.registers_pending, s->wait_limit);
}

static void on_limits(void *user)
{
    struct server *s = user;

    take_limits(s, stack_server_limit(s->stack));
}

static void guard(struct server *s)
{
    bool wanted = s->config->authentication && s->config->auth_failures > 0;

    authenticator_guard(s->authenticator, wanted ? s->shared->attempts : NULL, &s->log_limit);
}

struct server *server_new(struct world *w, struct shared *shared, unsigned worker, const struct stack_trace *trace)
{
    const struct config *config = shared->snapshot->config;
    struct server       *s      = calloc(1, sizeof *s);
    struct stack_config  stack  = stack_config_of(config, shared, worker, trace);

    if (s == NULL)
        return NULL;
    s->world    = w;
    s->shared   = shared;
    s->snapshot = snapshot_hold(shared->snapshot);
    s->config   = config;
    s->worker   = worker;
    s->workers  = shared->workers != NULL ? workers_count(shared->workers) : 1;
    log_limit_init(&s->log_limit, &shared->loop_key);
    list_init(&s->waits);
    list_init(&s->held);
    list_init(&s->inquiries);
    id_table_init(&s->contexts, (uint8_t)worker, ID_CONTEXT, stack.max_server_txns);
    take_limits(s, stack.max_server_txns);
    s->trace  = *trace;
    s->stack  = stack_new(w, &stack, &events, s);
    s->hasher = hasher_new();
    s->merged = calloc(1, sizeof *s->merged);
    if (s->stack == NULL || s->hasher == NULL || s->merged == NULL) {
        server_free(s);
        return NULL;
    }
    stack_on_limits(s->stack, on_limits, s);
    return s;
}

void server_free(struct server *s)
{
    if (s == NULL)
        return;
    binding_events_leave(s->shared->events, s->worker);
    held_drop_all(s);
    route_explain_stop(s);
    proxy_free_all(s);
    if (s->store != NULL)
        store_client_close(s->store);
    stack_free(s->stack);
    registrar_stop(s);
    authenticator_free(s->authenticator);
    user_reader_free(s->users);
    hasher_free(s->hasher);
    free(s->merged);
    id_table_fini(&s->contexts);
    snapshot_drop(s->snapshot);
    free(s);
}

const struct snapshot *server_decide_by(struct server *s, const struct snapshot *snapshot)
{
    const struct snapshot *before = s->snapshot;

    s->snapshot = snapshot;
    s->config   = snapshot->config;
    return before;
}

/* ---- start ---- */

static bool make_clients(struct server *s)
{
    if (store_client_open(s->shared->store, s->world, server_on_report, s, &s->store) != 0)
        return false;
    s->users = user_reader_new(s->shared->users, s->world, s->store);
    if (s->users != NULL)
        s->authenticator =
            authenticator_new(s->world, s->users, s->shared->nonces, users_realm(s->shared->users), s->config);
    return s->authenticator != NULL;
}

int server_attach(struct server *s, char *problem, size_t problem_size)
{
    if (!make_clients(s)) {
        snprintf(problem, problem_size, "%s", error_text(ERR_NO_MEMORY));
        return -ERR_NO_MEMORY;
    }
    binding_events_join(s->shared->events, s->worker, s->world);
    guard(s);
    registrar_start(s);
    flow_failure_watch(s);
    pass_start(s);
    ahead_start(s);
    return 0;
}

int server_start(struct server *s, const struct server *first, char *problem, size_t problem_size)
{
    int error = server_attach(s, problem, problem_size);

    if (error != 0)
        return error;
    error = first != NULL ? listening_join(s, first, problem, problem_size) : listening_start(s, problem, problem_size);
    agreement_offer(s);
    return error;
}

int server_assume(struct server *s, char *problem, size_t problem_size)
{
    int error = listening_assume(s, problem, problem_size);

    if (error == 0)
        agreement_offer(s);
    return error;
}

void server_take(struct server *s, const struct snapshot *snapshot)
{
    const struct snapshot *before = s->snapshot;
    struct stack_config    stack  = stack_config_of(snapshot->config, s->shared, s->worker, &s->trace);

    s->snapshot = snapshot_hold(snapshot);
    s->config   = snapshot->config;
    stack_configure(s->stack, &stack);
    take_limits(s, stack_server_limit(s->stack));
    authenticator_configure(s->authenticator, s->config);
    guard(s);
    snapshot_drop(before);
}

void server_on_report(void *server, uint64_t seq, int error)
{
    registrar_report(server, seq, error);
}

/* ---- what others may see ---- */

struct stack *server_stack(const struct server *s)
{
    return s->stack;
}

struct users *server_users(const struct server *s)
{
    return s->shared->users;
}

struct location *server_location(const struct server *s)
{
    return s->shared->location;
}

struct binding_journal *server_binding_journal(const struct server *s)
{
    return s->shared->journal;
}

unsigned server_listener_count(const struct server *s)
{
    return s->listener_count;
}

struct flow server_listener(const struct server *s, unsigned index)
{
    return s->listeners[index];
}

struct slice server_advertised(const struct server *s, unsigned index)
{
    return s->advertised[index];
}

size_t server_alive(const struct server *s)
{
    return s->contexts.used + s->wait_count + s->held_count;
}

size_t server_unanswered(const struct server *s)
{
    return stack_unanswered(s->stack);
}

void server_give_up(struct server *s)
{
    held_drop_all(s);
    proxy_cancel_all(s);
    stack_refuse_all(s->stack, 503);
}
