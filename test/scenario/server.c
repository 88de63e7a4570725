/* SPDX-License-Identifier: BSD-2-Clause */
/* An actor that is the server core, unchanged, on a fake world and a fake disk.
 * The disk outlives the server: restarts and crashes are statements. */
#include "base/error.h"
#include "scenario/scenario.h"
#include "server/reload.h"
#include "support/alloc.h"
#include "support/balance.h"
#include "support/store_fake.h"

#include <stdlib.h>

enum {
    SERVER_TEXT = 8192,
    MEMORY      = 1 << 30,
    EACH        = 7, /* packets between two changes of homes */
};

struct server_actor {
    struct actor         actor;
    char                 text[SERVER_TEXT]; /* its ahoy.conf */
    size_t               own_text;          /* what of it is not the block's */
    const struct config *config;
    struct fake_disk    *disk;
    struct store        *store;
    struct workers      *all;
    struct budget        memory;
    struct shared       *shared;
    unsigned             workers, made;
    unsigned             packets; /* that have come, so far */
    unsigned             before;  /* of them, before it was started */
    struct server       *servers[WORKERS_MAX];
    struct server       *server; /* the first of them; NULL: not running */
    int                  done;   /* of the last change of users, or reload; 1: not yet */
    struct reload        reload;
};

static struct server_actor *server_of(struct actor *a)
{
    return CONTAINER_OF(a, struct server_actor, actor);
}

/* ---- life ---- */

static bool write_block(struct server_actor *a, const struct statement *st)
{
    struct buf b = buf_on(a->text + a->own_text, sizeof a->text - a->own_text);

    for (size_t i = 0; i < st->block_count; i++)
        buf_printf(&b, "%.*s\n", SLICE_ARG(st->block[i]));
    buf_cstr(&b);
    return buf_ok(&b) || scenario_fail(a->actor.scenario, "its configuration is too long");
}

/* What the block says comes last and so counts. */
static bool write_config(struct server_actor *a, const struct statement *st)
{
    struct buf  b         = BUF_ON(a->text);
    const char *separator = "";

    a->workers = a->actor.scenario->workers > 0 ? a->actor.scenario->workers : 1;
    buf_printf(&b, "log_level = debug\nstate = \"/nonexistent\"\nlisten = {");
    for (unsigned i = 2; i < st->words.count; i++) {
        const char *ip   = st->words.word[i];
        const char *open = strchr(ip, ':') != NULL ? "[" : "", *close = *open != '\0' ? "]" : "";

        buf_printf(&b, "%s\"udp:%s%s%s:5060\", \"tcp:%s%s%s:5060\"", separator, open, ip, close, open, ip, close);
        separator = ", ";
    }
    buf_printf(&b, "}\n");
    a->own_text = b.len;
    return write_block(a, st);
}

static void config_problem(void *arg, const char *text)
{
    struct server_actor *a = arg;

    scenario_fail(a->actor.scenario, "%s", text);
}

/* In the middle of whatever is under way. */
static void move_homes(struct server_actor *a)
{
    struct homes *h = a->all != NULL ? workers_homes(a->all) : NULL;

    if (h == NULL || ++a->packets % EACH != 0)
        return;
    homes_change(h, !homes_are_spread(h));
    workers_tell_change(a->all, 0);
}

/* Packets for this server, each to a worker that is not the home of its call. */
static unsigned to_a_wrong_worker(void *arg, const struct packet *p, unsigned count)
{
    struct server_actor *a = arg;
    struct slice         call_id;

    if (a->actor.scenario->moving)
        move_homes(a);
    if (a->shared == NULL || p->bytes.len == 0 || !wire_header(p->bytes, "Call-ID", 0, &call_id))
        return 0;
    return (workers_home(a->all, call_id) + 1) % count;
}

static struct world *world_of(struct server_actor *a, unsigned worker)
{
    struct world *w = worker == 0 ? a->actor.world : actor_add_world(&a->actor);

    if (worker > 0)
        world_fake_account(w, &a->memory);
    return w;
}

enum { NAMES = 8 };

static bool wants_tls(const struct config *c)
{
    for (size_t i = 0; i < c->listen_count; i++)
        if (c->listens[i].transport == TRANSPORT_TLS || c->listens[i].transport == TRANSPORT_WSS)
            return true;
    return false;
}

/* A certificate for its domains and addresses. */
static void give_certificate(struct server_actor *a)
{
    const char *names[NAMES + 1] = { NULL };
    char        text[NAMES][300];
    size_t      count = 0;

    for (size_t i = 0; i < a->config->domain_count && count < NAMES; i++)
        snprintf(text[count++], sizeof text[0], "%.*s", SLICE_ARG(a->config->domains[i]));
    for (size_t i = 0; i < a->config->listen_count && count < NAMES; i++) {
        struct buf b = BUF_ON(text[count]);

        address_write_ip(&b, &a->config->listens[i].address);
        if (count == 0 || strcmp(buf_cstr(&b), text[count - 1]) != 0)
            count++;
    }
    for (size_t i = 0; i < count; i++)
        names[i] = text[i];
    a->shared->tls = scenario_tls(a->actor.scenario, &a->actor, names);
}

static bool make_servers(struct server_actor *a)
{
    accounts_init(&a->memory, MEMORY);
    world_fake_account(a->actor.world, &a->memory);
    a->actor.memory = &a->memory;
    a->all          = workers_new(a->workers, &a->actor.world->random);
    if (a->all != NULL)
        workers_account(a->all, &a->memory);
    a->before = a->packets;
    a->shared = a->all != NULL ? shared_new(a->actor.world, a->config, rcu_single_new(), a->all) : NULL;
    if (a->shared != NULL && wants_tls(a->config))
        give_certificate(a);
    for (unsigned i = 0; a->shared != NULL && i < a->workers; i++) {
        struct stack_trace trace = scenario_trace(&a->actor);

        a->servers[i] = server_new(world_of(a, i), a->shared, i, &trace);
        if (a->servers[i] == NULL)
            break;
        a->made++;
    }
    a->server = a->servers[0];
    return a->made == a->workers;
}

static void free_servers(struct server_actor *a)
{
    while (a->made > 0) {
        server_free(a->servers[--a->made]);
        a->servers[a->made] = NULL;
    }
    shared_free(a->shared);
    a->server = NULL;
    a->shared = NULL;
}

static bool start_servers(struct server_actor *a, char *problem, size_t size)
{
    if (shared_load(a->shared, a->actor.world, a->store, problem, size) != 0)
        return false;
    for (unsigned i = 0; i < a->workers; i++)
        if (server_start(a->servers[i], i > 0 ? a->servers[0] : NULL, problem, size) != 0)
            return false;
    return true;
}

static size_t posts_of(const struct actor *a)
{
    size_t posts = world_fake_usage(a->world).posts;

    for (unsigned i = 0; i < a->other_count; i++)
        posts += world_fake_usage(a->others[i]).posts;
    return posts;
}

/* Gracefully, or as in a power cut.  The fake store frees itself in a post. */
static void server_end(struct server_actor *a, bool crash)
{
    struct network *n = a->actor.scenario->net;

    free_servers(a);
    if (a->store != NULL && crash)
        store_fake_crash(a->store);
    else if (a->store != NULL)
        store_close(a->store);
    a->store = NULL;
    while (posts_of(&a->actor) > 0 && network_turn(n, network_now(n)))
        ;
    workers_free(a->all);
    a->all = NULL;
}

/* All workers, or none: a program whose start fails ends, so no worker may wait for one that is not there. */
static bool server_begin(struct server_actor *a)
{
    struct scenario *s            = a->actor.scenario;
    char             problem[256] = "";

    if (a->config == NULL)
        return scenario_fail(s, "it has no configuration");
    if (a->actor.world == NULL)
        actor_start_world(&a->actor);
    if (!make_servers(a)) {
        server_end(a, false);
        return scenario_fail(s, "no memory for a server");
    }
    if (s->wrong_worker)
        host_set_spread(a->actor.host, to_a_wrong_worker, a);
    a->store = store_fake_open(a->disk, a->config->store_queue);
    if (start_servers(a, problem, sizeof problem))
        return true;
    server_end(a, false);
    actor_end_world(&a->actor, true);
    return scenario_fail(s, "the server does not start: %s", problem);
}

/* ---- verbs ---- */

static void user_done(void *arg, int error)
{
    struct server_actor *a = arg;

    a->done = error;
}

/* What was begun, until it is done. */
static bool wait_done(struct server_actor *a, int error, const char *what)
{
    struct scenario *s = a->actor.scenario;

    while (error == 0 && a->done == 1 && network_turn(s->net, network_now(s->net) + 1000))
        ;
    error = error != 0 ? error : a->done;
    return error == 0 || scenario_fail(s, "the %s is not added: %s", what, error_text(error));
}

/* NAME@DOMAIN, or a number, which has none. */
static struct store_name name_of(const char *word)
{
    const char *at = strchr(word, '@');

    return at != NULL ? (struct store_name){ slice_from(at + 1), slice_between(word, at) }
                      : (struct store_name){ SLICE(""), slice_from(word) };
}

/* user NAME@DOMAIN PASSWORD */
static bool server_user(struct server_actor *a, const struct statement *st)
{
    struct store_name user;

    if (st->words.count != 4 || strchr(st->words.word[2], '@') == NULL)
        return scenario_fail(a->actor.scenario, "user NAME@DOMAIN PASSWORD");
    user    = name_of(st->words.word[2]);
    a->done = 1;
    return wait_done(
        a, users_add(server_users(a->server), user.domain, user.name, slice_from(st->words.word[3]), user_done, a),
        "user");
}

/* alias NAME@DOMAIN|+NUMBER USER@DOMAIN */
static bool server_alias(struct server_actor *a, const struct statement *st)
{
    struct stored_alias alias;
    struct store_name   name, user;

    if (st->words.count != 4)
        return scenario_fail(a->actor.scenario, "alias NAME@DOMAIN|+NUMBER USER@DOMAIN");
    name    = name_of(st->words.word[2]);
    user    = name_of(st->words.word[3]);
    alias   = (struct stored_alias){ name.domain, name.name, user.domain, user.name };
    a->done = 1;
    return wait_done(a, users_add_alias(server_users(a->server), &alias, user_done, a), "alias");
}

static bool parse_error(const char *name, int *error)
{
    for (int e = 1; e < ERR_COUNT; e++)
        if (strcmp(error_name(e), name) == 0)
            return *error = -e, true;
    return false;
}

/* store fails ERROR | recovers | holds | releases */
static bool server_store(struct server_actor *a, const struct statement *st)
{
    const char *verb = st->words.count > 2 ? st->words.word[2] : "";
    int         error;

    if (strcmp(verb, "fails") == 0 && st->words.count == 4 && parse_error(st->words.word[3], &error))
        store_fake_fail(a->store, error);
    else if (strcmp(verb, "recovers") == 0)
        store_fake_fail(a->store, 0);
    else if (strcmp(verb, "holds") == 0)
        store_fake_hold(a->store, true);
    else if (strcmp(verb, "releases") == 0)
        store_fake_hold(a->store, false);
    else
        return scenario_fail(a->actor.scenario, "store fails ERROR | recovers | holds | releases");
    return true;
}

/* reads fail ERROR | recover | hold | release: of users, from the store */
static bool server_reads(struct server_actor *a, const struct statement *st)
{
    const char *verb = st->words.count > 2 ? st->words.word[2] : "";
    int         error;

    if (strcmp(verb, "fail") == 0 && st->words.count == 4 && parse_error(st->words.word[3], &error))
        store_fake_fail_reads(a->store, error);
    else if (strcmp(verb, "recover") == 0)
        store_fake_fail_reads(a->store, 0);
    else if (strcmp(verb, "hold") == 0)
        store_fake_hold_reads(a->store, true);
    else if (strcmp(verb, "release") == 0)
        store_fake_hold_reads(a->store, false);
    else
        return scenario_fail(a->actor.scenario, "reads fail ERROR | recover | hold | release");
    return true;
}

/* stops, and nothing may be left of it in its world */
static bool server_stops(struct server_actor *a, const struct statement *st)
{
    (void)st;
    server_end(a, false);
    return actor_end_world(&a->actor, true);
}

/* dies: what the store has not committed is lost */
static bool server_dies(struct server_actor *a, const struct statement *st)
{
    (void)st;
    server_end(a, true);
    return actor_end_world(&a->actor, false);
}

static bool server_starts(struct server_actor *a, const struct statement *st)
{
    (void)st;
    return server_begin(a);
}

static bool server_restarts(struct server_actor *a, const struct statement *st)
{
    return server_stops(a, st) && server_starts(a, st);
}

static int reload_ready(void *arg, char *problem, size_t problem_size)
{
    (void)arg;
    (void)problem;
    (void)problem_size;
    return 0;
}

static void reload_done(void *arg, int error, const char *problem)
{
    struct server_actor *a = arg;

    (void)problem;
    a->done = error;
}

/* The snapshot of a configuration that is no more than text yet, and where it listens. */
static const struct snapshot *prepare(struct server_actor *a, struct listening_plan *plan)
{
    const struct config   *next = NULL;
    const struct snapshot *snapshot;
    char                   problem[256];

    if (config_parse(slice_from(a->text), "reload", config_problem, a, &next) != 0)
        return NULL;
    snapshot = snapshot_new(next, problem, sizeof problem);
    if (snapshot == NULL || listening_plan(&a->shared->listening, next, plan, problem, sizeof problem) != 0) {
        snapshot_drop(snapshot);
        snapshot = NULL;
        scenario_fail(a->actor.scenario, "%s", problem);
    }
    config_free(next);
    return snapshot;
}

/* reloads [refused]: the block is its ahoy.conf from now on, taken while the network goes on.  Refused: a worker
 * cannot listen where it says. */
static bool server_reloads(struct server_actor *a, const struct statement *st)
{
    static const struct reload_events events  = { reload_ready, reload_done };
    struct scenario                  *s       = a->actor.scenario;
    bool                              refused = st->words.count > 2 && strcmp(st->words.word[2], "refused") == 0;
    struct listening_plan             plan;
    const struct snapshot            *snapshot = write_block(a, st) ? prepare(a, &plan) : NULL;

    if (snapshot == NULL)
        return false;
    a->done = 1;
    reload_begin(&a->reload, a->servers, a->workers, snapshot, &plan, &events, a);
    snapshot_drop(snapshot);
    while (a->done == 1 && network_turn(s->net, network_now(s->net) + 1000))
        ;
    if (refused)
        return a->done < 0 || scenario_fail(s, "it has been taken");
    return a->done == 0 || scenario_fail(s, "it is not taken: %s", a->reload.problem);
}

/* has N bindings: registered contacts of all users */
static bool server_has(struct server_actor *a, const struct statement *st)
{
    size_t   have = location_count(server_location(a->server));
    unsigned wanted;

    if (st->words.count != 4 || strcmp(st->words.word[3], "bindings") != 0 || !parse_count(st->words.word[2], &wanted))
        return scenario_fail(a->actor.scenario, "has N bindings");
    return have == wanted || scenario_fail(a->actor.scenario, "it has %zu bindings", have);
}

static const struct {
    const char *word;
    bool        running; /* only then */
    bool (*run)(struct server_actor *a, const struct statement *st);
} server_verbs[] = {
    { "user", true, server_user },         { "store", true, server_store }, { "has", true, server_has },
    { "dies", true, server_dies },         { "stops", true, server_stops }, { "starts", false, server_starts },
    { "restarts", true, server_restarts }, { "alias", true, server_alias }, { "reads", true, server_reads },
    { "reloads", true, server_reloads },
};

static bool server_act(struct actor *actor, const struct statement *st)
{
    struct server_actor *a = server_of(actor);

    for (size_t i = 0; i < sizeof server_verbs / sizeof *server_verbs; i++)
        if (strcmp(server_verbs[i].word, st->words.word[1]) == 0)
            return server_verbs[i].running == (a->server != NULL)
                       ? server_verbs[i].run(a, st)
                       : scenario_fail(actor->scenario, "the server is%s running", a->server == NULL ? " not" : "");
    return scenario_fail(actor->scenario, "a server cannot \"%s\"", st->words.word[1]);
}

/* ---- the end ---- */

static void server_check(struct actor *actor, struct buf *left)
{
    struct server_actor *a     = server_of(actor);
    size_t               alive = 0, stack = 0, handed = 0;

    for (unsigned i = 0; i < a->made; i++) {
        alive += server_alive(a->servers[i]);
        stack += stack_alive(server_stack(a->servers[i]));
        handed += counter_read(&stack_world(server_stack(a->servers[i]))->counters.handed_over);
    }
    if (actor->scenario->wrong_worker && !actor->scenario->moving && a->made > 0 && handed == 0)
        buf_printf(left, "no message that came to a wrong worker; ");
    if (actor->scenario->moving && a->made > 1 && a->packets / EACH > a->before / EACH &&
        !homes_have_changed(workers_homes(a->all)))
        buf_printf(left, "homes that never changed; ");
    if (alive + stack > 0)
        buf_printf(left, "%zu requests or waits, %zu transactions, connections or lookups", alive, stack);
}

static void server_stop(struct actor *actor)
{
    if (server_of(actor)->server != NULL)
        server_end(server_of(actor), false);
}

static void server_actor_free(struct actor *actor)
{
    struct server_actor *a = server_of(actor);

    workers_free(a->all);
    config_free(a->config);
    fake_disk_free(a->disk);
    free(a);
}

static const struct actor_kind server_kind = {
    "server", server_act, server_check, NULL, server_stop, server_actor_free
};

/* server NAME ADDRESS ..., and its ahoy.conf */
bool verb_server(struct scenario *s, const struct statement *st)
{
    struct server_actor *a = alloc_new(sizeof *a);

    if (st->words.count < 3 ||
        !actor_init(&a->actor, s, &server_kind, st->words.word[1], st->words.word + 2, st->words.count - 2)) {
        free(a);
        return st->words.count < 3 ? scenario_fail(s, "server NAME ADDRESS ...") : false;
    }
    a->disk = fake_disk_new();
    if (!write_config(a, st))
        return false;
    if (config_parse(slice_from(a->text), host_name(a->actor.host), config_problem, a, &a->config) != 0)
        return false;
    return server_begin(a);
}
