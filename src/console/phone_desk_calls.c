/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "console/phone_desk_state.h"
#include "media/audio_patch.h"

#include <stdio.h>
#include <stdlib.h>

bool desk_call_waits(const struct desk_call *c)
{
    return !c->outgoing && !c->answered;
}

bool desk_call_talks(const struct desk_call *c)
{
    return c->answered && !c->held;
}

bool desk_call_is_held(const struct desk_call *c)
{
    return c->answered && c->held;
}

bool desk_call_is_heard(const struct desk_call *c)
{
    return c->answered && !c->muted;
}

bool desk_call_is_muted(const struct desk_call *c)
{
    return c->answered && c->muted;
}

struct desk_call *desk_call_find(const struct phone_desk *d, object_id id)
{
    LIST_EACH (l, &d->calls) {
        struct desk_call *c = CONTAINER_OF(l, struct desk_call, link);

        if (c->id == id)
            return c;
    }
    return NULL;
}

struct desk_call *phone_desk_current(const struct phone_desk *d)
{
    struct desk_call *c = desk_call_find(d, d->current);

    if (c == NULL && !list_empty(&d->calls))
        c = CONTAINER_OF(d->calls.prev, struct desk_call, link);
    return c;
}

const struct phone_command *phone_command_of_key(char key, const struct desk_call *call)
{
    size_t                      count;
    const struct phone_command *all = phone_commands(&count);

    for (size_t i = 0; i < count; i++)
        if (all[i].key == key && (all[i].fits == NULL || all[i].fits(call)))
            return &all[i];
    return NULL;
}

static void name_calls(const struct phone_desk *d, void (*fn)(void *arg, struct slice name), void *arg)
{
    LIST_EACH (l, &d->calls) {
        char       text[32];
        struct buf b = BUF_ON(text);

        phone_handle_write(&b, CONTAINER_OF(l, struct desk_call, link)->id);
        fn(arg, buf_slice(&b));
    }
}

void phone_desk_names(const struct phone_desk *d, enum phone_argument_type type,
                      void (*fn)(void *arg, struct slice name), void      *arg)
{
    if (type == ARGUMENT_CALL)
        name_calls(d, fn, arg);
    if (type == ARGUMENT_ACCOUNT)
        desk_account_names(d, fn, arg);
    if (type == ARGUMENT_ADDRESS)
        for (size_t i = 0; phone_book_contact(d->book, i) != NULL; i++)
            fn(arg, slice_from(phone_book_contact(d->book, i)->name));
}

unsigned phone_desk_calls(const struct phone_desk *d)
{
    return d->call_count;
}

/* ---- which one ---- */

static int complain_none(const struct phone_order *o, unsigned calls, struct phone_answer *a)
{
    if (calls == 0)
        return desk_refuse(a, -ERR_NOT_FOUND, "there is no call");
    return desk_refuse(a, -ERR_NOT_FOUND, "there is no call to %s", o->command->name);
}

/* The current call, if it fits. */
static bool take_current(const struct phone_desk *d, const struct phone_order *o, object_id *call)
{
    const struct desk_call *c = d->here ? phone_desk_current(d) : NULL;

    if (c == NULL || (o->command->fits != NULL && !o->command->fits(c)))
        return false;
    *call = c->id;
    return true;
}

int desk_call_of(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a, object_id *call)
{
    const struct phone_value *value = phone_order_value(o, "call");
    unsigned                  fit   = 0;

    if (value->given) {
        *call = value->call;
        return 0;
    }
    if (take_current(d, o, call))
        return 0;
    LIST_EACH (l, &d->calls) {
        const struct desk_call *c = CONTAINER_OF(l, struct desk_call, link);

        if (o->command->fits != NULL && !o->command->fits(c))
            continue;
        *call = c->id;
        fit++;
    }
    if (fit == 0)
        return complain_none(o, d->call_count, a);
    return fit == 1 ? 0 : desk_refuse(a, -ERR_EXISTS, "there are %u of them: say which call", fit);
}

/* ---- they come and go ---- */

static void on_answer(struct timer *t, msec now)
{
    struct desk_call *c = CONTAINER_OF(t, struct desk_call, timer);

    (void)now;
    (void)call_answer(c->desk->phone, c->id); /* if that fails the call ends, and says so */
}

struct desk_call *desk_call_add(struct phone_desk *d, object_id id, bool outgoing, struct slice peer)
{
    struct desk_call *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->desk      = d;
    c->id        = id;
    c->outgoing  = outgoing;
    c->started   = world_now(d->world);
    c->level_out = c->level_in = AUDIO_LEVEL_SILENT; /* nothing was heard yet */
    snprintf(c->peer, sizeof c->peer, "%.*s", SLICE_ARG(peer));
    list_append(&d->calls, &c->link);
    d->call_count++;
    return c;
}

void desk_call_free(struct desk_call *c)
{
    world_timer_stop(c->desk->world, &c->timer);
    list_unlink(&c->link);
    c->desk->call_count--;
    free(c);
}

/* What its account's policy says; one that cannot be kept in mind is refused. */
static void on_incoming(struct phone_desk *d, const struct phone_event *e)
{
    const struct desk_policy *policy = desk_policy_of(d, e->account);
    struct desk_call         *c      = d->quitting ? NULL : desk_call_add(d, e->call, false, e->peer);

    if (c == NULL) { /* 480, or BYE to one that has taken the place of another: it could not be seen, nor ended */
        (void)call_hang_up(d->phone, e->call);
        return;
    }
    switch (policy->mode) {
    case INCOMING_TELL:
        return;
    case INCOMING_RING:
        (void)call_ring(d->phone, e->call);
        return;
    case INCOMING_ANSWER:
        if (policy->after > 0)
            (void)call_ring(d->phone, e->call);
        world_timer(d->world, &c->timer, on_answer, world_now(d->world) + policy->after);
        return;
    case INCOMING_REJECT:
        (void)call_reject(d->phone, e->call, policy->status);
        return;
    }
}

/* By the phone itself: what nobody can see, nobody can end. */
static struct desk_call *on_placed(struct phone_desk *d, object_id call, struct slice peer)
{
    struct desk_call *c = desk_call_add(d, call, true, peer);

    if (c == NULL)
        (void)call_hang_up(d->phone, call);
    return c;
}

void desk_calls_event(struct phone_desk *d, const struct phone_event *e)
{
    struct desk_call *c = desk_call_find(d, e->call);

    if (e->kind == PHONE_INCOMING)
        on_incoming(d, e);
    if (e->placed != 0 && desk_call_find(d, e->placed) == NULL)
        (void)on_placed(d, e->placed, e->target);
    if (c == NULL && e->outgoing && e->kind < PHONE_ENDED)
        c = on_placed(d, e->call, e->peer);
    if (c == NULL)
        return;
    c->account = e->account;
    if (e->kind == PHONE_RINGING)
        c->rang = true;
    if (e->kind == PHONE_ANSWERED) {
        world_timer_stop(d->world, &c->timer);
        c->answered    = true;
        c->answered_at = world_now(d->world);
        d->current     = c->id;
        desk_calls_start_stats(d);
    }
    if (e->kind == PHONE_CHANGED) {
        c->held         = e->held;
        c->held_by_peer = e->held_by_peer;
    }
    if (e->kind == PHONE_ENDED)
        desk_call_free(c);
}

/* ---- statistics ---- */

static void tell_stats(struct phone_desk *d, struct desk_call *c)
{
    struct phone_event e = { .call = c->id, .duration = world_now(d->world) - c->answered_at };
    struct buf         b = desk_begin_line(d);
    struct json_line   j = phone_notice_begin(&b, NOTICE_STATS, world_wall(d->world));

    phone_report_put(&j, FIELD_CALL, &e);
    phone_report_put(&j, FIELD_DURATION, &e);
    e.has_stats = call_media_stats(d->phone, c->id, &e.stats) == 0;
    phone_report_put(&j, FIELD_MEDIA, &e);
    if (desk_sound_levels(d, c->id, &c->level_out, &c->level_in)) {
        json_line_real(&j, "level_out_db", c->level_out);
        json_line_real(&j, "level_in_db", c->level_in);
    }
    desk_end_line(d, &j);
}

static void on_stats(struct timer *t, msec now)
{
    struct phone_desk *d    = CONTAINER_OF(t, struct phone_desk, stats);
    bool               more = false;

    LIST_EACH (l, &d->calls) {
        struct desk_call *c = CONTAINER_OF(l, struct desk_call, link);

        if (c->answered) {
            tell_stats(d, c);
            more = true;
        }
    }
    if (more)
        world_timer(d->world, t, on_stats, now + d->config.stats_every);
}

void desk_calls_start_stats(struct phone_desk *d)
{
    if (d->config.stats_every > 0 && !timer_running(&d->stats))
        world_timer(d->world, &d->stats, on_stats, world_now(d->world) + d->config.stats_every);
}
