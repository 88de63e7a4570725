/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "call/mesh.h"
#include "call/reference.h"

#include <stdlib.h>

enum { CALL_ID_LEN = 26, TAG_LEN = 10 };

/* ---- branches of the fork ---- */

static struct fork *find_fork(struct call *c, const struct message *response)
{
    for (unsigned i = 0; i < c->fork_count; i++)
        if (slice_eq(c->forks[i].dialog->remote_tag, response->to_tag))
            return &c->forks[i];
    return NULL;
}

/* The dialog of a response: found or made.  NULL: too many, unreadable, no memory. */
struct fork *call_fork_of(struct call *c, const struct message *response, int *error)
{
    struct fork *f = find_fork(c, response);

    *error = 0;
    if (f != NULL)
        return f;
    if (c->fork_count == LIMIT_BRANCHES) {
        *error = -ERR_LIMIT;
        return NULL;
    }
    f  = &c->forks[c->fork_count];
    *f = (struct fork){ .flow = response->flow, .number = c->forks_made + 1 };
    update_init(&f->update);
    offer_on_invite(&f->rules, true, !c->late_offer);
    *error = dialog_new_uac(&c->half, response, &f->dialog);
    if (*error != 0)
        return NULL;
    c->fork_count++;
    c->forks_made++;
    return f;
}

/* The INVITE starts anew: what its branches said is void. */
static void drop_forks(struct call *c)
{
    for (unsigned i = 0; i < c->fork_count; i++)
        call_free_fork(c, &c->forks[i]);
    c->fork_count = c->ringing = 0;
    c->early                   = NULL;
}

/* ---- responses to the INVITE ---- */

/* The other branches have nothing to hear of us any more. */
static void stop_updates(struct call *c, const struct fork *winner)
{
    for (unsigned i = 0; i < c->fork_count; i++)
        if (&c->forks[i] != winner)
            update_stop(&c->forks[i].update);
}

static void on_first_2xx(struct call *c, struct fork *f, struct message *response)
{
    struct occasion o = { .fork = f, .cseq = response->cseq.number };
    bool            wanted;
    int             error = 0;

    if (f->dropped)
        call_end_dropped(c);
    wanted      = c->session.state != SESSION_CANCELLING && !c->told_ended;
    c->up       = f;
    c->again_at = NEVER; /* it strayed in behind a refusal whose Retry-After is waited out */
    call_note_allow(f, response);
    stop_updates(c, f);
    f->prack.open = false; /* who answers waits for it no longer */
    dialog_confirm(f->dialog, response);
    call_take_next_nonce(c, c->half.target, response);
    session_timer_on_2xx(&c->refresh, response, world_now(c->phone->world));
    if (wanted)
        error = call_settle(c, f, response);
    if (wanted && error == 0 && !mesh_is_met(c, response))
        error = -ERR_UNSUPPORTED;
    call_perform(c, session_on_2xx(&c->session, SESSION_2XX_FIRST, world_now(c->phone->world)), &o);
    if (error == 0) {
        call_keep_wish(c);
        return;
    }
    call_fail(c, CALL_BAD_SDP, error);
    call_hang_up(c->phone, c->id);
}

static void on_2xx(struct call *c, struct message *response)
{
    struct occasion o = { .cseq = response->cseq.number };
    unsigned        actions;
    int             error;

    o.fork = call_fork_of(c, response, &error);
    if (o.fork == NULL) { /* no dialog, so no ACK could be sent */
        if (c->up == NULL) {
            call_fail(c, CALL_LOCAL_FAULT, error);
            call_perform(c, session_on_failure(&c->session), &o);
        }
        return;
    }
    if (c->up == NULL) {
        on_first_2xx(c, o.fork, response);
        return;
    }
    actions = session_on_2xx(&c->session, o.fork == c->up ? SESSION_2XX_AGAIN : SESSION_2XX_OTHER,
                             world_now(c->phone->world));
    if (o.fork->dialog->state == DIALOG_TERMINATED)
        actions &= ~(unsigned)SESSION_SEND_BYE;
    call_perform(c, actions, &o);
}

/* ---- refusals and silence ---- */

static void on_refusal(struct call *c, struct message *response)
{
    if (c->up != NULL || call_try_again(c, response))
        return;
    call_note_why(c, response);
    call_blame(c, CALL_REFUSED, SIDE_REMOTE, response->status, response->reason);
    call_perform(c, session_on_failure(&c->session), &(struct occasion){ 0 });
}

/* RFC 5626 4.3: not even a proxy has answered by this flow. */
static bool try_other_flow(struct call *c)
{
    return c->session.state == SESSION_CALLING && c->rounds < ROUNDS_MAX && account_lost_way(c->account) &&
           call_send_invite(c) == 0;
}

static void on_silence(struct call *c, enum client_event event, int detail)
{
    if (c->up != NULL)
        return;
    if (c->session.state != SESSION_CANCELLING && !c->told_ended && (call_try_next_target(c) || try_other_flow(c)))
        return;
    if (event == CLIENT_TIMEOUT)
        call_blame(c, CALL_TIMED_OUT, SIDE_NETWORK, 408, SLICE("no response"));
    else
        call_fail(c, CALL_UNREACHABLE, detail);
    call_perform(c, session_on_failure(&c->session), &(struct occasion){ 0 });
}

static void on_invite(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                      int detail)
{
    struct call *c = phone_find_call(u->self, u->owner);

    if (c == NULL)
        return;
    (void)txn;
    if (event != CLIENT_RESPONSE)
        on_silence(c, event, detail);
    else if (response->status < 200)
        call_on_provisional(c, response);
    else if (response->status < 300)
        on_2xx(c, response);
    else
        on_refusal(c, response);
}

void call_on_stray_2xx(struct call *c, struct message *response)
{
    struct occasion o = { .fork = find_fork(c, response), .cseq = response->cseq.number };

    if (c->outgoing && response->cseq.number == c->half.cseq)
        on_2xx(c, response);
    else if (o.fork != NULL && o.fork == c->up)
        call_perform(c, session_on_2xx(&c->session, SESSION_2XX_AGAIN, world_now(c->phone->world)), &o);
}

/* ---- sending ---- */

/* The ACK to a 2xx repeats the credentials of its INVITE, so they are kept. */
void call_write_credentials(struct call *c, enum method method, struct slice uri, struct slice body, struct gather *g)
{
    struct phone *p    = c->phone;
    size_t        mark = gather_mark(g);

    auth_write(&c->auth, &c->account->secret, p->hasher, &p->world->random, method, uri, body, g);
    free(c->credentials);
    c->credentials = strndup(g->scratch.ptr + mark, g->scratch.len - mark);
}

/* From somebody who does not know the password none is taken. */
void call_take_next_nonce(struct call *c, struct slice uri, const struct message *response)
{
    (void)auth_answered(&c->auth, &c->account->secret, c->phone->hasher, uri, response);
}

int call_send_invite(struct call *c)
{
    struct phone       *p    = c->phone;
    struct gather      *g    = &p->gather;
    struct client_user  user = { .fn = on_invite, .self = p, .owner = c->id };
    struct slice        routes[ACCOUNT_ROUTES];
    struct request_head head = {
        .method      = METHOD_INVITE,
        .target      = c->half.target,
        .from        = c->half.local,
        .to          = c->half.remote,
        .from_tag    = c->half.local_tag,
        .call_id     = c->half.call_id,
        .cseq        = ++c->half.cseq,
        .routes      = routes,
        .route_count = account_routes(c->account, routes),
    };
    struct request_start start;
    int                  error = request_begin(g, &head, &start);

    if (error != 0)
        return error;
    drop_forks(c);
    call_sound_pause(c);
    c->rounds++;
    call_put_headers(c, g);
    session_timer_write_request(&c->refresh, g);
    call_put_expires(c, g);
    gather_put(g, c->extra);
    extensions_put_required(c->required, g);
    call_write_credentials(c, METHOD_INVITE, c->half.target, c->sdp != NULL ? slice_from(c->sdp) : SLICE(""), g);
    if (c->sdp != NULL)
        gather_body(g, SLICE("application/sdp"), slice_from(c->sdp));
    else
        gather_body(g, SLICE(""), SLICE(""));
    c->invite_cseq = c->half.cseq;
    c->invite_txn  = call_send(c, METHOD_INVITE, &start, &user);
    return c->invite_txn == 0 ? -ERR_LIMIT : 0;
}

static int offer(struct call *c)
{
    struct slice text;
    int          error = call_sound_open(c);

    if (error != 0)
        return error;
    c->negotiation = call_new_negotiation(c);
    if (c->negotiation == NULL)
        return -ERR_NO_MEMORY;
    error = call_make_offer(c, c->negotiation, &text);
    if (error == 0 && !call_set_sdp(&c->sdp, text))
        error = -ERR_NO_MEMORY;
    return error;
}

/* RFC 3261 9.1: what was sent from the old address is given up; its responses would not reach us.  Who was asked to
 * come back later does so then. */
void call_invite_anew(struct call *c)
{
    bool now   = c->again_at == NEVER;
    int  error = 0;

    stack_forget(c->phone->stack, c->invite_txn);
    if (now)
        drop_forks(c);
    negotiation_free(c->negotiation);
    c->negotiation = NULL;
    if (!c->late_offer)
        error = offer(c);
    if (error == 0 && now)
        error = call_send_invite(c);
    if (error == 0)
        return;
    call_fail(c, CALL_LOCAL_FAULT, error);
    call_perform(c, session_on_failure(&c->session), &(struct occasion){ 0 });
}

static struct slice bracketed(struct call *c, struct slice uri)
{
    char *text = arena_alloc(&c->arena, uri.len + 2);

    if (text == NULL)
        return (struct slice){ NULL, 0 };
    text[0] = '<';
    memcpy(text + 1, uri.ptr, uri.len);
    text[uri.len + 1] = '>';
    return (struct slice){ text, uri.len + 2 };
}

/* RFC 3323 4.1: neither From nor Contact say who we are; a temporary GRUU leads to us all the same (RFC 5627 4.4). */
static void be_anonymous(struct call *c)
{
    c->anonymous = true;
    c->contact   = account_dialog_contact(c->account, &c->arena, &c->local, c->transport, c->secure, true);
}

static int start(struct call *c, const struct uri *target, const struct call_options *options)
{
    struct name_addr peer = { .uri = *target };
    int              error;

    call_set_peer(c, &peer);
    if (options->anonymous)
        be_anonymous(c);
    if (options->mesh)
        mesh_mark(c);
    c->mesh.agreed = options->join != NULL;
    elsewhere_add(&c->targets, &c->arena, target);
    c->half = (struct dialog_half){
        .call_id   = c->call_id,
        .local_tag = c->local_tag,
        .local     = c->anonymous ? SLICE("\"Anonymous\" <sip:anonymous@anonymous.invalid>") : c->account->party,
        .remote    = bracketed(c, c->targets.list[0]),
        .target    = c->targets.list[0],
    };
    c->targets.next = 1;
    c->late_offer   = options->late_offer;
    if (options->expires != 0)
        c->give_up_at = c->started + (msec)options->expires * 1000;
    if (c->phone->config.reliable == PHONE_RELIABLE_REQUIRED)
        c->required = EXTENSION_BIT(100REL);
    if (!call_name_other(c, options))
        return -ERR_TOO_LARGE;
    if (!arena_ok(&c->arena))
        return -ERR_NO_MEMORY;
    error = c->late_offer ? 0 : offer(c);
    return error == 0 ? call_send_invite(c) : error;
}

int call_place(struct phone *p, const struct call_options *options, object_id *id)
{
    struct account *a = account_find(p, options->account);
    char            call_id[CALL_ID_LEN], tag[TAG_LEN];
    struct uri      target;
    struct call    *c;
    struct address  local;
    enum transport  transport;
    int             error;

    if (a == NULL)
        return -ERR_NOT_FOUND;
    local = account_local(account_way(a));
    if (!uri_parse(options->target, &target))
        return -ERR_SYNTAX;
    if (target.scheme != URI_SIP && target.scheme != URI_SIPS)
        return -ERR_UNSUPPORTED;
    transport = account_transport_out(a, &target);
    phone_call_id(p, call_id, sizeof call_id);
    phone_token(p, tag, sizeof tag);
    error = call_new(a, true, (struct slice){ call_id, sizeof call_id }, (struct slice){ tag, sizeof tag }, &local,
                     transport, account_goes_by_sips(a, &target), &c);
    if (error != 0)
        return error;
    error = start(c, &target, options);
    if (error != 0) {
        call_free(c);
        return error;
    }
    call_perform(c, 0, &(struct occasion){ 0 }); /* for its timer */
    *id = c->id;
    return 0;
}
