/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/name_cache.h"

#include "support/test.h"

#include <stdio.h>

static struct random_seeded generator;
static struct name_cache    cache;

static int setup(void **state)
{
    struct random random = { random_seeded_fill, &generator };

    (void)state;
    random_seed(&generator, 1);
    return name_cache_init(&cache, &random);
}

static int teardown(void **state)
{
    (void)state;
    name_cache_fini(&cache);
    return 0;
}

static void keep(const char *name, enum record_type type, uint32_t ttl, msec now)
{
    struct name_entry *e = name_cache_add(&cache, slice_from(name), type, true);

    CHECK(e != NULL);
    e->answer.ttl = ttl;
    name_entry_settle(e, now);
    name_entry_drop(e);
}

static bool has(const char *name, enum record_type type, msec now)
{
    struct name_entry *e = name_cache_find(&cache, slice_from(name), type, now);

    if (e != NULL)
        name_entry_drop(e);
    return e != NULL;
}

TEST(an_entry_is_found_by_name_and_type_until_its_time_is_over)
{
    keep("h.example", RECORD_A, 60, 1000);
    CHECK(has("h.example", RECORD_A, 1000));
    CHECK(has("H.Example", RECORD_A, 60999));
    CHECK(!has("h.example", RECORD_AAAA, 1000));
    CHECK(!has("i.example", RECORD_A, 1000));
    CHECK(!has("h.example", RECORD_A, 61000));
    CHECK_INT(0, cache.count);
}

TEST(an_answer_that_must_not_be_kept_is_not_found)
{
    keep("h.example", RECORD_A, 0, 1000);
    CHECK(!has("h.example", RECORD_A, 1000));
    CHECK_INT(0, cache.count);
}

TEST(who_holds_an_entry_keeps_it_though_it_is_over)
{
    struct name_entry *held;

    keep("h.example", RECORD_A, 1, 0);
    held = name_cache_find(&cache, SLICE("h.example"), RECORD_A, 500);
    CHECK(held != NULL);
    CHECK(!has("h.example", RECORD_A, 1000));
    keep("h.example", RECORD_A, 1, 1000); /* the new answer stands beside it */
    CHECK_SLICE("h.example", slice_from(held->name));
    name_entry_drop(held);
    CHECK(has("h.example", RECORD_A, 1000));
}

TEST(an_entry_that_is_being_asked_for_is_found_however_old)
{
    struct name_entry *e = name_cache_add(&cache, SLICE("h.example"), RECORD_A, true);

    CHECK(has("h.example", RECORD_A, 1000000));
    name_entry_settle(e, 0);
    name_entry_drop(e);
}

static void keep_many(unsigned from, unsigned to)
{
    char name[32];

    for (unsigned i = from; i < to; i++) {
        snprintf(name, sizeof name, "h%u.example", i);
        keep(name, RECORD_A, 60, 0);
    }
}

TEST(a_full_cache_forgets_what_was_unused_for_longest)
{
    keep_many(0, CACHE_ENTRIES);
    CHECK(has("h0.example", RECORD_A, 0)); /* now h1 is the oldest */
    keep_many(CACHE_ENTRIES, CACHE_ENTRIES + 1);
    CHECK_INT(CACHE_ENTRIES, cache.count);
    CHECK(has("h0.example", RECORD_A, 0));
    CHECK(!has("h1.example", RECORD_A, 0));
    CHECK(has("h2.example", RECORD_A, 0));
}

TEST(a_cache_full_of_held_entries_takes_no_more)
{
    static struct name_entry *held[CACHE_ENTRIES];
    char                      name[32];

    for (unsigned i = 0; i < CACHE_ENTRIES; i++) {
        snprintf(name, sizeof name, "h%u.example", i);
        held[i] = name_cache_add(&cache, slice_from(name), RECORD_A, true);
        CHECK(held[i] != NULL);
    }
    CHECK(name_cache_add(&cache, SLICE("one.more"), RECORD_A, true) == NULL);
    name_entry_drop(held[7]);
    held[7] = name_cache_add(&cache, SLICE("one.more"), RECORD_A, true);
    CHECK(held[7] != NULL);
    for (unsigned i = 0; i < CACHE_ENTRIES; i++)
        name_entry_drop(held[i]);
}

#define LIVE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIVE_TEST(an_entry_is_found_by_name_and_type_until_its_time_is_over),
        LIVE_TEST(an_answer_that_must_not_be_kept_is_not_found),
        LIVE_TEST(who_holds_an_entry_keeps_it_though_it_is_over),
        LIVE_TEST(an_entry_that_is_being_asked_for_is_found_however_old),
        LIVE_TEST(a_full_cache_forgets_what_was_unused_for_longest),
        LIVE_TEST(a_cache_full_of_held_entries_takes_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
