/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/shared.h"

#include "base/error.h"
#include "server/registrar.h"

#include <stdio.h>
#include <stdlib.h>

static const char relay_key_setting[] = "relay_key";

static bool copy_policy(struct shared *s)
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
        .numbers        = c->enum_suffix.len > 0,
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

struct shared *shared_new(struct world *world, const struct config *config, struct rcu *rcu, struct workers *workers)
{
    struct shared *s = rcu != NULL ? calloc(1, sizeof *s) : NULL;

    if (s == NULL) {
        rcu_free(rcu);
        return NULL;
    }
    s->rcu    = rcu;
    s->config = config;
    random_fill(&world->random, &s->loop_key, sizeof s->loop_key);
    random_fill(&world->random, &s->boot, sizeof s->boot);
    s->users    = users_new(world, rcu);
    s->location = location_new(rcu, &world->random, config->max_bindings, world_now(world));
    s->workers  = workers;
    s->nonces   = nonces_new(&world->random);
    if (s->users == NULL || s->location == NULL || s->nonces == NULL || !copy_policy(s)) {
        shared_free(s);
        return NULL;
    }
    if (world->memory != NULL) {
        location_account(s->location, world->memory->budget);
        users_account(s->users, world->memory->budget);
    }
    return s;
}

void shared_free(struct shared *s)
{
    if (s == NULL)
        return;
    if (s->client != NULL)
        store_client_close(s->client);
    location_free(s->location);
    users_free(s->users);
    nonces_free(s->nonces);
    tls_shared_free(s->tls);
    free(s->self_signed);
    free((void *)s->policy.routes);
    free((void *)s->policy.redirects);
    rcu_free(s->rcu);
    free(s);
}

/* ---- what the store holds ---- */

struct loading {
    struct shared *shared;
    struct world  *world;
};

static void load_user(void *arg, const struct stored_user *u)
{
    const struct loading *l = arg;

    users_on_user(l->shared->users, u);
}

static void load_binding(void *arg, const struct stored_binding *b)
{
    const struct loading *l     = arg;
    int                   error = registrar_loaded(l->shared, l->world, b);

    if (error != 0)
        l->shared->load_error = error;
}

static void load_setting(void *arg, struct slice name, struct slice value)
{
    const struct loading *l = arg;
    struct shared        *s = l->shared;
    uint8_t               bytes[sizeof s->relay_key];

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
static int make_relay_key(struct shared *s, struct world *world)
{
    char                hex[2 * sizeof s->relay_key];
    struct buf          b      = BUF_ON(hex);
    struct store_change change = { .kind = STORE_PUT_SETTING, .name = slice_from(relay_key_setting) };
    uint64_t            seq;

    if (s->has_relay_key)
        return 0;
    random_fill(&world->random, &s->relay_key, sizeof s->relay_key);
    buf_put_hex(&b, &s->relay_key, sizeof s->relay_key);
    change.value = buf_slice(&b);
    return store_write(s->client, &change, 1, &seq);
}

static void on_report(void *shared, uint64_t seq, int error)
{
    users_report(((struct shared *)shared)->users, seq, error);
}

static int load(struct shared *s, struct world *world)
{
    struct loading            loading = { s, world };
    const struct store_loader loader  = { load_user, load_binding, load_setting, &loading };
    int                       error   = store_load(s->store, world_wall(world), &loader);

    if (error == 0)
        error = s->load_error;
    if (error == 0)
        error = store_client_open(s->store, world, on_report, s, &s->client);
    if (error == 0)
        error = users_start(s->users, s->client, s->config->realm.len > 0 ? s->config->realm : s->config->domains[0]);
    if (error == 0)
        error = make_relay_key(s, world);
    return error;
}

int shared_load(struct shared *s, struct world *world, struct store *store, char *problem, size_t problem_size)
{
    int error;

    s->store = store;
    error    = load(s, world);
    if (error != 0)
        snprintf(problem, problem_size, "cannot read users and registrations: %s", error_text(error));
    return error;
}

struct token_key shared_token_key(const struct shared *s)
{
    return (struct token_key){ s->relay_key, s->boot };
}

void shared_drain(struct shared *s)
{
    atomic_store_explicit(&s->draining, true, memory_order_relaxed);
}

bool shared_is_draining(const struct shared *s)
{
    return atomic_load_explicit(&s->draining, memory_order_relaxed);
}
