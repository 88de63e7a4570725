/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/oversize_peers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct place {
    struct address       remote;
    msec                 until;
    struct oversize_peer known;
};

struct oversize_peers {
    struct hash_key key;
    pthread_mutex_t mutex;
    atomic_bool     used; /* read without the mutex: mostly nothing was ever learnt */
    struct place    places[OVERSIZE_PEERS];
};

struct oversize_peers *oversize_peers_new(const struct hash_key *key)
{
    struct oversize_peers *p = calloc(1, sizeof *p);

    if (p == NULL)
        return NULL;
    p->key = *key;
    pthread_mutex_init(&p->mutex, NULL); /* glibc's default kind cannot fail */
    return p;
}

void oversize_peers_free(struct oversize_peers *p)
{
    if (p == NULL)
        return;
    pthread_mutex_destroy(&p->mutex);
    free(p);
}

static struct place *place_of(struct oversize_peers *p, const struct address *remote)
{
    struct slice ip = { (const char *)remote->ip, sizeof remote->ip };

    return &p->places[(siphash13(&p->key, ip) ^ remote->port) % OVERSIZE_PEERS];
}

static bool is_about(const struct place *place, const struct address *remote, msec now)
{
    return now < place->until && address_eq(&place->remote, remote);
}

struct oversize_peer oversize_peers_find(struct oversize_peers *p, const struct address *remote, msec now)
{
    struct oversize_peer known = { 0 };
    const struct place  *place;

    if (!atomic_load_explicit(&p->used, memory_order_relaxed))
        return known;
    place = place_of(p, remote);
    pthread_mutex_lock(&p->mutex);
    if (is_about(place, remote, now))
        known = place->known;
    pthread_mutex_unlock(&p->mutex);
    return known;
}

/* Its place, with the mutex held. */
static struct place *learn(struct oversize_peers *p, const struct address *remote, msec now)
{
    struct place *place = place_of(p, remote);

    if (!is_about(place, remote, now))
        *place = (struct place){ .remote = *remote };
    place->until = now + OVERSIZE_REMEMBERED;
    atomic_store_explicit(&p->used, true, memory_order_relaxed);
    return place;
}

void oversize_peers_no_stream(struct oversize_peers *p, const struct address *remote, msec now)
{
    pthread_mutex_lock(&p->mutex);
    learn(p, remote, now)->known.no_stream = true;
    pthread_mutex_unlock(&p->mutex);
}

void oversize_peers_limit(struct oversize_peers *p, const struct address *remote, size_t limit, msec now)
{
    pthread_mutex_lock(&p->mutex);
    learn(p, remote, now)->known.limit = limit;
    pthread_mutex_unlock(&p->mutex);
}
