/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/tls_shared.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct tls_shared {
    atomic_uint_fast64_t generation;
    pthread_mutex_t      lock; /* for what follows */
    struct tls_keys     *keys;
    struct tls_tickets   tickets;
};

struct tls_shared *tls_shared_new(struct tls_keys *keys)
{
    struct tls_shared *s = calloc(1, sizeof *s);

    if (s == NULL || !tls_tickets_init(&s->tickets, 0) || pthread_mutex_init(&s->lock, NULL) != 0) {
        tls_keys_drop(keys);
        free(s);
        return NULL;
    }
    s->keys = keys;
    atomic_init(&s->generation, 1);
    return s;
}

void tls_shared_free(struct tls_shared *s)
{
    if (s == NULL)
        return;
    tls_keys_drop(s->keys);
    tls_tickets_wipe(&s->tickets);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void tls_shared_set(struct tls_shared *s, struct tls_keys *keys)
{
    struct tls_keys *old;

    pthread_mutex_lock(&s->lock);
    old     = s->keys;
    s->keys = keys;
    atomic_fetch_add_explicit(&s->generation, 1, memory_order_release);
    pthread_mutex_unlock(&s->lock);
    tls_keys_drop(old);
}

uint64_t tls_shared_generation(const struct tls_shared *s)
{
    return atomic_load_explicit(&s->generation, memory_order_acquire);
}

struct tls_keys *tls_shared_keys(struct tls_shared *s)
{
    struct tls_keys *keys;

    pthread_mutex_lock(&s->lock);
    keys = tls_keys_hold(s->keys);
    pthread_mutex_unlock(&s->lock);
    return keys;
}

bool tls_shared_can_accept(struct tls_shared *s)
{
    bool can;

    pthread_mutex_lock(&s->lock);
    can = tls_keys_count(s->keys) > 0;
    pthread_mutex_unlock(&s->lock);
    return can;
}

/* Without random numbers the old keys serve on: sessions are worth more than their
 * being new. */
void tls_shared_tickets(struct tls_shared *s, msec now, struct tls_tickets *out)
{
    pthread_mutex_lock(&s->lock);
    (void)tls_tickets_turn(&s->tickets, now);
    *out = s->tickets;
    pthread_mutex_unlock(&s->lock);
}
