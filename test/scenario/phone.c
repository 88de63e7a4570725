/* SPDX-License-Identifier: BSD-2-Clause */
/* An actor that is the phone core, unchanged, on a fake world, with a voice and
 * an ear. */
#include "scenario/phone_state.h"

#include "base/error.h"
#include "scenario/sound.h"
#include "support/alloc.h"

#include <stdlib.h>

enum { PHONE_PORT = 5060 };

static struct phone_actor *phone_of(struct actor *a)
{
    return CONTAINER_OF(a, struct phone_actor, actor);
}

/* ---- what the phone tells its user ---- */

void phone_set_call(struct phone_actor *a, object_id call)
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
        phone_set_call(a, e->call);
    if (e->kind == PHONE_REFERRED && e->placed != 0)
        phone_set_call(a, e->placed);
    phone_note(a, e);
}

/* Its own voice in each call: the name gives the seed, so that two phones never
 * sound the same. */
static int open_sound(void *arg, object_id call, unsigned stream, struct audio_source **source,
                      struct audio_sink **sink)
{
    struct phone_actor *a    = arg;
    unsigned            n    = a->voices++;
    uint64_t            seed = n;

    (void)call;
    if (n < PHONE_CALLS) {
        a->own_said[n]  = track_new();
        a->own_heard[n] = track_new();
    }
    if (a->said[stream] == NULL) {
        a->said[stream]  = track_new();
        a->heard[stream] = track_new();
    }
    for (const char *c = host_name(a->actor.host); *c != '\0'; c++)
        seed = seed * 31 + (unsigned char)*c;
    *source = voice_new(a->actor.world, a->said[stream], n < PHONE_CALLS ? a->own_said[n] : NULL, seed);
    if (*source == NULL)
        return -ERR_NO_MEMORY;
    *sink = ear_new(a->actor.world, a->heard[stream], n < PHONE_CALLS ? a->own_heard[n] : NULL);
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

bool phone_begin(struct phone_actor *a)
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

void phone_end(struct phone_actor *a)
{
    phone_free(a->phone);
    phone_desk_free(a->desk);
    a->phone = NULL;
    a->desk  = NULL;
    tls_shared_free(a->tls);
    a->tls  = NULL;
    a->call = 0;
}

static bool act(struct actor *actor, const struct statement *st)
{
    return phone_act(phone_of(actor), st);
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

static void hang_up_named(void *arg, struct slice name)
{
    object_id call;

    if (phone_handle_read(name, &call))
        (void)call_hang_up(arg, call);
}

static void phone_give_up(struct actor *actor)
{
    struct phone_actor *a = phone_of(actor);

    if (a->phone != NULL && a->desk != NULL)
        phone_desk_names(a->desk, ARGUMENT_CALL, hang_up_named, a->phone);
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
    for (unsigned i = 0; i < PHONE_CALLS; i++) {
        track_free(a->own_said[i]);
        track_free(a->own_heard[i]);
    }
    free(a);
}

static const struct actor_kind phone_kind = { "phone", act, phone_check, phone_give_up, phone_stop, phone_actor_free };
/* phone NAME ADDRESS AOR PASSWORD [options] */
bool verb_phone(struct scenario *s, const struct statement *st)
{
    struct phone_actor *a    = alloc_new(sizeof *a);
    const char *const  *word = st->words.word;

    if (st->words.count < 5 || phone_parse_account(a, word + 3) == NULL) {
        free(a);
        return scenario_fail(s, "phone NAME ADDRESS AOR PASSWORD [via URI] [registrar URI] [expires SECONDS] ...");
    }
    if (!actor_init(&a->actor, s, &phone_kind, word[1], word + 2, 1)) {
        free(a);
        return false;
    }
    if (a->also != NULL && !host_add_address(a->actor.host, a->also))
        return scenario_fail(s, "%s is no address, or somebody else's", a->also);
    return phone_begin(a);
}

/* ---- who hears whom ---- */

/* "bob", or "bob/2": the second sound that he has opened.  NULL: it is no phone. */
static struct phone_actor *who_sounds(struct scenario *s, const char *word, unsigned *nth)
{
    size_t        len = strcspn(word, "/");
    char          name[64];
    struct actor *actor;

    *nth = 0;
    snprintf(name, sizeof name, "%.*s", (int)len, word);
    if (word[len] == '/' && (!parse_count(word + len + 1, nth) || *nth == 0 || *nth > PHONE_CALLS))
        return NULL;
    actor = scenario_actor(s, name);
    return actor == NULL || actor->kind != &phone_kind ? NULL : phone_of(actor);
}

/* expect sound|silence|voice|absence FROM[/N] -> TO[/N] over T [stream N]: in the span that has just passed.  What
 * was said at its very end is still on its way. */
bool expect_sound(struct scenario *s, const struct statement *st)
{
    enum { UNDER_WAY = 400 };
    const char *const  *word     = st->words.word;
    unsigned            stream   = 0, from_nth, to_nth;
    bool                complete = st->words.count == 7 || (st->words.count == 9 && strcmp(word[7], "stream") == 0 &&
                                             parse_count(word[8], &stream) && stream < PHONE_STREAMS);
    struct phone_actor *from     = who_sounds(s, word[2], &from_nth);
    struct phone_actor *to       = complete ? who_sounds(s, word[4], &to_nth) : NULL;
    char                memory[256];
    struct buf          why = BUF_ON(memory);
    msec                now = network_now(s->net), span;
    struct track       *said, *heard;

    if (from == NULL || to == NULL || strcmp(word[3], "->") != 0 || strcmp(word[5], "over") != 0 ||
        !parse_duration(word[6], &span))
        return scenario_fail(s, "expect sound|silence|voice|absence PHONE[/N] -> PHONE[/N] over T [stream N]");
    said  = from_nth > 0 ? from->own_said[from_nth - 1] : from->said[stream];
    heard = to_nth > 0 ? to->own_heard[to_nth - 1] : to->heard[stream];
    if (strcmp(word[1], "silence") == 0)
        return heard == NULL || track_is_silent(heard, now - span, now) || scenario_fail(s, "it hears something");
    if (said == NULL || heard == NULL)
        return scenario_fail(s, "that stream was never there");
    if (strcmp(word[1], "voice") == 0 || strcmp(word[1], "absence") == 0)
        return track_share(said, heard, now - span, now - UNDER_WAY, now, &why) ==
                   (word[1][0] == 'v' ? SHARE_CLEAR : SHARE_NONE) ||
               scenario_fail(s, "%s", buf_cstr(&why));
    return track_is_heard(said, heard, now - span, now - UNDER_WAY, now, &why) ||
           scenario_fail(s, "%s", buf_cstr(&why));
}
