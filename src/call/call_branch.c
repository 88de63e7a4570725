/* SPDX-License-Identifier: BSD-2-Clause */
/* The early dialogs of a call of ours, one by one: who rings, and which of them shall not (RFC 3261 15). */
#include "base/error.h"
#include "call/call.h"
#include "call/state.h"

_Static_assert((int)CALL_BRANCHES == (int)LIMIT_BRANCHES, "a list holds all that there can be");

static bool rings(const struct call *c)
{
    return c != NULL && !c->told_ended && c->outgoing && c->up == NULL && c->session.state != SESSION_CANCELLING;
}

unsigned call_branches(const struct phone *p, object_id id, struct call_branch list[CALL_BRANCHES])
{
    const struct call *c     = phone_find_call(p, id);
    unsigned           count = 0;

    for (unsigned i = 0; rings(c) && i < c->fork_count; i++) {
        const struct fork *f = &c->forks[i];

        if (f->dialog->state != DIALOG_TERMINATED)
            list[count++] = (struct call_branch){ f->number, f->status, f->dialog->target, f == c->early };
    }
    return count;
}

/* Who has described himself, of those that are left: the one that was heard of last. */
static struct fork *next_heard(struct call *c)
{
    for (unsigned i = c->fork_count; i-- > 0;) {
        struct fork *f = &c->forks[i];

        if (f->dialog->state != DIALOG_TERMINATED && f->negotiation != NULL &&
            negotiation_state(f->negotiation) == NEGOTIATION_STABLE)
            return f;
    }
    return NULL;
}

/* The one that was heard is gone. */
static void hear_another(struct call *c)
{
    c->early = next_heard(c);
    if (c->early != NULL && call_sound_start(c, c->early->negotiation) != 0)
        c->early = NULL;
    if (c->early == NULL)
        call_sound_pause(c);
}

int call_hang_up_branch(struct phone *p, object_id id, unsigned number)
{
    struct call *c = phone_find_call(p, id);
    struct fork *f = NULL;

    if (c == NULL || c->told_ended)
        return -ERR_NOT_FOUND;
    if (!rings(c))
        return -ERR_UNSUPPORTED;
    for (unsigned i = 0; i < c->fork_count; i++)
        if (c->forks[i].number == number && c->forks[i].dialog->state != DIALOG_TERMINATED)
            f = &c->forks[i];
    if (f == NULL)
        return -ERR_NOT_FOUND;
    f->dropped = true;
    call_start_bye(c, f);
    if (c->early == f)
        hear_another(c);
    call_perform(c, 0, &(struct occasion){ 0 }); /* for its timer */
    return 0;
}

/* Whoever has forked the call has called off the others by now (16.7): nobody is left to wait for. */
void call_end_dropped(struct call *c)
{
    unsigned actions = session_hang_up(&c->session, world_now(c->phone->world)) & ~(unsigned)SESSION_SEND_CANCEL;

    call_blame(c, CALL_CANCELLED, SIDE_LOCAL, 0, SLICE("answered by who was hung up"));
    call_perform(c, actions, &(struct occasion){ 0 });
}
