/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/lives_on.h"

#include "base/error.h"
#include "support/alloc.h"
#include "support/test.h"

#include <stdio.h>

static const struct hash_key key = { 1, 2 };

static struct slice call(unsigned number, char text[32])
{
    snprintf(text, 32, "call-%u@example.test", number);
    return slice_from(text);
}

TEST(a_call_is_found_where_it_was_said_to_live)
{
    struct lives_on *l    = lives_on_new(&key);
    uint32_t         cell = 9;

    CHECK(!lives_on_find(l, SLICE("a"), &cell));
    CHECK_INT(0, lives_on_put(l, SLICE("a"), 2, 0));
    CHECK_INT(0, lives_on_put(l, SLICE("b"), 1, 0));
    CHECK(lives_on_find(l, SLICE("a"), &cell));
    CHECK_INT(2, cell);
    CHECK(!lives_on_find(l, SLICE("A"), &cell));
    CHECK_INT(0, lives_on_put(l, SLICE("a"), 3, 0)); /* moved, not doubled */
    CHECK(lives_on_find(l, SLICE("a"), &cell));
    CHECK_INT(3, cell);
    CHECK_INT(2, lives_on_count(l));
    lives_on_free(l);
}

TEST(an_entry_lasts_an_hour_from_the_last_message_of_its_call)
{
    struct lives_on *l = lives_on_new(&key);
    uint32_t         cell;

    CHECK_INT(0, lives_on_put(l, SLICE("old"), 1, 0));
    CHECK_INT(0, lives_on_put(l, SLICE("used"), 1, 0));
    lives_on_touch(l, SLICE("used"), LIVES_ON - 1);
    lives_on_touch(l, SLICE("unknown"), LIVES_ON - 1);
    CHECK_INT(0, lives_on_put(l, SLICE("new"), 1, LIVES_ON));
    CHECK(!lives_on_find(l, SLICE("old"), &cell));
    CHECK(lives_on_find(l, SLICE("used"), &cell));
    CHECK_INT(2, lives_on_count(l));
    CHECK_INT(0, lives_on_put(l, SLICE("newer"), 1, 3 * (msec)LIVES_ON));
    CHECK_INT(1, lives_on_count(l));
    lives_on_free(l);
}

TEST(there_is_a_limit_and_room_again_when_entries_end)
{
    struct lives_on *l = lives_on_new(&key);
    char             text[32];

    for (unsigned i = 0; i < LIVES_ON_LIMIT; i++)
        CHECK_INT(0, lives_on_put(l, call(i, text), 1, 0));
    CHECK_INT(-ERR_LIMIT, lives_on_put(l, SLICE("one more"), 1, 0));
    CHECK_INT(0, lives_on_put(l, call(5, text), 2, 0)); /* one that is there moves all the same */
    CHECK_INT(0, lives_on_put(l, SLICE("one more"), 1, LIVES_ON));
    CHECK_INT(1, lives_on_count(l));
    lives_on_free(l);
}

/* Anybody may send an INVITE with Replaces: what it makes us keep for an hour is bounded. */
TEST(a_call_id_of_any_length_takes_no_more_than_its_share)
{
    static char      text[LIVES_ON_CALL_ID + 1];
    struct lives_on *l = lives_on_new(&key);
    uint32_t         cell;

    memset(text, 'x', sizeof text);
    CHECK_INT(-ERR_LIMIT, lives_on_put(l, (struct slice){ text, LIVES_ON_CALL_ID + 1 }, 1, 0));
    CHECK_INT(0, lives_on_count(l));
    CHECK_INT(0, lives_on_put(l, (struct slice){ text, LIVES_ON_CALL_ID }, 1, 0));
    CHECK(lives_on_find(l, (struct slice){ text, LIVES_ON_CALL_ID }, &cell));
    lives_on_free(l);
}

TEST(what_it_holds_is_accounted_for)
{
    struct lives_on *l = lives_on_new(&key);
    struct budget    budget;

    accounts_init(&budget, 1 << 20);
    lives_on_account(l, &budget);
    CHECK_INT(0, lives_on_put(l, SLICE("a"), 1, 0));
    CHECK_INT(0, lives_on_put(l, SLICE("b"), 1, 0));
    CHECK(budget_figures(&budget, ACCOUNT_DIRECTORY).bytes > 50);
    CHECK_INT(0, lives_on_put(l, SLICE("c"), 1, LIVES_ON)); /* the others have ended */
    lives_on_free(l);
    CHECK_INT(0, atomic_load(&budget.total.bytes));
}

TEST(without_memory_nothing_is_noted)
{
    struct lives_on *l = lives_on_new(&key);
    uint32_t         cell;

    alloc_fail_at(1);
    CHECK_INT(-ERR_NO_MEMORY, lives_on_put(l, SLICE("a"), 1, 0));
    alloc_fail_at(0);
    CHECK(!lives_on_find(l, SLICE("a"), &cell));
    CHECK_INT(0, lives_on_count(l));
    lives_on_free(l);
    for (unsigned n = 1; n < 3; n++) {
        alloc_fail_at(n);
        CHECK(lives_on_new(&key) == NULL);
        alloc_fail_at(0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_found_where_it_was_said_to_live),
        cmocka_unit_test(an_entry_lasts_an_hour_from_the_last_message_of_its_call),
        cmocka_unit_test(there_is_a_limit_and_room_again_when_entries_end),
        cmocka_unit_test(a_call_id_of_any_length_takes_no_more_than_its_share),
        cmocka_unit_test(what_it_holds_is_accounted_for),
        cmocka_unit_test(without_memory_nothing_is_noted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
