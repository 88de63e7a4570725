/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_verbs_text.c - the commands about texts. */

#include "base/error.h"
#include "call/text.h"
#include "console/phone_desk_state.h"

static int send_text(struct phone_desk *d, const struct text_options *options, struct phone_answer *a)
{
    struct phone_event e     = { 0 };
    int                error = message_send(d->phone, options, &e.subject);

    if (error == -ERR_TOO_LARGE)
        return desk_refuse(a, error, "the text is too long to be sent");
    if (error == -ERR_LIMIT)
        return desk_refuse(a, error, "too many texts are on their way");
    if (error == -ERR_UNSUPPORTED)
        return desk_refuse(a, error, "nothing can be sent there, or not yet");
    if (error == 0)
        phone_report_put(a->line, FIELD_MESSAGE, &e);
    return error;
}

int verb_message(struct phone_desk *d, const struct phone_order *o, struct phone_answer *a)
{
    struct slice         to      = phone_order_value(o, "to")->text;
    struct text_options  options = { .text = phone_order_value(o, "text")->text };
    char                 text[DESK_TEXT * 2];
    struct buf           uri = BUF_ON(text);
    struct desk_account *account;
    int                  error;

    if (phone_handle_read(to, &options.call))
        return send_text(d, &options, a);
    error = desk_account_of(d, o, a, &account);
    if (error == 0)
        error = desk_target(d, account, to, &uri, a);
    if (error != 0)
        return error;
    options.account = account->id;
    options.target  = buf_slice(&uri);
    return send_text(d, &options, a);
}
