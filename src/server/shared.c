/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/shared.h"

#include "base/error.h"
#include "server/ban_list.h"
#include "server/load_ahead.h"
#include "server/registrar.h"

#include <stdio.h>
#include <stdlib.h>

/* Keys that must outlive the process, in hex digits in the store.  A new one is drawn when
 * the server is made, for the case that the store has none. */
static const struct kept_key {
    const char *setting;
    size_t      offset, size; /* in struct shared */
} kept_keys[] = {
    { "relay_key", offsetof(struct shared, relay_key), sizeof(struct hash_key) },
    { "location_key", offsetof(struct shared, location_key), sizeof(struct hash_key) },
    { "gruu_key", offsetof(struct shared, gruu_secret), GRUU_SECRET },
};

enum { KEPT_KEYS = sizeof kept_keys / sizeof kept_keys[0], KEPT_KEY_SIZE = 32 };

static void draw_keys(struct shared *s, const struct random *random)
{
    random_fill(random, &s->relay_key, sizeof s->relay_key);
    random_fill(random, s->gruu_secret, sizeof s->gruu_secret);
    if (s->location != NULL)
        s->location_key = location_hash_key(s->location);
}

static struct attempts_rules attempts_rules_of(const struct config *c)
{
    return (struct attempts_rules){ c->auth_failures, c->auth_window, c->auth_delay_max, c->auth_places };
}

static bool wants_attempts(const struct config *c)
{
    return c->authentication && c->auth_failures > 0;
}

int shared_make_attempts(struct shared *s, struct world *world, const struct config *c)
{
    const struct attempts_rules rules = attempts_rules_of(c);
    struct attempts            *a;

    if (!wants_attempts(c) || s->attempts != NULL)
        return 0;
    a = attempts_new(&world->random, &rules);
    if (a != NULL && world->memory != NULL)
        attempts_account(a, world->memory->budget);
    s->attempts = a;
    return a != NULL ? 0 : -ERR_NO_MEMORY;
}

void shared_change_attempts(struct shared *s, const struct config *c)
{
    const struct attempts_rules rules = attempts_rules_of(c);

    if (wants_attempts(c))
        attempts_set_rules(s->attempts, &rules);
}

static bool make_events(struct shared *s)
{
    s->events  = binding_events_new(s->workers != NULL ? workers_count(s->workers) : 1);
    s->journal = s->events != NULL ? binding_journal_new(s->events) : NULL;
    return s->journal != NULL;
}

struct shared *shared_new(struct world *world, const struct config *config, struct rcu *rcu, struct workers *workers)
{
    struct shared *s = rcu != NULL ? calloc(1, sizeof *s) : NULL;
    char           problem[256];

    if (s == NULL) {
        rcu_free(rcu);
        return NULL;
    }
    s->rcu    = rcu;
    s->config = config;
    random_fill(&world->random, &s->loop_key, sizeof s->loop_key);
    random_fill(&world->random, &s->boot, sizeof s->boot);
    s->users    = users_new(world, rcu, (size_t)config->user_cache);
    s->location = location_new(rcu, &world->random, config->max_bindings, world_now(world));
    s->snapshot = snapshot_new(config, problem, sizeof problem);
    s->bans     = bans_new(rcu);
    s->limiter  = limiter_new(&world->random);
    s->scanners = scanners_new(&world->random);
    s->workers  = workers;
    draw_keys(s, &world->random);
    s->nonces = nonces_new(&world->random, NONCE_SLOTS);
    if (s->users == NULL || s->location == NULL || s->nonces == NULL || s->snapshot == NULL || s->bans == NULL ||
        s->limiter == NULL || s->scanners == NULL || shared_make_attempts(s, world, config) != 0 || !make_events(s)) {
        shared_free(s);
        return NULL;
    }
    if (world->memory != NULL) {
        binding_events_account(s->events, world->memory->budget);
        location_account(s->location, world->memory->budget);
        users_account(s->users, world->memory->budget);
        bans_account(s->bans, world->memory->budget);
        limiter_account(s->limiter, world->memory->budget);
        scanners_account(s->scanners, world->memory->budget);
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
    attempts_free(s->attempts);
    bans_free(s->bans);
    limiter_free(s->limiter);
    scanners_free(s->scanners);
    binding_journal_free(s->journal);
    binding_events_free(s->events);
    tls_shared_free(s->tls);
    free(s->self_signed);
    snapshot_drop(s->bans_allow);
    snapshot_drop(s->snapshot);
    rcu_free(s->rcu);
    free(s);
}

/* ---- what the store holds ---- */

struct loading {
    struct shared    *shared;
    struct world     *world;
    struct load_ahead ahead;
    size_t            damaged; /* bindings that are left out */
    uint64_t          row;     /* of the last of them        */
};

static void load_damaged(void *arg, uint64_t row)
{
    struct loading *l = arg;

    l->damaged++;
    l->row = row;
}

/* Their phones come back as they refresh; all others must not wait for it. */
static void log_damaged(const struct loading *l)
{
    struct log_line line;

    if (l->damaged == 0 || !log_begin(&line, l->world->log, LOG_ERROR, LOG_PART_STORE, "bindings_damaged"))
        return;
    log_number(&line, "count", (int64_t)l->damaged);
    log_number(&line, "row", (int64_t)l->row);
    log_end(&line);
}

static void load_binding(void *arg, const struct stored_binding *b)
{
    load_ahead_put(&((struct loading *)arg)->ahead, b);
}

static void take_binding(void *arg, const struct stored_binding *b)
{
    struct loading *l     = arg;
    int             error = registrar_loaded(l->shared, l->world, b);

    if (error == -ERR_CORRUPT)
        load_damaged(l, b->row);
    else if (error != 0)
        l->shared->load_error = error;
}

static void load_ban(void *arg, const struct stored_ban *b)
{
    const struct loading *l     = arg;
    int                   error = ban_list_loaded(l->shared, b, world_wall(l->world));

    if (error != 0)
        l->shared->load_error = error;
}

static bool take_hex(struct slice text, uint8_t *bytes, size_t size)
{
    if (text.len != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = hex_value(text.ptr[2 * i]), low = hex_value(text.ptr[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static void load_key(struct shared *s, unsigned index, struct slice value)
{
    const struct kept_key *k = &kept_keys[index];
    uint8_t                bytes[KEPT_KEY_SIZE];

    if (!take_hex(value, bytes, k->size))
        return;
    memcpy((char *)s + k->offset, bytes, k->size);
    s->keys_kept |= 1U << index;
}

static void load_sizes(void *arg, const struct store_sizes *sizes)
{
    struct shared *s = ((const struct loading *)arg)->shared;

    users_on_sizes(s->users, sizes);
    location_expect(s->location, sizes->bindings);
}

/* They come before the bindings, whose place depends on one of them. */
static void load_setting(void *arg, struct slice name, struct slice value)
{
    const struct loading *l = arg;
    struct shared        *s = l->shared;

    users_on_setting(s->users, name, value);
    for (unsigned i = 0; i < KEPT_KEYS; i++)
        if (slice_eq(name, slice_from(kept_keys[i].setting)))
            load_key(s, i, value);
    if (location_aors(s->location) == 0)
        location_set_hash_key(s->location, s->location_key);
}

/* Dialogs that were set up before a restart must find their way after it, and GRUUs lead to
 * whom they led. */
static int keep_keys(struct shared *s)
{
    char                hex[KEPT_KEYS][2 * KEPT_KEY_SIZE];
    struct store_change changes[KEPT_KEYS];
    size_t              count = 0;
    uint64_t            seq;

    for (unsigned i = 0; i < KEPT_KEYS; i++) {
        const struct kept_key *k = &kept_keys[i];
        struct buf             b = BUF_ON(hex[i]);

        if ((s->keys_kept >> i & 1) != 0)
            continue;
        buf_put_hex(&b, (const char *)s + k->offset, k->size);
        changes[count++] =
            (struct store_change){ .kind = STORE_PUT_SETTING, .name = slice_from(k->setting), .value = buf_slice(&b) };
    }
    return count > 0 ? store_write(s->client, changes, count, &seq) : 0;
}

static int make_gruu_keys(struct shared *s)
{
    struct hasher *h = hasher_new();

    if (h == NULL)
        return -ERR_NO_MEMORY;
    gruu_keys_init(&s->gruu_keys, h, s->gruu_secret);
    hasher_free(h);
    return 0;
}

static void on_report(void *shared, uint64_t seq, int error)
{
    users_report(((struct shared *)shared)->users, seq, error);
}

static int load(struct shared *s, struct world *world)
{
    struct loading            loading = { .shared = s,
                                          .world  = world,
                                          .ahead = { .location = s->location, .take = take_binding, .arg = &loading } };
    const struct store_loader loader  = {
         NULL, load_binding, load_setting, load_sizes, load_ban, load_damaged, &loading
    };
    int error = store_load(s->store, world_wall(world), &loader);

    load_ahead_end(&loading.ahead);
    log_damaged(&loading);
    if (error == 0)
        error = s->load_error;
    if (error == 0)
        error = ban_list_begin(s, world_wall(world));
    if (error == 0)
        error = store_client_open(s->store, world, on_report, s, &s->client);
    if (error == 0)
        error = users_start(s->users, s->client, s->config->realm.len > 0 ? s->config->realm : s->config->domains[0]);
    if (error == 0)
        error = keep_keys(s);
    if (error == 0)
        error = make_gruu_keys(s);
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
