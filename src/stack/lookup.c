/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/lookup.h"

#include "stack/internal.h"

#include <stdlib.h>

struct lookup *lookup_new(struct stack *s, lookup_fn *fn, void *owner)
{
    struct lookup *l = calloc(1, sizeof *l);

    if (l == NULL)
        return NULL;
    l->stack = s;
    l->fn    = fn;
    l->owner = owner;
    for (unsigned i = 0; i < LOCATE_OPEN; i++)
        l->questions[i].lookup = l;
    return l;
}

static void stop_asking(struct lookup *l)
{
    for (unsigned i = 0; i < LOCATE_OPEN; i++) {
        if (l->questions[i].query != NULL)
            l->stack->world->ops->resolve_cancel(l->questions[i].query);
        l->questions[i].query = NULL;
    }
}

void lookup_free(struct lookup *l)
{
    if (l == NULL)
        return;
    stop_asking(l);
    free(l);
}

bool lookup_is_open(const struct lookup *l)
{
    for (unsigned i = 0; i < LOCATE_OPEN; i++)
        if (l->questions[i].query != NULL)
            return true;
    return false;
}

static enum locate_action follow(struct lookup *l, enum locate_action action);

static void on_records(void *owner, int error, const struct record *records, size_t count)
{
    struct lookup_question *q      = owner;
    struct lookup          *l      = q->lookup;
    unsigned                number = (unsigned)(q - l->questions);
    enum locate_action      action;

    q->query = NULL;
    action   = follow(l, locate_answer(&l->locate, number, error, records, count));
    if (action != LOCATE_ASK)
        l->fn(l->owner, action);
}

/* A question that cannot be asked is one without an answer. */
static enum locate_action follow(struct lookup *l, enum locate_action action)
{
    struct stack *s = l->stack;
    unsigned      number;

    while (action == LOCATE_ASK && locate_next(&l->locate, &number)) {
        struct locate_question  q    = locate_question(&l->locate, number);
        struct lookup_question *mine = &l->questions[number];
        int                     error;

        error = world_resolve(s->world, q.name, q.type, on_records, mine, &mine->query);
        if (error != 0) {
            mine->query = NULL;
            action      = locate_answer(&l->locate, number, error, NULL, 0);
        }
    }
    if (action == LOCATE_DONE)
        rested_order(s->rested, l->locate.targets.list, l->locate.targets.count, world_now(s->world));
    return action;
}

enum locate_action lookup_start(struct lookup *l, const struct uri *uri)
{
    struct stack *s = l->stack;

    return follow(l, locate_start(&l->locate, uri, transport_set(s), transport_families(s), &s->world->random));
}

enum locate_action lookup_start_response(struct lookup *l, enum transport transport, struct slice host, uint16_t port)
{
    struct stack *s = l->stack;

    return follow(l,
                  locate_start_response(&l->locate, transport, host, port, transport_families(s), &s->world->random));
}

bool lookup_has_more(const struct lookup *l)
{
    return l->next < l->locate.targets.count;
}

bool lookup_target(struct lookup *l, struct target *target)
{
    if (!lookup_has_more(l))
        return false;
    *target = l->locate.targets.list[l->next++];
    return true;
}
