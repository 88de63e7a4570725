/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/table.h"

#include "base/error.h"
#include "support/alloc.h"
#include "support/test.h"

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
        cmocka_unit_test(equal_hashes_are_all_walked_and_strangers_in_the_chain_are_not),
        cmocka_unit_test(removing_what_is_not_there_changes_nothing),
        cmocka_unit_test(each_sees_all_entries_once_and_may_remove_them),
        cmocka_unit_test(a_table_without_memory_to_grow_goes_on_working),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
