/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/user_reader.h"

#include "base/error.h"
#include "support/alloc.h"
#include "support/users_bench.h"

#include <stdio.h>

/* MD5 and SHA-512/256 of alice:example.test:secret. */
static const char alice_md5[]        = "4842575394a190ef4c973253ba19099c";
static const char alice_sha512_256[] = "5fed66a4a7c351762a1e82edeb6a21abc5c66b9e8180686853b8d19ce638c9a5";

/* alice and bob are on the disk, and nobody is in RAM. */
static void setup(void)
{
    users_bench_open(100, 100);
    CHECK_INT(0, users_bench_add("alice", "secret"));
    CHECK_INT(0, users_bench_add("bob", "secret"));
    users_bench_restart(DOMAIN);
}

static void teardown(void)
{
    users_bench_close();
}

static size_t asked(void)
{
    return store_fake_asked(ub.store);
}

TEST(a_user_is_fetched_once_and_then_known)
{
    char         memory[USER_HA1_MAX];
    struct slice ha1;

    setup();
    assert_string_equal("wait", users_bench_look("alice"));
    users_bench_turn();
    assert_string_equal("found", users_bench_look("alice"));
    CHECK_INT(USER_FOUND, user_reader_ha1(ub.reader, SLICE("Example.TEST"), SLICE("alice"), HASH_MD5, memory, &ha1));
    CHECK_SLICE(alice_md5, ha1);
    CHECK_INT(USER_FOUND, user_reader_ha1(ub.reader, DOMAIN, SLICE("alice"), HASH_SHA512_256, memory, &ha1));
    CHECK_SLICE(alice_sha512_256, ha1);
    CHECK_INT(1, asked());
    teardown();
}

TEST(who_does_not_exist_is_asked_for_once_too)
{
    setup();
    assert_string_equal("unknown", users_bench_ha1("Alice"));
    assert_string_equal("unknown", users_bench_look("Alice"));
    CHECK_INT(1, asked());
    teardown();
}

TEST(names_that_nobody_can_have_are_not_asked_for)
{
    char longest[USER_NAME_MAX + 2];

    setup();
    memset(longest, 'a', sizeof longest);
    longest[USER_NAME_MAX + 1] = '\0';
    assert_string_equal("unknown", users_bench_look(longest));
    assert_string_equal("unknown", users_bench_look("a b"));
    assert_string_equal("unknown", users_bench_look("a\x01"));
    assert_string_equal("unknown", users_bench_look(""));
    assert_string_equal("unknown",
                        users_bench_look("#26b0970ed38946a15ad0a66d2bd15594f732409d35ec92a1a8518e6ed0bb70d83"));
    CHECK_INT(0, asked());
    teardown();
}

/* RFC 7616 3.4.4: H(alice:example.test). */
#define ALICE_SHA256     SLICE("6b0970ed38946a15ad0a66d2bd15594f732409d35ec92a1a8518e6ed0bb70d83")
#define ALICE_SHA512_256 SLICE("837E5C4945C92110EFFBBA62BFDFC2668111CD02541B8DEF846D09E2F9749844")

static const char *by_hash(struct slice domain, enum hash_algorithm algorithm, struct slice hash)
{
    static char     text[USER_NAME_MAX + 1];
    char            memory[USER_NAME_MAX];
    struct slice    name = SLICE("");
    struct buf      b    = BUF_ON(text);
    enum user_state state;

    while ((state = user_reader_by_hash(ub.reader, domain, algorithm, hash, memory, &name)) == USER_WAIT)
        users_bench_turn();
    CHECK(state == (name.len > 0 ? USER_FOUND : USER_UNKNOWN));
    buf_put(&b, name);
    return buf_cstr(&b);
}

TEST(a_user_is_found_by_the_hash_of_his_name)
{
    setup();
    assert_string_equal("alice", by_hash(SLICE("Example.test"), HASH_SHA256, ALICE_SHA256));
    assert_string_equal("found", users_bench_look("alice")); /* he came along */
    assert_string_equal("alice", by_hash(DOMAIN, HASH_SHA512_256, ALICE_SHA512_256));
    assert_string_equal("", by_hash(DOMAIN, HASH_SHA256, ALICE_SHA512_256));
    assert_string_equal("", by_hash(SLICE("other.test"), HASH_SHA256, ALICE_SHA256));
    assert_string_equal("", by_hash(DOMAIN, HASH_MD5, ALICE_SHA256));
    CHECK_INT(4, asked());
    CHECK_INT(0, users_bench_remove("alice"));
    assert_string_equal("", by_hash(DOMAIN, HASH_SHA256, ALICE_SHA256));
    CHECK_INT(0, users_bench_add("alice", "secret"));
    assert_string_equal("alice", by_hash(DOMAIN, HASH_SHA256, ALICE_SHA256));
    teardown();
}

/* Its first 64 bits are those of alice's: the index finds her, but it is not hers. */
TEST(a_hash_is_compared_whole)
{
    setup();
    assert_string_equal(
        "", by_hash(DOMAIN, HASH_SHA256, SLICE("6b0970ed38946a15000000000000000000000000000000000000000000000000")));
    teardown();
}

/* ---- who waits ---- */

struct waiter {
    struct user_wait wait;
    int              calls, error;
};

static void on_answer(struct user_wait *w, int error)
{
    struct waiter *waiter = CONTAINER_OF(w, struct waiter, wait);

    waiter->calls++;
    waiter->error = error;
}

static struct waiter wait_for(const char *name)
{
    assert_string_equal("wait", users_bench_look(name));
    return (struct waiter){ .error = 1 };
}

TEST(all_who_ask_for_the_same_wait_for_one_answer)
{
    struct waiter one, other, none;

    setup();
    one = wait_for("alice");
    user_reader_wait(ub.reader, &one.wait, on_answer);
    other = wait_for("alice");
    user_reader_wait(ub.reader, &other.wait, on_answer);
    none = wait_for("alice");
    user_reader_wait(ub.reader, &none.wait, on_answer);
    user_wait_stop(&none.wait);
    users_bench_turn();
    CHECK_INT(1, asked());
    CHECK_INT(1, one.calls);
    CHECK_INT(0, one.error);
    CHECK_INT(1, other.calls);
    CHECK_INT(0, none.calls);
    teardown();
}

TEST(who_waits_is_told_that_the_store_cannot_be_read)
{
    struct waiter w;

    setup();
    store_fake_fail_reads(ub.store, -ERR_IO);
    w = wait_for("alice");
    user_reader_wait(ub.reader, &w.wait, on_answer);
    users_bench_turn();
    CHECK_INT(1, w.calls);
    CHECK_INT(-ERR_IO, w.error);
    CHECK_INT(1, counter_read(&post_world_of(ub.post)->counters.user_lookups_failed));
    store_fake_fail_reads(ub.store, 0);
    assert_string_equal(alice_md5, users_bench_ha1("alice")); /* it was not taken for an answer */
    teardown();
}

TEST(a_reader_may_end_while_it_is_waited_for)
{
    struct waiter w;

    setup();
    store_fake_hold_reads(ub.store, true);
    w = wait_for("alice");
    user_reader_wait(ub.reader, &w.wait, on_answer);
    teardown();
    CHECK_INT(0, w.calls);
    user_wait_stop(&w.wait);
}

TEST(lookups_under_way_are_bounded)
{
    char name[16];

    setup();
    store_fake_hold_reads(ub.store, true);
    for (unsigned i = 0; i < USER_LOOKUPS; i++) {
        snprintf(name, sizeof name, "user%u", i);
        assert_string_equal("wait", users_bench_look(name));
    }
    assert_string_equal("failed", users_bench_look("alice"));
    CHECK_INT(1, counter_read(&post_world_of(ub.post)->counters.user_lookups_failed));
    CHECK_INT(USER_LOOKUPS + 1, counter_read(&post_world_of(ub.post)->counters.user_lookups));
    assert_string_equal("wait", users_bench_look("user0"));
    store_fake_hold_reads(ub.store, false);
    users_bench_turn();
    assert_string_equal(alice_md5, users_bench_ha1("alice"));
    teardown();
}

TEST(a_store_that_takes_no_more_questions_is_a_failure)
{
    setup();
    store_fake_limit_reads(ub.store, 0);
    assert_string_equal("failed", users_bench_look("alice"));
    store_fake_limit_reads(ub.store, 10);
    assert_string_equal(alice_md5, users_bench_ha1("alice"));
    teardown();
}

/* ---- changes meanwhile ---- */

/* The store is read, then the password changes and is committed, then the answer comes. */
TEST(an_answer_that_a_change_has_overtaken_is_not_believed)
{
    struct waiter w;

    setup();
    store_fake_hold_answers(ub.store, true);
    w = wait_for("alice");
    user_reader_wait(ub.reader, &w.wait, on_answer);
    users_bench_turn();
    CHECK_INT(0, users_set_password(ub.users, DOMAIN, SLICE("alice"), SLICE("other"), users_bench_done, &ub));
    users_bench_turn(); /* its own question waits behind */
    store_fake_hold_answers(ub.store, false);
    users_bench_turn();
    CHECK_INT(1, w.calls);
    CHECK_INT(0, w.error);
    assert_string_not_equal(alice_md5, users_bench_ha1("alice"));
    teardown();
}

/* It changes, is committed and is forgotten again; then the answer from before comes. */
TEST(an_answer_from_before_a_change_is_asked_for_again)
{
    const struct stored_user changed = { .domain  = DOMAIN,
                                         .name    = SLICE("alice"),
                                         .ha1_md5 = SLICE("ffffffffffffffffffffffffffffffff") };
    struct waiter            w;

    setup();
    store_fake_hold_answers(ub.store, true);
    w = wait_for("alice");
    user_reader_wait(ub.reader, &w.wait, on_answer);
    users_bench_turn();
    { /* by hand, as its check would wait behind */
        struct store_change c     = { .kind = STORE_PUT_USER, .user = changed };
        struct cached_facts facts = user_facts(&changed);
        struct cached      *e     = user_cache_prepare(&facts, false);
        uint64_t            seq;

        CHECK_INT(0, store_write(ub.client, &c, 1, &seq));
        (void)user_cache_pin(users_cache(ub.users), e, seq);
    }
    users_bench_turn();
    CHECK(user_cache_pinned(users_cache(ub.users), DOMAIN, SLICE("alice")) == NULL);
    store_fake_hold_answers(ub.store, false);
    users_bench_turn();
    CHECK_INT(1, w.calls);
    assert_string_equal("ffffffffffffffffffffffffffffffff", users_bench_ha1("alice"));
    CHECK_INT(2, asked());
    teardown();
}

/* ---- without memory ---- */

TEST(without_memory_nobody_is_found_and_nothing_is_left_behind)
{
    for (unsigned n = 1; n < 12; n++) {
        struct waiter w = { .error = 1 };
        const char   *said;

        setup();
        alloc_fail_at(n);
        said = users_bench_look("alice");
        if (strcmp(said, "wait") == 0)
            user_reader_wait(ub.reader, &w.wait, on_answer);
        users_bench_turn();
        alloc_fail_at(0);
        CHECK(strcmp(said, "failed") == 0 || w.error == 0 || w.error == -ERR_NO_MEMORY);
        assert_string_equal(alice_md5, users_bench_ha1("alice"));
        teardown();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_is_fetched_once_and_then_known),
        cmocka_unit_test(who_does_not_exist_is_asked_for_once_too),
        cmocka_unit_test(names_that_nobody_can_have_are_not_asked_for),
        cmocka_unit_test(a_user_is_found_by_the_hash_of_his_name),
        cmocka_unit_test(a_hash_is_compared_whole),
        cmocka_unit_test(all_who_ask_for_the_same_wait_for_one_answer),
        cmocka_unit_test(who_waits_is_told_that_the_store_cannot_be_read),
        cmocka_unit_test(a_reader_may_end_while_it_is_waited_for),
        cmocka_unit_test(lookups_under_way_are_bounded),
        cmocka_unit_test(a_store_that_takes_no_more_questions_is_a_failure),
        cmocka_unit_test(an_answer_that_a_change_has_overtaken_is_not_believed),
        cmocka_unit_test(an_answer_from_before_a_change_is_asked_for_again),
        cmocka_unit_test(without_memory_nobody_is_found_and_nothing_is_left_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
