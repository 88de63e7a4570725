/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/name_cache.h"

#include "base/accounts.h"
#include "base/error.h"
#include "support/alloc.h"
#include "support/test.h"

#include <pthread.h>
#include <stdio.h>

static struct random_seeded generator;
static struct name_cache   *cache;
static struct budget        budget;
static struct arena         arena;
static struct dns_answer    got;

static struct name_cache *make(size_t entries)
{
    struct random random = { random_seeded_fill, &generator };

    return name_cache_new(entries, &random, &budget);
}

static int setup(void **state)
{
    (void)state;
    random_seed(&generator, 1);
    accounts_init(&budget, 1 << 30);
    arena_init(&arena, NULL, 0, 1 << 20);
    cache = make(0);
    return cache == NULL;
}

static int teardown(void **state)
{
    (void)state;
    name_cache_free(cache);
    arena_fini(&arena);
    return budget_figures(&budget, ACCOUNT_NAMES).bytes != 0;
}

static void keep(const char *name, enum record_type type, uint32_t ttl, msec now)
{
    struct dns_answer a = { .ttl = ttl };

    name_cache_put(cache, slice_from(name), type, now, &a);
}

static bool has(const char *name, enum record_type type, msec now)
{
    return name_cache_get(cache, slice_from(name), type, now, &arena, &got);
}

TEST(an_answer_is_found_by_name_and_type_until_its_time_is_over)
{
    keep("h.example", RECORD_A, 60, 1000);
    CHECK(has("h.example", RECORD_A, 1000));
    CHECK(has("H.Example", RECORD_A, 60999));
    CHECK(!has("h.example", RECORD_AAAA, 1000));
    CHECK(!has("i.example", RECORD_A, 1000));
    CHECK(!has("h.example", RECORD_A, 61000));
    CHECK_INT(0, name_cache_count(cache));
}

TEST(an_answer_that_must_not_be_kept_is_not_found)
{
    keep("h.example", RECORD_A, 0, 1000);
    CHECK(!has("h.example", RECORD_A, 1000));
    CHECK_INT(0, name_cache_count(cache));
}

/* RFC 1035 3.2.1: the TTL counts down while the answer is kept. */
TEST(records_are_copied_whole_with_the_time_that_is_left)
{
    struct record records[] = {
        { .type = RECORD_SRV, .ttl = 90, .priority = 1, .weight = 2, .port = 5070, .target = SLICE("one.example") },
        { .type = RECORD_NAPTR, .ttl = 60, .flags = SLICE("s"), .service = SLICE("SIP+D2T"), .regexp = SLICE("!a!b!") },
    };
    struct dns_answer a = { .ttl = 60, .records = records, .count = 2 };

    name_cache_put(cache, SLICE("h.example"), RECORD_SRV, 0, &a);
    memset(records, 0, sizeof records);
    CHECK(has("h.example", RECORD_SRV, 20500));
    name_cache_forget(cache); /* what was copied out stays */
    CHECK_INT(2, got.count);
    CHECK_INT(40, got.ttl);
    CHECK_INT(70, got.records[0].ttl);
    CHECK_INT(5070, got.records[0].port);
    CHECK_SLICE("one.example", got.records[0].target);
    CHECK_SLICE("SIP+D2T", got.records[1].service);
    CHECK_SLICE("!a!b!", got.records[1].regexp);
    CHECK_SLICE("", got.records[1].target);
    CHECK_INT(0, budget_figures(&budget, ACCOUNT_NAMES).bytes);
}

TEST(negative_answers_and_failures_keep_what_they_are)
{
    struct dns_answer none = dns_answer_none(DNS_NO_NAME, 60), failed = dns_answer_none(DNS_FAILED, 5);

    name_cache_put(cache, SLICE("none.example"), RECORD_A, 0, &none);
    name_cache_put(cache, SLICE("failed.example"), RECORD_A, 0, &failed);
    CHECK(has("none.example", RECORD_A, 0));
    CHECK_INT(-ERR_NAME, got.error);
    CHECK_INT(DNS_NO_NAME, got.outcome);
    CHECK(has("failed.example", RECORD_A, 0));
    CHECK_INT(-ERR_TIMEOUT, got.error);
    CHECK_INT(DNS_FAILED, got.outcome);
    CHECK(!has("failed.example", RECORD_A, 5000));
}

TEST(a_later_answer_replaces_an_earlier_one)
{
    keep("h.example", RECORD_A, 60, 0);
    keep("H.EXAMPLE", RECORD_A, 600, 0);
    CHECK_INT(1, name_cache_count(cache));
    CHECK(has("h.example", RECORD_A, 500000));
}

TEST(a_full_cache_forgets_what_was_unused_for_longest)
{
    char name[32];

    keep("h.example", RECORD_A, 60, 0);
    keep("once.example", RECORD_A, 60, 0);
    for (unsigned i = 0; i < 4 * NAME_CACHE_ENTRIES; i++) {
        snprintf(name, sizeof name, "h%u.example", i);
        keep(name, RECORD_A, 60, 0);
        CHECK(has("h.example", RECORD_A, 0));
        CHECK(has(name, RECORD_A, 0));
    }
    CHECK_INT(NAME_CACHE_ENTRIES, name_cache_count(cache));
    CHECK(!has("once.example", RECORD_A, 0));
}

TEST(large_answers_are_bounded_by_their_bytes)
{
    static char       text[8000];
    struct record     record = { .type = RECORD_NAPTR, .regexp = { text, sizeof text } };
    struct dns_answer a      = { .ttl = 60, .records = &record, .count = 1 };
    char              name[32];

    for (unsigned i = 0; i < NAME_CACHE_ENTRIES; i++) {
        snprintf(name, sizeof name, "h%u.example", i);
        name_cache_put(cache, slice_from(name), RECORD_NAPTR, 0, &a);
    }
    CHECK(name_cache_count(cache) > NAME_CACHE_ENTRIES / 16);
    CHECK(name_cache_bytes(cache) <= NAME_CACHE_ENTRIES * NAME_CACHE_ENTRY_BYTES);
    CHECK_INT(name_cache_bytes(cache), budget_figures(&budget, ACCOUNT_NAMES).bytes);
    CHECK(has(name, RECORD_NAPTR, 0));
}

TEST(an_answer_larger_than_a_small_cache_is_not_kept)
{
    static char       text[8000];
    struct record     record = { .type = RECORD_NAPTR, .regexp = { text, sizeof text } };
    struct dns_answer a      = { .ttl = 60, .records = &record, .count = 1 };

    name_cache_free(cache);
    cache = make(1);
    name_cache_put(cache, SLICE("h.example"), RECORD_NAPTR, 0, &a);
    CHECK_INT(0, name_cache_count(cache));
    keep("h.example", RECORD_A, 60, 0);
    CHECK(has("h.example", RECORD_A, 0));
}

TEST(without_memory_nothing_is_kept_and_nothing_breaks)
{
    alloc_fail_at(1);
    keep("h.example", RECORD_A, 60, 0);
    alloc_fail_at(0);
    CHECK(!has("h.example", RECORD_A, 0));
    keep("h.example", RECORD_A, 60, 0);
    arena_fini(&arena);
    arena_init(&arena, NULL, 0, 0); /* no room for the copy */
    CHECK(!has("h.example", RECORD_A, 0));
    arena_init(&arena, NULL, 0, 1000);
    CHECK(has("h.example", RECORD_A, 0));
}

/* ---- threads ---- */

static void *use(void *arg)
{
    struct record     record = { .type = RECORD_SRV, .target = SLICE("a-target.example") };
    struct dns_answer a      = { .ttl = 60, .records = &record, .count = 1 }, copy;
    struct arena      own;
    char              name[32];
    unsigned         *wrong = arg;

    for (unsigned i = 0; i < 20000; i++) {
        arena_init(&own, NULL, 0, 4096);
        snprintf(name, sizeof name, "h%u.example", i % 100);
        name_cache_put(cache, slice_from(name), RECORD_SRV, 0, &a);
        if (name_cache_get(cache, slice_from(name), RECORD_SRV, 0, &own, &copy))
            *wrong += copy.count != 1 || !slice_eq(copy.records[0].target, SLICE("a-target.example"));
        if (i % 1000 == 0)
            name_cache_forget(cache);
        arena_fini(&own);
    }
    return NULL;
}

TEST(many_threads_put_get_and_forget_at_the_same_time)
{
    pthread_t threads[4];
    unsigned  wrong[4] = { 0 };

    for (unsigned i = 0; i < 4; i++)
        CHECK_INT(0, pthread_create(&threads[i], NULL, use, &wrong[i]));
    for (unsigned i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        CHECK_INT(0, wrong[i]);
    }
    CHECK(name_cache_count(cache) <= 100);
}

#define CACHE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CACHE_TEST(an_answer_is_found_by_name_and_type_until_its_time_is_over),
        CACHE_TEST(an_answer_that_must_not_be_kept_is_not_found),
        CACHE_TEST(records_are_copied_whole_with_the_time_that_is_left),
        CACHE_TEST(negative_answers_and_failures_keep_what_they_are),
        CACHE_TEST(a_later_answer_replaces_an_earlier_one),
        CACHE_TEST(a_full_cache_forgets_what_was_unused_for_longest),
        CACHE_TEST(large_answers_are_bounded_by_their_bytes),
        CACHE_TEST(an_answer_larger_than_a_small_cache_is_not_kept),
        CACHE_TEST(without_memory_nothing_is_kept_and_nothing_breaks),
        CACHE_TEST(many_threads_put_get_and_forget_at_the_same_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
