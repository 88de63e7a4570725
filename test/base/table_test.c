/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/table.h"

#include "base/error.h"
#include "support/alloc.h"
#include "support/test.h"

#include <sys/mman.h>
#include <unistd.h>

struct thing {
    struct table_link link;
    unsigned          number;
    unsigned          seen;
};

static struct thing *find(const struct table *t, unsigned number, uint64_t hash)
{
    for (struct table_link *l = table_first(t, hash); l != NULL; l = table_next(l))
        if (CONTAINER_OF(l, struct thing, link)->number == number)
            return CONTAINER_OF(l, struct thing, link);
    return NULL;
}

static uint64_t spread(unsigned number)
{
    return number * 0x9e3779b97f4a7c15u >> 7;
}

/* At every size, so in every stage of every doubling. */
TEST(entries_are_found_in_every_stage_of_growth)
{
    static struct thing things[700];
    struct table        t;

    CHECK_INT(0, table_init(&t, 0));
    for (unsigned i = 0; i < 700; i++) {
        things[i].number = i;
        table_insert(&t, &things[i].link, spread(i));
        for (unsigned k = 0; k <= i; k++)
            CHECK(find(&t, k, spread(k)) == &things[k]);
        CHECK(find(&t, i + 1, spread(i + 1)) == NULL);
    }
    CHECK_INT(700, t.count);
    CHECK(t.bucket_count >= 512);
    table_fini(&t);
}

TEST(entries_are_removed_in_every_stage_of_growth)
{
    for (unsigned count = 1; count < 200; count++) {
        struct thing things[200] = { { .number = 0 } };
        struct table t;

        CHECK_INT(0, table_init(&t, 0));
        for (unsigned i = 0; i < count; i++) {
            things[i].number = i;
            table_insert(&t, &things[i].link, spread(i));
        }
        for (unsigned i = 0; i < count; i++) {
            table_remove(&t, &things[i].link);
            CHECK(find(&t, i, spread(i)) == NULL);
            CHECK(i + 1 == count || find(&t, count - 1, spread(count - 1)) != NULL);
        }
        CHECK_INT(0, t.count);
        table_fini(&t);
    }
}

/* Down and up again, one found after each step whatever half it is in. */
TEST(a_table_that_is_trimmed_gets_small_and_loses_nothing)
{
    enum { MOST = 5000 };
    static struct thing things[MOST];
    struct table        t;

    CHECK_INT(0, table_init(&t, 0));
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < MOST; i++) {
            things[i].number = i;
            table_insert(&t, &things[i].link, spread(i));
        }
        CHECK(t.bucket_count >= MOST);
        for (unsigned i = 0; i + 20 < MOST; i++) {
            table_remove(&t, &things[i].link);
            table_trim(&t);
            CHECK(find(&t, i, spread(i)) == NULL);
            for (unsigned k = i + 1; k < MOST; k += 997)
                CHECK(find(&t, k, spread(k)) == &things[k]);
        }
        CHECK_INT(20, t.count);
        CHECK(t.bucket_count + t.old_count * (t.old != NULL) < 1024);
        for (unsigned i = MOST - 20; i < MOST; i++) {
            CHECK(find(&t, i, spread(i)) == &things[i]);
            table_remove(&t, &things[i].link);
            table_trim(&t);
        }
    }
    table_fini(&t);
}

/* Where entries come while it gets smaller, they are all found, and it gets bigger again in time. */
TEST(a_table_that_gets_smaller_takes_more)
{
    enum { MOST = 4000 };
    static struct thing things[MOST];
    struct table        t;

    CHECK_INT(0, table_init(&t, 0));
    for (unsigned i = 0; i < MOST; i++) {
        things[i].number = i;
        table_insert(&t, &things[i].link, spread(i));
    }
    for (unsigned i = 500; i < MOST; i++)
        table_remove(&t, &things[i].link);
    table_trim(&t);
    CHECK(t.old != NULL && t.old_count > t.bucket_count);
    for (unsigned i = 500; i < MOST; i++) {
        table_insert(&t, &things[i].link, spread(i));
        for (unsigned k = i % 101; k <= i; k += 101)
            CHECK(find(&t, k, spread(k)) == &things[k]);
    }
    CHECK(t.bucket_count >= MOST);
    table_fini(&t);
}

TEST(what_it_was_made_for_is_kept)
{
    struct table t;
    struct thing one = { .number = 1 };

    CHECK_INT(0, table_init(&t, 1000));
    table_insert(&t, &one.link, 1);
    table_remove(&t, &one.link);
    table_trim(&t);
    CHECK(t.old == NULL && t.bucket_count == 1024);
    table_fini(&t);
}

TEST(equal_hashes_are_all_walked_and_strangers_in_the_chain_are_not)
{
    struct thing things[60] = { { .number = 0 } };
    struct table t;
    int          seen = 0;

    CHECK_INT(0, table_init(&t, 0));
    for (unsigned i = 0; i < 60; i++)
        table_insert(&t, &things[i].link, i % 2 == 0 ? 5 : 5 + 1024);
    for (struct table_link *l = table_first(&t, 5); l != NULL; l = table_next(l)) {
        CHECK(l->hash == 5);
        seen++;
    }
    CHECK_INT(30, seen);
    table_fini(&t);
}

/* One bucket, so many eighths of the hashes. */
static uint64_t in_eighth(unsigned number)
{
    return (uint64_t)number << 40 | 3;
}

static struct thing *on_a_page(void)
{
    void *page = mmap(NULL, (size_t)getpagesize(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(page != MAP_FAILED);
    return page;
}

static void forbid(struct thing *thing, bool forbidden)
{
    CHECK_INT(0, mprotect(thing, (size_t)getpagesize(), forbidden ? PROT_NONE : PROT_READ | PROT_WRITE));
}

TEST(who_looks_for_what_is_not_there_touches_no_entry)
{
    struct thing *there = on_a_page(), gone = { .number = 1 }, more[2] = { { .number = 2 } };
    struct table  t;

    CHECK_INT(0, table_init(&t, 0));
    table_insert(&t, &there->link, in_eighth(5));
    forbid(there, true);
    CHECK(table_first(&t, in_eighth(2)) == NULL);
    forbid(there, false);
    CHECK(table_first(&t, in_eighth(5)) == &there->link);
    CHECK(table_first(&t, in_eighth(5 + 8)) == NULL); /* the eighth is not the hash */
    table_insert(&t, &more[0].link, in_eighth(2));
    table_insert(&t, &more[1].link, in_eighth(2));
    table_remove(&t, &more[0].link);
    CHECK(table_first(&t, in_eighth(2)) == &more[1].link);
    table_remove(&t, &more[1].link);
    table_remove(&t, &there->link);
    table_insert(&t, &gone.link, in_eighth(1));
    table_remove(&t, &gone.link);
    table_insert(&t, &there->link, in_eighth(3)); /* what was in an empty bucket is forgotten */
    forbid(there, true);
    for (unsigned i = 0; i < 8; i++)
        CHECK(i == 3 || table_first(&t, in_eighth(i)) == NULL);
    munmap(there, (size_t)getpagesize());
    table_fini(&t);
}

TEST(removing_what_is_not_there_changes_nothing)
{
    struct thing here = { .number = 1 }, stranger = { .link.hash = 7 };
    struct table t;

    CHECK_INT(0, table_init(&t, 0));
    table_insert(&t, &here.link, 7);
    table_remove(&t, &stranger.link);
    CHECK_INT(1, t.count);
    CHECK(table_first(&t, 7) == &here.link);
    table_fini(&t);
}

static struct table *walked;

static void see_and_remove_odd(struct table_link *l, void *arg)
{
    struct thing *thing = CONTAINER_OF(l, struct thing, link);

    thing->seen++;
    (*(int *)arg)++;
    if (thing->number % 2 == 1)
        table_remove(walked, l);
}

TEST(each_sees_all_entries_once_and_may_remove_them)
{
    for (unsigned count = 0; count < 200; count += 7) {
        struct thing things[200] = { { .number = 0 } };
        struct table t;
        int          seen = 0;

        CHECK_INT(0, table_init(&t, 0));
        for (unsigned i = 0; i < count; i++) {
            things[i].number = i;
            table_insert(&t, &things[i].link, spread(i));
        }
        walked = &t;
        table_each(&t, see_and_remove_odd, &seen);
        CHECK_INT(count, seen);
        for (unsigned i = 0; i < count; i++) {
            CHECK_INT(1, things[i].seen);
            CHECK((find(&t, i, spread(i)) != NULL) == (i % 2 == 0));
        }
        table_fini(&t);
    }
}

/* table.h: if memory for growth is short the chains get longer. */
TEST(a_table_without_memory_to_grow_goes_on_working)
{
    struct thing things[100] = { { .number = 0 } };
    struct table t;

    alloc_fail_at(1);
    CHECK_INT(-ERR_NO_MEMORY, table_init(&t, 0));
    alloc_fail_at(0);
    CHECK_INT(0, table_init(&t, 0));
    for (unsigned i = 0; i < 100; i++) {
        things[i].number = i;
        alloc_fail_at(i < 60 ? 1 : 0);
        table_insert(&t, &things[i].link, spread(i));
        alloc_fail_at(0);
        CHECK(i >= 60 || t.bucket_count == 16);
        for (unsigned k = 0; k <= i; k++)
            CHECK(find(&t, k, spread(k)) == &things[k]);
    }
    CHECK(t.bucket_count > 16);
    table_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_found_in_every_stage_of_growth),
        cmocka_unit_test(entries_are_removed_in_every_stage_of_growth),
        cmocka_unit_test(a_table_that_is_trimmed_gets_small_and_loses_nothing),
        cmocka_unit_test(a_table_that_gets_smaller_takes_more),
        cmocka_unit_test(what_it_was_made_for_is_kept),
        cmocka_unit_test(equal_hashes_are_all_walked_and_strangers_in_the_chain_are_not),
        cmocka_unit_test(who_looks_for_what_is_not_there_touches_no_entry),
        cmocka_unit_test(removing_what_is_not_there_changes_nothing),
        cmocka_unit_test(each_sees_all_entries_once_and_may_remove_them),
        cmocka_unit_test(a_table_without_memory_to_grow_goes_on_working),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
