/* SPDX-License-Identifier: BSD-2-Clause */
/* One contract, three bodies. */
#include "base/rcu.h"

#include "base/slice.h"
#include "support/alloc.h"
#include "support/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { READERS = 2, CHANGES = 20000 };

struct thing {
    struct rcu_node retired;
    unsigned        first, second; /* equal as long as it lives */
};

static atomic_uint freed;

static void free_thing(struct rcu_node *node)
{
    struct thing *t = CONTAINER_OF(node, struct thing, retired);

    t->second = t->first + 1;
    free(t);
    freed++;
}

static struct thing *thing(unsigned number)
{
    struct thing *t = alloc_new(sizeof *t);

    t->first = t->second = number;
    return t;
}

static struct rcu *(*const bodies[])(void) = {
    rcu_single_new,
    rcu_rwlock_new,
#ifndef __SANITIZE_THREAD__ /* it does not see what liburcu does */
    rcu_urcu_new,
#endif
};

enum { BODIES = sizeof bodies / sizeof *bodies };

static struct rcu *begin(unsigned body)
{
    struct rcu *r = bodies[body]();

    CHECK(r != NULL);
    rcu_join(r);
    freed = 0;
    return r;
}

static void end(struct rcu *r)
{
    rcu_quit(r);
    rcu_free(r);
}

TEST(what_is_retired_lives_until_the_section_is_left)
{
    for (unsigned i = 0; i < BODIES; i++) {
        struct rcu   *r = begin(i);
        struct thing *t = thing(7);

        rcu_enter(r);
        rcu_enter(r);
        rcu_retire(r, &t->retired, free_thing);
        rcu_leave(r);
        CHECK_INT(0, freed);
        CHECK_INT(7, t->second);
        rcu_leave(r);
        rcu_barrier(r);
        CHECK_INT(1, freed);
        end(r);
    }
}

TEST(the_end_waits_for_what_is_retired)
{
    for (unsigned i = 0; i < BODIES; i++) {
        struct rcu *r = begin(i);

        for (unsigned n = 0; n < 100; n++)
            rcu_retire(r, &thing(n)->retired, free_thing);
        rcu_barrier(r);
        CHECK_INT(100, freed);
        rcu_retire(r, &thing(0)->retired, free_thing);
        end(r);
        CHECK_INT(101, freed);
    }
}

TEST(a_body_for_one_thread_frees_at_once)
{
    struct rcu   *r = begin(0);
    struct thing *t = thing(1);

    rcu_retire(r, &t->retired, free_thing);
    CHECK_INT(1, freed);
    t = thing(2);
    rcu_enter(r);
    rcu_retire(r, &t->retired, free_thing);
    rcu_leave(r);
    CHECK_INT(2, freed);
    end(r);
}

struct shared {
    struct rcu             *rcu;
    _Atomic(struct thing *) place;
    atomic_bool             stop;
    atomic_uint             torn, looks;
};

static void *reader(void *arg)
{
    struct shared *s = arg;

    rcu_join(s->rcu);
    while (!s->stop) {
        rcu_enter(s->rcu);
        for (int i = 0; i < 10; i++) {
            const struct thing *t = RCU_READ(&s->place);

            s->torn += t->first != t->second;
        }
        s->looks++;
        rcu_leave(s->rcu);
    }
    rcu_quit(s->rcu);
    return NULL;
}

TEST(readers_never_see_what_is_gone)
{
    for (unsigned i = 1; i < BODIES; i++) {
        struct shared s = { .rcu = begin(i) };
        pthread_t     threads[READERS];

        atomic_init(&s.place, thing(0));
        for (int n = 0; n < READERS; n++)
            CHECK_INT(0, pthread_create(&threads[n], NULL, reader, &s));
        for (unsigned n = 1; n < CHANGES || s.looks < 1000; n++) {
            struct thing *old = RCU_READ(&s.place);

            rcu_enter(s.rcu);
            RCU_PUBLISH(&s.place, thing(n));
            rcu_retire(s.rcu, &old->retired, free_thing);
            rcu_leave(s.rcu);
        }
        s.stop = true;
        for (int n = 0; n < READERS; n++)
            pthread_join(threads[n], NULL);
        CHECK_INT(0, s.torn);
        free_thing(&RCU_READ(&s.place)->retired);
        end(s.rcu);
    }
}

TEST(without_memory_there_is_no_body)
{
    for (unsigned i = 0; i < BODIES; i++) {
        alloc_fail_at(1);
        CHECK(bodies[i]() == NULL);
        alloc_fail_at(0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_retired_lives_until_the_section_is_left),
        cmocka_unit_test(the_end_waits_for_what_is_retired),
        cmocka_unit_test(a_body_for_one_thread_frees_at_once),
        cmocka_unit_test(readers_never_see_what_is_gone),
        cmocka_unit_test(without_memory_there_is_no_body),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
