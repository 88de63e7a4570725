/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests within the dialogs of a call: how they begin and by which way they go; ACK and BYE. */
#include "base/error.h"
#include "call/methods.h"
#include "call/state.h"

#include <stdlib.h>

void call_put_headers(struct call *c, struct gather *g)
{
    gather_header(g, HEADER_CONTACT, c->contact);
    if (c->anonymous)
        gather_header(g, HEADER_PRIVACY, SLICE("id"));
    put_allow(g);
    extensions_put_supported(c->phone->extensions & ~c->without, METHOD_INVITE, g);
    if (c->phone->config.user_agent.len > 0)
        gather_header(g, HEADER_USER_AGENT, c->phone->config.user_agent);
}

/* RFC 5626 4.3, RFC 7118 5: the proxy at the other end of a connection that we have opened is
 * reached by that; by what its Record-Route says perhaps not at all. */
static const struct flow *flow_of(const struct fork *f)
{
    if (f == NULL || f->flow.transport == TRANSPORT_NONE || f->flow.transport == TRANSPORT_UDP ||
        f->flow.transport == TRANSPORT_TCP)
        return NULL;
    return &f->flow;
}

static struct outgoing outgoing(struct call *c, const struct fork *f, enum method method,
                                const struct request_start *start)
{
    return (struct outgoing){
        .flow        = f != NULL ? flow_of(f) : account_flow_out(c->account),
        .start_line  = start->start_line,
        .rest        = &c->phone->gather,
        .method      = method,
        .destination = &start->destination,
    };
}

object_id call_send(struct call *c, enum method method, const struct request_start *start,
                    const struct client_user *user)
{
    struct outgoing out = outgoing(c, c->up, method, start);

    return gather_ok(&c->phone->gather) ? stack_request(c->phone->stack, &out, user) : 0;
}

object_id call_send_within(struct call *c, struct fork *f, enum method method, const struct request_start *start,
                           const struct client_user *user)
{
    struct outgoing out = outgoing(c, f, method, start);

    return gather_ok(&c->phone->gather) ? stack_request(c->phone->stack, &out, user) : 0;
}

int call_begin_within(struct call *c, struct fork *f, enum method method, struct slice body,
                      struct request_start *start)
{
    struct phone *p     = c->phone;
    int           error = dialog_write_request(f->dialog, method, dialog_next_cseq(f->dialog), &p->gather, start);

    if (error == 0)
        auth_write(&c->auth, &c->account->secret, p->hasher, &p->world->random, method, f->dialog->target, body,
                   &p->gather);
    return error;
}

bool call_set_sdp(char **where, struct slice text)
{
    char *copy = strndup(text.ptr, text.len);

    if (copy == NULL)
        return false;
    free(*where);
    *where = copy;
    return true;
}

/* The ACK of a 2xx is ours to repeat, not the transaction's (13.2.2.4). */
void call_send_ack(struct call *c, struct fork *f, uint32_t cseq)
{
    struct gather       *g = &c->phone->gather;
    struct request_start start;
    struct outgoing      out;

    if (f == NULL || dialog_write_request(f->dialog, METHOD_ACK, cseq, g, &start) != 0)
        return;
    if (c->credentials != NULL)
        gather_put(g, slice_from(c->credentials));
    if (c->phone->config.user_agent.len > 0)
        gather_header(g, HEADER_USER_AGENT, c->phone->config.user_agent);
    if (f == c->up && c->ack_sdp != NULL)
        gather_body(g, SLICE("application/sdp"), slice_from(c->ack_sdp));
    else
        gather_body(g, SLICE(""), SLICE(""));
    out = outgoing(c, f, METHOD_ACK, &start);
    if (!gather_ok(g))
        return;
    if (f == c->up)
        call_note_time(c, &c->times.acked);
    stack_send(c->phone->stack, &out);
}

static object_id send_bye(struct call *c, struct fork *f);

static void on_bye(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                   int detail)
{
    struct call *c = phone_find_call(u->self, u->owner);
    struct fork *f;

    (void)detail;
    if (c == NULL || u->index >= c->fork_count || (event == CLIENT_RESPONSE && response->status < 200))
        return;
    f = &c->forks[u->index];
    if (f->bye_txn != txn) /* to a branch of an earlier INVITE */
        return;
    if (event == CLIENT_RESPONSE && (response->status == 401 || response->status == 407) &&
        auth_challenged(&c->auth, &c->account->secret, response) == AUTH_RETRY && send_bye(c, f) != 0)
        return;
    if (f == c->up)
        call_perform(c, session_on_bye_done(&c->session), &(struct occasion){ 0 });
}

static object_id send_bye(struct call *c, struct fork *f)
{
    struct phone        *p    = c->phone;
    struct client_user   user = { .fn = on_bye, .self = p, .owner = c->id, .index = (unsigned)(f - c->forks) };
    char                 line[REASON_LINE];
    struct buf           why = BUF_ON(line);
    struct request_start start;

    if (call_begin_within(c, f, METHOD_BYE, SLICE(""), &start) != 0)
        return 0;
    if (p->config.user_agent.len > 0)
        gather_header(&p->gather, HEADER_USER_AGENT, p->config.user_agent);
    call_write_reason(c, f, &why);
    gather_put(&p->gather, buf_slice(&why));
    gather_body(&p->gather, SLICE(""), SLICE(""));
    f->bye_txn = call_send_within(c, f, METHOD_BYE, &start, &user);
    return f->bye_txn;
}

/* A BYE that cannot be sent counts as answered: there is nothing more to do. */
void call_start_bye(struct call *c, struct fork *f)
{
    if (f == NULL)
        return;
    dialog_terminate(f->dialog);
    update_stop(&f->update);
    auth_begin(&c->auth);
    if (send_bye(c, f) == 0 && f == c->up)
        call_perform(c, session_on_bye_done(&c->session), &(struct occasion){ 0 });
}
