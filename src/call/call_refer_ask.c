/* SPDX-License-Identifier: BSD-2-Clause */
/* A transfer while this host gets another address: the answer to our REFER, and NOTIFYs, have gone to where it is no
 * longer. When the other side knows where we are, it is asked by a SUBSCRIBE within the dialog, which it answers with a
 * NOTIFY of how things stand (RFC 3515 2.4.4, RFC 6665 4.2.1.2). */
#include "base/error.h"
#include "call/methods.h"
#include "call/refer.h"

enum { ASK_EXPIRES = 300 /* seconds: longer than anything rings */ };

static int send_subscribe(struct call *c);

static void on_answer(struct call *c, unsigned status)
{
    struct call_transfer *t = c->transfer;

    t->asked = 0;
    refer_perform(c, transfer_on_asked(&t->machine, status));
    if (t->machine.state == TRANSFER_WATCHING)
        refer_watch(c);
}

static void on_subscribe(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                         int detail)
{
    struct call *c = phone_find_call(u->self, u->owner);

    (void)detail;
    if (c == NULL || c->transfer == NULL || c->transfer->asked != txn ||
        (event == CLIENT_RESPONSE && response->status < 200))
        return;
    if (event == CLIENT_RESPONSE && (response->status == 401 || response->status == 407) &&
        auth_challenged(&c->auth, &c->account->secret, response) == AUTH_RETRY && send_subscribe(c) == 0)
        return;
    if (event == CLIENT_ERROR && call_is_moving(c))
        refer_moved(c);
    else
        on_answer(c, event == CLIENT_RESPONSE ? response->status : 408);
}

static void put_event(const struct call_transfer *t, struct gather *g)
{
    size_t mark = gather_mark(g);

    buf_put(&g->scratch, SLICE("Event: refer;id="));
    buf_put_number(&g->scratch, t->cseq);
    buf_put(&g->scratch, SLICE("\r\n"));
    gather_written(g, mark);
}

static int send_subscribe(struct call *c)
{
    struct phone        *p    = c->phone;
    struct client_user   user = { .fn = on_subscribe, .self = p, .owner = c->id };
    struct request_start start;
    int                  error = call_begin_within(c, c->up, METHOD_SUBSCRIBE, SLICE(""), &start);

    if (error != 0)
        return error;
    gather_header(&p->gather, HEADER_CONTACT, c->contact);
    put_event(c->transfer, &p->gather);
    gather_header_number(&p->gather, HEADER_EXPIRES, ASK_EXPIRES);
    if (p->config.user_agent.len > 0)
        gather_header(&p->gather, HEADER_USER_AGENT, p->config.user_agent);
    gather_body(&p->gather, SLICE(""), SLICE(""));
    c->transfer->asked = call_send(c, METHOD_SUBSCRIBE, &start, &user);
    return c->transfer->asked == 0 ? -ERR_LIMIT : 0;
}

void refer_arrived(struct call *c)
{
    if (c->transfer == NULL || !c->transfer->moved || !transfer_is_open(&c->transfer->machine))
        return;
    c->transfer->moved = false;
    auth_begin(&c->auth);
    if (send_subscribe(c) != 0)
        on_answer(c, 503);
}

void refer_moved(struct call *c)
{
    struct call_transfer *t = c->transfer;

    if (t == NULL || (t->machine.state != TRANSFER_REFERRING && t->machine.state != TRANSFER_WATCHING))
        return;
    t->moved = true;
    stack_forget(c->phone->stack, t->txn);
    stack_forget(c->phone->stack, t->asked);
    t->txn = t->asked = 0;
}
