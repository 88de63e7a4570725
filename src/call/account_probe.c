/* SPDX-License-Identifier: BSD-2-Clause */
/* Is a flow over UDP still alive, and are we still where its other end sees us (RFC 5626 4.4.2)?  Asked by STUN at
 * each beat, and again and again as RFC 5389 7.2.1 says; who is silent for all of these 39.5 s, or sees us
 * elsewhere, keeps no flow of ours any more. */
#include "call/state.h"

enum {
    RTO    = 500, /* ms                                      */
    ASKED  = 7,   /* requests, each twice as late as the one before */
    LINGER = 16,  /* times RTO, for the answer to the last one      */
};

static void on_probe(struct timer *t, msec now);

static void ask(struct account_flow *f)
{
    struct world *w    = f->account->phone->world;
    msec          wait = f->probe.sent + 1 == ASKED ? (msec)LINGER * RTO : (msec)RTO << f->probe.sent;

    f->probe.sent++;
    (void)stack_ask_stun(f->account->phone->stack, &f->path, f->probe.transaction); /* what fails is as good as lost */
    world_timer(w, &f->probe.timer, on_probe, world_now(w) + wait);
}

static void on_probe(struct timer *t, msec now)
{
    struct account_flow *f = CONTAINER_OF(t, struct account_flow, probe.timer);

    (void)now;
    if (f->probe.sent < ASKED)
        ask(f);
    else
        account_flow_fail(f);
}

void account_probe(struct account_flow *f)
{
    if (timer_running(&f->probe.timer))
        return;
    random_fill(&f->account->phone->world->random, f->probe.transaction, sizeof f->probe.transaction);
    f->probe.sent = 0;
    ask(f);
}

void account_probe_stop(struct account_flow *f)
{
    world_timer_stop(f->account->phone->world, &f->probe.timer);
}

static void on_reply(struct account_flow *f, const struct flow *flow, struct slice bytes)
{
    struct address mapped;

    if (!timer_running(&f->probe.timer) || !address_eq(&flow->remote, &f->path.remote))
        return;
    switch (stun_read_reply(bytes, f->probe.transaction, &mapped)) {
    case STUN_STRANGE:
        return;
    case STUN_SEEN:
        account_probe_stop(f);
        account_path_seen(f, &mapped);
        return;
    case STUN_REFUSED:
        account_probe_stop(f);
        return;
    }
}

void account_on_stun(void *user, const struct flow *flow, struct slice bytes)
{
    struct phone *p = user;

    LIST_EACH (l, &p->accounts) {
        struct account *a = CONTAINER_OF(l, struct account, link);

        for (unsigned i = 0; i < a->flow_count; i++)
            on_reply(&a->flows[i], flow, bytes);
    }
}
