/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/listening.h"

#include "base/error.h"
#include "server/internal.h"
#include "stack/rehearsal.h"

#include <stdio.h>

_Static_assert(LISTENING_PLACES <= 32, "a plan has bits for them");

/* ---- one listener of one worker ---- */

static uint64_t bit_of(const struct server *s)
{
    return UINT64_C(1) << s->worker;
}

/* What comes for one worker is taken in by the sockets of all, so they close when none of them needs its own. */
static bool on_closing(void *server, unsigned index, bool needed)
{
    struct server          *s = server;
    struct listening_place *p = &s->shared->listening.places[index];

    if (needed) {
        atomic_fetch_or(&p->needed_by, bit_of(s));
        return false;
    }
    if ((atomic_fetch_and(&p->needed_by, ~bit_of(s)) & ~bit_of(s)) != 0 &&
        stack_listener_transport(s->stack, index) == TRANSPORT_UDP)
        return false;
    atomic_fetch_and_explicit(&p->holders, ~bit_of(s), memory_order_release);
    return true;
}

static int open_at(struct server *s, unsigned place, const struct config_listen *l)
{
    int error = stack_listen_at(s->stack, place, l->transport, &l->address, l->advertise);

    if (error != 0)
        return error;
    stack_on_closing(s->stack, on_closing, s);
    stack_listener_clients(s->stack, place, l->clients);
    atomic_fetch_or_explicit(&s->shared->listening.places[place].holders, bit_of(s), memory_order_relaxed);
    return 0;
}

/* It is one that the server says it listens on. */
static void list(struct server *s, unsigned place, const struct config_listen *l)
{
    s->advertised[s->listener_count]  = l->advertise;
    s->listeners[s->listener_count++] = (struct flow){
        .transport = l->transport,
        .local     = stack_listener_address(s->stack, place),
        .listener  = place,
    };
}

static int say_not_listening(const struct config_listen *l, int error, char *problem, size_t problem_size)
{
    char       text[ADDRESS_TEXT];
    struct buf b = BUF_ON(text);

    address_write(&b, &l->address);
    snprintf(problem, problem_size, "cannot listen on %.*s %s: %s%s", SLICE_ARG(transport_param(l->transport)),
             buf_cstr(&b), error_text(error),
             error == -ERR_IN_USE ? "; stop the other program or set listen in the configuration" : "");
    return error;
}

/* ---- the start ---- */

/* Its name is that of all, unless it has one. */
static struct config_listen listen_of(const struct config *c, size_t i)
{
    struct config_listen l = c->listens[i];

    if (l.advertise.len == 0)
        l.advertise = c->advertise;
    return l;
}

static int start_one(struct server *s, const struct config_listen *l)
{
    struct listening_place *p     = &s->shared->listening.places[s->listener_count];
    unsigned                place = s->listener_count;
    int                     error = place < LISTENING_PLACES ? open_at(s, place, l) : -ERR_LIMIT;

    if (error != 0)
        return error;
    p->state     = PLACE_OPEN;
    p->transport = l->transport;
    p->requested = l->address;
    list(s, place, l);
    return 0;
}

int listening_start(struct server *s, char *problem, size_t problem_size)
{
    for (size_t i = 0; i < s->config->listen_count; i++) {
        struct config_listen l       = listen_of(s->config, i);
        int                  error   = start_one(s, &l);
        bool                 missing = error == -ERR_NO_ADDRESS || error == -ERR_UNSUPPORTED; /* a family, TLS */

        if (error != 0 && !(missing && s->config->listen_is_default))
            return say_not_listening(&l, error, problem, problem_size);
    }
    if (s->listener_count > 0)
        return 0;
    snprintf(problem, problem_size, "none of the addresses to listen on exists on this host");
    return -ERR_NO_ADDRESS;
}

/* What the configuration says of clients is what the first one's listener demands. */
int listening_join(struct server *s, const struct server *first, char *problem, size_t problem_size)
{
    for (unsigned i = 0; i < first->listener_count; i++) {
        const struct flow   *f     = &first->listeners[i];
        struct config_listen l     = { f->transport, f->local, first->advertised[i],
                                       stack_listener_demands(first->stack, f->listener) };
        int                  error = open_at(s, f->listener, &l);

        if (error != 0)
            return say_not_listening(&l, error, problem, problem_size);
        list(s, f->listener, &l);
    }
    return 0;
}

int listening_assume(struct server *s, char *problem, size_t problem_size)
{
    for (size_t i = 0; i < s->config->listen_count; i++) {
        struct config_listen l     = listen_of(s->config, i);
        unsigned             place = LISTENING_PLACES;
        int                  error =
            i < LISTENING_PLACES ? stack_assume(s->stack, l.transport, &l.address, l.advertise, &place) : -ERR_LIMIT;

        if (error != 0)
            return say_not_listening(&l, error, problem, problem_size);
        list(s, place, &l);
    }
    return 0;
}

/* ---- the plan ---- */

static bool is_free(const struct listening_place *p)
{
    return p->state == PLACE_FREE ||
           (p->state == PLACE_CLOSING && atomic_load_explicit(&p->holders, memory_order_acquire) == 0);
}

/* Where it is already, open or closing; else a free one; LISTENING_PLACES if there is none. */
static unsigned find_place(const struct listening *l, const struct config_listen *wanted)
{
    unsigned free_one = LISTENING_PLACES;

    for (unsigned i = 0; i < LISTENING_PLACES; i++) {
        const struct listening_place *p = &l->places[i];

        if (p->state != PLACE_FREE && p->transport == wanted->transport && address_eq(&p->requested, &wanted->address))
            return i;
        if (free_one == LISTENING_PLACES && p->state == PLACE_FREE)
            free_one = i;
    }
    return free_one;
}

static bool is_planned(const struct listening_plan *plan, unsigned place)
{
    for (unsigned i = 0; i < plan->count; i++)
        if (plan->list[i].place == place)
            return true;
    return false;
}

static void plan_one(struct listening *l, struct listening_plan *plan, const struct config_listen *wanted,
                     unsigned place)
{
    struct listening_place *p = &l->places[place];

    plan->list[plan->count++] = (struct planned_listener){ *wanted, place, p->state != PLACE_OPEN };
    plan->closing &= ~(UINT32_C(1) << place);
    if (p->state == PLACE_OPEN)
        return;
    p->was_closing = p->state == PLACE_CLOSING;
    p->state       = PLACE_OPENING;
    p->transport   = wanted->transport;
    p->requested   = wanted->address;
}

int listening_plan(struct listening *l, const struct config *c, struct listening_plan *plan, char *problem,
                   size_t problem_size)
{
    *plan = (struct listening_plan){ .count = 0 };
    for (unsigned i = 0; i < LISTENING_PLACES; i++)
        if (l->places[i].state == PLACE_OPEN)
            plan->closing |= UINT32_C(1) << i;
    for (size_t i = 0; i < c->listen_count; i++) {
        const struct config_listen wanted = listen_of(c, i);
        unsigned                   place  = find_place(l, &wanted);

        if (place == LISTENING_PLACES || is_planned(plan, place)) {
            bool full = place == LISTENING_PLACES;

            listening_give_up(l, plan);
            snprintf(problem, problem_size,
                     full ? "more than %d addresses to listen on, with those that are still closing"
                          : "an address to listen on is named twice",
                     LISTENING_PLACES);
            return full ? -ERR_LIMIT : -ERR_IN_USE;
        }
        plan_one(l, plan, &wanted, place);
    }
    return 0;
}

static void give_back(struct listening_place *p)
{
    p->state = p->was_closing ? PLACE_CLOSING : PLACE_FREE;
}

void listening_leave_out(struct listening *l, struct listening_plan *plan, unsigned index)
{
    if (plan->list[index].is_new)
        give_back(&l->places[plan->list[index].place]);
    plan->count--;
    memmove(&plan->list[index], &plan->list[index + 1], (plan->count - index) * sizeof plan->list[0]);
}

void listening_begin(struct listening *l, const struct listening_plan *plan)
{
    for (unsigned i = 0; i < plan->count; i++)
        l->places[plan->list[i].place].state = PLACE_OPEN;
    for (unsigned i = 0; i < LISTENING_PLACES; i++)
        if ((plan->closing >> i & 1) != 0) {
            l->places[i].state = PLACE_CLOSING;
            atomic_store(&l->places[i].needed_by, atomic_load(&l->places[i].holders)); /* until they have looked */
        }
}

/* Some workers may have opened it: it is closing until none has it. */
void listening_give_up(struct listening *l, const struct listening_plan *plan)
{
    for (unsigned i = 0; i < plan->count; i++)
        if (plan->list[i].is_new)
            l->places[plan->list[i].place].state = PLACE_CLOSING;
}

bool listening_closed(struct listening *l, enum transport *transport, struct address *address)
{
    for (unsigned i = 0; i < LISTENING_PLACES; i++) {
        struct listening_place *p = &l->places[i];

        if (p->state != PLACE_CLOSING || !is_free(p))
            continue;
        p->state   = PLACE_FREE;
        *transport = p->transport;
        *address   = p->requested;
        return true;
    }
    return false;
}

bool listening_uses(const struct listening *l, enum transport transport, const struct address *address)
{
    for (unsigned i = 0; i < LISTENING_PLACES; i++) {
        const struct listening_place *p = &l->places[i];

        if (p->state != PLACE_FREE && (p->transport == TRANSPORT_UDP) == (transport == TRANSPORT_UDP) &&
            address_eq(&p->requested, address))
            return true;
    }
    return false;
}

/* ---- the plan in a worker ---- */

int listening_open(struct server *s, const struct listening_plan *plan, char *problem, size_t problem_size)
{
    for (unsigned i = 0; i < plan->count; i++) {
        const struct planned_listener *p     = &plan->list[i];
        int                            error = p->is_new ? open_at(s, p->place, &p->listen) : 0;

        if (error == 0)
            continue;
        say_not_listening(&p->listen, error, problem, problem_size);
        listening_drop(s, plan);
        return error;
    }
    return 0;
}

void listening_take(struct server *s, const struct listening_plan *plan)
{
    s->listener_count = 0;
    for (unsigned i = 0; i < plan->count; i++) {
        const struct planned_listener *p = &plan->list[i];

        stack_listener_advertise(s->stack, p->place, p->listen.advertise);
        stack_listener_clients(s->stack, p->place, p->listen.clients);
        list(s, p->place, &p->listen);
    }
    for (unsigned i = 0; i < LISTENING_PLACES; i++)
        if ((plan->closing >> i & 1) != 0)
            stack_unlisten(s->stack, i);
}

void listening_drop(struct server *s, const struct listening_plan *plan)
{
    for (unsigned i = 0; i < plan->count; i++)
        if (plan->list[i].is_new)
            stack_unlisten(s->stack, plan->list[i].place);
}
