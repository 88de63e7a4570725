/* SPDX-License-Identifier: BSD-2-Clause */
/* For one thread: what is retired goes when the outermost section is left, or at
 * once outside of any, so that a sanitizer sees who holds on to it for longer. */
#include "base/rcu.h"
#include "base/rcu_list.h"
#include "base/slice.h"

#include <assert.h>
#include <stdlib.h>

struct single {
    struct rcu      rcu;
    unsigned        depth;
    struct rcu_list retired;
};

static struct single *single(struct rcu *r)
{
    return CONTAINER_OF(r, struct single, rcu);
}

static void nothing(struct rcu *r)
{
    (void)r;
}

static void enter(struct rcu *r)
{
    single(r)->depth++;
}

static void leave(struct rcu *r)
{
    struct single *s = single(r);

    assert(s->depth > 0);
    if (--s->depth == 0 && s->retired.first != NULL)
        rcu_list_call(rcu_list_take(&s->retired));
}

static void retire(struct rcu *r, struct rcu_node *node)
{
    struct single *s = single(r);

    if (s->depth == 0)
        node->fn(node);
    else
        rcu_list_add(&s->retired, node);
}

static void barrier(struct rcu *r)
{
    assert(single(r)->depth == 0);
}

static void free_single(struct rcu *r)
{
    barrier(r);
    free(single(r));
}

static const struct rcu_ops ops = { nothing, nothing, enter, leave, retire, barrier, free_single };

struct rcu *rcu_single_new(void)
{
    struct single *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    s->rcu.ops = &ops;
    rcu_list_init(&s->retired);
    return &s->rcu;
}
