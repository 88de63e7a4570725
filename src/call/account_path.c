/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/error.h"
#include "call/state.h"

enum {
    CONTACT_MEMORY = 4096,
    MOVE_GAP       = 30000, /* ms: a NAT that shows us another face each time is not followed faster */
};

static const struct address nowhere = { .family = FAMILY_NONE };

/* ---- through a NAT ---- */

/* Where the first hop saw us, if that is not where we are (RFC 3581 4).  The port of a
 * stream is no listener's, so that alone proves nothing. */
static struct address outside_of(const struct account *a, const struct message *response)
{
    const struct flow *flow = &response->flow;
    struct address     seen;

    if (!address_parse_ip(response->via.received, &seen) || response->via.rport_value == 0)
        return nowhere;
    seen.port  = response->via.rport_value;
    seen.scope = flow->local.scope;
    if (address_eq_ip(&seen, &flow->local) &&
        (transport_is_reliable(flow->transport) || seen.port == a->phone->address.port))
        return nowhere;
    return seen;
}

/* Tell the registrar our contact as it is now; without memory the next refresh will. */
static void register_anew(struct account *a)
{
    struct arena arena;
    struct slice contact;

    arena_init(&arena, NULL, 0, CONTACT_MEMORY);
    contact = account_contact(a, &arena, &a->phone->address, a->transport, a->aor_uri.scheme == URI_SIPS);
    if (contact.len > 2 &&
        registration_move(&a->registration, slice_between(contact.ptr + 1, contact.ptr + contact.len - 1)) == 0)
        account_perform(a, registration_start(&a->registration));
    arena_fini(&arena);
}

static void take_outside(struct account *a, const struct address *seen)
{
    msec now = world_now(a->phone->world);

    if (address_eq(seen, &a->outside) || (a->moved_at != 0 && now < a->moved_at + MOVE_GAP))
        return;
    a->outside  = *seen;
    a->moved_at = now;
    register_anew(a);
}

/* ---- while it lasts ---- */

static void on_beat(struct timer *t, msec now);

/* RFC 5626 4.4: between 80 and 100 % of the interval. */
static void wait_for_beat(struct account *a)
{
    struct world *w        = a->phone->world;
    uint64_t      interval = (uint64_t)a->keep_alive * 1000;
    uint64_t      early    = random_u64(&w->random) % (interval / 5 + 1);

    if (a->keep_alive != 0)
        world_timer(w, &a->beat, on_beat, world_now(w) + interval - early);
}

/* This host has another address on the way there. */
static void change_address(struct account *a, const struct address *local)
{
    struct phone  *p    = a->phone;
    struct address here = *local;

    if (!p->config.any_address)
        return; /* nobody would listen there */
    stack_moved(p->stack, &a->path);
    here.port = p->address.port;
    if (address_eq_ip(&p->address, &a->path.local))
        p->address = here;
    a->path.local = here;
    a->outside    = nowhere;
    register_anew(a);
}

static void look_at_path(struct account *a)
{
    enum registration_state state   = a->registration.state;
    bool                    was_cut = a->cut_off;
    struct address          local;

    a->cut_off = world_source(a->phone->world, &a->path.remote, &local) != 0;
    if (a->cut_off)
        return;
    if (!address_eq_ip(&local, &a->path.local))
        change_address(a, &local);
    else if (state == REGISTRATION_WAITING && was_cut)
        account_perform(a, registration_start(&a->registration));
    else if (state == REGISTRATION_REGISTERED && stack_keep_alive(a->phone->stack, &a->path) == -ERR_CLOSED)
        account_perform(a, registration_start(&a->registration));
}

static void on_beat(struct timer *t, msec now)
{
    struct account *a = CONTAINER_OF(t, struct account, beat);

    (void)now;
    switch (a->registration.state) {
    case REGISTRATION_TRYING:
    case REGISTRATION_REGISTERED:
    case REGISTRATION_WAITING:
        look_at_path(a);
        wait_for_beat(a);
        return;
    case REGISTRATION_IDLE:
    case REGISTRATION_REFUSED:
    case REGISTRATION_REMOVING:
    case REGISTRATION_REMOVED:
        return;
    }
}

void account_path_found(struct account *a, const struct message *response)
{
    struct address seen = outside_of(a, response);

    if (a->registration.state == REGISTRATION_REMOVED)
        return;
    a->path    = response->flow;
    a->cut_off = false;
    take_outside(a, &seen);
    wait_for_beat(a);
}
