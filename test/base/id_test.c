/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/id.h"
#include "support/alloc.h"
#include "support/test.h"

TEST(an_id_finds_its_object_until_it_is_removed)
{
    struct id_table t;
    int             a, b;
    object_id       first, second;

    id_table_init(&t, 3, ID_CALL, 100);
    first  = id_add(&t, &a);
    second = id_add(&t, &b);
    CHECK(first != 0 && second != 0 && first != second);
    CHECK_INT(3, id_worker(first));
    CHECK(id_find(&t, first) == &a);
    CHECK(id_find(&t, second) == &b);
    id_remove(&t, first);
    CHECK(id_find(&t, first) == NULL);
    CHECK(id_find(&t, second) == &b);
    CHECK_INT(1, t.used);
    id_remove(&t, first); /* again: nothing */
    CHECK_INT(1, t.used);
    id_table_fini(&t);
}

TEST(a_stale_id_never_finds_a_stranger)
{
    struct id_table t;
    int             a, b;
    object_id       old, new;

    id_table_init(&t, 0, ID_CALL, 1);
    old = id_add(&t, &a);
    id_remove(&t, old);
    new = id_add(&t, &b);
    CHECK(new != 0 && new != old);
    CHECK(id_find(&t, old) == NULL);
    id_remove(&t, old);
    CHECK(id_find(&t, new) == &b);
    id_table_fini(&t);
}

TEST(ids_of_other_tables_and_nonsense_find_nothing)
{
    struct id_table t, kind, worker;
    int             a;
    object_id       id;

    id_table_init(&t, 1, ID_CALL, 10);
    id_table_init(&kind, 1, ID_DIALOG, 10);
    id_table_init(&worker, 2, ID_CALL, 10);
    CHECK(id_find(&t, 0) == NULL); /* before memory was taken, too */
    id = id_add(&t, &a);
    CHECK(id_find(&kind, id_add(&kind, &a)) == &a);
    CHECK(id_find(&worker, id_add(&worker, &a)) == &a);
    CHECK(id_find(&kind, id) == NULL);
    CHECK(id_find(&worker, id) == NULL);
    CHECK(id_find(&t, 0) == NULL);
    CHECK(id_find(&t, UINT64_MAX) == NULL);
    CHECK(id_find(&t, id | (object_id)0xffff << 24) == NULL);
    id_table_fini(&t);
    id_table_fini(&kind);
    id_table_fini(&worker);
}

TEST(the_limit_is_exact_and_freed_places_are_used_again)
{
    static int      objects[200];
    object_id       ids[200];
    struct id_table t;

    id_table_init(&t, 0, ID_QUERY, 150);
    for (int i = 0; i < 150; i++)
        CHECK((ids[i] = id_add(&t, &objects[i])) != 0);
    CHECK(id_add(&t, &objects[150]) == 0);
    for (int i = 0; i < 150; i++)
        CHECK(id_find(&t, ids[i]) == &objects[i]);
    id_remove(&t, ids[70]);
    CHECK(id_add(&t, &objects[150]) != 0);
    CHECK(id_add(&t, &objects[151]) == 0);
    id_table_fini(&t);
}

/* id 0 names nothing, so no generation may be 0, even after 2^24 uses. */
TEST(the_generation_wraps_past_zero)
{
    struct id_table t;
    int             a;
    object_id       id, last = 0;

    id_table_init(&t, 0, 0, 1);
    id = id_add(&t, &a);
    id_remove(&t, id);
    t.slots[0].generation = 0xffffff;
    last                  = id_add(&t, &a);
    CHECK_INT(0xffffff, last & 0xffffff);
    CHECK(id_find(&t, last) == &a);
    id_remove(&t, last);
    id = id_add(&t, &a);
    CHECK(id != 0);
    CHECK_INT(1, id & 0xffffff);
    CHECK(id_find(&t, last) == NULL);
    id_table_fini(&t);
}

TEST(without_memory_there_is_no_id_and_the_others_stay)
{
    static int      objects[65];
    struct id_table t;
    object_id       first;

    id_table_init(&t, 0, ID_CALL, 1000);
    alloc_fail_at(1);
    CHECK(id_add(&t, &objects[0]) == 0);
    alloc_fail_at(0);
    first = id_add(&t, &objects[0]);
    for (int i = 1; i < 64; i++)
        CHECK(id_add(&t, &objects[i]) != 0);
    alloc_fail_at(1);
    CHECK(id_add(&t, &objects[64]) == 0); /* the first growth */
    alloc_fail_at(0);
    CHECK(id_find(&t, first) == &objects[0]);
    CHECK(id_add(&t, &objects[64]) != 0);
    id_table_fini(&t);
}

/* Ids differ in their high bits; buckets are chosen by the low ones. */
TEST(ids_that_live_together_do_not_share_a_bucket)
{
    enum { IDS = 4096, BUCKETS = 1024, FAIR = IDS / BUCKETS };
    static unsigned buckets[BUCKETS];
    static char     object;
    struct id_table t;

    id_table_init(&t, 0, ID_SERVER_TXN, IDS);
    for (int i = 0; i < IDS; i++)
        CHECK(++buckets[id_hash(id_add(&t, &object)) % BUCKETS] < 8 * FAIR);
    id_table_fini(&t);
}

TEST(an_object_that_lost_its_id_is_forgotten_all_the_same)
{
    struct id_table t;
    char            one, two;
    object_id       first, second;

    id_table_init(&t, 0, ID_CALL, 100);
    first  = id_add(&t, &one);
    second = id_add(&t, &two);
    id_forget(&t, &one);
    CHECK(id_find(&t, first) == NULL);
    CHECK(id_find(&t, second) == &two);
    CHECK_INT(1, t.used);
    id_forget(&t, &one); /* harmless */
    CHECK_INT(1, t.used);
    id_table_fini(&t);
}

TEST(an_id_may_name_another_object_from_now_on)
{
    struct id_table t;
    int             one, other;
    object_id       id;

    id_table_init(&t, 3, ID_CALL, 10);
    id = id_add(&t, &one);
    id_replace(&t, id, &other);
    CHECK(id_find(&t, id) == &other);
    CHECK_INT(1, t.used);
    id_remove(&t, id);
    id_replace(&t, id, &one); /* it names nothing */
    CHECK(id_find(&t, id) == NULL);
    id_table_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_may_name_another_object_from_now_on),
        cmocka_unit_test(an_object_that_lost_its_id_is_forgotten_all_the_same),
        cmocka_unit_test(ids_that_live_together_do_not_share_a_bucket),
        cmocka_unit_test(an_id_finds_its_object_until_it_is_removed),
        cmocka_unit_test(a_stale_id_never_finds_a_stranger),
        cmocka_unit_test(ids_of_other_tables_and_nonsense_find_nothing),
        cmocka_unit_test(the_limit_is_exact_and_freed_places_are_used_again),
        cmocka_unit_test(the_generation_wraps_past_zero),
        cmocka_unit_test(without_memory_there_is_no_id_and_the_others_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
