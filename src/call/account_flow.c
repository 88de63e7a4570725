/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "call/methods.h"
#include "call/state.h"

static void tell(struct account_flow *f, enum phone_event_kind kind)
{
    f->pending |= 1u << kind;
    phone_wake(f->account->phone);
}

static uint32_t dice(const struct account_flow *f)
{
    return (uint32_t)random_u64(&f->account->phone->world->random);
}

bool account_flow_lives(const struct account_flow *f)
{
    return !f->cut_off && !f->dead && f->registration.state != REGISTRATION_WAITING &&
           registration_is_alive(&f->registration, world_now(f->account->phone->world));
}

static bool is_backed_up(const struct account_flow *f)
{
    const struct account *a = f->account;

    for (unsigned i = 0; i < a->flow_count; i++)
        if (&a->flows[i] != f && account_flow_lives(&a->flows[i]))
            return true;
    return false;
}

/* ---- what the registrar says ---- */

static void on_silence(struct account_flow *f, unsigned status, struct slice why)
{
    struct world *w = f->account->phone->world;

    reason_set(&f->reason, why);
    account_flow_perform(f, registration_on_silence(&f->registration, status, dice(f), world_now(w)));
}

static void on_response(struct account_flow *f, struct message *response)
{
    struct account *a = f->account;
    struct phone   *p = a->phone;
    unsigned        actions;

    reason_set(&f->reason, response->reason);
    actions = registration_on_response(&f->registration, &a->secret, p->hasher, response, dice(f), world_now(p->world));
    if (f->registration.impostor)
        reason_set(&f->reason, SLICE("whoever answered does not know the password"));
    account_flow_perform(f, actions);
    if (response->status < 300 && !f->registration.impostor)
        account_path_found(f, response);
}

/* A response or nothing: what the machine makes of it. */
static void on_register(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                        int detail)
{
    struct account      *a = account_by_id(u->self, u->owner);
    struct account_flow *f;

    if (a == NULL || a->flows[u->index].txn != txn || (event == CLIENT_RESPONSE && response->status < 200))
        return;
    f                         = &a->flows[u->index];
    f->error                  = event == CLIENT_ERROR ? detail : 0;
    f->registration.backed_up = is_backed_up(f);
    switch (event) {
    case CLIENT_RESPONSE:
        on_response(f, response);
        return;
    case CLIENT_TIMEOUT:
        on_silence(f, 408, SLICE("no response"));
        return;
    case CLIENT_ERROR:
        on_silence(f, 503, slice_from(error_text(detail)));
        return;
    }
}

/* ---- what it is asked ---- */

static int send_register(struct account_flow *f)
{
    struct account      *a = f->account;
    struct phone        *p = a->phone;
    struct gather       *g = &p->gather;
    struct request_start start;
    struct outgoing      out  = { 0 };
    struct client_user   user = { .fn = on_register, .self = p, .owner = a->id, .index = (unsigned)(f - a->flows) };
    int error = registration_write(&f->registration, &a->secret, p->hasher, &p->world->random, g, &start);

    if (error != 0)
        return error;
    put_allow(g);
    if (p->config.user_agent.len > 0)
        gather_header(g, HEADER_USER_AGENT, p->config.user_agent);
    gather_body(g, SLICE(""), SLICE(""));
    if (!gather_ok(g))
        return -ERR_TOO_LARGE;
    out.start_line  = start.start_line;
    out.rest        = g;
    out.method      = METHOD_REGISTER;
    out.destination = &start.destination;
    f->txn          = stack_request(p->stack, &out, &user);
    return f->txn == 0 ? -ERR_LIMIT : 0;
}

static void on_timer(struct timer *t, msec now)
{
    struct account_flow *f = CONTAINER_OF(t, struct account_flow, timer);

    account_flow_perform(f, registration_on_timer(&f->registration, now));
}

static bool is_kept(const struct account_flow *f, msec now)
{
    return f->registration.kept_until != NEVER && f->registration.kept_until > now;
}

/* The user hears of it when the last flow is gone, and then of one that the registrar has not let go, if there is
 * such. */
static void tell_removed(struct account_flow *last)
{
    struct account      *a   = last->account;
    struct account_flow *f   = last;
    msec                 now = world_now(a->phone->world);

    for (unsigned i = 0; i < a->flow_count; i++) {
        struct account_flow *other = &a->flows[i];

        if (other->registration.state != REGISTRATION_REMOVED)
            return;
        if (is_kept(other, now) && (!is_kept(f, now) || other->registration.kept_until > f->registration.kept_until))
            f = other;
    }
    tell(f, PHONE_UNREGISTERED);
}

void account_flow_perform(struct account_flow *f, unsigned actions)
{
    struct world *w = f->account->phone->world;

    if (actions & REGISTRATION_SEND) {
        int error = send_register(f);

        if (error != 0) {
            f->error = error;
            reason_set(&f->reason, slice_from(error_text(error)));
            actions |= registration_on_silence(&f->registration, 503, dice(f), world_now(w));
        }
    }
    if (actions & REGISTRATION_TELL_REGISTERED)
        tell(f, PHONE_REGISTERED);
    if (actions & REGISTRATION_TELL_REFRESHED)
        tell(f, PHONE_REFRESHED);
    if (actions & REGISTRATION_TELL_FAILED)
        tell(f, PHONE_REGISTER_FAILED);
    if (actions & REGISTRATION_TELL_REMOVED) {
        account_path_end(f);
        tell_removed(f);
    }
    world_timer(w, &f->timer, on_timer, registration_deadline(&f->registration));
}

void account_flow_fail(struct account_flow *f)
{
    f->dead = true;
    if (f->registration.state == REGISTRATION_REGISTERED)
        account_flow_perform(f, registration_start(&f->registration));
}

bool account_lost_way(struct account *a)
{
    for (unsigned i = 0; i < a->flow_count && a->flow_count > 1; i++)
        if (&a->flows[i] == account_way(a) && a->flows[i].proxy.len > 0 && account_flow_lives(&a->flows[i])) {
            account_flow_fail(&a->flows[i]);
            return account_flow_lives(account_way(a));
        }
    return false;
}

void account_flow_stop(struct account_flow *f)
{
    world_timer_stop(f->account->phone->world, &f->timer);
    world_timer_stop(f->account->phone->world, &f->beat);
    account_probe_stop(f);
}

/* ---- what the user is told ---- */

bool account_is_idle(const struct account *a)
{
    for (unsigned i = 0; i < a->flow_count; i++)
        if (a->flows[i].registration.open || a->flows[i].pending != 0)
            return false;
    return true;
}

static unsigned count_alive(const struct account *a)
{
    unsigned count = 0;

    for (unsigned i = 0; i < a->flow_count; i++)
        count += account_flow_lives(&a->flows[i]);
    return count;
}

/* Rounded up: it may not be said to be over before it is. */
static uint32_t kept_for(const struct account_flow *f, msec now)
{
    return is_kept(f, now) ? (uint32_t)((f->registration.kept_until - now + 999) / 1000) : 0;
}

static void fill_event(const struct account_flow *f, enum phone_event_kind kind, struct phone_event *e)
{
    const struct account      *a   = f->account;
    const struct registration *r   = &f->registration;
    msec                       now = world_now(a->phone->world);

    *e = (struct phone_event){
        .kind      = kind,
        .account   = a->id,
        .status    = f->error == 0 ? r->status : 0,
        .error     = f->error,
        .reason    = reason_slice(&f->reason),
        .peer      = a->aor,
        .local     = a->aor,
        .call_id   = r->config.call_id,
        .expires   = kind == PHONE_UNREGISTERED ? kept_for(f, now) : r->granted,
        .retry_in  = r->state == REGISTRATION_WAITING && r->at > now ? r->at - now : NEVER,
        .flow      = (unsigned)(f - a->flows) + 1,
        .flows     = count_alive(a),
        .outbound  = r->answer.outbound,
        .gruu      = r->answer.pub_gruu,
        .temp_gruu = r->answer.temp_gruu,
    };
}

bool account_next_event(struct account *a, struct phone_event *e)
{
    for (unsigned i = 0; i < a->flow_count; i++) {
        struct account_flow *f = &a->flows[i];

        if (f->pending != 0) {
            enum phone_event_kind kind = (enum phone_event_kind)__builtin_ctz(f->pending);

            f->pending &= ~(1u << kind);
            fill_event(f, kind, e);
            return true;
        }
    }
    return false;
}

/* ---- verbs ---- */

void phone_register(struct phone *p, object_id account)
{
    struct account *a = account_find(p, account);

    for (unsigned i = 0; a != NULL && i < a->flow_count; i++)
        account_flow_perform(&a->flows[i], registration_start(&a->flows[i].registration));
}

void phone_unregister(struct phone *p, object_id account)
{
    struct account *a = account_find(p, account);

    for (unsigned i = 0; a != NULL && i < a->flow_count; i++)
        account_flow_perform(&a->flows[i], registration_remove(&a->flows[i].registration));
}

static void give_up(struct account_flow *f)
{
    unsigned actions = registration_give_up(&f->registration);

    if (actions == 0)
        return;
    f->error = 0;
    reason_set(&f->reason, SLICE("no response"));
    account_flow_perform(f, actions);
}

void phone_stop_waiting(struct phone *p)
{
    LIST_EACH (l, &p->accounts) {
        struct account *a = CONTAINER_OF(l, struct account, link);

        for (unsigned i = 0; i < a->flow_count; i++)
            give_up(&a->flows[i]);
    }
}

void phone_unregister_all(struct phone *p)
{
    LIST_EACH (l, &p->accounts) {
        phone_unregister(p, CONTAINER_OF(l, struct account, link)->id);
    }
}
