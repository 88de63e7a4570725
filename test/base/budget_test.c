/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/budget.h"
#include "base/error.h"
#include "support/test.h"

#include <pthread.h>

enum { KIB = 1024 };

struct house {
    struct budget       budget;
    struct budget_share here, there; /* two workers */
    unsigned            messages, log;
    pthread_barrier_t   start;
};

static void open_house(struct house *h)
{
    budget_init(&h->budget, 100 * KIB);
    h->messages = (unsigned)budget_open(&h->budget, "messages", 0);
    h->log      = (unsigned)budget_open(&h->budget, "log queue", 10 * KIB);
    budget_share_init(&h->here, &h->budget);
    budget_share_init(&h->there, &h->budget);
}

TEST(what_is_taken_and_given_is_in_the_figures_after_a_flush)
{
    struct house          h;
    struct budget_figures f;

    open_house(&h);
    CHECK_INT(2, budget_count(&h.budget));
    CHECK(budget_take(&h.here, h.messages, 3000));
    CHECK(budget_take(&h.here, h.log, 500));
    budget_give(&h.here, h.messages, 1000);
    CHECK_INT(0, budget_figures(&h.budget, h.messages).bytes);
    budget_flush(&h.here);
    f = budget_figures(&h.budget, h.messages);
    CHECK(strcmp(f.name, "messages") == 0);
    CHECK_INT(2000, f.bytes);
    CHECK_INT(3000, f.high_water);
    CHECK_INT(0, f.limit);
    f = budget_total(&h.budget);
    CHECK_INT(2500, f.bytes);
    CHECK_INT(3500, f.high_water);
    CHECK_INT(100 * KIB, f.limit);
    CHECK_INT(10 * KIB, budget_figures(&h.budget, h.log).limit);
}

TEST(an_account_at_its_limit_refuses_to_the_byte_and_recovers)
{
    struct house h;

    open_house(&h);
    CHECK(budget_take(&h.here, h.log, 10 * KIB - 1));
    CHECK(!budget_take(&h.here, h.log, 2));
    CHECK(budget_take(&h.here, h.log, 1));
    CHECK(!budget_take(&h.here, h.log, 1));
    CHECK(budget_take(&h.here, h.messages, 1)); /* the others go on */
    budget_give(&h.here, h.log, 1);
    CHECK(budget_take(&h.here, h.log, 1));
    budget_flush(&h.here);
    CHECK_INT(2, budget_figures(&h.budget, h.log).refused);
    CHECK_INT(0, budget_figures(&h.budget, h.messages).refused);
    CHECK_INT(2, budget_total(&h.budget).refused);
    CHECK_INT(10 * KIB, budget_figures(&h.budget, h.log).high_water);
}

TEST(the_budget_as_a_whole_refuses_whatever_account_asks)
{
    struct house h;

    open_house(&h);
    CHECK(budget_take(&h.here, h.messages, 95 * KIB));
    CHECK(!budget_take(&h.here, h.log, 6 * KIB));
    CHECK(budget_take(&h.here, h.log, 5 * KIB));
    CHECK(!budget_take(&h.here, h.messages, 1));
    budget_take_anyway(&h.here, h.messages, KIB); /* a response has to go out */
    budget_flush(&h.here);
    CHECK_INT(101 * KIB, budget_total(&h.budget).bytes);
    CHECK(!budget_take(&h.here, h.messages, 0));
    budget_give(&h.here, h.messages, 2 * KIB);
    CHECK(budget_take(&h.here, h.messages, KIB));
}

/* DESIGN: at 80 % new work is refused, at 95 % all but responses and dialogs. */
TEST(levels_begin_at_80_and_95_percent_and_end_there)
{
    struct house h;

    open_house(&h);
    budget_take_anyway(&h.here, h.messages, 80 * KIB - 1);
    CHECK_INT(BUDGET_NORMAL, budget_share_level(&h.here));
    budget_take_anyway(&h.here, h.messages, 1);
    CHECK_INT(BUDGET_HIGH, budget_share_level(&h.here)); /* at once, by the worker itself */
    budget_take_anyway(&h.here, h.messages, 15 * KIB - 1);
    CHECK_INT(BUDGET_HIGH, budget_share_level(&h.here));
    budget_take_anyway(&h.here, h.messages, 1);
    CHECK_INT(BUDGET_CRITICAL, budget_share_level(&h.here));
    CHECK_INT(BUDGET_NORMAL, budget_level(&h.budget));
    budget_flush(&h.here);
    CHECK_INT(BUDGET_CRITICAL, budget_level(&h.budget));
    budget_give(&h.here, h.messages, 1);
    CHECK_INT(BUDGET_HIGH, budget_share_level(&h.here));
    budget_give(&h.here, h.messages, 15 * KIB);
    CHECK_INT(BUDGET_NORMAL, budget_share_level(&h.here));
}

/* A level that was told ends 5 % below where it began. */
TEST(a_level_that_was_told_ends_lower_than_it_begins)
{
    struct house      h;
    enum budget_level from, to;

    open_house(&h);
    budget_take_anyway(&h.here, h.messages, 95 * KIB);
    budget_flush(&h.here);
    CHECK(budget_level_changed(&h.budget, &from, &to));
    CHECK(from == BUDGET_NORMAL && to == BUDGET_CRITICAL);
    CHECK(!budget_level_changed(&h.budget, &from, &to));
    budget_give(&h.here, h.messages, 5 * KIB);
    CHECK_INT(BUDGET_CRITICAL, budget_share_level(&h.here));
    budget_give(&h.here, h.messages, 1);
    CHECK_INT(BUDGET_HIGH, budget_share_level(&h.here));
    budget_flush(&h.here);
    CHECK(budget_level_changed(&h.budget, &from, &to) && from == BUDGET_CRITICAL && to == BUDGET_HIGH);
    budget_give(&h.here, h.messages, 15 * KIB - 1);
    CHECK_INT(BUDGET_HIGH, budget_share_level(&h.here));
    budget_give(&h.here, h.messages, 1);
    CHECK_INT(BUDGET_NORMAL, budget_share_level(&h.here));
    budget_flush(&h.here);
    CHECK(budget_level_changed(&h.budget, &from, &to) && to == BUDGET_NORMAL);
    budget_take_anyway(&h.here, h.messages, 4 * KIB);
    CHECK_INT(BUDGET_NORMAL, budget_share_level(&h.here));
}

TEST(what_is_shared_is_accounted_for_at_once)
{
    struct house h;

    open_house(&h);
    budget_move(&h.budget, h.log, 9 * KIB);
    budget_move(&h.budget, h.log, -2 * KIB);
    CHECK_INT(7 * KIB, budget_figures(&h.budget, h.log).bytes);
    CHECK_INT(9 * KIB, budget_figures(&h.budget, h.log).high_water);
    CHECK_INT(7 * KIB, budget_total(&h.budget).bytes);
    budget_forget_high(&h.budget);
    CHECK_INT(7 * KIB, budget_figures(&h.budget, h.log).high_water);
    CHECK_INT(7 * KIB, budget_total(&h.budget).high_water);
    CHECK(budget_has_room(&h.here, 100 * KIB));
    budget_flush(&h.here);
    CHECK(!budget_has_room(&h.here, 100 * KIB));
    CHECK(budget_has_room(&h.here, 93 * KIB));
}

TEST(a_worker_hears_of_the_others_when_it_flushes)
{
    struct house h;

    open_house(&h);
    CHECK(budget_take(&h.here, h.log, 8 * KIB));
    CHECK(budget_take(&h.there, h.log, 8 * KIB)); /* neither knows: over by a turn's worth */
    budget_flush(&h.here);
    budget_flush(&h.there);
    CHECK_INT(16 * KIB, budget_figures(&h.budget, h.log).bytes);
    CHECK(!budget_take(&h.there, h.log, 1));
    budget_give(&h.here, h.log, 8 * KIB);
    budget_flush(&h.here);
    CHECK(!budget_take(&h.there, h.log, 1));
    budget_flush(&h.there);
    CHECK(budget_take(&h.there, h.log, 1));
}

TEST(what_one_worker_took_another_gives_back)
{
    struct house h;

    open_house(&h);
    budget_take_anyway(&h.here, h.messages, 5 * KIB);
    budget_give(&h.there, h.messages, 5 * KIB); /* it flushes first: */
    budget_flush(&h.there);
    CHECK_INT(0, budget_total(&h.budget).bytes);
    CHECK_INT(BUDGET_NORMAL, budget_share_level(&h.there));
    CHECK(budget_take(&h.there, h.messages, KIB));
    budget_flush(&h.here);
    budget_flush(&h.there);
    CHECK_INT(KIB, budget_total(&h.budget).bytes);
    CHECK_INT(KIB, budget_figures(&h.budget, h.messages).bytes);
}

TEST(a_peak_within_a_turn_is_remembered)
{
    struct house h;

    open_house(&h);
    CHECK(budget_take(&h.there, h.log, KIB));
    budget_flush(&h.there);
    CHECK(budget_take(&h.here, h.log, 7 * KIB));
    budget_give(&h.here, h.log, 7 * KIB);
    budget_flush(&h.here);
    CHECK_INT(KIB, budget_figures(&h.budget, h.log).bytes);
    CHECK_INT(8 * KIB, budget_figures(&h.budget, h.log).high_water);
}

TEST(numbers_at_the_edges_are_survived)
{
    struct house h;

    open_house(&h);
    CHECK(budget_take(&h.here, h.log, 1));
    CHECK(!budget_take(&h.here, h.messages, SIZE_MAX));
    CHECK(!budget_take(&h.here, h.log, SIZE_MAX));
    CHECK(budget_take(&h.here, h.messages, 100 * KIB - 1));

    budget_init(&h.budget, UINT64_MAX);
    CHECK_INT(0, budget_open(&h.budget, "all", UINT64_MAX));
    budget_share_init(&h.here, &h.budget);
    CHECK_INT(BUDGET_NORMAL, budget_share_level(&h.here));
    CHECK(!budget_take(&h.here, 0, SIZE_MAX));
    CHECK(budget_take(&h.here, 0, SIZE_MAX / 8));
    CHECK_INT(BUDGET_NORMAL, budget_share_level(&h.here));

    budget_init(&h.budget, 1);
    CHECK_INT(0, budget_open(&h.budget, "one", 0));
    budget_share_init(&h.here, &h.budget);
    CHECK_INT(BUDGET_NORMAL, budget_share_level(&h.here));
    CHECK(budget_take(&h.here, 0, 1));
    CHECK_INT(BUDGET_CRITICAL, budget_share_level(&h.here));
}

TEST(there_is_room_for_so_many_accounts_and_no_more)
{
    struct budget b;

    budget_init(&b, 1);
    for (int i = 0; i < BUDGET_ACCOUNTS; i++)
        CHECK_INT(i, budget_open(&b, "x", 0));
    CHECK_INT(-ERR_LIMIT, budget_open(&b, "x", 0));
    CHECK_INT(BUDGET_ACCOUNTS, budget_count(&b));
}

/* ---- many workers ---- */

enum { WORKERS = 4, TURNS = 100000 };

static void *work(void *arg)
{
    struct house       *h = arg;
    struct budget_share s;

    pthread_barrier_wait(&h->start);
    budget_share_init(&s, &h->budget);
    for (unsigned i = 0; i < TURNS; i++) {
        budget_take_anyway(&s, h->messages, 10 + i % 7);
        budget_take_anyway(&s, h->log, 3);
        budget_flush(&s);
        budget_give(&s, h->messages, 10 + i % 7);
        budget_give(&s, h->log, 2);
        budget_flush(&s);
    }
    return NULL;
}

TEST(workers_side_by_side_lose_nothing)
{
    struct house h;
    pthread_t    threads[WORKERS];

    open_house(&h);
    assert_int_equal(0, pthread_barrier_init(&h.start, NULL, WORKERS));
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(0, pthread_create(&threads[i], NULL, work, &h));
    for (int i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&h.start);
    CHECK_INT(0, budget_figures(&h.budget, h.messages).bytes);
    CHECK_INT(WORKERS * TURNS, budget_figures(&h.budget, h.log).bytes);
    CHECK_INT(WORKERS * TURNS, budget_total(&h.budget).bytes);
    CHECK(budget_figures(&h.budget, h.messages).high_water >= 16);
    CHECK(budget_figures(&h.budget, h.messages).high_water <= WORKERS * 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken_and_given_is_in_the_figures_after_a_flush),
        cmocka_unit_test(an_account_at_its_limit_refuses_to_the_byte_and_recovers),
        cmocka_unit_test(the_budget_as_a_whole_refuses_whatever_account_asks),
        cmocka_unit_test(levels_begin_at_80_and_95_percent_and_end_there),
        cmocka_unit_test(a_level_that_was_told_ends_lower_than_it_begins),
        cmocka_unit_test(what_is_shared_is_accounted_for_at_once),
        cmocka_unit_test(a_worker_hears_of_the_others_when_it_flushes),
        cmocka_unit_test(what_one_worker_took_another_gives_back),
        cmocka_unit_test(a_peak_within_a_turn_is_remembered),
        cmocka_unit_test(numbers_at_the_edges_are_survived),
        cmocka_unit_test(there_is_room_for_so_many_accounts_and_no_more),
        cmocka_unit_test(workers_side_by_side_lose_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
