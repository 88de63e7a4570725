/* SPDX-License-Identifier: BSD-2-Clause */
#include "process/heartbeat.h"

#include <sys/mman.h>
#include <unistd.h>

struct hearts *hearts_new(void)
{
    void *memory = mmap(NULL, sizeof(struct hearts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return memory != MAP_FAILED ? memory : NULL;
}

void hearts_free(struct hearts *h)
{
    if (h != NULL)
        munmap(h, sizeof *h);
}

void hearts_clear(struct hearts *h)
{
    for (unsigned i = 0; i < HEARTS; i++) {
        atomic_store(&h->of[i].beats, 0);
        atomic_store(&h->of[i].thread, 0);
    }
}

/* --- in the worker --- */

static void beat(struct timer *t, msec now)
{
    struct heartbeat *b    = CONTAINER_OF(t, struct heartbeat, timer);
    uint32_t          next = atomic_load_explicit(&b->heart->beats, memory_order_relaxed) + 1;

    atomic_store_explicit(&b->heart->beats, next != 0 ? next : 1, memory_order_relaxed);
    world_timer(b->world, t, beat, now + b->interval);
}

void heartbeat_start(struct heartbeat *b, struct world *w, struct heart *heart, msec patience)
{
    *b = (struct heartbeat){ .world = w, .heart = heart, .interval = patience / 4 > 0 ? patience / 4 : 1 };
    atomic_store(&heart->thread, (int32_t)gettid());
    beat(&b->timer, world_now(w));
}

void heartbeat_stop(struct heartbeat *b)
{
    if (b->world == NULL)
        return;
    world_timer_stop(b->world, &b->timer);
    atomic_store(&b->heart->beats, 0);
    b->world = NULL;
}

/* --- in the parent --- */

static void forgive(struct heart_watch *w, msec now)
{
    for (unsigned i = 0; i < HEARTS; i++)
        w->changed_at[i] = now;
    w->looked_at = now;
}

void heart_watch_start(struct heart_watch *w, const struct hearts *h, msec now)
{
    *w = (struct heart_watch){ .hearts = h };
    forgive(w, now);
}

int heart_watch_overdue(struct heart_watch *w, msec patience, msec now)
{
    if (now - w->looked_at > patience / 2)
        forgive(w, now);
    w->looked_at = now;
    for (unsigned i = 0; i < HEARTS; i++) {
        uint32_t beats = atomic_load_explicit(&w->hearts->of[i].beats, memory_order_relaxed);

        if (beats != w->seen[i]) {
            w->seen[i]       = beats;
            w->changed_at[i] = now;
        } else if (beats != 0 && now - w->changed_at[i] > patience) {
            return (int)i;
        }
    }
    return -1;
}
