/* SPDX-License-Identifier: BSD-2-Clause */
/* subscription_send.c - SUBSCRIBE as it goes out: the one that begins a subscription, and those in its dialogs. */

#include "base/error.h"
#include "call/methods.h"
#include "call/watch.h"

static void put_headers(struct watch *w, const struct leg *l, struct gather *g)
{
    put_contact_to(w->out.account, w->out.target, g);
    gather_header(g, HEADER_EVENT, w->event.name);
    if (w->accept.len > 0)
        gather_header(g, HEADER_ACCEPT, w->accept);
    gather_header_number(g, HEADER_EXPIRES, l->machine.asked);
    put_allow(g);
}

/* RFC 3515 2.4.1 */
static void put_refer_headers(struct watch *w, struct gather *g)
{
    put_contact_to(w->out.account, w->out.target, g);
    gather_header(g, HEADER_REFER_TO, w->refer_to);
    gather_header(g, HEADER_REFERRED_BY, w->out.account->party);
    put_allow(g);
    extensions_put_supported(w->phone->extensions, METHOD_REFER, g);
}

static int send_within(struct watch *w, struct leg *l, const struct client_user *user)
{
    struct phone        *p = w->phone;
    struct gather       *g = &p->gather;
    struct request_start start;
    struct outgoing      out = { .rest = g, .method = METHOD_SUBSCRIBE, .flow = flow_kept(&l->flow) };
    int error = dialog_write_request(l->dialog, METHOD_SUBSCRIBE, dialog_next_cseq(l->dialog), g, &start);

    if (error != 0)
        return error;
    put_headers(w, l, g);
    auth_write(&w->out.auth, &w->out.account->secret, p->hasher, &p->world->random, METHOD_SUBSCRIBE, l->dialog->target,
               SLICE(""), g);
    if (p->config.user_agent.len > 0)
        gather_header(g, HEADER_USER_AGENT, p->config.user_agent);
    gather_body(g, SLICE(""), SLICE(""));
    if (!gather_ok(g))
        return -ERR_TOO_LARGE;
    out.start_line  = start.start_line;
    out.destination = &start.destination;
    l->txn          = stack_request(p->stack, &out, user);
    return l->txn == 0 ? -ERR_LIMIT : 0;
}

int watch_send(struct watch *w, struct leg *l, const struct client_user *user)
{
    struct request_start start;
    struct gather       *g;
    int                  error;

    if (l->dialog != NULL)
        return send_within(w, l, user);
    g = outside_begin(&w->out, &start, &error);
    if (g == NULL)
        return error;
    if (w->refer_to.len > 0)
        put_refer_headers(w, g);
    else
        put_headers(w, l, g);
    w->referred = w->out.cseq;
    error       = outside_send(&w->out, &start, SLICE(""), SLICE(""), user);
    l->txn      = w->out.txn;
    return error;
}
