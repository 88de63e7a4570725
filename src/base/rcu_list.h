/* SPDX-License-Identifier: BSD-2-Clause */
/* rcu_list.h - what the bodies of rcu.h that free by themselves keep: the retired,
 * oldest first. */

#ifndef BASE_RCU_LIST_H
#define BASE_RCU_LIST_H

#include "base/rcu.h"

struct rcu_list {
    struct rcu_node *first, **end; /* by library[0] */
};

static inline void rcu_list_init(struct rcu_list *l)
{
    l->first = NULL;
    l->end   = &l->first;
}

static inline void rcu_list_add(struct rcu_list *l, struct rcu_node *node)
{
    node->library[0] = NULL;
    *l->end          = node;
    l->end           = (struct rcu_node **)(void *)&node->library[0];
}

static inline struct rcu_node *rcu_list_take(struct rcu_list *l)
{
    struct rcu_node *all = l->first;

    rcu_list_init(l);
    return all;
}

static inline void rcu_list_call(struct rcu_node *all)
{
    while (all != NULL) {
        struct rcu_node *node = all;

        all = node->library[0];
        node->fn(node);
    }
}

#endif
