/* SPDX-License-Identifier: BSD-2-Clause */
/* rcu.h - read without waiting what other threads change (read-copy-update).
 *
 *     reader                              writer, under its own lock
 *     rcu_enter(rcu)                      make a new object
 *     p = RCU_READ(&place)                RCU_PUBLISH(&place, new)
 *     ... *p stays as it is ...           rcu_retire(rcu, &old->retired, free_it)
 *     rcu_leave(rcu)                      ... called when nobody can see it any more
 *
 * Three bodies: liburcu's memb flavour in programs; a lock for readers and writers
 * under ThreadSanitizer, which cannot see into liburcu; and one for a single thread
 * (scenarios, phones), which frees when the last section is left.  A pointer that was
 * read is good until rcu_leave, not a step longer.
 *
 * Sections may be nested.  Nothing blocks within one: what waits for a lock there
 * must hold it for a few instructions only. */

#ifndef BASE_RCU_H
#define BASE_RCU_H

#include <stddef.h>

/* A member of what is retired.  It is not touched before rcu_retire, so it may share
 * its place with what only the writer uses. */
struct rcu_node {
    void *library[2]; /* private */
    void (*fn)(struct rcu_node *node);
};

struct rcu;

struct rcu_ops {
    void (*join)(struct rcu *r);
    void (*quit)(struct rcu *r);
    void (*enter)(struct rcu *r);
    void (*leave)(struct rcu *r);
    void (*retire)(struct rcu *r, struct rcu_node *node);
    void (*barrier)(struct rcu *r);
    void (*free)(struct rcu *r);
};

struct rcu {
    const struct rcu_ops *ops;
};

/* NULL without memory. */
struct rcu *rcu_single_new(void);
struct rcu *rcu_rwlock_new(void);
struct rcu *rcu_urcu_new(void);

/* The body for a program with threads. */
static inline struct rcu *rcu_threads_new(void)
{
#ifdef __SANITIZE_THREAD__
    return rcu_rwlock_new();
#else
    return rcu_urcu_new();
#endif
}

/* Calls what has been retired, as rcu_barrier, when all threads have quit. */
static inline void rcu_free(struct rcu *r)
{
    if (r != NULL)
        r->ops->free(r);
}

/* Each thread that enters sections or retires something joins first and quits last. */
static inline void rcu_join(struct rcu *r)
{
    r->ops->join(r);
}

static inline void rcu_quit(struct rcu *r)
{
    r->ops->quit(r);
}

static inline void rcu_enter(struct rcu *r)
{
    r->ops->enter(r);
}

static inline void rcu_leave(struct rcu *r)
{
    r->ops->leave(r);
}

/* Call fn(node) when every section that is open now has been left: soon, from some
 * thread, outside of any section and lock; it only frees.  Cannot fail. */
static inline void rcu_retire(struct rcu *r, struct rcu_node *node, void (*fn)(struct rcu_node *node))
{
    node->fn = fn;
    r->ops->retire(r, node);
}

/* Wait until all that has been retired so far has been called.  Outside of any
 * section and lock. */
static inline void rcu_barrier(struct rcu *r)
{
    r->ops->barrier(r);
}

/* `place` points to an _Atomic pointer. */
#define RCU_PUBLISH(place, value) atomic_store_explicit((place), (value), memory_order_release)
#define RCU_READ(place)           atomic_load_explicit((place), memory_order_acquire)

#endif
