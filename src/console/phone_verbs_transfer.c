/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_verbs_transfer.c - the commands about handing calls on, and being handed on. */

#include "base/error.h"
#include "console/phone_desk_state.h"

static void put_call(struct phone_answer *a, object_id call)
{
    struct phone_event e = { .call = call };

    phone_report_put(a->line, FIELD_CALL, &e);
}

static int hand_on(struct phone_desk *d, object_id call, struct slice to, struct phone_answer *a)
{
    struct desk_call    *c = desk_call_find(d, call);
    char                 text[DESK_TEXT * 2];
    struct buf           uri = BUF_ON(text);
    struct desk_account *account;
    object_id            other;

    if (phone_handle_read(to, &other))
        return call_transfer_to(d->phone, call, other);
    account = c == NULL ? NULL : desk_account_find(d, c->account);
    if (c != NULL && account == NULL && !list_empty(&d->accounts)) /* its own was taken away meanwhile */
        account = CONTAINER_OF(d->accounts.next, struct desk_account, link);
    if (account == NULL || !desk_address(d, account, to, &uri))
        return desk_complain_address(a, to);
    return call_transfer(d->phone, call, buf_slice(&uri));
}

int verb_transfer(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    object_id call;
    int       error = desk_call_of(d, o, a, &call);

    if (error != 0)
        return error;
    error = hand_on(d, call, phone_order_value(o, "to")->text, a);
    if (error == -ERR_LOCKED)
        return desk_refuse(a, error, "it is being handed on already");
    if (error == -ERR_UNSUPPORTED)
        return desk_refuse(a, error, "not while it rings, nor to itself");
    if (error == 0)
        put_call(a, call);
    return error;
}

/* The call in which it was asked, or the name of what was asked outside of any. */
static int reference_of(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a, object_id *id)
{
    const struct phone_value *reference = phone_order_value(o, "reference");

    if (!reference->given)
        return desk_call_of(d, o, a, id);
    if (!phone_handle_read(reference->text, id) || id_kind(*id) != ID_REFERRAL)
        return desk_refuse(a, -ERR_SYNTAX, "'reference' wants the name of one, such as \"r1.1\"");
    return 0;
}

static int complain(struct phone_answer *a, object_id id, int error)
{
    if (error != -ERR_UNSUPPORTED && (error != -ERR_NOT_FOUND || id_kind(id) == ID_CALL))
        return error;
    if (id_kind(id) == ID_REFERRAL)
        return desk_refuse(a, error, "nothing of that name is asked");
    return desk_refuse(a, error, "nothing was asked of us in this call");
}

int verb_follow(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    object_id id, placed;
    int       error = reference_of(d, o, a, &id);

    if (error != 0)
        return error;
    error = call_follow_refer(d->phone, id, &placed);
    if (error != 0)
        return complain(a, id, error);
    put_call(a, placed);
    return 0;
}

int verb_decline(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    object_id id;
    int       error = reference_of(d, o, a, &id);

    if (error != 0)
        return error;
    error = call_refuse_refer(d->phone, id);
    if (error != 0)
        return complain(a, id, error);
    if (id_kind(id) == ID_CALL)
        put_call(a, id);
    return 0;
}
