/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/server.h"

#include "base/error.h"
#include "server/internal.h"

#include <stdio.h>
#include <stdlib.h>

static const char relay_key_setting[] = "relay_key";

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

static bool copy_policy(struct server *s)
{
    const struct config    *c         = s->config;
    struct policy_route    *routes    = calloc(c->route_count + 1, sizeof *routes);
    struct policy_redirect *redirects = calloc(c->redirect_count + 1, sizeof *redirects);

    s->policy = (struct policy){
        .domains        = c->domains,
        .domain_count   = c->domain_count,
        .routes         = routes,
        .route_count    = c->route_count,
        .redirects      = redirects,
        .redirect_count = c->redirect_count,
        .registrar      = c->registrar,
        .proxy          = c->proxy,
        .redirect       = c->redirect_server,
        .authentication = c->authentication,
    };
    if (routes == NULL || redirects == NULL)
        return false;
    for (size_t i = 0; i < c->route_count; i++)
        routes[i] = (struct policy_route){ c->routes[i].domain, c->routes[i].to, c->routes[i].redirect };
    for (size_t i = 0; i < c->redirect_count; i++)
        redirects[i] = (struct policy_redirect){ c->redirects[i].domain, c->redirects[i].to };
    return true;
}

struct server *server_new(struct world *w, const struct config *config, const struct stack_trace *trace)
{
    struct server      *s     = calloc(1, sizeof *s);
    struct stack_config stack = {
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
    s->world  = w;
    s->config = config;
    list_init(&s->waits);
    random_fill(&w->random, &s->loop_key, sizeof s->loop_key);
    id_table_init(&s->contexts, 0, ID_CONTEXT, config->max_server_transactions);
    s->stack    = stack_new(w, &stack, &events, s);
    s->users    = users_new(w);
    s->location = location_new(w, config->max_bindings, registrar_expired, s);
    if (s->stack == NULL || s->users == NULL || s->location == NULL || !copy_policy(s) ||
        table_init(&s->contexts_by_txn, 1024) != 0) {
        server_free(s);
        return NULL;
    }
    return s;
}

void server_free(struct server *s)
{
    struct link *l;

    if (s == NULL)
        return;
    proxy_free_all(s);
    stack_free(s->stack);
    while ((l = list_shift(&s->waits)) != NULL)
        free(CONTAINER_OF(l, struct store_wait, link));
    location_free(s->location);
    authenticator_free(s->authenticator);
    users_free(s->users);
    table_fini(&s->contexts_by_txn);
    id_table_fini(&s->contexts);
    free((void *)s->policy.routes);
    free((void *)s->policy.redirects);
    free(s);
}

/* ---- start ---- */

static void load_user(void *arg, const struct stored_user *u)
{
    users_on_user(((struct server *)arg)->users, u);
}

static void load_binding(void *arg, const struct stored_binding *b)
{
    registrar_loaded(arg, b);
}

static void load_setting(void *arg, struct slice name, struct slice value)
{
    struct server *s = arg;
    uint8_t        bytes[sizeof s->relay_key];

    users_on_setting(s->users, name, value);
    if (!slice_eq(name, slice_from(relay_key_setting)) || value.len != 2 * sizeof bytes)
        return;
    for (size_t i = 0; i < sizeof bytes; i++) {
        int high = hex_value(value.ptr[2 * i]), low = hex_value(value.ptr[2 * i + 1]);

        if (high < 0 || low < 0)
            return;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    memcpy(&s->relay_key, bytes, sizeof bytes);
    s->has_relay_key = true;
}

/* Dialogs that were set up before a restart must find their way after it. */
static int make_relay_key(struct server *s)
{
    char                hex[2 * sizeof s->relay_key];
    struct buf          b      = BUF_ON(hex);
    struct store_change change = { .kind = STORE_PUT_SETTING, .name = slice_from(relay_key_setting) };
    uint64_t            seq;

    if (s->has_relay_key)
        return 0;
    random_fill(&s->world->random, &s->relay_key, sizeof s->relay_key);
    buf_put_hex(&b, &s->relay_key, sizeof s->relay_key);
    change.value = buf_slice(&b);
    return store_write(s->store, &change, 1, &seq);
}

static int load(struct server *s)
{
    const struct store_loader loader = { load_user, load_binding, load_setting, s };
    int                       error  = store_load(s->store, &loader);

    if (error == 0)
        error = s->load_error;
    if (error == 0)
        error = users_start(s->users, s->store, s->config->realm.len > 0 ? s->config->realm : s->config->domains[0]);
    if (error == 0)
        error = make_relay_key(s);
    if (error != 0)
        return error;
    s->authenticator = authenticator_new(s->world, s->users, users_realm(s->users), s->config->nonce_lifetime,
                                         s->config->digest_sha256);
    return s->authenticator != NULL ? 0 : -ERR_NO_MEMORY;
}

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

int server_start(struct server *s, struct store *store, char *problem, size_t problem_size)
{
    int error;

    s->store = store;
    error    = load(s);
    if (error != 0) {
        snprintf(problem, problem_size, "cannot read users and registrations: %s", error_text(error));
        return error;
    }
    return listen_all(s, problem, problem_size);
}

void server_on_report(void *server, uint64_t seq, int error)
{
    struct server *s = server;

    users_report(s->users, seq, error);
    registrar_report(s, seq, error);
}

/* ---- what others may see ---- */

struct stack *server_stack(const struct server *s)
{
    return s->stack;
}

struct users *server_users(const struct server *s)
{
    return s->users;
}

struct location *server_location(const struct server *s)
{
    return s->location;
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

const struct server_counters *server_counters(const struct server *s)
{
    return &s->counters;
}
