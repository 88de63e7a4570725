/* SPDX-License-Identifier: BSD-2-Clause */
/* The location as several workers use it at once: writers each own some AORs and check
 * them against their own model, readers look at all of them, one lists, and time goes on. */
#include "server/location.h"

#include "base/limits.h"
#include "support/test.h"

#include <pthread.h>
#include <stdio.h>

enum { WRITERS = 2, READERS = 2, AORS = 200, STEPS = 8000, MOST = 4, LIMIT = 100000, FOREVER = 1000000 };

/* All bindings of an AOR have the same q at any moment: its version. */
struct writer {
    struct stress       *stress;
    unsigned             number;
    struct random_seeded seeded;
    struct random        dice;
    unsigned             counts[AORS], versions[AORS];
    unsigned             ending; /* bindings of AORs that were let go by time */
};

struct stress {
    struct rcu      *rcu;
    struct location *location;
    struct writer    writers[WRITERS];
    atomic_bool      stop;
    atomic_uint      wrong, looks, expired;
    _Atomic(msec)    now;
};

static struct slice key_of(struct buf *b, unsigned writer, unsigned aor)
{
    buf_printf(b, "sip:user%u.%u@example.test", writer, aor);
    return buf_slice(b);
}

/* `count` bindings of one version, which end at `expires_at`. */
static void replace(struct writer *w, unsigned aor, unsigned count, msec expires_at)
{
    struct stress        *s = w->stress;
    struct binding        values[MOST];
    char                  text[64];
    struct buf            b = BUF_ON(text);
    struct location_guard g;

    location_lock(s->location, key_of(&b, w->number, aor), &g);
    s->wrong += (g.aor != NULL ? aor_count(g.aor) : 0) != w->counts[aor];
    w->versions[aor]++;
    for (unsigned i = 0; i < count; i++)
        values[i] = (struct binding){ .row        = location_next_row(s->location),
                                      .contact    = g.key,
                                      .q          = w->versions[aor] % 1000,
                                      .cseq       = w->versions[aor],
                                      .expires_at = expires_at };
    s->wrong += location_prepare(&g, values, count, false) != 0;
    location_publish(&g);
    location_note_change(&g, w->versions[aor]);
    location_unlock(&g);
    w->counts[aor] = count;
}

static void refresh(struct writer *w, unsigned aor)
{
    struct stress        *s = w->stress;
    char                  text[64];
    struct buf            b = BUF_ON(text);
    struct location_guard g;

    location_lock(s->location, key_of(&b, w->number, aor), &g);
    s->wrong += g.aor == NULL || location_last_change(&g) < w->versions[aor];
    for (unsigned i = 0; g.aor != NULL && i < aor_count(g.aor); i++)
        location_refresh(&g, i, FOREVER + w->versions[aor], w->versions[aor], 7);
    location_unlock(&g);
}

static void *write_some(void *arg)
{
    struct writer *w = arg;

    rcu_join(w->stress->rcu);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned aor = random_below(&w->dice, AORS);

        if (w->counts[aor] > 0 && random_below(&w->dice, 2) == 0)
            refresh(w, aor);
        else
            replace(w, aor, random_below(&w->dice, MOST + 1), FOREVER);
    }
    for (unsigned aor = 0; aor < AORS; aor += 2) { /* these are let go by time */
        replace(w, aor, 1 + aor % MOST, 500);
        w->ending += 1 + aor % MOST;
        w->counts[aor] = 0;
    }
    rcu_quit(w->stress->rcu);
    return NULL;
}

static void check_aor(struct stress *s, const struct aor *a, struct slice key)
{
    struct binding first, b;

    if (key.len > 0)
        s->wrong += !slice_eq(aor_key(a), key);
    s->wrong += aor_count(a) == 0 || aor_count(a) > MOST;
    aor_binding(a, 0, &first);
    for (unsigned i = 0; i < aor_count(a); i++) {
        aor_binding(a, i, &b);
        s->wrong += b.q != first.q || !slice_eq(b.contact, aor_key(a)) || b.q != b.cseq % 1000;
    }
}

static void check_listed(void *arg, const struct aor *a)
{
    check_aor(arg, a, SLICE(""));
}

static void *read_all(void *arg)
{
    struct stress *s = arg;
    unsigned       n = 0;

    rcu_join(s->rcu);
    for (uint64_t cursor = 0; !s->stop; n++) {
        char              text[64];
        struct buf        b   = BUF_ON(text);
        struct slice      key = key_of(&b, n % WRITERS, n * 7 % AORS);
        const struct aor *a;

        rcu_enter(s->rcu);
        a = location_find(s->location, key);
        if (a != NULL)
            check_aor(s, a, key);
        rcu_leave(s->rcu);
        if (n % 64 == 0)
            cursor = location_list(s->location, cursor, 20, check_listed, s);
        s->looks++;
    }
    rcu_quit(s->rcu);
    return NULL;
}

static void on_expired(void *owner, const struct aor *a, const struct binding *b)
{
    struct stress *s = owner;

    (void)a;
    s->expired++;
    s->wrong += b->expires_at != 500;
}

/* Another worker's tick: half of the shards. */
static void *pass_time(void *arg)
{
    struct stress *s = arg;

    rcu_join(s->rcu);
    for (msec now = 0; !s->stop; now = now < 400 ? now + 1 : now)
        location_expire(s->location, 0, 2, now, on_expired, s);
    rcu_quit(s->rcu);
    return NULL;
}

static void run_threads(struct stress *s)
{
    pthread_t writers[WRITERS], readers[READERS], clock;

    for (unsigned i = 0; i < READERS; i++)
        CHECK_INT(0, pthread_create(&readers[i], NULL, read_all, s));
    CHECK_INT(0, pthread_create(&clock, NULL, pass_time, s));
    for (unsigned i = 0; i < WRITERS; i++)
        CHECK_INT(0, pthread_create(&writers[i], NULL, write_some, &s->writers[i]));
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);
    s->stop = true;
    for (unsigned i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    pthread_join(clock, NULL);
}

static unsigned served(struct stress *s, unsigned writer, unsigned aor)
{
    char              text[64];
    struct buf        b = BUF_ON(text);
    const struct aor *a;
    unsigned          count;

    rcu_enter(s->rcu);
    a     = location_find(s->location, key_of(&b, writer, aor));
    count = a != NULL ? aor_count(a) : 0;
    rcu_leave(s->rcu);
    return count;
}

TEST(many_threads_change_and_read_and_agree_with_the_models)
{
    static struct stress s;
    size_t               left = 0, ended = 0;
    struct random_seeded seeded;
    struct random        dice = { random_seeded_fill, &seeded };

    random_seed(&seeded, 1);
    s.rcu = rcu_threads_new();
    rcu_join(s.rcu);
    s.location = location_new(s.rcu, &dice, LIMIT, 0);
    for (unsigned i = 0; i < WRITERS; i++) {
        s.writers[i].stress = &s;
        s.writers[i].number = i;
        s.writers[i].dice   = (struct random){ random_seeded_fill, &s.writers[i].seeded };
        random_seed(&s.writers[i].seeded, i + 10);
    }
    run_threads(&s);
    CHECK_INT(0, s.wrong);
    CHECK_INT(0, s.expired);
    while (location_expire(s.location, 0, 1, 500, on_expired, &s))
        ;
    for (unsigned i = 0; i < WRITERS; i++) {
        ended += s.writers[i].ending;
        for (unsigned aor = 0; aor < AORS; aor++) {
            CHECK_INT(s.writers[i].counts[aor], served(&s, i, aor));
            left += s.writers[i].counts[aor];
        }
    }
    CHECK_INT(ended, s.expired);
    CHECK_INT(left, location_count(s.location));
    CHECK_INT(0, s.wrong);
    rcu_barrier(s.rcu);
    location_free(s.location);
    rcu_quit(s.rcu);
    rcu_free(s.rcu);
}

/* The last binding that there is room for goes to one of those who want it. */
struct race {
    struct rcu      *rcu;
    struct location *location;
    unsigned         number, added;
};

static void *add_until_full(void *arg)
{
    struct race *r = arg;

    rcu_join(r->rcu);
    for (unsigned i = 0; i < 1000; i++) {
        char                  text[64];
        struct buf            b     = BUF_ON(text);
        struct binding        value = { .row = 1, .expires_at = FOREVER };
        struct location_guard g;

        location_lock(r->location, key_of(&b, r->number, i), &g);
        if (location_prepare(&g, &value, 1, false) == 0) {
            location_publish(&g);
            r->added++;
        }
        location_unlock(&g);
    }
    rcu_quit(r->rcu);
    return NULL;
}

TEST(the_limit_is_kept_when_many_add_at_once)
{
    struct random_seeded seeded;
    struct random        dice = { random_seeded_fill, &seeded };
    struct rcu          *rcu  = rcu_threads_new();
    struct location     *l;
    struct race          races[WRITERS];
    pthread_t            threads[WRITERS];
    unsigned             added = 0;

    random_seed(&seeded, 1);
    rcu_join(rcu);
    l = location_new(rcu, &dice, 1000, 0);
    for (unsigned i = 0; i < WRITERS; i++) {
        races[i] = (struct race){ rcu, l, i, 0 };
        CHECK_INT(0, pthread_create(&threads[i], NULL, add_until_full, &races[i]));
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        added += races[i].added;
    }
    CHECK_INT(1000, added);
    CHECK_INT(1000, location_count(l));
    rcu_barrier(rcu);
    location_free(l);
    rcu_quit(rcu);
    rcu_free(rcu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_threads_change_and_read_and_agree_with_the_models),
        cmocka_unit_test(the_limit_is_kept_when_many_add_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
