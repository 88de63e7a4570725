/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/phone_desk.h"

#include "base/error.h"
#include "call/publication.h"
#include "call/subscription.h"
#include "console/phone_desk_state.h"
#include "console/phone_typed.h"

#include <stdio.h>
#include <stdlib.h>

enum { POLL = 20 };

/* ---- lines ---- */

struct buf desk_begin_line(struct phone_desk *d)
{
    return BUF_ON(d->text);
}

void desk_end_line(struct phone_desk *d, struct json_line *j)
{
    phone_notice_end(j);
    if (buf_ok(j->buf))
        d->config.line(d->config.arg, buf_slice(j->buf));
}

int desk_refuse(struct phone_answer *a, int error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(a->reason, sizeof a->reason, format, args);
    va_end(args);
    return error;
}

/* ---- events ---- */

static void follow_account(struct phone_desk *d, const struct phone_event *e)
{
    struct desk_account *a = desk_account_find(d, e->account);

    if (a == NULL)
        return;
    if (e->kind == PHONE_REGISTERED || e->kind == PHONE_REFRESHED)
        a->registered = true;
    if (e->kind == PHONE_REGISTER_FAILED || e->kind == PHONE_UNREGISTERED)
        a->registered = e->flows > 0;
}

/* Told once: a full disk is full for the next call too. */
static void keep_in_book(struct phone_desk *d, const struct phone_event *e)
{
    int                error = phone_book_add_call(d->book, e, world_wall(d->world));
    struct phone_fault f     = { 0 };

    if (error == 0 || d->book_failed)
        return;
    d->book_failed = true;
    snprintf(f.reason, sizeof f.reason, "the list of calls cannot be kept: %s", error_text(error));
    phone_desk_fault(d, &f);
}

static void on_event(void *user, const struct phone_event *event)
{
    struct phone_desk        *d = user;
    struct buf                b = desk_begin_line(d);
    struct phone_event        known;
    const struct phone_event *e = event;

    if (desk_knows_watcher(d, event)) {
        known        = *event;
        known.asking = false;
        known.state  = SLICE("active");
        e            = &known;
    }
    phone_report_write(&b, e, world_wall(d->world));
    if (buf_ok(&b))
        d->config.line(d->config.arg, buf_slice(&b));
    if (d->config.event != NULL)
        d->config.event(d->config.arg, e);
    if (e->kind == PHONE_ENDED)
        keep_in_book(d, e);
    if (e->call == 0)
        follow_account(d, e);
    else
        desk_calls_event(d, e);
}

/* ---- commands ---- */

static void put_id(struct json_line *j, const json_t *id)
{
    if (json_is_integer(id))
        json_line_number(j, "id", json_integer_value(id));
    if (json_is_string(id))
        json_line_text(j, "id", (struct slice){ json_string_value(id), json_string_length(id) });
}

/* The example is kept as typed; read once more it is JSON. */
static void put_example(struct json_line *j, const struct phone_command *c)
{
    struct phone_fault ignored;
    json_t            *example = phone_line_read(slice_from(c->example), &ignored);
    char               text[DESK_TEXT * 2];
    size_t             len = example == NULL ? 0 : json_dumpb(example, text, sizeof text, JSON_COMPACT);

    if (len > 0 && len <= sizeof text)
        json_line_raw(j, "example", (struct slice){ text, len });
    json_decref(example);
}

static void tell_error(struct phone_desk *d, const json_t *id, const struct phone_fault *f)
{
    char             form[DESK_TEXT * 2];
    struct buf       b = desk_begin_line(d), text = BUF_ON(form);
    struct json_line j = phone_notice_begin(&b, NOTICE_ERROR, world_wall(d->world));

    put_id(&j, id);
    json_line_bool(&j, "ok", false);
    if (f->command != NULL)
        json_line_text(&j, "command", slice_from(f->command->name));
    json_line_text(&j, "reason", slice_from(f->reason));
    if (f->position > 0)
        json_line_number(&j, "position", (int64_t)f->position);
    if (f->command != NULL) {
        phone_command_form(f->command, &text);
        json_line_text(&j, "form", buf_slice(&text));
        put_example(&j, f->command);
    }
    desk_end_line(d, &j);
}

/* What the error of a verb means to who gave the command. */
static const char *reason_of(int error)
{
    switch (-error) {
    case ERR_NOT_FOUND:
        return "there is no such call any more";
    case ERR_UNSUPPORTED:
        return "this is not possible in the state of the call";
    case ERR_LOCKED:
        return "it is on its way already";
    }
    return error_text(error);
}

/* The line is written while the verb is carried out, and anew if that fails: events come
 * from the loop, so nothing comes between. */
static void carry_out(struct phone_desk *d, const json_t *id, const struct phone_order *o)
{
    struct buf          b     = desk_begin_line(d);
    struct json_line    j     = phone_notice_begin(&b, NOTICE_RESULT, world_wall(d->world));
    struct phone_answer a     = { .line = &j };
    struct phone_fault  f     = { .command = o->command };
    int                 error = 0;

    put_id(&j, id);
    json_line_text(&j, "command", slice_from(o->command->name));
    json_line_bool(&j, "ok", true);
    if (d->quitting)
        error = desk_refuse(&a, -ERR_CLOSED, "the phone is about to end");
    else
        error = o->command->run(d, o, &a);
    if (error == 0 && !buf_ok(&b))
        error = -ERR_TOO_LARGE;
    if (error == 0) {
        desk_end_line(d, &j);
        return;
    }
    snprintf(f.reason, sizeof f.reason, "%s", a.reason[0] != '\0' ? a.reason : reason_of(error));
    tell_error(d, id, &f);
}

void phone_desk_order(struct phone_desk *d, const json_t *object)
{
    const json_t      *id = json_object_get(object, "id");
    struct phone_order o;
    struct phone_fault f;

    if (phone_order_read(object, &o, &f))
        carry_out(d, id, &o);
    else
        tell_error(d, id, &f);
}

void phone_desk_order_here(struct phone_desk *d, const json_t *object)
{
    d->here = true;
    phone_desk_order(d, object);
    d->here = false;
}

void phone_desk_command(struct phone_desk *d, struct slice line)
{
    struct phone_fault f;
    json_t            *object;

    if (slice_trim(line).len == 0)
        return;
    object = phone_json_read(line, &f);
    if (object == NULL)
        tell_error(d, NULL, &f);
    else
        phone_desk_order(d, object);
    json_decref(object);
}

void phone_desk_too_long(struct phone_desk *d)
{
    struct phone_fault f = { 0 };

    snprintf(f.reason, sizeof f.reason, "a line has at most %d bytes", PHONE_LINE);
    tell_error(d, NULL, &f);
}

void phone_desk_fault(struct phone_desk *d, const struct phone_fault *fault)
{
    tell_error(d, NULL, fault);
}

void phone_desk_dropped(struct phone_desk *d, unsigned long count)
{
    struct buf       b = desk_begin_line(d);
    struct json_line j = phone_notice_begin(&b, NOTICE_DROPPED, world_wall(d->world));

    json_line_number(&j, "count", (int64_t)count);
    desk_end_line(d, &j);
}

/* ---- the end ---- */

/* One that is still under way at the end is taken back when it has come about. */
static void unregister_all(struct phone_desk *d)
{
    LIST_EACH (l, &d->accounts) {
        struct desk_account *a = CONTAINER_OF(l, struct desk_account, link);

        if (a->registered && !a->leaving) {
            a->leaving = true;
            phone_unregister(d->phone, a->id);
        }
    }
}

/* Registrations are taken back only after the BYEs have gone by them. */
static void on_leaving(struct timer *t, msec now)
{
    struct phone_desk *d = CONTAINER_OF(t, struct phone_desk, leaving);

    unregister_all(d);
    if (phone_is_idle(d->phone) || d->given_up) {
        d->config.ended(d->config.arg);
        return;
    }
    if (now >= d->give_up_at) { /* what that tells comes before the next look */
        d->given_up = true;
        phone_stop_waiting(d->phone);
    }
    world_timer(d->world, t, on_leaving, now + POLL);
}

void phone_desk_quit(struct phone_desk *d)
{
    msec now = world_now(d->world);

    if (d->quitting)
        return;
    d->quitting   = true;
    d->give_up_at = now + DESK_PATIENCE;
    LIST_EACH (l, &d->calls) {
        (void)call_hang_up(d->phone, CONTAINER_OF(l, struct desk_call, link)->id);
    }
    LIST_EACH (l, &d->accounts) {
        (void)presence_unpublish(d->phone, CONTAINER_OF(l, struct desk_account, link)->id);
    }
    unsubscribe_all(d->phone);
    phone_dismiss_watchers(d->phone);
    world_timer(d->world, &d->leaving, on_leaving, now + 1);
}

/* ---- life ---- */

struct phone_desk *phone_desk_new(struct world *w, const struct phone_desk_config *config)
{
    struct phone_desk *d = calloc(1, sizeof *d);

    if (d == NULL)
        return NULL;
    d->world  = w;
    d->config = *config;
    list_init(&d->calls);
    list_init(&d->accounts);
    list_init(&d->sounds);
    d->book = phone_book_new(config->contacts, config->calls);
    if (d->book != NULL)
        return d;
    free(d);
    return NULL;
}

void phone_desk_free(struct phone_desk *d)
{
    if (d == NULL)
        return;
    world_timer_stop(d->world, &d->stats);
    world_timer_stop(d->world, &d->leaving);
    world_timer_stop(d->world, &d->played);
    LIST_EACH_SAFE (l, &d->calls) {
        desk_call_free(CONTAINER_OF(l, struct desk_call, link));
    }
    LIST_EACH_SAFE (l, &d->accounts) {
        free(CONTAINER_OF(l, struct desk_account, link));
    }
    desk_sound_free_all(d);
    phone_book_free(d->book);
    free(d);
}

void phone_desk_hook(struct phone_desk *d, struct phone_config *config)
{
    config->media    = desk_sound_media(d);
    config->joins    = true;
    config->on_event = on_event;
    config->user     = d;
}

void phone_desk_begin(struct phone_desk *d, struct phone *p)
{
    char             text[ADDRESS_TEXT];
    struct address   at = phone_address(p);
    struct buf       b = desk_begin_line(d), where = BUF_ON(text);
    struct json_line j = phone_notice_begin(&b, NOTICE_READY, world_wall(d->world));

    d->phone = p;
    address_write(&where, &at);
    json_line_text(&j, "address", buf_slice(&where));
    json_line_text(&j, "version", SLICE(AHOY_VERSION));
    desk_end_line(d, &j);
}
