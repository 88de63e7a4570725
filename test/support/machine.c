/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/machine.h"
#include "support/test.h"

#include <stdio.h>

/* The events and states of each machine are an enum of its own: 0, 1, 2, ... */
#define MACHINE(kind, event_type, resend, event_count, timer_event, end_state, first)                                  \
    static unsigned kind##_start_any(union any_machine *m, bool reliable, const struct txn_timers *timers, msec now)   \
    {                                                                                                                  \
        return kind##_start(&m->kind, reliable, timers, now);                                                          \
    }                                                                                                                  \
    static unsigned kind##_step_any(union any_machine *m, int event, msec now)                                         \
    {                                                                                                                  \
        return kind##_step(&m->kind, (enum event_type)event, now);                                                     \
    }                                                                                                                  \
    static msec kind##_deadline_any(const union any_machine *m)                                                        \
    {                                                                                                                  \
        return kind##_deadline(&m->kind);                                                                              \
    }                                                                                                                  \
    static struct machine_view kind##_view(const union any_machine *m)                                                 \
    {                                                                                                                  \
        return (struct machine_view){ (int)m->kind.state, m->kind.resend, m->kind.end_at };                            \
    }                                                                                                                  \
    const struct machine machine_##kind = { #kind,       kind##_start_any, kind##_step_any, kind##_deadline_any,       \
                                            kind##_view, event_count,      timer_event,     end_state,                 \
                                            first }

MACHINE(ict, ict_event, resend_at, ICT_TRANSPORT_ERROR + 1, ICT_TIMER, ICT_TERMINATED, ICT_SEND_INVITE);
MACHINE(ist, ist_event, resend_at, IST_TRANSPORT_ERROR + 1, IST_TIMER, IST_TERMINATED, 0);
MACHINE(nict, nict_event, resend_at, NICT_TRANSPORT_ERROR + 1, NICT_TIMER, NICT_TERMINATED, NICT_SEND_REQUEST);
MACHINE(nist, nist_event, trying_at, NIST_TRANSPORT_ERROR + 1, NIST_TIMER, NIST_TERMINATED, 0);

static const struct txn_timers usual = { 500, 4000, 5000 };

/* Not at 0, so that a time taken for a span is seen. */
enum { START = 1000, SOON = 70 };

/* ---- the table ---- */

static msec reach(const struct machine *m, const struct situation *s, bool reliable, union any_machine *t)
{
    msec now = START;

    CHECK_INT(m->start_actions, m->start(t, reliable, &usual, START));
    for (size_t i = 0; i < s->steps; i++) {
        now = START + s->path[i].at;
        m->step(t, s->path[i].event, now);
    }
    CHECK_INT(s->state, m->view(t).state);
    return now;
}

/* When this event comes; NEVER: it cannot. */
static msec time_of(const struct machine *m, const union any_machine *t, int event, msec now)
{
    msec deadline = m->deadline(t);

    switch (event) {
    case TIMER_EARLY:
        return deadline == NEVER ? now + 1000000 : deadline - 1;
    case TIMER_RESEND:
        return m->view(t).resend_at;
    case TIMER_END:
        return m->view(t).end_at;
    default:
        return now + SOON;
    }
}

static msec timer_after(msec wanted, msec before, msec now)
{
    if (wanted == KEPT)
        return before;
    return wanted == NEVER ? NEVER : now + wanted;
}

static void play(const struct machine *m, const struct situation *s, const struct cell *c, bool reliable)
{
    union any_machine   t;
    struct machine_view before, after;
    msec                now   = time_of(m, &t, c->event, reach(m, s, reliable, &t));
    int                 event = c->event >= TIMER_EARLY ? m->timer : c->event;
    unsigned            actions;

    before  = m->view(&t);
    actions = m->step(&t, event, now);
    after   = m->view(&t);
    if (actions != c->actions || after.state != c->next ||
        after.resend_at != timer_after(c->resend, before.resend_at, now) ||
        after.end_at != timer_after(c->end, before.end_at, now))
        fail_msg("%s, %s, event %d, %s: actions %#x, next state %d, timers %lld and %lld from then", m->name, s->name,
                 c->event, reliable ? "reliable" : "unreliable", actions, after.state,
                 (long long)(after.resend_at - now), (long long)(after.end_at - now));
}

/* The cell of this event; that there is one, and only one, if it can happen. */
static const struct cell *find(const struct machine *m, const struct situation *situations, size_t n, int event,
                               bool reliable, const struct cell *cells, size_t count)
{
    union any_machine  t;
    const struct cell *found = NULL;
    unsigned           bit   = reliable ? TCP : UDP;
    msec               now   = time_of(m, &t, event, reach(m, &situations[n], reliable, &t));

    for (size_t i = 0; i < count; i++) {
        if (cells[i].situation != n || cells[i].event != event || (cells[i].transports & bit) == 0)
            continue;
        if (found != NULL)
            fail_msg("%s, %s: event %d has two cells", m->name, situations[n].name, event);
        found = &cells[i];
    }
    if ((found == NULL) != (now == NEVER))
        fail_msg("%s, %s, event %d, %s: %s", m->name, situations[n].name, event, reliable ? "reliable" : "unreliable",
                 found == NULL ? "no cell" : "this timer does not run");
    return found;
}

void machine_check_table(const struct machine *m, const struct situation *situations, size_t situation_count,
                         const struct cell *cells, size_t cell_count)
{
    for (size_t n = 0; n < situation_count; n++)
        for (int event = 0; event <= TIMER_END; event++)
            for (int reliable = 0; reliable < 2; reliable++) {
                const struct cell *c;

                if (event == m->timer || (event >= m->events && event < TIMER_EARLY) ||
                    (situations[n].transports & (reliable ? TCP : UDP)) == 0)
                    continue;
                c = find(m, situations, n, event, reliable, cells, cell_count);
                if (c != NULL)
                    play(m, &situations[n], c, reliable);
            }
}

/* ---- the walk ---- */

/* More timers than any transaction has. */
enum { TIMERS_MAX = 40 };

struct walk {
    const struct machine *m;
    int                   patient;
    bool                  reliable;
    machine_check_fn     *check;
    size_t                steps;
};

static void take(struct walk *w, union any_machine *t, int event, msec now, unsigned *sum)
{
    struct machine_step step = { event, w->reliable, 0, w->m->view(t).state, 0 };
    msec                deadline;

    step.actions = w->m->step(t, event, now);
    step.after   = w->m->view(t).state;
    deadline     = w->m->deadline(t);
    w->steps++;
    if (step.before == w->m->terminated) {
        CHECK_INT(0, step.actions);
        CHECK_INT(w->m->terminated, step.after);
    }
    if (step.after == w->m->terminated)
        CHECK(deadline == NEVER);
    else if (step.after != w->patient)
        CHECK(deadline != NEVER && deadline > START);
    if (event == w->m->timer)
        CHECK(deadline > now);
    w->check(&step, sum);
}

static void run_out(struct walk *w, union any_machine t, unsigned sum)
{
    for (int i = 0; i < TIMERS_MAX && w->m->deadline(&t) != NEVER; i++)
        take(w, &t, w->m->timer, w->m->deadline(&t), &sum);
    CHECK(w->m->deadline(&t) == NEVER);
}

static void go(struct walk *w, const union any_machine *from, msec now, unsigned sum, unsigned depth)
{
    run_out(w, *from, sum);
    for (int event = 0; depth > 0 && event < w->m->events; event++) {
        union any_machine t        = *from;
        unsigned          sum_here = sum;
        msec              deadline = w->m->deadline(&t);
        msec              at       = event != w->m->timer || deadline == NEVER ? now + SOON : deadline;

        /* A message comes late at times, but no later than the timer that is due. */
        if (event != w->m->timer && at > deadline)
            at = deadline;
        take(w, &t, event, at, &sum_here);
        go(w, &t, at, sum_here, depth - 1);
    }
}

size_t machine_walk(const struct machine *m, unsigned depth, int patient, machine_check_fn *check)
{
    struct walk w = { .m = m, .patient = patient, .check = check };

    for (int reliable = 0; reliable < 2; reliable++) {
        union any_machine t;

        w.reliable = reliable;
        CHECK_INT(m->start_actions, m->start(&t, reliable, &usual, START));
        go(&w, &t, START, 0, depth);
    }
    return w.steps;
}
