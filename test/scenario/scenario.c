/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/scenario.h"
#include "support/alloc.h"
#include "support/balance.h"

#include <stdarg.h>
#include <stdlib.h>

enum { SETTLE = 40000, TROUBLED_SETTLE = 300000, ACTORS = 32 };

bool scenario_fail(struct scenario *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(s->problem, sizeof s->problem, format, args);
    va_end(args);
    return false;
}

/* ---- actors ---- */

struct actor *scenario_actor(struct scenario *s, const char *name)
{
    LIST_EACH (l, &s->actors) {
        struct actor *a = CONTAINER_OF(l, struct actor, link);

        if (name != NULL && strcmp(host_name(a->host), name) == 0)
            return a;
    }
    return NULL;
}

static void note_log(void *arg, enum log_level level, struct slice line)
{
    struct actor *a = arg;

    (void)level;
    journal_note(&a->scenario->journal, ENTRY_LOG, network_now(a->scenario->net), a->host, line);
}

void actor_start_world(struct actor *a)
{
    a->log        = (struct log){ .sink = note_log, .arg = a };
    a->world      = world_fake_new(a->host);
    a->world->log = &a->log;
}

struct world *actor_add_world(struct actor *a)
{
    struct world *w = world_fake_new(a->host);

    world_fake_join(w, a->world);
    w->log                      = &a->log;
    a->others[a->other_count++] = w;
    return w;
}

bool actor_init(struct actor *a, struct scenario *s, const struct actor_kind *kind, const char *name,
                const char *const *addresses, unsigned count)
{
    if (scenario_actor(s, name) != NULL)
        return scenario_fail(s, "there is a %s already", name);
    a->kind     = kind;
    a->scenario = s;
    a->host     = network_host(s->net, name);
    for (unsigned i = 0; i < count; i++)
        if (!host_add_address(a->host, addresses[i]))
            return scenario_fail(s, "%s is no address, or somebody else's", addresses[i]);
    actor_start_world(a);
    list_append(&s->actors, &a->link);
    return true;
}

static bool check_balance(struct actor *a)
{
    int64_t     bytes;
    const char *name = a->memory != NULL ? balance_broken(a->memory, &bytes) : NULL;

    return name == NULL || scenario_fail(a->scenario, "%s leaves %lld bytes accounted for as %s", host_name(a->host),
                                         (long long)bytes, name);
}

static bool end_world(struct actor *a, struct world *w, bool must_be_empty)
{
    struct world_usage u = world_fake_usage(w);

    world_fake_free(w);
    if (!must_be_empty || world_usage_total(&u) == 0)
        return true;
    return scenario_fail(a->scenario,
                         "%s leaves behind %zu sockets, %zu listeners, %zu streams, %zu queries, %zu timers, %zu posts",
                         host_name(a->host), u.udps, u.listeners, u.streams, u.queries, u.timers, u.posts);
}

bool actor_end_world(struct actor *a, bool must_be_empty)
{
    bool ok = true;

    if (a->world == NULL)
        return true;
    while (a->other_count > 0)
        ok = end_world(a, a->others[--a->other_count], must_be_empty) && ok;
    ok       = end_world(a, a->world, must_be_empty) && ok;
    a->world = NULL;
    if (must_be_empty)
        ok = check_balance(a) && ok;
    return ok;
}

void actor_event(struct actor *a, const char *format, ...)
{
    char    text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    journal_note(&a->scenario->journal, ENTRY_EVENT, network_now(a->scenario->net), a->host, slice_from(text));
}

/* ---- time ---- */

bool scenario_await_entry(struct scenario *s, size_t n, msec limit)
{
    while (s->journal.count <= n)
        if (!network_turn(s->net, limit)) {
            network_run_until(s->net, limit);
            return false;
        }
    return true;
}

void scenario_wait(struct scenario *s, msec duration)
{
    network_run_until(s->net, network_now(s->net) + duration);
}

static bool verb_wait(struct scenario *s, const struct statement *st)
{
    msec duration;

    if (!parse_duration(st->words.word[1], &duration))
        return scenario_fail(s, "wait DURATION");
    scenario_wait(s, duration);
    return true;
}

static bool verb_settle(struct scenario *s, const struct statement *st)
{
    return parse_duration(st->words.word[1], &s->settle) || scenario_fail(s, "settle DURATION");
}

/* What has come so far is in no flow. */
static bool verb_skip(struct scenario *s, const struct statement *st)
{
    (void)st;
    s->flowed = s->journal.count;
    LIST_EACH (l, &s->actors) {
        struct actor *a = CONTAINER_OF(l, struct actor, link);

        a->heard = a->noticed = s->journal.count;
    }
    return true;
}

/* ---- statements ---- */

static const struct {
    const char *word;
    verb_fn    *run;
} verbs[] = {
    { "net", verb_net },       { "name", verb_name },     { "wait", verb_wait },
    { "skip", verb_skip },     { "settle", verb_settle }, { "flow", verb_flow },
    { "expect", verb_expect }, { "peer", verb_peer },     { "stack", verb_stack },
    { "server", verb_server }, { "phone", verb_phone },   { "certificate", verb_certificate },
    { "note", verb_note },     { "part", verb_part },
};

static bool run_statement(struct scenario *s, const struct statement *as_written)
{
    const struct statement *st    = scenario_expand(s, as_written);
    const char             *first = as_written->words.word[0];
    struct actor           *a;

    if (strcmp(first, "expect") == 0 || strcmp(first, "flow") == 0)
        s->part.expected = s->part.whose != NULL;
    if (st == NULL)
        return scenario_fail(s, "with what its notes say the line is too long");

    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(verbs[i].word, first) == 0)
            return verbs[i].run(s, st);
    a = scenario_actor(s, first);
    if (a == NULL)
        return scenario_fail(s, "%s is neither a verb nor an actor", first);
    if (st->words.count < 2)
        return scenario_fail(s, "what does %s do?", first);
    return a->kind->act(a, st);
}

/* ---- the end ---- */

static bool check_settled(struct scenario *s)
{
    char       memory[512];
    struct buf left = BUF_ON(memory);

    LIST_EACH (l, &s->actors) {
        struct actor *a = CONTAINER_OF(l, struct actor, link);

        if (a->kind->check_settled != NULL && a->world != NULL)
            a->kind->check_settled(a, &left);
        if (left.len > 0 || left.overflow)
            return scenario_fail(s, "at the end %s still has %s", host_name(a->host), buf_cstr(&left));
    }
    return true;
}

static bool stop_actors(struct scenario *s, bool must_be_empty)
{
    bool ok = must_be_empty;

    LIST_EACH (l, &s->actors) {
        struct actor *a = CONTAINER_OF(l, struct actor, link);

        if (a->world != NULL)
            a->kind->stop(a);
        ok = actor_end_world(a, ok) && ok;
    }
    return ok;
}

/* Registrations that failed are tried again within minutes, calls whose peer could
 * not say good-bye are given up. */
static void settle_troubled(struct scenario *s)
{
    scenario_wait(s, TROUBLED_SETTLE);
    LIST_EACH (l, &s->actors) {
        struct actor *a = CONTAINER_OF(l, struct actor, link);

        if (a->kind->give_up != NULL && a->world != NULL)
            a->kind->give_up(a);
    }
}

/* Nothing may be left once everybody has had the time to end. */
static bool finish(struct scenario *s)
{
    bool ok;

    s->line = 0;
    if (s->troubled)
        settle_troubled(s);
    scenario_wait(s, s->settle);
    ok = check_settled(s);
    ok = stop_actors(s, ok);
    if (ok && !s->troubled && network_faults_left(s->net) > 0)
        return scenario_fail(s, "a fault was asked for and never struck");
    if (ok && s->journal.overflow)
        return scenario_fail(s, "more happened than the journal can hold");
    return ok;
}

static bool is_sip(const void *arg, const struct packet *p)
{
    (void)arg;
    return wire_is_sip(p->bytes);
}

/* The frame of a WebSocket, whose message the receiver tells of (secure.c). */
static bool is_frame(const struct packet *p)
{
    return p->is_stream && p->bytes.len > 0 && (p->bytes.ptr[0] & 0x80) != 0;
}

/* Each message that comes by a stream, until that one is cut whose turn it is. */
void scenario_packet(void *scenario, const struct packet *p)
{
    struct scenario *s = scenario;

    if (is_frame(p))
        return;
    journal_packet(&s->journal, p);
    if (p->stage != PACKET_ARRIVED || !p->is_stream || !wire_is_sip(p->bytes))
        return;
    if (++s->by_streams == s->cut_at)
        network_cut_streams(s->net, &p->from, &p->to);
}

static void make_trouble(struct scenario *s, const struct trouble *t)
{
    alloc_fail_at(t->starve);
    s->cut_at = t->cut;
    if (t->refuse > 0)
        network_add_fault(s->net,
                          &(struct fault){ .matches = is_sip, .first = t->refuse, .count = 1, .action = FAULT_REFUSE });
}

bool scenario_run(struct scenario *s, const char *path, const struct scenario_options *options, bool *struck)
{
    const struct trouble *trouble = &options->trouble;
    bool                  ok;

    memset(s, 0, sizeof *s);
    s->path         = path;
    s->seed         = options->seed;
    s->workers      = options->workers;
    s->wrong_worker = options->wrong_worker;
    s->moving       = options->moving;
    s->settle       = SETTLE;
    s->troubled     = trouble->starve > 0 || trouble->refuse > 0 || trouble->cut > 0;
    s->path_default = (struct path){ .delay = 1 };
    s->net          = network_new(options->seed);
    list_init(&s->actors);
    list_init(&s->patterns);
    list_init(&s->certificates);
    list_init(&s->notes);
    list_init(&s->expanded);
    journal_init(&s->journal, network_now(s->net));
    network_observe(s->net, scenario_packet, s);
    if (!script_load(&s->script, path)) {
        s->line = s->script.bad_line;
        return scenario_fail(s, "%s", s->script.problem);
    }
    make_trouble(s, trouble);
    for (size_t i = 0; i < s->script.count; i++) {
        s->line = s->script.statements[i]->line;
        if (!run_statement(s, s->script.statements[i]) && !s->troubled) {
            stop_actors(s, false);
            return false;
        }
    }
    if (!scenario_end_part(s)) {
        stop_actors(s, false);
        return false;
    }
    ok = finish(s);
    if (struck != NULL)
        *struck = trouble->starve > 0 ? alloc_failed()
                  : trouble->cut > 0  ? s->by_streams >= trouble->cut
                                      : network_first_fault_is_over(s->net); /* ours; the file may have its own */
    return ok;
}

void scenario_free(struct scenario *s)
{
    while (!list_empty(&s->actors)) {
        struct actor *a = CONTAINER_OF(s->actors.next, struct actor, link);

        list_unlink(&a->link);
        a->kind->free(a);
    }
    scenario_free_patterns(s);
    scenario_free_notes(s);
    scenario_free_secure(s);
    script_free(&s->script);
    journal_fini(&s->journal);
    network_free(s->net);
}

void scenario_print(const struct scenario *s, FILE *out, bool everything)
{
    const struct host *hosts[ACTORS];
    size_t             count = 0;

    LIST_EACH (l, &s->actors) {
        if (count < ACTORS)
            hosts[count++] = CONTAINER_OF(l, struct actor, link)->host;
    }
    journal_print(&s->journal, out, hosts, count, everything);
}
