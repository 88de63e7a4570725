/* SPDX-License-Identifier: BSD-2-Clause */
/* Workers that change the bindings of the same AORs: their home hears of all changes of an
 * AOR in their order, or of how many it has not heard. */
#include "net/world_uv.h"
#include "server/binding_journal.h"

#include "support/test.h"

#include <pthread.h>
#include <stdio.h>

enum { THREADS = 3, AORS = 4, CHANGES = 20000 };

/* An AOR; the lock stands for that of its shard. */
struct aor_of {
    pthread_mutex_t lock;
    unsigned        versions; /* changes so far */
    unsigned        heard;    /* the last version that was told */
};

struct stress {
    struct binding_events *events;
    struct aor_of          aors[AORS];
    atomic_uint            ready, done, wrong, told;
    atomic_ullong          lost;
};

struct worker {
    struct stress *stress;
    struct world  *world;
    unsigned       number;
};

static bool on_event(void *arg, struct binding_notice *n)
{
    struct stress *s   = arg;
    struct aor_of *a   = &s->aors[n->aor.ptr[0] - '0'];
    bool           out = n->reg_id <= a->heard;

    s->wrong += out;
    s->told++;
    a->heard = n->reg_id; /* on one thread, the AOR's home */
    return false;
}

static void on_lost(void *arg, uint64_t count)
{
    ((struct stress *)arg)->lost += count;
}

static void change(struct worker *w, unsigned i)
{
    struct stress *s    = w->stress;
    unsigned       aor  = i % AORS;
    const char     name = (char)('0' + aor);
    struct binding b    = { .contact = SLICE("sip:x") };

    pthread_mutex_lock(&s->aors[aor].lock);
    b.reg_id = ++s->aors[aor].versions;
    binding_events_tell(s->events, w->world, aor % THREADS, (struct slice){ &name, 1 }, &b, BINDING_REGISTERED);
    pthread_mutex_unlock(&s->aors[aor].lock);
}

static void *work(void *arg)
{
    struct worker *w = arg;

    w->stress->ready++;
    while (w->stress->ready < THREADS)
        world_uv_turn(w->world, 0);
    for (unsigned i = 0; i < CHANGES; i++) {
        change(w, i + w->number);
        if (i % 64 == 0)
            world_uv_turn(w->world, 0);
    }
    w->stress->done++;
    while (w->stress->done < THREADS || w->stress->told + w->stress->lost < THREADS * CHANGES) {
        binding_events_poke(w->stress->events, w->number);
        world_uv_turn(w->world, 0);
    }
    return NULL;
}

TEST(all_is_told_in_order_or_counted_as_lost)
{
    static struct stress s;
    struct worker        workers[THREADS];
    pthread_t            threads[THREADS];

    s.events = binding_events_new(THREADS);
    for (unsigned i = 0; i < AORS; i++)
        pthread_mutex_init(&s.aors[i].lock, NULL);
    CHECK_INT(0, binding_events_subscribe(s.events, &(struct binding_subscriber){ on_event, on_lost, &s, 0x1f }));
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){ &s, world_uv_new(NULL), i };
        CHECK(workers[i].world != NULL);
        binding_events_join(s.events, i, workers[i].world);
    }
    for (unsigned i = 0; i < THREADS; i++)
        CHECK_INT(0, pthread_create(&threads[i], NULL, work, &workers[i]));
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(0, s.wrong);
    CHECK_INT(THREADS * CHANGES, s.told + s.lost);
    CHECK(s.told > 0);
    for (unsigned i = 0; i < THREADS; i++)
        binding_events_leave(s.events, i);
    binding_events_free(s.events);
    for (unsigned i = 0; i < THREADS; i++) {
        world_uv_turn(workers[i].world, 0);
        world_uv_free(workers[i].world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_told_in_order_or_counted_as_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
