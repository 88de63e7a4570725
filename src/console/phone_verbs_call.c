/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_verbs_call.c - the commands about calls. */

#include "base/error.h"
#include "console/phone_desk_state.h"

#include <limits.h>
#include <stdio.h>

static void put_call(struct phone_answer *a, object_id call)
{
    struct phone_event e = { .call = call };

    phone_report_put(a->line, FIELD_CALL, &e);
}

/* Do something to the call that is meant, and name it in the result. */
static int with_call(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a,
                     int (*fn)(struct phone *p, object_id call))
{
    object_id call;
    int       error = desk_call_of(d, o, a, &call);

    if (error == 0)
        error = fn(d->phone, call);
    if (error == 0)
        put_call(a, call);
    return error;
}

/* ---- how it begins ---- */

/* By the account that is meant, to whom is meant; the rest of `options` is the caller's. */
static int place(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a,
                 struct call_options *options)
{
    char                 text[DESK_TEXT * 2];
    struct buf           uri = BUF_ON(text);
    struct desk_account *account;
    struct slice         to = phone_order_value(o, "to")->text;
    object_id            call;
    int                  error = desk_account_of(d, o, a, &account);

    if (error == 0)
        error = desk_target(d, account, to, &uri, a);
    if (error != 0)
        return error;
    options->account = account->id;
    options->target  = buf_slice(&uri);
    error            = call_place(d->phone, options, &call);
    if (error != 0)
        return desk_refuse(a, error, "%s", error_text(error));
    if (desk_call_add(d, call, true, options->target) == NULL) {
        (void)call_hang_up(d->phone, call);
        return -ERR_NO_MEMORY;
    }
    d->current = call;
    put_call(a, call);
    return 0;
}

int verb_call(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    struct call_options options = { .late_offer = phone_order_value(o, "late_offer")->number != 0,
                                    .anonymous  = phone_order_value(o, "anonymous")->number != 0 };

    return place(d, o, a, &options);
}

/* Does it name a dialog, and nothing else, when it is written into a header? */
static bool is_name(const struct replaces *r)
{
    struct replaces read;
    char            text[DESK_TEXT * 2];
    struct buf      b = BUF_ON(text);

    replaces_write(&b, r);
    return buf_ok(&b) && replaces_parse(buf_slice(&b), &read) && slice_eq(read.call_id, r->call_id) &&
           slice_eq(read.to_tag, r->to_tag) && slice_eq(read.from_tag, r->from_tag);
}

static int place_named(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a,
                       struct call_options *options, const struct replaces *r)
{
    if (!is_name(r))
        return desk_refuse(a, -ERR_SYNTAX, "that is no name of a dialog: a Call-ID and two tags");
    return place(d, o, a, options);
}

/* RFC 3891 3: whoever calls is asked, in whose words the tags change sides.  Who does not know Replaces shall not ring,
 * and a call that has been answered meanwhile is left alone. */
int verb_pickup(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    struct replaces     r       = { .call_id    = phone_order_value(o, "call_id")->text,
                                    .to_tag     = phone_order_value(o, "remote_tag")->text,
                                    .from_tag   = phone_order_value(o, "local_tag")->text,
                                    .early_only = true };
    struct call_options options = { .replaces = &r, .required = true };

    return place_named(d, o, a, &options, &r);
}

/* RFC 3911 4: who has the call is asked to be let in. */
int verb_join(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    struct replaces     r       = { .call_id  = phone_order_value(o, "call_id")->text,
                                    .to_tag   = phone_order_value(o, "local_tag")->text,
                                    .from_tag = phone_order_value(o, "remote_tag")->text };
    struct call_options options = { .join = &r, .required = true };

    return place_named(d, o, a, &options, &r);
}

int verb_ring(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    return with_call(d, o, a, call_ring);
}

int verb_progress(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    return with_call(d, o, a, call_progress);
}

int verb_update(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    return with_call(d, o, a, call_update);
}

int verb_answer(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    return with_call(d, o, a, call_answer);
}

int verb_reject(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    const struct phone_value *status = phone_order_value(o, "status");
    object_id                 call;
    int                       error = desk_call_of(d, o, a, &call);

    if (error == 0)
        error = call_reject(d->phone, call, status->given ? (unsigned)status->number : 486);
    if (error == 0)
        put_call(a, call);
    return error;
}

int verb_hangup(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    const struct phone_value *branch = phone_order_value(o, "branch");
    object_id                 call;
    int                       error;

    if (!branch->given)
        return with_call(d, o, a, call_hang_up);
    error = desk_call_of(d, o, a, &call);
    if (error == 0)
        error = call_hang_up_branch(d->phone, call, branch->number <= UINT_MAX ? (unsigned)branch->number : 0);
    if (error == -ERR_NOT_FOUND)
        return desk_refuse(a, error, "no such branch rings");
    if (error == 0)
        put_call(a, call);
    return error;
}

/* ---- while it is up ---- */

static int hold(struct phone *p, object_id call)
{
    return call_hold(p, call, true);
}

static int resume(struct phone *p, object_id call)
{
    return call_hold(p, call, false);
}

int verb_hold(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    return with_call(d, o, a, hold);
}

int verb_resume(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    return with_call(d, o, a, resume);
}

static int mute(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a, bool on)
{
    struct desk_call *c;
    object_id         call;
    int               error = desk_call_of(d, o, a, &call);

    if (error == 0)
        error = call_mute(d->phone, call, on);
    if (error != 0)
        return error;
    c = desk_call_find(d, call);
    if (c != NULL)
        c->muted = on;
    put_call(a, call);
    return 0;
}

int verb_mute(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    return mute(d, o, a, true);
}

int verb_unmute(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    return mute(d, o, a, false);
}

/* The one that is talked in, if it is one; else there is nothing to hold. */
int verb_swap(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    const struct desk_call *from = NULL;
    object_id               to;
    bool                    here = d->here;
    int                     error;

    d->here = false; /* the current one is the one to be held */
    error   = desk_call_of(d, o, a, &to);
    d->here = here;
    LIST_EACH (l, &d->calls) {
        const struct desk_call *c = CONTAINER_OF(l, struct desk_call, link);

        if (desk_call_talks(c) && c->id != to)
            from = c;
    }
    if (error == 0)
        error = from != NULL ? call_swap(d->phone, from->id, to) : call_hold(d->phone, to, false);
    if (error != 0)
        return error;
    d->current = to;
    put_call(a, to);
    return 0;
}

int verb_digits(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    object_id call;
    int       error = desk_call_of(d, o, a, &call);

    if (error == 0)
        error = call_send_digits_by(d->phone, call, phone_order_value(o, "keys")->text,
                                    (enum digits_way)phone_order_value(o, "by")->number);
    if (error == -ERR_LIMIT)
        return desk_refuse(a, error, "too many keys wait already");
    if (error == 0)
        put_call(a, call);
    return error;
}

static int with_file(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a, bool record)
{
    const struct phone_value *file = phone_order_value(o, "file");
    const char               *path = file->given ? file->text.ptr : NULL; /* ends with a NUL: JSON's */
    object_id                 call;
    int                       error = desk_call_of(d, o, a, &call);

    if (error == 0 && record && phone_order_value(o, "conference")->number != 0)
        error = desk_sound_record_conference(d, call, path, a);
    else if (error == 0 && record)
        error = desk_sound_record(d, call, path, a);
    else if (error == 0)
        error = desk_sound_play(d, call, path, phone_order_value(o, "loop")->number != 0, a);
    if (error != 0)
        return error;
    put_call(a, call);
    if (file->given)
        json_line_text(a->line, "file", file->text);
    return 0;
}

int verb_play(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    return with_file(d, o, a, false);
}

int verb_record(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    return with_file(d, o, a, true);
}

/* ---- what there is ---- */

int verb_stats(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    struct phone_event e     = { .has_stats = true };
    int                error = desk_call_of(d, o, a, &e.call);

    if (error == 0 && call_media_stats(d->phone, e.call, &e.stats) != 0)
        error = desk_refuse(a, -ERR_NOT_FOUND, "the call is over, or has no sound yet");
    if (error != 0)
        return error;
    phone_report_put(a->line, FIELD_CALL, &e);
    phone_report_put(a->line, FIELD_MEDIA, &e);
    return 0;
}

static const char *state_of(const struct desk_call *c)
{
    if (c->answered)
        return c->held ? "held" : "up";
    if (!c->outgoing)
        return "incoming";
    return c->rang ? "ringing" : "calling";
}

/* Whom the call rings. */
static void put_branches(struct phone_desk *d, struct json_line *j, object_id call)
{
    struct call_branch branches[CALL_BRANCHES];
    unsigned           count = call_branches(d->phone, call, branches);
    struct json_line   list;

    if (count == 0)
        return;
    list = json_line_list(j, "branches");
    for (unsigned i = 0; i < count; i++) {
        struct json_line item = json_line_item(&list);

        json_line_number(&item, "branch", branches[i].number);
        json_line_number(&item, "status", branches[i].status);
        json_line_text(&item, "contact", branches[i].target);
        json_line_bool(&item, "early_media", branches[i].media);
        json_line_end(&item);
    }
    json_line_list_end(&list);
}

static void put_one(struct phone_desk *d, struct json_line *list, const struct desk_call *c)
{
    struct phone_event e = { .call     = c->id,
                             .outgoing = c->outgoing,
                             .peer     = slice_from(c->peer),
                             .duration = c->answered ? world_now(d->world) - c->answered_at : 0 };
    struct json_line   j = json_line_item(list);

    phone_report_put(&j, FIELD_CALL, &e);
    json_line_text(&j, "state", slice_from(state_of(c)));
    phone_report_put(&j, FIELD_DIRECTION, &e);
    phone_report_put(&j, FIELD_PEER, &e);
    phone_report_put(&j, FIELD_DURATION, &e);
    json_line_bool(&j, "held_by_peer", c->held_by_peer);
    put_branches(d, &j, c->id);
    json_line_end(&j);
}

int verb_calls(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    struct json_line list = json_line_list(a->line, "calls");

    (void)o;
    LIST_EACH (l, &d->calls) {
        put_one(d, &list, CONTAINER_OF(l, struct desk_call, link));
    }
    json_line_list_end(&list);
    return 0;
}
