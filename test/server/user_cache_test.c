/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/user_cache.h"

#include "support/alloc.h"
#include "support/test.h"

#include <stdio.h>

#define DOMAIN SLICE("example.test")

enum { LIMIT = 16, MINUTE = 60000 };

static struct rcu          *rcu;
static struct user_cache   *cache;
static struct random_seeded seeded;

static void setup(size_t limit)
{
    struct random random = { random_seeded_fill, &seeded };

    random_seed(&seeded, 1);
    rcu   = rcu_single_new();
    cache = user_cache_new(rcu, &random, limit);
    assert_non_null(cache);
}

static void teardown(void)
{
    user_cache_free(cache);
    rcu_free(rcu);
}

static struct cached_facts user_of(const char *name, const char *md5)
{
    return (struct cached_facts){
        .kind = CACHED_USER, .domain = DOMAIN, .name = slice_from(name), .ha1 = { [HASH_MD5] = slice_from(md5) }
    };
}

static struct cached_facts nobody(const char *name)
{
    return (struct cached_facts){ .kind = CACHED_NOBODY, .domain = DOMAIN, .name = slice_from(name) };
}

static enum learned learn(const struct cached_facts *f)
{
    return user_cache_learn(cache, f, user_cache_generation(cache), 0);
}

static void learn_users(const char *stem, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char                name[16];
        struct cached_facts f;

        snprintf(name, sizeof name, "%s%u", stem, i);
        f = user_of(name, "m");
        CHECK_INT(LEARNED, learn(&f));
    }
}

static const struct cached *find_at(const char *name, msec now)
{
    const struct cached *e;

    rcu_enter(rcu);
    e = user_cache_find(cache, SLICE("Example.TEST"), slice_from(name), now);
    rcu_leave(rcu);
    return e; /* this test alone changes anything */
}

static const struct cached *find(const char *name)
{
    return find_at(name, 0);
}

static void pin(const struct cached_facts *f, uint64_t seq, bool keep)
{
    struct cached *e = user_cache_prepare(f, keep);

    assert_non_null(e);
    user_cache_pin(cache, e, seq);
}

TEST(what_was_learned_is_known_by_domain_in_any_case_and_exact_name)
{
    struct cached_facts  alice = user_of("alice", "0a"), number = { .kind        = CACHED_ALIAS,
                                                                    .domain      = SLICE(""),
                                                                    .name        = SLICE("+49"),
                                                                    .user_domain = SLICE("Example.test"),
                                                                    .user_name   = SLICE("alice") };
    const struct cached *e;

    setup(LIMIT);
    CHECK(find("alice") == NULL);
    CHECK_INT(LEARNED, learn(&alice));
    CHECK_INT(LEARNED, learn(&number));
    CHECK_SLICE("example.test", find("alice")->facts.domain);
    CHECK_SLICE("0a", find("alice")->facts.ha1[HASH_MD5]);
    CHECK(find("Alice") == NULL);
    rcu_enter(rcu);
    e = user_cache_find(cache, SLICE(""), SLICE("+49"), 0);
    CHECK_INT(CACHED_ALIAS, e->facts.kind);
    CHECK_SLICE("example.test", e->facts.user_domain);
    rcu_leave(rcu);
    CHECK_INT(2, user_cache_count(cache));
    teardown();
}

TEST(nobody_is_known_for_a_minute)
{
    struct cached_facts f = nobody("zoe");

    setup(LIMIT);
    CHECK_INT(LEARNED, learn(&f));
    CHECK_INT(CACHED_NOBODY, find_at("zoe", MINUTE - 1)->facts.kind);
    CHECK(find_at("zoe", MINUTE) == NULL);
    CHECK_INT(LEARNED, user_cache_learn(cache, &f, 0, MINUTE));
    CHECK(find_at("zoe", MINUTE) != NULL);
    CHECK_INT(1, user_cache_count(cache));
    teardown();
}

TEST(only_so_many_are_kept_and_those_who_were_used_lately)
{
    setup(LIMIT);
    learn_users("old", LIMIT);
    CHECK(find("old3") != NULL);
    CHECK(find("old7") != NULL);
    learn_users("new", LIMIT - 2);
    CHECK_INT(LIMIT, user_cache_count(cache));
    CHECK(find("old3") != NULL);
    CHECK(find("old7") != NULL);
    CHECK(find("old0") == NULL);
    CHECK(find("new0") != NULL);
    teardown();
}

/* All were used: somebody has to go nevertheless, after a bounded search. */
TEST(a_full_cache_of_busy_users_takes_another)
{
    char name[16];

    setup(4 * LIMIT);
    learn_users("old", 4 * LIMIT);
    for (unsigned i = 0; i < 4 * LIMIT; i++) {
        snprintf(name, sizeof name, "old%u", i);
        CHECK(find(name) != NULL);
    }
    learn_users("new", 1);
    CHECK(find("new0") != NULL);
    CHECK_INT(4 * LIMIT, user_cache_count(cache));
    teardown();
}

TEST(names_of_nobody_drive_out_no_users)
{
    setup(LIMIT);
    learn_users("user", LIMIT);
    for (unsigned i = 0; i < 1000; i++) {
        char                name[16];
        struct cached_facts f;

        snprintf(name, sizeof name, "x%u", i);
        f = nobody(name);
        CHECK_INT(LEARNED, learn(&f));
    }
    for (unsigned i = 0; i < LIMIT; i++) {
        char name[16];

        snprintf(name, sizeof name, "user%u", i);
        CHECK(find(name) != NULL);
    }
    CHECK(user_cache_count(cache) <= LIMIT + LIMIT / 4 + 1);
    CHECK(find("x999") != NULL);
    teardown();
}

TEST(a_change_is_known_at_once_and_no_answer_of_the_store_is_put_in_its_place)
{
    struct cached_facts before = user_of("alice", "old"), after = user_of("alice", "new");

    setup(LIMIT);
    CHECK_INT(LEARNED, learn(&before));
    pin(&after, 5, true);
    CHECK_SLICE("new", find("alice")->facts.ha1[HASH_MD5]);
    CHECK_INT(LEARNED, learn(&before)); /* it has been overtaken */
    CHECK_SLICE("new", find("alice")->facts.ha1[HASH_MD5]);
    CHECK_SLICE("new", user_cache_pinned(cache, DOMAIN, SLICE("alice"))->facts.ha1[HASH_MD5]);
    user_cache_committed(cache, 4, 0);
    CHECK(user_cache_pinned(cache, DOMAIN, SLICE("alice")) != NULL);
    user_cache_committed(cache, 5, 0);
    CHECK(user_cache_pinned(cache, DOMAIN, SLICE("alice")) == NULL);
    CHECK_SLICE("new", find("alice")->facts.ha1[HASH_MD5]);
    teardown();
}

TEST(a_removed_user_is_nobody_until_and_after_the_commit)
{
    struct cached_facts before = user_of("alice", "old"), after = nobody("alice");

    setup(LIMIT);
    CHECK_INT(LEARNED, learn(&before));
    pin(&after, 5, true);
    CHECK_INT(CACHED_NOBODY, find_at("alice", NEVER - 1)->facts.kind);
    CHECK_INT(LEARNED, learn(&before));
    CHECK_INT(CACHED_NOBODY, find("alice")->facts.kind);
    user_cache_committed(cache, 5, 1000);
    CHECK_INT(CACHED_NOBODY, find_at("alice", 1000)->facts.kind);
    CHECK(find_at("alice", 1000 + MINUTE) == NULL);
    teardown();
}

/* The store was asked, then the user changed, the change was committed and forgotten
 * again, and only then the answer comes. */
TEST(an_answer_from_before_a_change_is_not_learned)
{
    struct cached_facts before = user_of("alice", "old"), after = user_of("alice", "new");
    uint64_t            generation;

    setup(LIMIT);
    generation = user_cache_generation(cache);
    pin(&after, 5, false);
    user_cache_committed(cache, 5, 0);
    CHECK(find("alice") == NULL); /* nobody had asked for her meanwhile */
    CHECK_INT(LEARN_AGAIN, user_cache_learn(cache, &before, generation, 0));
    CHECK(find("alice") == NULL);
    CHECK_INT(LEARNED, learn(&after));
    teardown();
}

TEST(of_many_changes_those_are_kept_who_were_asked_for)
{
    struct cached_facts alice = user_of("alice", "m"), bob = user_of("bob", "m");

    setup(LIMIT);
    pin(&alice, 5, false);
    pin(&bob, 5, false);
    CHECK(find("bob") != NULL);
    user_cache_committed(cache, 5, 0);
    CHECK(find("alice") == NULL);
    CHECK(find("bob") != NULL);
    CHECK_INT(1, user_cache_count(cache));
    teardown();
}

TEST(changes_count_for_no_limit_while_they_wait)
{
    setup(LIMIT);
    for (unsigned i = 0; i < 10 * LIMIT; i++) {
        char                name[16];
        struct cached_facts f;

        snprintf(name, sizeof name, "user%u", i);
        f = user_of(name, "m");
        pin(&f, i + 1, true);
    }
    CHECK_INT(10 * LIMIT, user_cache_count(cache));
    user_cache_committed(cache, 10 * LIMIT, 0);
    CHECK_INT(LIMIT, user_cache_count(cache));
    teardown();
}

/* RFC 7616 3.4.4: by the hash of the name; any change of users may be about it. */
TEST(what_a_hash_means_is_known_until_the_next_commit)
{
    struct cached_facts hash  = { .kind        = CACHED_ALIAS,
                                  .hashed      = true,
                                  .domain      = DOMAIN,
                                  .name        = SLICE("#2abc"),
                                  .user_domain = DOMAIN,
                                  .user_name   = SLICE("alice") };
    struct cached_facts other = user_of("bob", "m");

    setup(LIMIT);
    CHECK_INT(LEARNED, learn(&hash));
    CHECK(find("#2abc") != NULL);
    pin(&other, 5, true);
    CHECK(find("#2abc") != NULL);
    user_cache_committed(cache, 5, 0);
    CHECK(find("#2abc") == NULL);
    CHECK_INT(LEARNED, learn(&hash));
    CHECK(find("#2abc") != NULL);
    CHECK_INT(2, user_cache_count(cache));
    teardown();
}

TEST(all_is_accounted_for)
{
    struct budget       budget;
    struct cached_facts alice = user_of("alice", "m"), longer = user_of("alice", "mmmmmmmm");
    uint64_t            one;

    setup(LIMIT);
    accounts_init(&budget, 1 << 20);
    user_cache_account(cache, &budget);
    CHECK_INT(LEARNED, learn(&alice));
    one = budget_figures(&budget, ACCOUNT_USERS).bytes;
    CHECK(one > 100);
    pin(&longer, 5, true);
    CHECK_INT(one + 7, budget_figures(&budget, ACCOUNT_USERS).bytes);
    learn_users("other", 3 * LIMIT);
    teardown();
    CHECK_INT(0, budget_figures(&budget, ACCOUNT_USERS).bytes);
}

/* Then as many go as come. */
TEST(it_does_not_grow_while_memory_is_scarce)
{
    struct budget budget;

    setup(LIMIT);
    accounts_init(&budget, 1 << 20);
    user_cache_account(cache, &budget);
    learn_users("user", 4);
    budget_move(&budget, ACCOUNT_CONTEXTS, 900000);
    learn_users("more", 10);
    CHECK_INT(4, user_cache_count(cache));
    budget_move(&budget, ACCOUNT_CONTEXTS, -900000);
    teardown();
}

TEST(without_memory_nothing_is_learned_and_a_change_is_not_forgotten)
{
    struct cached_facts alice = user_of("alice", "old");
    uint64_t            seq   = 0;

    setup(LIMIT);
    alloc_fail_at(1);
    CHECK_INT(LEARN_NO_MEMORY, learn(&alice));
    alloc_fail_at(1);
    CHECK(user_cache_prepare(&alice, true) == NULL);
    alloc_fail_at(0);
    for (unsigned i = 0; user_cache_count(cache) == i; i++) { /* until the table would have to grow */
        char                name[16];
        struct cached_facts f;
        struct cached      *e;

        snprintf(name, sizeof name, "user%u", i);
        f = user_of(name, "m");
        e = user_cache_prepare(&f, true);
        assert_non_null(e);
        alloc_fail_at(1);
        user_cache_pin(cache, e, ++seq);
        alloc_fail_at(0);
        assert_true(i < 1000);
    }
    CHECK_INT(LEARN_AGAIN, learn(&alice)); /* who was forgotten might be she */
    user_cache_committed(cache, seq - 1, 0);
    CHECK_INT(LEARN_AGAIN, learn(&alice));
    user_cache_committed(cache, seq, 0);
    CHECK_INT(LEARNED, learn(&alice));
    teardown();
}

TEST(without_memory_there_is_no_cache)
{
    struct random random = { random_seeded_fill, &seeded };

    rcu = rcu_single_new();
    for (unsigned n = 1; n <= 3; n++) {
        alloc_fail_at(n);
        CHECK(user_cache_new(rcu, &random, LIMIT) == NULL);
        alloc_fail_at(0);
    }
    rcu_free(rcu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_learned_is_known_by_domain_in_any_case_and_exact_name),
        cmocka_unit_test(nobody_is_known_for_a_minute),
        cmocka_unit_test(only_so_many_are_kept_and_those_who_were_used_lately),
        cmocka_unit_test(a_full_cache_of_busy_users_takes_another),
        cmocka_unit_test(names_of_nobody_drive_out_no_users),
        cmocka_unit_test(a_change_is_known_at_once_and_no_answer_of_the_store_is_put_in_its_place),
        cmocka_unit_test(a_removed_user_is_nobody_until_and_after_the_commit),
        cmocka_unit_test(an_answer_from_before_a_change_is_not_learned),
        cmocka_unit_test(of_many_changes_those_are_kept_who_were_asked_for),
        cmocka_unit_test(changes_count_for_no_limit_while_they_wait),
        cmocka_unit_test(what_a_hash_means_is_known_until_the_next_commit),
        cmocka_unit_test(all_is_accounted_for),
        cmocka_unit_test(it_does_not_grow_while_memory_is_scarce),
        cmocka_unit_test(without_memory_nothing_is_learned_and_a_change_is_not_forgotten),
        cmocka_unit_test(without_memory_there_is_no_cache),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
