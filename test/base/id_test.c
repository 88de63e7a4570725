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
    t.segments[0].slots[0].generation = 0xffffff;
    last                              = id_add(&t, &a);
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

enum { MANY = 3 * ID_SEGMENT_SLOTS + 100 };

static unsigned segments_held(const struct id_table *t)
{
    unsigned held = 0;

    for (uint32_t i = 0; i < t->segment_count; i++)
        held += t->segments[i].slots != NULL;
    return held;
}

static void add_many(struct id_table *t, object_id *ids, char *objects)
{
    for (int i = 0; i < MANY; i++)
        CHECK((ids[i] = id_add(t, &objects[i])) != 0);
}

TEST(what_many_took_is_given_back_and_their_ids_find_nothing)
{
    static char      objects[MANY];
    static object_id ids[2][MANY];
    struct id_table  t;

    id_table_init(&t, 0, ID_CALL, ID_MASK);
    add_many(&t, ids[0], objects);
    CHECK_INT(4, segments_held(&t));
    for (int round = 1; round < 4; round++) {
        const object_id *old = ids[(round - 1) % 2];

        for (int i = 0; i < MANY; i++)
            id_remove(&t, old[i]);
        CHECK_INT(0, t.used);
        CHECK_INT(1, segments_held(&t));
        for (int i = 0; i < MANY; i++)
            CHECK(id_find(&t, old[i]) == NULL);
        add_many(&t, ids[round % 2], objects);
        for (int i = 0; i < MANY; i++) {
            CHECK(id_find(&t, old[i]) == NULL);
            CHECK(id_find(&t, ids[round % 2][i]) == &objects[i]);
        }
    }
    id_table_fini(&t);
}

TEST(what_remains_of_many_comes_together)
{
    static char      objects[MANY];
    static object_id ids[MANY];
    struct id_table  t;

    id_table_init(&t, 0, ID_CALL, ID_MASK);
    add_many(&t, ids, objects);
    for (int i = 0; i < MANY; i++)
        if (i != MANY - 1)
            id_remove(&t, ids[i]);
    CHECK_INT(2, segments_held(&t)); /* where the last one is, and one that is kept */
    CHECK(id_find(&t, ids[MANY - 1]) == &objects[MANY - 1]);
    ids[0] = id_add(&t, &objects[0]);
    CHECK(ids[0] >> ID_INDEX_BITS << 8 >> 8 != 0 && (ids[0] >> ID_INDEX_BITS & ID_MASK) < ID_SEGMENT_SLOTS);
    id_remove(&t, ids[MANY - 1]);
    CHECK_INT(2, segments_held(&t)); /* now it is the empty one */
    id_remove(&t, ids[0]);
    CHECK_INT(1, segments_held(&t));
    id_table_fini(&t);
}

/* Where the generations of one slot are half used up, those of its segment go on. */
TEST(what_has_been_used_that_often_is_kept)
{
    static char      objects[MANY];
    static object_id ids[MANY];
    struct id_table  t;

    id_table_init(&t, 0, ID_CALL, ID_MASK);
    add_many(&t, ids, objects);
    id_remove(&t, ids[MANY - 1]);
    t.segments[3].slots[99].generation = ID_MASK / 2 + 1;
    ids[MANY - 1]                      = id_add(&t, &objects[MANY - 1]);
    for (int i = 0; i < MANY; i++)
        id_remove(&t, ids[i]);
    CHECK_INT(2, segments_held(&t));
    CHECK_INT(ID_MASK / 2 + 2, t.segments[3].slots[99].generation);
    id_table_fini(&t);
}

TEST(all_are_walked_and_may_be_removed_meanwhile)
{
    static char      objects[MANY];
    static object_id ids[MANY];
    struct id_table  t;
    char            *object;
    unsigned         walked = 0;

    id_table_init(&t, 0, ID_CALL, ID_MASK);
    for (uint32_t at = 0; id_next(&t, &at) != NULL;)
        fail();
    add_many(&t, ids, objects);
    for (uint32_t at = 0; (object = id_next(&t, &at)) != NULL; walked++)
        id_remove(&t, ids[object - objects]);
    CHECK_INT(MANY, walked);
    CHECK_INT(0, t.used);
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
    CHECK(id_of(&t, &one) == first && id_of(&t, &two) == second);
    id_forget(&t, &one);
    CHECK(id_of(&t, &one) == 0 && id_of(&t, &two) == second);
    CHECK(id_find(&t, first) == NULL);
    CHECK(id_find(&t, second) == &two);
    CHECK_INT(1, t.used);
    id_forget(&t, &one); /* harmless */
    CHECK_INT(1, t.used);
    id_table_fini(&t);
}

TEST(what_stands_at_an_index_is_found_whatever_its_generation)
{
    struct id_table t;
    char            one, two;
    object_id       first, second;

    id_table_init(&t, 0, ID_CALL, 100);
    first = id_add(&t, &one);
    CHECK(id_at(&t, id_index(first)) == &one);
    CHECK(id_at(&t, id_index(first) + 1) == NULL && id_at(&t, ID_MASK) == NULL);
    id_remove(&t, first);
    CHECK(id_at(&t, id_index(first)) == NULL);
    second = id_add(&t, &two);
    CHECK(id_index(second) == id_index(first) && second != first);
    CHECK(id_at(&t, id_index(first)) == &two);
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
        cmocka_unit_test(what_stands_at_an_index_is_found_whatever_its_generation),
        cmocka_unit_test(an_id_may_name_another_object_from_now_on),
        cmocka_unit_test(an_object_that_lost_its_id_is_forgotten_all_the_same),
        cmocka_unit_test(what_many_took_is_given_back_and_their_ids_find_nothing),
        cmocka_unit_test(what_remains_of_many_comes_together),
        cmocka_unit_test(what_has_been_used_that_often_is_kept),
        cmocka_unit_test(all_are_walked_and_may_be_removed_meanwhile),
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
