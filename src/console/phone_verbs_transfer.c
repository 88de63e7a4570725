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

int verb_follow(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    object_id call, placed;
    int       error = desk_call_of(d, o, a, &call);

    if (error != 0)
        return error;
    error = call_follow_refer(d->phone, call, &placed);
    if (error == -ERR_UNSUPPORTED)
        return desk_refuse(a, error, "nothing was asked of us in this call");
    if (error == 0)
        put_call(a, placed);
    return error;
}

int verb_decline(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    object_id call;
    int       error = desk_call_of(d, o, a, &call);

    if (error != 0)
        return error;
    error = call_refuse_refer(d->phone, call);
    if (error == -ERR_UNSUPPORTED)
        return desk_refuse(a, error, "nothing was asked of us in this call");
    if (error == 0)
        put_call(a, call);
    return error;
}
