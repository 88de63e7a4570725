/* SPDX-License-Identifier: BSD-2-Clause */
/* An actor that is the phone core, unchanged, on a fake world, with a voice and
 * an ear. */
#include "call/phone.h"
#include "base/error.h"
#include "call/call.h"
#include "scenario/desk.h"
#include "scenario/phone_news.h"
#include "scenario/scenario.h"
#include "scenario/sound.h"
#include "support/alloc.h"

#include <stdlib.h>

enum { PHONE_PORT = 5060, PHONE_CALLS = 8, PHONE_ACCOUNTS = 4, PHONE_BEAT = 29 };

struct phone_actor {
    struct actor          actor;
    struct phone         *phone; /* NULL: not running */
    struct phone_desk    *desk;
    struct desk_lines     lines;
    struct account_config account_configs[PHONE_ACCOUNTS];
    object_id             accounts[PHONE_ACCOUNTS];
    unsigned              account_count;
    object_id             account;            /* that the verbs are about */
    object_id             subscription;       /* the latest */
    object_id             call;               /* the latest: what the verbs are about */
    object_id             calls[PHONE_CALLS]; /* the latest ones, in no order */
    unsigned              call_count;
    bool                  tcp, secure;    /* secure: it can TLS and WebSockets */
    unsigned              session, least; /* its session timer, and the least it takes */
    bool                  roams;          /* its host's address may change     */
    struct tls_shared    *tls;
    enum phone_reliable   reliable;
    unsigned              voices;
    struct track *said[PHONE_STREAMS], *heard[PHONE_STREAMS]; /* of each stream of its calls, once it was there */
};

static struct phone_actor *phone_of(struct actor *a)
{
    return CONTAINER_OF(a, struct phone_actor, actor);
}

/* ---- what the phone tells its user ---- */

static struct slice aor_of(const struct phone_actor *a, object_id account)
{
    for (unsigned i = 0; i < a->account_count; i++)
        if (a->accounts[i] == account)
            return a->account_configs[i].aor;
    return SLICE("nobody");
}

static void note_registered(struct phone_actor *a, const struct phone_event *e, const char *name)
{
    actor_event(&a->actor, "%s %u %.*s flow %u lives %u%s%s", name, e->expires, SLICE_ARG(e->peer), e->flow, e->flows,
                e->outbound ? " outbound" : "", e->gruu.len > 0 ? " gruu" : "");
}

/* changed [held] [held-by-peer] [0:DIRECTION 1:DIRECTION ..., if it has or had more than one stream] */
static void note_change(struct phone_actor *a, const struct phone_event *e)
{
    char       memory[128];
    struct buf streams = BUF_ON(memory);

    for (size_t i = 0; i < e->stream_count && e->stream_count > 1; i++) {
        struct slice does = e->streams[i].on ? sdp_direction_name(e->streams[i].direction) : SLICE("over");

        buf_printf(&streams, " %u:%.*s", e->streams[i].index, SLICE_ARG(does));
    }
    actor_event(&a->actor, "%s%s%s%s", phone_event_name(e->kind), e->held ? " held" : "",
                e->held_by_peer ? " held-by-peer" : "", buf_cstr(&streams));
}

static void note_event(struct phone_actor *a, const struct phone_event *e)
{
    const char *name = phone_event_name(e->kind);

    switch (e->kind) {
    case PHONE_REGISTERED:
    case PHONE_REFRESHED:
        note_registered(a, e, name);
        return;
    case PHONE_REGISTER_FAILED:
        actor_event(&a->actor, "%s %u%s flow %u lives %u", name, e->status, e->retry_in == NEVER ? " for good" : "",
                    e->flow, e->flows);
        return;
    case PHONE_TRANSFER:
    case PHONE_TRANSFERRED:
    case PHONE_TRANSFER_FAILED:
    case PHONE_UNREGISTERED:
    case PHONE_RINGING:
    case PHONE_UNCHANGED:
        actor_event(&a->actor, "%s %u", name, e->status);
        return;
    case PHONE_INCOMING:
        actor_event(&a->actor, "%s %.*s for %.*s%s%s", name, SLICE_ARG(e->peer), SLICE_ARG(aor_of(a, e->account)),
                    e->replaces != 0 ? " replacing" : "", e->joins != 0 ? " joining" : "");
        return;
    case PHONE_REFERRED:
        actor_event(&a->actor, "%s %.*s%s", name, SLICE_ARG(e->target), e->asking ? " asking" : "");
        return;
    case PHONE_CHANGED:
        note_change(a, e);
        return;
    case PHONE_DIGIT:
        actor_event(&a->actor, "%s %c", name, e->digit);
        return;
    case PHONE_ENDED:
        actor_event(&a->actor, "%s %s %s %u", name, call_cause_name(e->cause), call_side_name(e->side), e->status);
        return;
    case PHONE_MESSAGE:
    case PHONE_MESSAGE_SENT:
    case PHONE_MESSAGE_FAILED:
    case PHONE_SUBSCRIBED:
    case PHONE_NOTIFIED:
    case PHONE_WAITING:
    case PHONE_SUBSCRIPTION_ENDED:
    case PHONE_ENGAGED:
    case PHONE_FREE:
    case PHONE_PRESENCE:
    case PHONE_PUBLISHED:
    case PHONE_UNPUBLISHED:
    case PHONE_PUBLISH_FAILED:
        news_note(&a->actor, e);
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

static void on_line(void *arg, struct slice line)
{
    struct phone_actor *a = arg;

    desk_line(&a->actor, &a->lines, line);
}

static void on_quit(void *arg)
{
    actor_event(&((struct phone_actor *)arg)->actor, "quit");
}

static void on_event(void *user, const struct phone_event *e)
{
    struct phone_actor *a = user;

    if (e->kind == PHONE_INCOMING)
        set_call(a, e->call);
    if (e->kind == PHONE_REFERRED && e->placed != 0)
        set_call(a, e->placed);
    note_event(a, e);
}

/* Its own voice in each call: the name gives the seed, so that two phones never
 * sound the same. */
static int open_sound(void *arg, object_id call, unsigned stream, struct audio_source **source,
                      struct audio_sink **sink)
{
    struct phone_actor *a    = arg;
    uint64_t            seed = a->voices++;

    (void)call;
    if (a->said[stream] == NULL) {
        a->said[stream]  = track_new();
        a->heard[stream] = track_new();
    }
    for (const char *c = host_name(a->actor.host); *c != '\0'; c++)
        seed = seed * 31 + (unsigned char)*c;
    *source = voice_new(a->actor.world, a->said[stream], seed);
    if (*source == NULL)
        return -ERR_NO_MEMORY;
    *sink = ear_new(a->actor.world, a->heard[stream]);
    return 0;
}

static void close_sound(void *arg, object_id call, unsigned stream, struct audio_source *source,
                        struct audio_sink *sink)
{
    (void)arg;
    (void)call;
    (void)stream;
    audio_source_close(source);
    audio_sink_close(sink);
}

/* ---- life ---- */

static int begin_desk(struct phone_actor *a, struct phone_config *config)
{
    struct phone_desk_config desk = { .line        = on_line,
                                      .event       = on_event,
                                      .ended       = on_quit,
                                      .arg         = a,
                                      .media       = { open_sound, close_sound, a },
                                      .stats_every = 1000,
                                      .incoming    = { .mode = INCOMING_TELL } };
    int                      error;

    a->desk = phone_desk_new(a->actor.world, &desk);
    if (a->desk == NULL)
        return -ERR_NO_MEMORY;
    phone_desk_hook(a->desk, config);
    error = phone_new(a->actor.world, config, &a->phone);
    if (error != 0)
        return error;
    phone_desk_begin(a->desk, a->phone);
    for (unsigned i = 0; error == 0 && i < a->account_count; i++)
        error = phone_desk_add_account(a->desk, SLICE(""), &a->account_configs[i], &a->accounts[i]);
    a->account = a->accounts[0];
    return error;
}

static bool phone_begin(struct phone_actor *a)
{
    struct scenario    *s      = a->actor.scenario;
    struct phone_config config = {
        .stack = { .max_server_txns = 1000, .max_client_txns = 1000, .max_connections = 16, .connection_idle = 64000 },
        .address         = host_address(a->actor.host, FAMILY_4),
        .tcp             = a->tcp,
        .user_agent      = SLICE("scenario"),
        .max_calls       = PHONE_CALLS,
        .session_expires = a->session,
        .min_se          = a->least,
        .reliable        = a->reliable,
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
    config.any_address  = a->roams;
    error               = begin_desk(a, &config);
    return error == 0 || scenario_fail(s, "the phone does not start: %s", error_text(error));
}

static void phone_end(struct phone_actor *a)
{
    phone_free(a->phone);
    phone_desk_free(a->desk);
    a->phone = NULL;
    a->desk  = NULL;
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

static struct account_config *parse_account(struct phone_actor *a, const char *const *word);

/* adds AOR PASSWORD [options]: one more account, which the verbs are about from now on */
static bool phone_adds(struct phone_actor *a, const struct statement *st)
{
    struct account_config *config = st->words.count < 4 ? NULL : parse_account(a, st->words.word + 2);

    if (config == NULL)
        return scenario_fail(a->actor.scenario, "adds AOR PASSWORD [options]");
    if (!done(a, phone_desk_add_account(a->desk, SLICE(""), config, &a->account))) {
        a->account_count--;
        return false;
    }
    a->accounts[a->account_count - 1] = a->account;
    return true;
}

/* uses AOR: of its accounts, the one that the verbs are about */
static bool phone_uses(struct phone_actor *a, const struct statement *st)
{
    for (unsigned i = 0; st->words.count == 3 && i < a->account_count; i++)
        if (slice_eq(a->account_configs[i].aor, slice_from(st->words.word[2]))) {
            a->account = a->accounts[i];
            return true;
        }
    return scenario_fail(a->actor.scenario, "uses AOR: of one of its accounts");
}

static bool parse_call(struct call_options *options, const char *const *word)
{
    unsigned expires;

    for (; word[0] != NULL; word++) {
        if (strcmp(word[0], "late") == 0) {
            options->late_offer = true;
            continue;
        }
        if (strcmp(word[0], "anonymous") == 0) {
            options->anonymous = true;
            continue;
        }
        if (strcmp(word[0], "expires") != 0 || word[1] == NULL || !parse_count(word[1], &expires))
            return false;
        options->expires = expires;
        word++;
    }
    return true;
}

/* calls URI [late] [anonymous] [expires SECONDS] */
static bool phone_calls(struct phone_actor *a, const struct statement *st)
{
    struct call_options options = { .account = a->account };
    object_id           call;
    int                 error;

    if (st->words.count < 3 || !parse_call(&options, st->words.word + 3))
        return scenario_fail(a->actor.scenario, "calls URI [late] [anonymous] [expires SECONDS]");
    options.target = slice_from(st->words.word[2]);
    error          = call_place(a->phone, &options, &call);
    if (error == 0)
        set_call(a, call);
    return done(a, error);
}

static bool phone_rings(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    return done(a, call_ring(a->phone, a->call));
}

/* 183 with early media */
static bool phone_early(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    return done(a, call_progress(a->phone, a->call));
}

static bool phone_updates(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    return done(a, call_update(a->phone, a->call));
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

/* swaps: the call that it talks in is held, its other one taken up; the verbs are about that then */
static bool phone_swaps(struct phone_actor *a, const struct statement *st)
{
    object_id other = 0;

    (void)st;
    for (unsigned i = 0; i < PHONE_CALLS && other == 0; i++)
        if (a->calls[i] != a->call && call_media_stats(a->phone, a->calls[i], &(struct media_stats){ 0 }) == 0)
            other = a->calls[i];
    if (!done(a, call_swap(a->phone, a->call, other)))
        return false;
    a->call = other;
    return true;
}

static bool phone_mutes(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    return done(a, call_mute(a->phone, a->call, true));
}

static bool phone_unmutes(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    return done(a, call_mute(a->phone, a->call, false));
}

static bool parse_direction(const char *word, enum sdp_direction *direction)
{
    for (unsigned d = SDP_INACTIVE; d <= SDP_SENDRECV; d++)
        if (slice_eq(sdp_direction_name((enum sdp_direction)d), slice_from(word))) {
            *direction = (enum sdp_direction)d;
            return true;
        }
    return false;
}

/* offers KIND DIRECTION */
static bool phone_offers(struct phone_actor *a, const struct statement *st)
{
    enum sdp_direction direction;
    unsigned           index;

    if (st->words.count != 4 || !parse_direction(st->words.word[3], &direction))
        return scenario_fail(a->actor.scenario, "offers KIND DIRECTION");
    return done(a, call_add_stream(a->phone, a->call, slice_from(st->words.word[2]), direction, &index));
}

/* removes STREAM */
static bool phone_removes(struct phone_actor *a, const struct statement *st)
{
    unsigned index;

    if (st->words.count != 3 || !parse_count(st->words.word[2], &index))
        return scenario_fail(a->actor.scenario, "removes STREAM");
    return done(a, call_remove_stream(a->phone, a->call, index));
}

/* turns STREAM DIRECTION */
static bool phone_turns(struct phone_actor *a, const struct statement *st)
{
    enum sdp_direction direction;
    unsigned           index;

    if (st->words.count != 4 || !parse_count(st->words.word[2], &index) ||
        !parse_direction(st->words.word[3], &direction))
        return scenario_fail(a->actor.scenario, "turns STREAM DIRECTION");
    return done(a, call_turn_stream(a->phone, a->call, index, direction));
}

/* The N-th call that it has had, 1 being the first: 0 if it is none that is remembered. */
static object_id nth_call(const struct phone_actor *a, const char *word)
{
    unsigned n;

    return word != NULL && parse_count(word, &n) && n > 0 && n <= a->call_count && n + PHONE_CALLS > a->call_count
               ? a->calls[(n - 1) % PHONE_CALLS]
               : 0;
}

/* picks N: the call that the verbs are about */
static bool phone_picks(struct phone_actor *a, const struct statement *st)
{
    object_id call = nth_call(a, st->words.word[2]);

    if (call == 0)
        return scenario_fail(a->actor.scenario, "picks N: the N-th of its calls");
    a->call = call;
    return true;
}

/* transfers URI; transfers N to M: of its calls */
static bool phone_transfers(struct phone_actor *a, const struct statement *st)
{
    const char *const *word = st->words.word;

    if (st->words.count == 3)
        return done(a, call_transfer(a->phone, a->call, slice_from(word[2])));
    if (st->words.count == 5 && strcmp(word[3], "to") == 0)
        return done(a, call_transfer_to(a->phone, nth_call(a, word[2]), nth_call(a, word[4])));
    return scenario_fail(a->actor.scenario, "transfers URI, or transfers N to M");
}

/* follows: calls whom the other side wants to have called */
static bool phone_follows(struct phone_actor *a, const struct statement *st)
{
    object_id placed;

    (void)st;
    return done(a, call_follow_refer(a->phone, a->call, &placed));
}

static bool phone_declines(struct phone_actor *a, const struct statement *st)
{
    (void)st;
    return done(a, call_refuse_refer(a->phone, a->call));
}

/* presses DIGITS */
static bool phone_presses(struct phone_actor *a, const struct statement *st)
{
    if (st->words.count != 3)
        return scenario_fail(a->actor.scenario, "presses DIGITS");
    return done(a, call_send_digits(a->phone, a->call, slice_from(st->words.word[2])));
}

/* commands JSON */
static bool phone_commanded(struct phone_actor *a, const struct statement *st)
{
    return desk_commands(a->desk, &a->actor, st);
}

/* types 'call bob' */
static bool phone_types(struct phone_actor *a, const struct statement *st)
{
    return desk_types(a->desk, &a->actor, st);
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
    { "progresses", true, phone_early },    { "updates", true, phone_updates },
    { "answers", true, phone_answers },     { "rejects", true, phone_rejects },
    { "hangs", true, phone_hangs },         { "holds", true, phone_holds },
    { "resumes", true, phone_resumes },     { "presses", true, phone_presses },
    { "mutes", true, phone_mutes },         { "unmutes", true, phone_unmutes },
    { "swaps", true, phone_swaps },         { "offers", true, phone_offers },
    { "removes", true, phone_removes },     { "turns", true, phone_turns },
    { "commands", true, phone_commanded },  { "types", true, phone_types },
    { "dies", true, phone_dies },           { "starts", false, phone_starts },
    { "adds", true, phone_adds },           { "uses", true, phone_uses },
    { "picks", true, phone_picks },         { "transfers", true, phone_transfers },
    { "follows", true, phone_follows },     { "declines", true, phone_declines },
};

/* What has nothing to do with calls. */
static bool act_outside(struct phone_actor *a, const struct statement *st)
{
    const struct phone_news n = { &a->actor, a->phone, a->account, a->call, &a->subscription };
    bool                    known, good = news_act(&n, st, &known);

    return known ? good : scenario_fail(a->actor.scenario, "a phone cannot \"%s\"", st->words.word[1]);
}

static bool phone_act(struct actor *actor, const struct statement *st)
{
    struct phone_actor *a = phone_of(actor);

    for (size_t i = 0; i < sizeof phone_verbs / sizeof *phone_verbs; i++)
        if (strcmp(phone_verbs[i].word, st->words.word[1]) == 0)
            return phone_verbs[i].running == (a->phone != NULL)
                       ? phone_verbs[i].run(a, st)
                       : scenario_fail(actor->scenario, "the phone is%s running", a->phone == NULL ? " not" : "");
    return act_outside(a, st);
}

/* ---- the end ---- */

static void phone_check(struct actor *actor, struct buf *left)
{
    struct phone_actor *a = phone_of(actor);

    if (a->lines.bad[0] != '\0')
        buf_printf(left, "%s", a->lines.bad);
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
    if (phone_of(actor)->desk != NULL)
        phone_end(phone_of(actor));
}

static void phone_actor_free(struct actor *actor)
{
    struct phone_actor *a = phone_of(actor);

    tls_shared_free(a->tls); /* of a start that failed */
    for (unsigned i = 0; i < PHONE_STREAMS; i++) {
        track_free(a->said[i]);
        track_free(a->heard[i]);
    }
    free(a);
}

static const struct actor_kind phone_kind = { "phone",       phone_act,  phone_check,
                                              phone_give_up, phone_stop, phone_actor_free };

/* One word that says all, of the phone or an account. */
static bool parse_flag(struct phone_actor *a, struct account_config *config, const char *word)
{
    if (strcmp(word, "tcp") == 0)
        a->tcp = true;
    else if (strcmp(word, "secure") == 0)
        a->secure = true;
    else if (strcmp(word, "strict") == 0)
        config->strict = true;
    else if (strcmp(word, "obeys") == 0)
        config->transfer = TRANSFER_ALLOW;
    else if (strcmp(word, "refuses") == 0)
        config->transfer = TRANSFER_REFUSE;
    else if (strcmp(word, "roams") == 0)
        a->roams = true;
    else
        return false;
    config->keep_alive = a->roams ? PHONE_BEAT : 0;
    return true;
}

/* session SECONDS, least SECONDS, reliable always|required|off: of the whole phone */
static bool parse_phone(struct phone_actor *a, const char *name, const char *value)
{
    static const char *const reliable[] = { "needed", "always", "required", "off" };

    if (strcmp(name, "session") == 0)
        return value != NULL && parse_count(value, &a->session);
    if (strcmp(name, "least") == 0)
        return value != NULL && parse_count(value, &a->least);
    for (unsigned i = 0; i < sizeof reliable / sizeof *reliable && strcmp(name, "reliable") == 0; i++)
        if (value != NULL && strcmp(value, reliable[i]) == 0) {
            a->reliable = (enum phone_reliable)i;
            return true;
        }
    return false;
}

static bool parse_pair(struct account_config *config, const char *name, const char *value)
{
    const struct {
        const char   *name;
        struct slice *text;
    } texts[] = { { "via", &config->proxy },
                  { "second", &config->second_proxy },
                  { "instance", &config->instance },
                  { "registrar", &config->registrar } };
    unsigned expires;

    if (value == NULL)
        return false;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(name, texts[i].name) == 0) {
            *texts[i].text = slice_from(value);
            return true;
        }
    if (strcmp(name, "expires") != 0 || !parse_count(value, &expires))
        return false;
    config->expires = expires;
    return true;
}

/* AOR PASSWORD [via URI] [second URI] [instance URN] [registrar URI] [expires SECONDS] [strict] [tcp] [secure] [roams];
 * NULL if it is none, or one too many. */
static struct account_config *parse_account(struct phone_actor *a, const char *const *word)
{
    struct account_config *config;

    if (a->account_count == PHONE_ACCOUNTS)
        return NULL;
    config  = &a->account_configs[a->account_count];
    *config = (struct account_config){ .aor = slice_from(word[0]), .password = slice_from(word[1]) };
    for (word += 2; word[0] != NULL; word++) {
        if (parse_flag(a, config, word[0]))
            continue;
        if (!parse_phone(a, word[0], word[1]) && !parse_pair(config, word[0], word[1]))
            return NULL;
        word++;
    }
    a->account_count++;
    return config;
}

/* phone NAME ADDRESS AOR PASSWORD [options] */
bool verb_phone(struct scenario *s, const struct statement *st)
{
    struct phone_actor *a    = alloc_new(sizeof *a);
    const char *const  *word = st->words.word;

    if (st->words.count < 5 || parse_account(a, word + 3) == NULL) {
        free(a);
        return scenario_fail(s, "phone NAME ADDRESS AOR PASSWORD [via URI] [registrar URI] [expires SECONDS] ...");
    }
    if (!actor_init(&a->actor, s, &phone_kind, word[1], word + 2, 1)) {
        free(a);
        return false;
    }
    return phone_begin(a);
}

/* ---- who hears whom ---- */

/* expect sound|silence FROM -> TO over T [stream N]: in the span that has just passed.  What
 * was said at its very end is still on its way. */
bool expect_sound(struct scenario *s, const struct statement *st)
{
    enum { UNDER_WAY = 400 };
    const char *const *word     = st->words.word;
    unsigned           stream   = 0;
    bool               complete = st->words.count == 7 || (st->words.count == 9 && strcmp(word[7], "stream") == 0 &&
                                             parse_count(word[8], &stream) && stream < PHONE_STREAMS);
    struct actor      *from = scenario_actor(s, word[2]), *to = complete ? scenario_actor(s, word[4]) : NULL;
    char               memory[256];
    struct buf         why = BUF_ON(memory);
    msec               now = network_now(s->net), span;
    struct track      *said, *heard;

    if (from == NULL || to == NULL || from->kind != &phone_kind || to->kind != &phone_kind ||
        strcmp(word[3], "->") != 0 || strcmp(word[5], "over") != 0 || !parse_duration(word[6], &span))
        return scenario_fail(s, "expect sound|silence PHONE -> PHONE over T [stream N]");
    said  = phone_of(from)->said[stream];
    heard = phone_of(to)->heard[stream];
    if (strcmp(word[1], "silence") == 0)
        return heard == NULL || track_is_silent(heard, now - span, now) || scenario_fail(s, "it hears something");
    if (said == NULL || heard == NULL)
        return scenario_fail(s, "that stream was never there");
    return track_is_heard(said, heard, now - span, now - UNDER_WAY, now, &why) ||
           scenario_fail(s, "%s", buf_cstr(&why));
}
