/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "call/state.h"

enum {
    CONTACT_MEMORY = 4096,
    LOST_SPREAD    = 1000,  /* ms: so long at most before a lost connection is replaced, not all phones at once */
    MOVE_GAP       = 30000, /* ms: a NAT that shows us another face each time is not followed faster */
};

static const struct address nowhere = { .family = FAMILY_NONE };

/* ---- through a NAT ---- */

/* Where the first hop saw us, if that is not where we are (RFC 3581 4).  The port of a
 * stream is no listener's, so that alone proves nothing. */
static struct address outside_of(const struct account_flow *f, const struct message *response)
{
    const struct flow *flow = &response->flow;
    struct address     seen;

    if (!address_parse_ip(response->via.received, &seen) || response->via.rport_value == 0)
        return nowhere;
    seen.port  = response->via.rport_value;
    seen.scope = flow->local.scope;
    if (address_eq_ip(&seen, &flow->local) &&
        (transport_is_reliable(flow->transport) || seen.port == f->account->phone->address.port))
        return nowhere;
    return seen;
}

struct address account_local(const struct account_flow *f)
{
    const struct phone *p     = f->account->phone;
    struct address      local = p->address;

    if (!p->config.any_address || f->path.transport == TRANSPORT_NONE)
        return local;
    local      = f->path.local;
    local.port = p->address.port;
    return local;
}

/* Tell the registrar our contact as it is now; without memory the next refresh will. */
static void register_anew(struct account_flow *f)
{
    struct address local = account_local(f);
    struct arena   arena;
    struct slice   contact;

    arena_init(&arena, NULL, 0, CONTACT_MEMORY);
    contact = account_contact(f, &arena, &local, f->transport, f->account->aor_uri.scheme == URI_SIPS);
    if (contact.len > 2 &&
        registration_move(&f->registration, slice_between(contact.ptr + 1, contact.ptr + contact.len - 1)) == 0)
        account_flow_perform(f, registration_start(&f->registration));
    arena_fini(&arena);
}

static void take_outside(struct account_flow *f, const struct address *seen)
{
    msec now = world_now(f->account->phone->world);

    if (address_eq(seen, &f->outside) || (f->moved_at != 0 && now < f->moved_at + MOVE_GAP))
        return;
    f->outside  = *seen;
    f->moved_at = now;
    register_anew(f);
}

/* ---- while it lasts ---- */

static void on_beat(struct timer *t, msec now);

/* RFC 5626 4.4: between 80 and 100 % of the interval. */
static void wait_for_beat(struct account_flow *f)
{
    struct world *w        = f->account->phone->world;
    uint64_t      interval = (uint64_t)f->account->keep_alive * 1000;
    uint64_t      early    = random_u64(&w->random) % (interval / 5 + 1);

    if (f->account->keep_alive != 0)
        world_timer(w, &f->beat, on_beat, world_now(w) + interval - early);
}

/* This host has another address on the way there. */
static void change_address(struct account_flow *f, const struct address *local)
{
    struct phone  *p    = f->account->phone;
    struct address here = *local;

    if (!p->config.any_address)
        return; /* nobody would listen there */
    stack_moved(p->stack, &f->path);
    here.port = p->address.port;
    if (address_eq_ip(&p->address, &f->path.local))
        p->address = here;
    f->path.local = here;
    f->outside    = nowhere;
    register_anew(f);
}

/* RFC 5626 4.4.2: who keeps our flow answers STUN on it; others might take it for rubbish. */
static bool is_asked_by_stun(const struct account_flow *f)
{
    return f->path.transport == TRANSPORT_UDP && f->registration.answer.outbound;
}

static void look_at_path(struct account_flow *f)
{
    enum registration_state state   = f->registration.state;
    bool                    was_cut = f->cut_off;
    struct address          local;

    f->cut_off = world_source(f->account->phone->world, &f->path.remote, &local) != 0;
    if (f->cut_off)
        return;
    if (!address_eq_ip(&local, &f->path.local))
        change_address(f, &local);
    else if (state == REGISTRATION_WAITING && was_cut)
        account_flow_perform(f, registration_start(&f->registration));
    else if (state == REGISTRATION_REGISTERED && is_asked_by_stun(f))
        account_probe(f);
    else if (state == REGISTRATION_REGISTERED && stack_keep_alive(f->account->phone->stack, &f->path) == -ERR_CLOSED)
        account_flow_perform(f, registration_start(&f->registration));
}

void account_look(struct account *a)
{
    for (unsigned i = 0; i < a->flow_count; i++)
        if (a->flows[i].path.transport != TRANSPORT_NONE && a->flows[i].registration.expires_at != NEVER)
            look_at_path(&a->flows[i]);
}

static void on_beat(struct timer *t, msec now)
{
    struct account_flow *f = CONTAINER_OF(t, struct account_flow, beat);

    (void)now;
    switch (f->registration.state) {
    case REGISTRATION_TRYING:
    case REGISTRATION_REGISTERED:
    case REGISTRATION_WAITING:
        look_at_path(f);
        wait_for_beat(f);
        return;
    case REGISTRATION_IDLE:
    case REGISTRATION_REFUSED:
    case REGISTRATION_REMOVING:
    case REGISTRATION_REMOVED:
        return;
    }
}

/* The connection shall live, and its end be told, as long as we are registered by it. */
static void keep(struct account_flow *f, msec until)
{
    if (f->account->keep_alive != 0)
        stack_keep_connection(f->account->phone->stack, &f->path, f->account->id, until);
}

void account_path_seen(struct account_flow *f, const struct address *mapped)
{
    bool at_home = address_eq_ip(mapped, &f->path.local) && mapped->port == f->account->phone->address.port;

    take_outside(f, at_home ? &nowhere : mapped);
}

void account_path_end(struct account_flow *f)
{
    keep(f, 0);
    world_timer_stop(f->account->phone->world, &f->beat);
    account_probe_stop(f);
}

/* RFC 5626 4.5: a flow that has failed is replaced; on_beat finds that it is closed. */
void account_on_flow_end(void *user, const struct flow *flow, uint64_t key)
{
    struct phone   *p = user;
    struct account *a = account_by_id(p, key);

    for (unsigned i = 0; a != NULL && i < a->flow_count; i++)
        if (a->flows[i].path.connection == flow->connection && timer_running(&a->flows[i].beat))
            world_timer(p->world, &a->flows[i].beat, on_beat,
                        world_now(p->world) + random_below(&p->world->random, LOST_SPREAD));
}

void account_path_found(struct account_flow *f, const struct message *response)
{
    struct address seen = outside_of(f, response), before = account_local(f), local;

    if (f->registration.state == REGISTRATION_REMOVED)
        return;
    if (f->path.connection != response->flow.connection)
        keep(f, 0);
    f->path    = response->flow;
    f->cut_off = f->dead = false;
    account_probe_stop(f);
    keep(f, f->registration.expires_at);
    local = account_local(f);
    if (!address_eq_ip(&local, &before)) /* the contact was of another network of ours */
        register_anew(f);
    take_outside(f, &seen);
    wait_for_beat(f);
}
