/* SPDX-License-Identifier: BSD-2-Clause */
/* A call whose host gets another address (decision 67).  While there are calls the kernel is asked every
 * two seconds which address of ours leads to the last hop; the answer to a REGISTER, twenty seconds
 * apart, would leave people in silence for too long.
 *
 *   no answer yet to our INVITE   it is cancelled and sent anew: its responses go to the old address
 *   theirs is not answered        the answer will name the new address; early media, by UPDATE
 *   up                            re-INVITE with new Contact and description, again until one is accepted */
#include "base/error.h"
#include "call/mesh.h"
#include "call/reference.h"

enum {
    LOOK_EVERY = 2000, /* ms                                                           */
    TRIES      = 8,    /* re-INVITEs after a move: the other side may be busy with one */
};

static void on_look(struct timer *t, msec now);

static bool is_over(const struct call *c)
{
    return c->told_ended || c->session.state == SESSION_CANCELLING;
}

/* Who we speak SIP with: the hop that the call came by, or else the registrar's. */
static const struct flow *last_hop(const struct call *c)
{
    const struct flow *flow =
        c->fork_count > 0 ? &(c->up != NULL ? c->up : c->forks)->flow : &account_way(c->account)->path;

    return flow->transport != TRANSPORT_NONE ? flow : NULL;
}

/* ---- what belongs to the new address ---- */

/* Without memory or ports all is as before, and tried again. */
static int take_address(struct call *c, const struct address *local)
{
    struct address at = *local;
    struct slice   contact;
    int            error = call_sound_move(c, local);

    if (error != 0)
        return error;
    at.port = c->phone->address.port;
    contact = account_dialog_contact(c->account, &c->arena, &at, c->transport, c->secure, c->anonymous);
    if (contact.len == 0)
        return -ERR_NO_MEMORY;
    c->contact = contact;
    if (c->mesh.marked)
        mesh_mark(c);
    c->local = at;
    return 0;
}

/* What began at the old address, connections to the last hop among it, cannot go on there. */
static void leave(struct call *c, const struct address *old)
{
    struct flow flow = { .transport = TRANSPORT_NONE, .local = *old };

    stack_moved(c->phone->stack, &flow);
    for (unsigned i = 0; i < c->fork_count; i++)
        if (transport_is_reliable(c->forks[i].flow.transport))
            stack_moved(c->phone->stack, &c->forks[i].flow);
}

static void reinvite(struct call *c)
{
    unsigned actions = call_may_offer(c) ? session_reinvite(&c->session) : 0;

    if (actions == 0)
        return; /* another INVITE is under way, or an UPDATE: later */
    c->move_tries--;
    c->only_refreshes = false;
    call_perform(c, actions, &(struct occasion){ 0 });
}

/* The response to our re-INVITE goes to where we are no longer: ask again from here. */
static void reinvite_anew(struct call *c)
{
    stack_forget(c->phone->stack, c->invite_txn);
    negotiation_rollback(c->negotiation);
    call_send_reinvite(c);
}

/* The answer will name the new address, unless the media are described already: then by UPDATE, or behind the answer.
 */
static void describe_anew(struct call *c)
{
    if (call_offer_state(c, c->up) != NEGOTIATION_STABLE)
        return;
    c->move_tries = TRIES;
    (void)call_send_updates(c, true);
    call_perform(c, 0, &(struct occasion){ 0 });
}

static void tell_peer(struct call *c)
{
    switch (c->session.state) {
    case SESSION_CALLING:
    case SESSION_PROCEEDING:
    case SESSION_EARLY:
        call_invite_anew(c);
        return;
    case SESSION_CONFIRMED:
        c->move_tries = TRIES;
        refer_moved(c);
        if (c->session.exchange == EXCHANGE_OURS)
            reinvite_anew(c);
        else
            reinvite(c);
        return;
    case SESSION_ANSWERED: /* when the ACK is here */
        c->move_tries = TRIES;
        return;
    case SESSION_INCOMING:
    case SESSION_RINGING:
        describe_anew(c);
        return;
    case SESSION_CANCELLING:
    case SESSION_ENDING:
    case SESSION_ENDED:
        return;
    }
}

static void look_at(struct call *c)
{
    const struct flow *hop = last_hop(c);
    struct address     local;

    if (hop == NULL || world_source(c->phone->world, &hop->remote, &local) != 0)
        return;                        /* no way at all: perhaps soon */
    if (c->here.family == FAMILY_NONE) /* where it heard of us */
        c->here = hop->local.family != FAMILY_NONE && !address_is_any(&hop->local) ? hop->local : local;
    if (!address_eq_ip(&c->here, &local)) {
        leave(c, &c->here);
        account_look(c->account);
        if (take_address(c, &local) != 0)
            return;
        c->here = local;
        tell_peer(c);
    } else if (c->session.state == SESSION_CONFIRMED) {
        if (c->move_tries > 0)
            reinvite(c);
        else
            refer_arrived(c);
    }
}

bool call_is_moving(const struct call *c)
{
    const struct flow *hop = last_hop(c);
    struct address     local;

    if (!c->phone->config.any_address || hop == NULL || c->here.family == FAMILY_NONE)
        return false;
    return world_source(c->phone->world, &hop->remote, &local) != 0 || !address_eq_ip(&c->here, &local);
}

static void on_look(struct timer *t, msec now)
{
    struct phone *p     = CONTAINER_OF(t, struct phone, look);
    bool          again = false;

    LIST_EACH (l, &p->calls) {
        struct call *c = CONTAINER_OF(l, struct call, link);

        if (!is_over(c))
            look_at(c);
        again |= !is_over(c);
    }
    if (again)
        world_timer(p->world, &p->look, on_look, now + LOOK_EVERY);
}

void call_watch(struct phone *p)
{
    if (p->config.any_address && !timer_running(&p->look)) /* else nobody would listen at another address */
        world_timer(p->world, &p->look, on_look, world_now(p->world));
}

static bool is_superseded(const struct call *c, const struct message *invite)
{
    return !c->outgoing && (c->session.state == SESSION_INCOMING || c->session.state == SESSION_RINGING) &&
           slice_eq(c->call_id, invite->call_id) && slice_eq(c->up->dialog->remote_tag, invite->from_tag) &&
           c->invite_cseq < invite->cseq.number;
}

void call_supersede(struct phone *p, const struct message *invite)
{
    LIST_EACH (l, &p->calls) {
        struct call *c = CONTAINER_OF(l, struct call, link);

        if (is_superseded(c, invite)) {
            call_on_cancel(c, invite);
            return;
        }
    }
}
