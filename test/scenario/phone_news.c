/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/phone_news.h"

#include "base/error.h"
#include "call/presence.h"
#include "call/publication.h"
#include "call/subscription.h"
#include "call/text.h"

/* ---- what it hears ---- */

static void note_waiting(struct actor *a, const struct phone_event *e)
{
    const struct message_counts *v = &e->summary.of[MESSAGE_VOICE];

    actor_event(a, "%s %s voice %u/%u (%u/%u)", phone_event_name(e->kind), e->summary.waiting ? "yes" : "no",
                (unsigned)v->new, (unsigned)v->old, (unsigned)v->new_urgent, (unsigned)v->old_urgent);
}

/* engaged busy|idle full|part [STATE DIRECTION CALL-ID LOCAL-TAG REMOTE-TAG REMOTE;] ... */
static void note_engaged(struct actor *a, const struct phone_event *e)
{
    char       memory[2048];
    struct buf b = BUF_ON(memory);

    for (size_t i = 0; i < e->dialog_count; i++) {
        const struct phone_dialog *d = &e->dialogs[i];

        buf_printf(&b, " %.*s %.*s %.*s %.*s %.*s %.*s;", SLICE_ARG(d->state), SLICE_ARG(d->direction),
                   SLICE_ARG(d->call_id), SLICE_ARG(d->local_tag), SLICE_ARG(d->remote_tag), SLICE_ARG(d->remote));
    }
    actor_event(a, "%s %s %s%s", phone_event_name(e->kind), e->busy ? "busy" : "idle", e->full ? "full" : "part",
                buf_cstr(&b));
}

static void note_end(struct actor *a, const struct phone_event *e)
{
    const char *again = e->retry_in == NEVER ? "over" : "again";

    actor_event(a, "%s %.*s %s %u %.*s", phone_event_name(e->kind), SLICE_ARG(e->package), again, e->status,
                SLICE_ARG(e->reason));
}

void news_note(struct actor *a, const struct phone_event *e)
{
    const char *name = phone_event_name(e->kind);

    if (e->kind == PHONE_MESSAGE)
        actor_event(a, "%s %.*s %.*s %.*s", name, SLICE_ARG(e->peer), SLICE_ARG(e->content_type), SLICE_ARG(e->body));
    else if (e->kind == PHONE_MESSAGE_SENT || e->kind == PHONE_MESSAGE_FAILED)
        actor_event(a, "%s %u %.*s", name, e->status, SLICE_ARG(e->peer));
    else if (e->kind == PHONE_SUBSCRIBED)
        actor_event(a, "%s %.*s %.*s %u", name, SLICE_ARG(e->package), SLICE_ARG(e->state), e->expires);
    else if (e->kind == PHONE_NOTIFIED)
        actor_event(a, "%s %.*s %.*s %.*s", name, SLICE_ARG(e->package), SLICE_ARG(e->state), SLICE_ARG(e->body));
    else if (e->kind == PHONE_WAITING)
        note_waiting(a, e);
    else if (e->kind == PHONE_SUBSCRIPTION_ENDED)
        note_end(a, e);
    else if (e->kind == PHONE_PRESENCE || e->kind == PHONE_PUBLISHED)
        actor_event(a, "%s %s %.*s", name, e->open ? "open" : "closed", SLICE_ARG(e->note));
    else if (e->kind == PHONE_ENGAGED)
        note_engaged(a, e);
    else if (e->kind == PHONE_WATCHER)
        actor_event(a, "%s %.*s%s", name, SLICE_ARG(e->peer), e->asking ? " asking" : "");
    else if (e->kind == PHONE_FREE)
        actor_event(a, "%s %.*s", name, SLICE_ARG(e->peer));
    else if (e->kind == PHONE_PUBLISH_FAILED)
        actor_event(a, "%s %s %u", name, e->retry_in == NEVER ? "over" : "again", e->status);
    else
        actor_event(a, "%s", name);
}

/* ---- what it does ---- */

static bool done(const struct phone_news *n, int error)
{
    return error == 0 || scenario_fail(n->actor->scenario, "it cannot: %s", error_text(error));
}

/* says TEXT [to URI]: within the call without */
static bool says(const struct phone_news *n, const struct statement *st)
{
    const char *const  *word    = st->words.word;
    struct text_options options = { .account = n->account, .call = n->call };
    object_id           id;

    if (st->words.count == 5 && strcmp(word[3], "to") == 0) {
        options.target = slice_from(word[4]);
        options.call   = 0;
    } else if (st->words.count != 3) {
        return scenario_fail(n->actor->scenario, "says TEXT [to URI]");
    }
    options.text = slice_from(word[2]);
    return done(n, message_send(n->phone, &options, &id));
}

/* watches PACKAGE of URI [once] [fetch] [for SECONDS] */
static bool watches(const struct phone_news *n, const struct statement *st)
{
    const char *const       *word    = st->words.word;
    struct subscribe_options options = { .account = n->account };
    unsigned                 seconds = 0;
    bool                     good    = st->words.count >= 5 && strcmp(word[3], "of") == 0;

    for (size_t i = 5; good && i < st->words.count; i++) {
        if (strcmp(word[i], "once") == 0)
            options.once = true;
        else if (strcmp(word[i], "fetch") == 0)
            options.fetch = true;
        else
            good = strcmp(word[i], "for") == 0 && i + 1 < st->words.count && parse_count(word[++i], &seconds);
    }
    if (!good)
        return scenario_fail(n->actor->scenario, "watches PACKAGE of URI [once] [fetch] [for SECONDS]");
    options.package = slice_from(word[2]);
    options.target  = slice_from(word[4]);
    options.expires = seconds;
    return done(n, subscribe(n->phone, &options, n->subscription));
}

/* unwatches: the latest */
static bool unwatches(const struct phone_news *n, const struct statement *st)
{
    (void)st;
    return done(n, unsubscribe(n->phone, *n->subscription));
}

/* awaits URI [TIME]: until it is free */
static bool awaits(const struct phone_news *n, const struct statement *st)
{
    msec limit = 0;

    if (st->words.count < 3 || (st->words.count == 4 && !parse_duration(st->words.word[3], &limit)))
        return scenario_fail(n->actor->scenario, "awaits URI [TIME]");
    return done(n, call_when_free(n->phone, n->account, slice_from(st->words.word[2]), limit, n->subscription));
}

/* publishes open|closed [NOTE] */
static bool publishes(const struct phone_news *n, const struct statement *st)
{
    const char *const *word = st->words.word;
    bool               open = st->words.count >= 3 && strcmp(word[2], "open") == 0;

    if (st->words.count < 3 || st->words.count > 4 || (!open && strcmp(word[2], "closed") != 0))
        return scenario_fail(n->actor->scenario, "publishes open|closed [NOTE]");
    return done(n,
                presence_publish(n->phone, n->account, open, st->words.count == 4 ? slice_from(word[3]) : SLICE("")));
}

/* allows|blocks|shuns URI: who may see whether one is there */
static bool decides(const struct phone_news *n, const struct statement *st, enum presence_answer answer)
{
    if (st->words.count != 3)
        return scenario_fail(n->actor->scenario, "%s URI", st->words.word[1]);
    return done(n, presence_decide(n->phone, n->account, slice_from(st->words.word[2]), answer));
}

static bool allows(const struct phone_news *n, const struct statement *st)
{
    return decides(n, st, PRESENCE_ALLOWED);
}

static bool blocks(const struct phone_news *n, const struct statement *st)
{
    return decides(n, st, PRESENCE_BLOCKED);
}

static bool shuns(const struct phone_news *n, const struct statement *st)
{
    return decides(n, st, PRESENCE_REFUSED);
}

static bool unpublishes(const struct phone_news *n, const struct statement *st)
{
    (void)st;
    return done(n, presence_unpublish(n->phone, n->account));
}

static const struct {
    const char *word;
    bool (*run)(const struct phone_news *n, const struct statement *st);
} verbs[] = { { "says", says },           { "watches", watches },     { "awaits", awaits },
              { "unwatches", unwatches }, { "publishes", publishes }, { "unpublishes", unpublishes },
              { "allows", allows },       { "blocks", blocks },       { "shuns", shuns } };

bool news_act(const struct phone_news *n, const struct statement *st, bool *known)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(verbs[i].word, st->words.word[1]) == 0) {
            *known = true;
            return n->phone != NULL ? verbs[i].run(n, st)
                                    : scenario_fail(n->actor->scenario, "the phone is not running");
        }
    *known = false;
    return false;
}
