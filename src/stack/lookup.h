/* SPDX-License-Identifier: BSD-2-Clause */
/* lookup.h - the machine of locate/ joined to the world's names: it asks what the machine
 * wants asked, and keeps the targets that are found until they have been tried.
 *
 *     l = lookup_new(stack, on_found, owner);
 *     switch (lookup_start(l, &uri)) {
 *     case LOCATE_ASK:    on_found will be called
 *     case LOCATE_DONE:   while (lookup_target(l, &target)) ...
 *     case LOCATE_FAILED: l->locate.error
 *     }
 *
 * Targets that rest (stack/rested.h) come last. */

#ifndef STACK_LOOKUP_H
#define STACK_LOOKUP_H

#include "locate/locate.h"
#include "net/world.h"

struct stack;
struct lookup;

/* Never LOCATE_ASK.  May free the lookup. */
typedef void lookup_fn(void *owner, enum locate_action action);

struct lookup_question {
    struct lookup *lookup;
    struct query  *query; /* NULL: not being asked */
};

struct lookup {
    struct stack          *stack;
    lookup_fn             *fn;
    void                  *owner;
    struct locate          locate;
    unsigned               next; /* target to be tried next */
    struct lookup_question questions[LOCATE_OPEN];
};

/* NULL without memory. */
struct lookup *lookup_new(struct stack *s, lookup_fn *fn, void *owner);
/* Cancels what is being asked; NULL is fine. */
void lookup_free(struct lookup *l);

/* Once, one of the two; see locate_start and locate_start_response. */
enum locate_action lookup_start(struct lookup *l, const struct uri *uri);
enum locate_action lookup_start_response(struct lookup *l, enum transport transport, struct slice host, uint16_t port);

/* Are answers awaited? */
bool lookup_is_open(const struct lookup *l);

/* The next target, and whether there is one more behind it. */
bool lookup_target(struct lookup *l, struct target *target);
bool lookup_has_more(const struct lookup *l);

#endif
