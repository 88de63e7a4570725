/* SPDX-License-Identifier: BSD-2-Clause */
/* An actor that is the phone core, unchanged, on a fake world, with a voice and
 * an ear. */
#include "call/phone.h"
#include "base/error.h"
#include "call/call.h"
#include "scenario/scenario.h"
#include "scenario/sound.h"
#include "support/alloc.h"

#include <stdlib.h>

enum { PHONE_PORT = 5060, PHONE_CALLS = 8 };

struct phone_actor {
    struct actor          actor;
    struct phone         *phone; /* NULL: not running */
    struct account_config account_config;
    object_id             account;
    object_id             call;               /* the latest: what the verbs are about */
    object_id             calls[PHONE_CALLS]; /* the latest ones, in no order */
    unsigned              call_count;
    bool                  tcp, secure; /* secure: it can TLS and WebSockets */
    struct tls_shared    *tls;
    unsigned              voices;
    struct track         *said, *heard;
};

static struct phone_actor *phone_of(struct actor *a)
{
    return CONTAINER_OF(a, struct phone_actor, actor);
}

/* ---- what the phone tells its user ---- */

static void note_event(struct phone_actor *a, const struct phone_event *e)
{
    const char *name = phone_event_name(e->kind);

    switch (e->kind) {
    case PHONE_REGISTERED:
    case PHONE_REFRESHED:
        actor_event(&a->actor, "%s %u", name, e->expires);
        return;
    case PHONE_REGISTER_FAILED:
    case PHONE_UNREGISTERED:
    case PHONE_RINGING:
    case PHONE_UNCHANGED:
        actor_event(&a->actor, "%s %u", name, e->status);
        return;
    case PHONE_INCOMING:
        actor_event(&a->actor, "%s %.*s", name, SLICE_ARG(e->peer));
        return;
    case PHONE_CHANGED:
        actor_event(&a->actor, "%s%s%s", name, e->held ? " held" : "", e->held_by_peer ? " held-by-peer" : "");
        return;
    case PHONE_DIGIT:
        actor_event(&a->actor, "%s %c", name, e->digit);
        return;
    case PHONE_ENDED:
        actor_event(&a->actor, "%s %s %s %u", name, call_cause_name(e->cause), call_side_name(e->side), e->status);
        return;
    case PHONE_EARLY_MEDIA:
    case PHONE_ANSWERED:
    case PHONE_MEDIA:
    case PHONE_NO_MEDIA:
    case PHONE_SOURCE_ENDED:
    case PHONE_EVENT_COUNT:
        actor_event(&a->actor, "%s", name);
        return;
    }
}

static void set_call(struct phone_actor *a, object_id call)
{
    a->call                                 = call;
    a->calls[a->call_count++ % PHONE_CALLS] = call;
}

static void on_event(void *user, const struct phone_event *e)
{
    struct phone_actor *a = user;

    if (e->kind == PHONE_INCOMING)
        set_call(a, e->call);
    note_event(a, e);
}

/* Its own voice in each call: the name gives the seed, so that two phones never
 * sound the same. */
static int open_sound(void *arg, object_id call, struct audio_source **source, struct audio_sink **sink)
{
    struct phone_actor *a    = arg;
    uint64_t            seed = a->voices++;

    (void)call;
    for (const char *c = host_name(a->actor.host); *c != '\0'; c++)
        seed = seed * 31 + (unsigned char)*c;
    *source = voice_new(a->actor.world, a->said, seed);
    if (*source == NULL)
        return -ERR_NO_MEMORY;
    *sink = ear_new(a->actor.world, a->heard);
    return 0;
}

static void close_sound(void *arg, object_id call, struct audio_source *source, struct audio_sink *sink)
{
    (void)arg;
    (void)call;
    audio_source_close(source);
    audio_sink_close(sink);
}

/* ---- life ---- */

static bool phone_begin(struct phone_actor *a)
{
    struct scenario    *s      = a->actor.scenario;
    struct phone_config config = {
        .stack = { .max_server_txns = 1000, .max_client_txns = 1000, .max_connections = 16, .connection_idle = 64000 },
        .address    = host_address(a->actor.host, FAMILY_4),
        .tcp        = a->tcp,
        .user_agent = SLICE("scenario"),
        .max_calls  = PHONE_CALLS,
        .media      = { open_sound, close_sound, a },
        .on_event   = on_event,
        .user       = a,
    };
    int error;

    config.stack.trace = scenario_trace(&a->actor);
    if (a->actor.world == NULL)
        actor_start_world(&a->actor);
    tls_shared_free(a->tls);
    a->tls = config.stack.tls = a->secure ? scenario_tls(s, &a->actor, NULL) : NULL;
    if (config.address.family == FAMILY_NONE)
        config.address = host_address(a->actor.host, FAMILY_6);
    config.address.port = PHONE_PORT;
    error               = phone_new(a->actor.world, &config, &a->phone);
    if (error == 0)
        error = phone_add_account(a->phone, &a->account_config, &a->account);
    return error == 0 || scenario_fail(s, "the phone does not start: %s", error_text(error));
}

static void phone_end(struct phone_actor *a)
{
    phone_free(a->phone);
    a->phone = NULL;
    tls_shared_free(a->tls);
    a->tls  = NULL;
    a->call = 0;
}

/* ---- verbs ---- */

static bool done(struct phone_actor *a, int error)
{
    return error == 0 || scenario_fail(a->actor.scenario, "it cannot: %s", error_text(error));
}

static bool phone_registers(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    phone_register(a->phone, a->account);
    return true;
}

static bool phone_unregisters(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    phone_unregister(a->phone, a->account);
    return true;
}

/* calls URI [late] */
static bool phone_calls(struct phone_actor *a, const struct statement *st)
{
    struct call_options options = { .account = a->account };
    object_id           call;
    int                 error;

    if (st->words.count < 3)
        return scenario_fail(a->actor.scenario, "calls URI [late]");
    options.target     = slice_from(st->words.word[2]);
    options.late_offer = st->words.count == 4 && strcmp(st->words.word[3], "late") == 0;
    error              = call_place(a->phone, &options, &call);
    if (error == 0)
        set_call(a, call);
    return done(a, error);
}

static bool phone_rings(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    return done(a, call_ring(a->phone, a->call));
}

static bool phone_answers(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    return done(a, call_answer(a->phone, a->call));
}

/* rejects STATUS */
static bool phone_rejects(struct phone_actor *a, const struct statement *st)
{
    unsigned status;

    if (!parse_count(st->words.word[2], &status))
        return scenario_fail(a->actor.scenario, "rejects STATUS");
    return done(a, call_reject(a->phone, a->call, status));
}

/* hangs up */
static bool phone_hangs(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    return done(a, call_hang_up(a->phone, a->call));
}

static bool phone_holds(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    return done(a, call_hold(a->phone, a->call, true));
}

static bool phone_resumes(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    return done(a, call_hold(a->phone, a->call, false));
}

/* presses DIGITS */
static bool phone_presses(struct phone_actor *a, const struct statement *st)
{
    if (st->words.count != 3)
        return scenario_fail(a->actor.scenario, "presses DIGITS");
    return done(a, call_send_digits(a->phone, a->call, slice_from(st->words.word[2])));
}

/* dies without a word */
static bool phone_dies(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    phone_end(a);
    return actor_end_world(&a->actor, false);
}

static bool phone_starts(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    return phone_begin(a);
}

static const struct {
    const char *word;
    bool        running;
    bool (*run)(struct phone_actor *a, const struct statement *st);
} phone_verbs[] = {
    { "registers", true, phone_registers }, { "unregisters", true, phone_unregisters },
    { "calls", true, phone_calls },         { "rings", true, phone_rings },
    { "answers", true, phone_answers },     { "rejects", true, phone_rejects },
    { "hangs", true, phone_hangs },         { "holds", true, phone_holds },
    { "resumes", true, phone_resumes },     { "presses", true, phone_presses },
    { "dies", true, phone_dies },           { "starts", false, phone_starts },
};

static bool phone_act(struct actor *actor, const struct statement *st)
{
    struct phone_actor *a = phone_of(actor);

    for (size_t i = 0; i < sizeof phone_verbs / sizeof *phone_verbs; i++)
        if (strcmp(phone_verbs[i].word, st->words.word[1]) == 0)
            return phone_verbs[i].running == (a->phone != NULL)
                       ? phone_verbs[i].run(a, st)
                       : scenario_fail(actor->scenario, "the phone is%s running", a->phone == NULL ? " not" : "");
    return scenario_fail(actor->scenario, "a phone cannot \"%s\"", st->words.word[1]);
}

/* ---- the end ---- */

static void phone_check(struct actor *actor, struct buf *left)
{
    struct phone_actor *a = phone_of(actor);

    if (a->phone == NULL)
        return;
    if (!phone_is_idle(a->phone))
        buf_printf(left, "a call or a request under way");
    else if (stack_alive(phone_stack(a->phone)) > 0)
        buf_printf(left, "%zu transactions, connections or lookups", stack_alive(phone_stack(a->phone)));
}

static void phone_give_up(struct actor *actor)
{
    struct phone_actor *a = phone_of(actor);

    for (unsigned i = 0; i < PHONE_CALLS && a->phone != NULL; i++)
        (void)call_hang_up(a->phone, a->calls[i]); /* an id that names no call is harmless */
}

static void phone_stop(struct actor *actor)
{
    if (phone_of(actor)->phone != NULL)
        phone_end(phone_of(actor));
}

static void phone_actor_free(struct actor *actor)
{
    struct phone_actor *a = phone_of(actor);

    tls_shared_free(a->tls); /* of a start that failed */
    track_free(a->said);
    track_free(a->heard);
    free(a);
}

static const struct actor_kind phone_kind = { "phone",       phone_act,  phone_check,
                                              phone_give_up, phone_stop, phone_actor_free };

/* [via URI] [registrar URI] [expires SECONDS] [tcp] [secure] */
static bool parse_options(struct phone_actor *a, const char *const *word)
{
    unsigned expires;

    for (; word[0] != NULL; word++) {
        if (strcmp(word[0], "tcp") == 0) {
            a->tcp = true;
            continue;
        }
        if (strcmp(word[0], "secure") == 0) {
            a->secure = true;
            continue;
        }
        if (word[1] == NULL)
            return false;
        if (strcmp(word[0], "via") == 0)
            a->account_config.proxy = slice_from(word[1]);
        else if (strcmp(word[0], "registrar") == 0)
            a->account_config.registrar = slice_from(word[1]);
        else if (strcmp(word[0], "expires") == 0 && parse_count(word[1], &expires))
            a->account_config.expires = expires;
        else
            return false;
        word++;
    }
    return true;
}

/* phone NAME ADDRESS AOR PASSWORD [options] */
bool verb_phone(struct scenario *s, const struct statement *st)
{
    struct phone_actor *a    = alloc_new(sizeof *a);
    const char *const  *word = st->words.word;

    if (st->words.count < 5 || !parse_options(a, word + 5)) {
        free(a);
        return scenario_fail(
            s, "phone NAME ADDRESS AOR PASSWORD [via URI] [registrar URI] [expires SECONDS] [tcp] [secure]");
    }
    if (!actor_init(&a->actor, s, &phone_kind, word[1], word + 2, 1)) {
        free(a);
        return false;
    }
    a->account_config.aor      = slice_from(word[3]);
    a->account_config.password = slice_from(word[4]);
    a->said                    = track_new();
    a->heard                   = track_new();
    return phone_begin(a);
}

/* ---- who hears whom ---- */

/* expect sound|silence FROM -> TO over T: in the span that has just passed.  What
 * was said at its very end is still on its way. */
bool expect_sound(struct scenario *s, const struct statement *st)
{
    enum { UNDER_WAY = 400 };
    const char *const *word = st->words.word;
    struct actor *from = scenario_actor(s, word[2]), *to = st->words.count == 7 ? scenario_actor(s, word[4]) : NULL;
    char          memory[256];
    struct buf    why = BUF_ON(memory);
    msec          now = network_now(s->net), span;

    if (from == NULL || to == NULL || from->kind != &phone_kind || to->kind != &phone_kind ||
        strcmp(word[3], "->") != 0 || strcmp(word[5], "over") != 0 || !parse_duration(word[6], &span))
        return scenario_fail(s, "expect sound|silence PHONE -> PHONE over T");
    if (strcmp(word[1], "silence") == 0)
        return track_is_silent(phone_of(to)->heard, now - span, now) || scenario_fail(s, "it hears something");
    return track_is_heard(phone_of(from)->said, phone_of(to)->heard, now - span, now - UNDER_WAY, now, &why) ||
           scenario_fail(s, "%s", buf_cstr(&why));
}
