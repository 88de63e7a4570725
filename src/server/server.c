/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/server.h"

#include "base/error.h"
#include "server/agreement.h"
#include "server/flow_failure.h"
#include "server/merged.h"
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

static const struct stack_events events = { on_request, on_ack, on_cancel, on_stray_response, on_server_end };

/* ---- life ---- */

/* A limit of the process, as this worker's part of it. */
static uint32_t part_of(uint32_t limit, const struct shared *shared)
{
    uint32_t count = shared->workers != NULL ? workers_count(shared->workers) : 1;

    return limit / count + (limit % count != 0);
}

struct server *server_new(struct world *w, struct shared *shared, unsigned worker, const struct stack_trace *trace)
{
    const struct config *config = shared->snapshot->config;
    struct server       *s      = calloc(1, sizeof *s);
    struct stack_config  stack  = {
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
          .workers              = shared->workers,
          .worker               = (uint8_t)worker,
          .bans                 = shared->bans,
          .tls                  = shared->tls,
          .channel              = { .handshakes     = part_of(config->max_handshakes, shared),
                                    .handshake_time = config->handshake_time,
                                    .message_time   = config->message_time,
                                    .ping           = config->websocket_ping,
                                    .origins        = config->websocket_origins.texts,
                                    .origin_count   = config->websocket_origins.count },
          .trace                = *trace,
    };

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
    s->wait_limit = stack.max_server_txns;
    id_table_init(&s->contexts, (uint8_t)worker, ID_CONTEXT, stack.max_server_txns);
    gauge_set_limit(&w->counters.contexts, s->contexts.limit);
    gauge_set_limit(&w->counters.registers_pending, s->wait_limit);
    s->stack  = stack_new(w, &stack, &events, s);
    s->hasher = hasher_new();
    s->merged = calloc(1, sizeof *s->merged);
    if (s->stack == NULL || s->hasher == NULL || s->merged == NULL || table_init(&s->contexts_by_txn, 1024) != 0) {
        server_free(s);
        return NULL;
    }
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
    table_fini(&s->contexts_by_txn);
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

static int listen_on(struct server *s, const struct config_listen *l)
{
    unsigned index;
    int      error = s->listener_count < SERVER_LISTENERS
                         ? stack_listen(s->stack, l->transport, &l->address, l->advertise, &index)
                         : -ERR_LIMIT;

    if (error != 0)
        return error;
    stack_listener_clients(s->stack, index, l->clients);
    s->advertised[s->listener_count]  = l->advertise;
    s->demanded[s->listener_count]    = l->clients;
    s->listeners[s->listener_count++] = (struct flow){
        .transport = l->transport,
        .local     = stack_listener_address(s->stack, index),
        .listener  = index,
    };
    return 0;
}

static int say_not_listening(const struct config_listen *l, int error, char *problem, size_t problem_size)
{
    char       text[ADDRESS_TEXT];
    struct buf b = BUF_ON(text);

    address_write(&b, &l->address);
    snprintf(problem, problem_size, "cannot listen on %.*s %s: %s%s", SLICE_ARG(transport_param(l->transport)),
             buf_cstr(&b), error_text(error),
             error == -ERR_IN_USE ? "; stop the other program or set listen in the configuration" : "");
    return error;
}

static int listen_as_configured(struct server *s, char *problem, size_t problem_size)
{
    for (size_t i = 0; i < s->config->listen_count; i++) {
        struct config_listen l = s->config->listens[i];
        int                  error;
        bool                 missing;

        if (l.advertise.len == 0)
            l.advertise = s->config->advertise;
        error   = listen_on(s, &l);
        missing = error == -ERR_NO_ADDRESS || error == -ERR_UNSUPPORTED; /* a family, TLS */
        if (error != 0 && !(missing && s->config->listen_is_default))
            return say_not_listening(&l, error, problem, problem_size);
    }
    if (s->listener_count > 0)
        return 0;
    snprintf(problem, problem_size, "none of the addresses to listen on exists on this host");
    return -ERR_NO_ADDRESS;
}

static int listen_beside(struct server *s, const struct server *first, char *problem, size_t problem_size)
{
    for (unsigned i = 0; i < first->listener_count; i++) {
        const struct flow         *f     = &first->listeners[i];
        const struct config_listen l     = { f->transport, f->local, first->advertised[i], first->demanded[i] };
        int                        error = listen_on(s, &l);

        if (error != 0)
            return say_not_listening(&l, error, problem, problem_size);
    }
    return 0;
}

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
    authenticator_guard(s->authenticator, s->shared->attempts, &s->log_limit);
    registrar_start(s);
    flow_failure_watch(s);
    return 0;
}

int server_start(struct server *s, const struct server *first, char *problem, size_t problem_size)
{
    int error = server_attach(s, problem, problem_size);

    if (error != 0)
        return error;
    error =
        first != NULL ? listen_beside(s, first, problem, problem_size) : listen_as_configured(s, problem, problem_size);
    agreement_offer(s);
    return error;
}

static int assume(struct server *s, const struct config_listen *l)
{
    struct slice advertise = l->advertise.len > 0 ? l->advertise : s->config->advertise;
    unsigned     index;
    int          error = s->listener_count < SERVER_LISTENERS
                             ? stack_assume(s->stack, l->transport, &l->address, advertise, &index)
                             : -ERR_LIMIT;

    if (error != 0)
        return error;
    s->advertised[s->listener_count]  = advertise;
    s->demanded[s->listener_count]    = l->clients;
    s->listeners[s->listener_count++] = (struct flow){
        .transport = l->transport,
        .local     = stack_listener_address(s->stack, index),
        .listener  = index,
    };
    return 0;
}

int server_assume(struct server *s, char *problem, size_t problem_size)
{
    for (size_t i = 0; i < s->config->listen_count; i++) {
        int error = assume(s, &s->config->listens[i]);

        if (error != 0)
            return say_not_listening(&s->config->listens[i], error, problem, problem_size);
    }
    agreement_offer(s);
    return 0;
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
