/* SPDX-License-Identifier: BSD-2-Clause */
/* For ThreadSanitizer: a section is a lock for reading.  Whoever leaves one and finds
 * that nobody reads any more calls what has been retired. */
#include "base/rcu.h"
#include "base/rcu_list.h"
#include "base/slice.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct rwlock {
    struct rcu       rcu;
    pthread_rwlock_t sections; /* glibc's prefers readers, so a reader may enter again */
    pthread_mutex_t  lock;     /* of `retired` */
    struct rcu_list  retired;
    _Atomic(bool)    waiting; /* is anything retired? */
};

static struct rwlock *rwlock(struct rcu *r)
{
    return CONTAINER_OF(r, struct rwlock, rcu);
}

static void nothing(struct rcu *r)
{
    (void)r;
}

static void enter(struct rcu *r)
{
    pthread_rwlock_rdlock(&rwlock(r)->sections);
}

/* With `sections` held for writing, which is given back. */
static void call_retired(struct rwlock *l)
{
    struct rcu_node *all;

    pthread_mutex_lock(&l->lock);
    all = rcu_list_take(&l->retired);
    atomic_store(&l->waiting, false);
    pthread_mutex_unlock(&l->lock);
    pthread_rwlock_unlock(&l->sections);
    rcu_list_call(all);
}

static void leave(struct rcu *r)
{
    struct rwlock *l = rwlock(r);

    pthread_rwlock_unlock(&l->sections);
    if (atomic_load(&l->waiting) && pthread_rwlock_trywrlock(&l->sections) == 0)
        call_retired(l);
}

static void retire(struct rcu *r, struct rcu_node *node)
{
    struct rwlock *l = rwlock(r);

    pthread_mutex_lock(&l->lock);
    rcu_list_add(&l->retired, node);
    atomic_store(&l->waiting, true);
    pthread_mutex_unlock(&l->lock);
}

static void barrier(struct rcu *r)
{
    struct rwlock *l = rwlock(r);

    pthread_rwlock_wrlock(&l->sections);
    call_retired(l);
}

static void free_rwlock(struct rcu *r)
{
    struct rwlock *l = rwlock(r);

    barrier(r);
    pthread_rwlock_destroy(&l->sections);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

static const struct rcu_ops ops = { nothing, nothing, enter, leave, retire, barrier, free_rwlock };

struct rcu *rcu_rwlock_new(void)
{
    struct rwlock *l = calloc(1, sizeof *l);

    if (l == NULL)
        return NULL;
    if (pthread_rwlock_init(&l->sections, NULL) != 0 || pthread_mutex_init(&l->lock, NULL) != 0) {
        free(l);
        return NULL;
    }
    l->rcu.ops = &ops;
    rcu_list_init(&l->retired);
    return &l->rcu;
}
