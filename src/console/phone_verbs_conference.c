/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_verbs_conference.c - the commands about calls that talk together. */

#include "base/error.h"
#include "call/conference.h"
#include "console/phone_desk_state.h"

/* The choices of "do", in the order of the row. */
enum what { CONFERENCE_ADD, CONFERENCE_REMOVE, CONFERENCE_LIST };

static void put_members(struct phone_desk *d, struct phone_answer *a, object_id call)
{
    struct phone_event e = { .call = call };

    e.member_count = call_members(d->phone, call, e.members);
    phone_report_put(a->line, FIELD_CALL, &e);
    phone_report_put(a->line, FIELD_MEMBERS, &e);
}

/* With whom, if the order does not say: a member of a conference rather than a call by itself; 0: nobody. */
static object_id partner_of(struct phone_desk *d, object_id call)
{
    object_id members[PHONE_MEMBERS], alone = 0;

    LIST_EACH (l, &d->calls) {
        const struct desk_call *c = CONTAINER_OF(l, struct desk_call, link);

        if (c->id == call || !c->answered)
            continue;
        if (call_members(d->phone, c->id, members) > 0)
            return c->id;
        if (alone == 0)
            alone = c->id;
    }
    return alone;
}

/* One that we hold is taken up: it could not talk otherwise.  If that cannot begin now it stays held, and
 * comes in when it is resumed. */
static void take_up(struct phone_desk *d, object_id call)
{
    const struct desk_call *c = desk_call_find(d, call);

    if (c != NULL && c->held)
        (void)call_hold(d->phone, call, false);
}

static int join(struct phone_desk *d, object_id call, object_id with)
{
    int error = call_join(d->phone, call, with);

    if (error != 0)
        return error;
    take_up(d, call);
    take_up(d, with);
    return 0;
}

static int add_all(struct phone_desk *d, object_id *call)
{
    int error = 0;

    *call = 0;
    LIST_EACH (l, &d->calls) {
        const struct desk_call *c    = CONTAINER_OF(l, struct desk_call, link);
        object_id               with = partner_of(d, c->id);

        if (!c->answered || with == 0 || error != 0)
            continue;
        *call = c->id;
        error = join(d, c->id, with);
    }
    return *call == 0 ? -ERR_UNSUPPORTED : error;
}

static int add(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a, object_id *call)
{
    const struct phone_value *one = phone_order_value(o, "call"), *with = phone_order_value(o, "with");
    object_id                 other;
    int                       error;

    *call = one->call;
    if (!one->given && !with->given) {
        error = add_all(d, call);
    } else {
        error = desk_call_of(d, o, a, call);
        other = with->given ? with->call : partner_of(d, *call);
        if (error == 0)
            error = other == 0 ? -ERR_UNSUPPORTED : join(d, *call, other);
    }
    if (error == -ERR_UNSUPPORTED)
        return desk_refuse(a, error, "a conference needs two calls that are answered");
    if (error == -ERR_LIMIT)
        return desk_refuse(a, error, "a conference has %d calls at most", PHONE_MEMBERS);
    return error;
}

int verb_conference(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    enum what what  = (enum what)phone_order_value(o, "do")->number;
    object_id call  = 0;
    int       error = 0;

    if (what == CONFERENCE_ADD) {
        error = add(d, o, a, &call);
        if (error == 0)
            put_members(d, a, call);
        return error;
    }
    if (what == CONFERENCE_LIST && !phone_order_value(o, "call")->given)
        call = partner_of(d, 0);
    else
        error = desk_call_of(d, o, a, &call);
    if (error == 0 && what == CONFERENCE_REMOVE)
        error = call_leave(d->phone, call);
    if (error == 0 && call != 0 && desk_call_find(d, call) == NULL)
        error = -ERR_NOT_FOUND;
    if (error == -ERR_UNSUPPORTED)
        return desk_refuse(a, error, "the call is in no conference");
    if (error == 0)
        put_members(d, a, call);
    return error;
}

static int hang_up_all(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    const struct phone_value *one  = phone_order_value(o, "call");
    object_id                 call = one->given ? one->call : partner_of(d, 0);
    object_id                 members[PHONE_MEMBERS];
    size_t                    count = call_members(d->phone, call, members);

    if (count == 0)
        return desk_refuse(a, -ERR_UNSUPPORTED, "there is no conference");
    for (size_t i = 0; i < count; i++)
        (void)call_hang_up(d->phone, members[i]);
    return 0;
}

int verb_mesh(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    object_id call;
    int       error;

    if (phone_order_value(o, "leave")->number != 0)
        return hang_up_all(d, o, a);
    error = add(d, o, a, &call);
    if (error == 0)
        error = call_mesh(d->phone, call);
    if (error == 0)
        put_members(d, a, call);
    return error;
}
