/* SPDX-License-Identifier: BSD-2-Clause */
/* liburcu's memb flavour: a reader pays neither for an atomic instruction nor for a
 * barrier, and may sleep outside of a section for as long as it likes.  The library
 * is one for the process; what is retired is called by a thread of its own. */
#include "base/rcu.h"
#include "base/slice.h"

#include <assert.h>
#include <stdlib.h>
#include <urcu/urcu-memb.h>

static_assert(sizeof(struct rcu_head) == sizeof(((struct rcu_node *)NULL)->library), "room for the library's node");

static void join(struct rcu *r)
{
    (void)r;
    urcu_memb_register_thread();
}

static void quit(struct rcu *r)
{
    (void)r;
    urcu_memb_unregister_thread();
}

static void enter(struct rcu *r)
{
    (void)r;
    urcu_memb_read_lock();
}

static void leave(struct rcu *r)
{
    (void)r;
    urcu_memb_read_unlock();
}

static void call_node(struct rcu_head *head)
{
    struct rcu_node *node = (struct rcu_node *)(void *)head;

    node->fn(node);
}

static void retire(struct rcu *r, struct rcu_node *node)
{
    (void)r;
    urcu_memb_call_rcu((struct rcu_head *)(void *)node->library, call_node);
}

static void barrier(struct rcu *r)
{
    (void)r;
    urcu_memb_barrier();
}

static void free_urcu(struct rcu *r)
{
    barrier(r);
    free(r);
}

static const struct rcu_ops ops = { join, quit, enter, leave, retire, barrier, free_urcu };

struct rcu *rcu_urcu_new(void)
{
    struct rcu *r = malloc(sizeof *r);

    if (r != NULL)
        r->ops = &ops;
    return r;
}
