/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/server.h"

#include "base/error.h"
#include "server/internal.h"

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

    (void)cancel;
    if (invite != 0)
        proxy_cancel(user, invite);
    else
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

struct server *server_new(struct world *w, struct shared *shared, const struct stack_trace *trace)
{
    const struct config *config = shared->config;
    struct server       *s      = calloc(1, sizeof *s);
    struct stack_config  stack  = {
          .max_server_txns = config->max_server_transactions,
          .max_client_txns = config->max_client_transactions,
          .max_connections = config->max_connections,
          .max_message     = config->max_message,
          .t1              = config->t1,
          .t2              = config->t2,
          .t4              = config->t4,
          .connection_idle = config->connection_idle,
          .trace           = *trace,
    };

    if (s == NULL)
        return NULL;
    s->world   = w;
    s->shared  = shared;
    s->config  = config;
    s->workers = 1;
    log_limit_init(&s->log_limit, &shared->loop_key);
    list_init(&s->waits);
    id_table_init(&s->contexts, 0, ID_CONTEXT, config->max_server_transactions);
    gauge_set_limit(&w->counters.contexts, s->contexts.limit);
    gauge_set_limit(&w->counters.registers_pending, config->max_server_transactions);
    s->stack = stack_new(w, &stack, &events, s);
    if (s->stack == NULL || table_init(&s->contexts_by_txn, 1024) != 0) {
        server_free(s);
        return NULL;
    }
    return s;
}

void server_free(struct server *s)
{
    if (s == NULL)
        return;
    proxy_free_all(s);
    if (s->store != NULL)
        store_client_close(s->store);
    stack_free(s->stack);
    registrar_stop(s);
    authenticator_free(s->authenticator);
    table_fini(&s->contexts_by_txn);
    id_table_fini(&s->contexts);
    free(s);
}

/* ---- start ---- */

static int listen_on(struct server *s, const struct config_listen *l)
{
    unsigned index;
    int      error = s->listener_count < SERVER_LISTENERS
                         ? stack_listen(s->stack, l->transport, &l->address, s->config->advertise, &index)
                         : -ERR_LIMIT;

    if (error != 0)
        return error;
    s->listeners[s->listener_count++] = (struct flow){
        .transport = l->transport,
        .local     = stack_listener_address(s->stack, index),
        .listener  = index,
    };
    return 0;
}

static int listen_all(struct server *s, char *problem, size_t problem_size)
{
    for (size_t i = 0; i < s->config->listen_count; i++) {
        const struct config_listen *l     = &s->config->listens[i];
        int                         error = listen_on(s, l);
        char                        text[ADDRESS_TEXT];
        struct buf                  b = BUF_ON(text);

        if (error == 0 || (error == -ERR_NO_ADDRESS && s->config->listen_is_default))
            continue;
        address_write(&b, &l->address);
        snprintf(problem, problem_size, "cannot listen on %.*s %s: %s%s", SLICE_ARG(transport_param(l->transport)),
                 buf_cstr(&b), error_text(error),
                 error == -ERR_IN_USE ? "; stop the other program or set listen in the configuration" : "");
        return error;
    }
    if (s->listener_count > 0)
        return 0;
    snprintf(problem, problem_size, "none of the addresses to listen on exists on this host");
    return -ERR_NO_ADDRESS;
}

int server_attach(struct server *s, char *problem, size_t problem_size)
{
    s->authenticator = authenticator_new(s->world, s->shared->users, s->shared->nonces, users_realm(s->shared->users),
                                         s->config->nonce_lifetime, s->config->digest_sha256);
    if (s->authenticator == NULL ||
        store_client_open(s->shared->store, s->world, server_on_report, s, &s->store) != 0) {
        snprintf(problem, problem_size, "%s", error_text(ERR_NO_MEMORY));
        return -ERR_NO_MEMORY;
    }
    registrar_start(s);
    return 0;
}

int server_start(struct server *s, char *problem, size_t problem_size)
{
    int error = server_attach(s, problem, problem_size);

    return error == 0 ? listen_all(s, problem, problem_size) : error;
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

unsigned server_listener_count(const struct server *s)
{
    return s->listener_count;
}

struct flow server_listener(const struct server *s, unsigned index)
{
    return s->listeners[index];
}

size_t server_alive(const struct server *s)
{
    return s->contexts.used + s->wait_count;
}

size_t server_unanswered(const struct server *s)
{
    return stack_unanswered(s->stack);
}

void server_give_up(struct server *s)
{
    proxy_cancel_all(s);
    stack_refuse_all(s->stack, 503);
}
