/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_verbs_watch.c - the commands about what others tell, and what they see of us. */

#include "base/error.h"
#include "call/presence.h"
#include "call/publication.h"
#include "call/subscription.h"
#include "console/phone_desk_state.h"

int verb_subscribe(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    const struct phone_value *package = phone_order_value(o, "package");
    struct slice              to      = phone_order_value(o, "to")->text;
    struct subscribe_options  options = { .package = package->given ? package->text : SLICE("presence"),
                                          .expires = (uint32_t)phone_order_value(o, "expires")->number,
                                          .fetch   = phone_order_value(o, "fetch")->number != 0,
                                          .once    = phone_order_value(o, "once")->number != 0 };
    char                      text[DESK_TEXT * 2];
    struct buf                uri = BUF_ON(text);
    struct phone_event        e   = { 0 };
    struct desk_account      *account;
    int                       error = desk_account_of(d, o, a, &account);

    if (error == 0)
        error = desk_target(d, account, to, &uri, a);
    if (error != 0)
        return error;
    options.account = account->id;
    options.target  = buf_slice(&uri);
    error           = subscribe(d->phone, &options, &e.subject);
    if (error == -ERR_LIMIT)
        return desk_refuse(a, error, "too much is watched already");
    if (error != 0)
        return desk_refuse(a, error, "%s", error_text(error));
    phone_report_put(a->line, FIELD_SUBSCRIPTION, &e);
    return 0;
}

int verb_when_free(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    struct slice         to = phone_order_value(o, "to")->text;
    char                 text[DESK_TEXT * 2];
    struct buf           uri = BUF_ON(text);
    struct phone_event   e   = { 0 };
    struct desk_account *account;
    int                  error = desk_account_of(d, o, a, &account);

    if (error == 0)
        error = desk_target(d, account, to, &uri, a);
    if (error != 0)
        return error;
    error = call_when_free(d->phone, account->id, buf_slice(&uri), phone_order_value(o, "limit")->number, &e.subject);
    if (error != 0)
        return desk_refuse(a, error, "%s", error_text(error));
    phone_report_put(a->line, FIELD_SUBSCRIPTION, &e);
    return 0;
}

int verb_refer(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    struct slice         phone = phone_order_value(o, "phone")->text, to = phone_order_value(o, "to")->text;
    char                 text[DESK_TEXT * 2], more[DESK_TEXT * 2];
    struct buf           whom = BUF_ON(text), target = BUF_ON(more);
    struct phone_event   e = { 0 };
    struct desk_account *account;
    int                  error = desk_account_of(d, o, a, &account);

    if (error != 0)
        return error;
    if (!desk_address(d, account, phone, &whom))
        return desk_complain_address(a, phone);
    if (!desk_address(d, account, to, &target))
        return desk_complain_address(a, to);
    error = phone_refer(d->phone, account->id, buf_slice(&whom), buf_slice(&target), &e.subject);
    if (error != 0)
        return desk_refuse(a, error, "%s", error_text(error));
    phone_report_put(a->line, FIELD_SUBSCRIPTION, &e);
    return 0;
}

int verb_unsubscribe(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    struct phone_event e = { 0 };

    if (!phone_handle_read(phone_order_value(o, "subscription")->text, &e.subject) ||
        id_kind(e.subject) != ID_SUBSCRIPTION)
        return desk_refuse(a, -ERR_SYNTAX, "'subscription' wants the name of one, such as \"s1.1\"");
    if (unsubscribe(d->phone, e.subject) != 0)
        return desk_refuse(a, -ERR_NOT_FOUND, "there is no such subscription any more");
    phone_report_put(a->line, FIELD_SUBSCRIPTION, &e);
    return 0;
}

int verb_watcher(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    static const enum presence_answer answers[] = { PRESENCE_ALLOWED, PRESENCE_BLOCKED, PRESENCE_REFUSED };

    struct slice         who = phone_order_value(o, "who")->text;
    char                 text[DESK_TEXT * 2];
    struct buf           uri = BUF_ON(text);
    struct desk_account *account;
    int                  error = desk_account_of(d, o, a, &account);

    if (error != 0)
        return error;
    if (!desk_address(d, account, who, &uri))
        return desk_complain_address(a, who);
    LIST_EACH (l, &d->accounts) {
        const struct desk_account *one = CONTAINER_OF(l, struct desk_account, link);

        if (error == 0 && (one == account || !phone_order_value(o, "account")->given))
            error = presence_decide(d->phone, one->id, buf_slice(&uri), answers[phone_order_value(o, "do")->number]);
    }
    return error == 0 ? 0 : desk_refuse(a, error, "%s", error_text(error));
}

/* Whoever has a name here is known: he need not be asked about. */
bool desk_knows_watcher(struct phone_desk *d, const struct phone_event *e)
{
    const struct book_contact *c;
    struct uri                 peer, known;

    if (e->kind != PHONE_WATCHER || !e->asking || !uri_parse(e->peer, &peer))
        return false;
    for (size_t i = 0; (c = phone_book_contact(d->book, i)) != NULL; i++)
        if (uri_parse(slice_from(c->address), &known) && slice_eq(known.user, peer.user) &&
            slice_eq_nocase(known.host, peer.host))
            return presence_decide(d->phone, e->account, e->peer, PRESENCE_ALLOWED) == 0;
    return false;
}

int verb_publish(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    struct desk_account *account;
    int                  error = desk_account_of(d, o, a, &account);

    if (error == 0)
        error = presence_publish(d->phone, account->id, phone_order_value(o, "state")->number == 0,
                                 phone_order_value(o, "note")->text);
    if (error == -ERR_TOO_LARGE)
        return desk_refuse(a, error, "the note is too long");
    if (error == 0)
        json_line_text(a->line, "name", slice_from(account->name));
    return error;
}

int verb_unpublish(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    struct desk_account *account;
    int                  error = desk_account_of(d, o, a, &account);

    if (error != 0)
        return error;
    if (presence_unpublish(d->phone, account->id) != 0)
        return desk_refuse(a, -ERR_NOT_FOUND, "nothing is published");
    json_line_text(a->line, "name", slice_from(account->name));
    return 0;
}
