/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/homes.h"

#include "support/alloc.h"
#include "support/test.h"

#include <pthread.h>
#include <stdatomic.h>

enum { WORKERS = 3 };

static struct homes *h;

static void begin(void)
{
    h = homes_new(WORKERS);
    CHECK(h != NULL);
}

static void all_adopt(void)
{
    for (unsigned i = 0; i < WORKERS; i++)
        homes_adopt(h, i);
}

static void change(bool spread)
{
    homes_change(h, spread);
    all_adopt();
}

TEST(spread_each_worker_has_its_cells_gathered_the_first_has_all)
{
    begin();
    for (uint32_t cell = 0; cell < 9; cell++)
        CHECK_INT(cell % WORKERS, homes_look(h, cell));
    CHECK(homes_are_spread(h) && !homes_have_changed(h));
    change(false);
    for (uint32_t cell = 0; cell < 9; cell++)
        CHECK_INT(0, homes_look(h, cell));
    CHECK(!homes_are_spread(h) && homes_have_changed(h));
    change(true);
    CHECK_INT(2, homes_look(h, 2));
    homes_free(h);
}

TEST(what_lives_somewhere_stays_there_until_it_ends)
{
    begin();
    homes_enter(h, 2, 5);
    homes_enter(h, 2, 5);
    change(false);
    CHECK_INT(2, homes_look(h, 5));
    CHECK_INT(0, homes_look(h, 8)); /* another cell of the same worker */
    homes_leave(h, 2, 5);
    CHECK_INT(2, homes_look(h, 5));
    homes_leave(h, 2, 5);
    CHECK_INT(0, homes_look(h, 5));
    homes_enter(h, 0, 5);
    change(true);
    CHECK_INT(0, homes_look(h, 5));
    CHECK_INT(2, homes_look(h, 8));
    homes_leave(h, 0, 5);
    CHECK_INT(2, homes_look(h, 5));
    homes_free(h);
}

TEST(a_change_waits_for_the_former_home_to_adopt_it)
{
    begin();
    homes_change(h, false);
    CHECK_INT(2, homes_look(h, 2));
    CHECK_INT(2, homes_decide(h, 0, 2)); /* the first one does not take it from who does not know */
    CHECK_INT(0, homes_decide(h, 2, 2)); /* who is asked adopts it */
    CHECK_INT(0, homes_look(h, 2));
    CHECK_INT(1, homes_look(h, 1));
    homes_change(h, true); /* back: the first one is its former home, and knows */
    CHECK_INT(1, homes_look(h, 1));
    homes_free(h);
}

TEST(a_change_to_what_is_changes_nothing)
{
    begin();
    homes_change(h, true);
    CHECK(!homes_have_changed(h));
    homes_free(h);
}

TEST(a_cell_that_is_none_is_one_of_them)
{
    begin();
    homes_enter(h, 1, UINT32_MAX);
    homes_leave(h, 1, UINT32_MAX);
    homes_enter(h, 0, HOMES_CELLS + 5);
    change(true);
    CHECK_INT(0, homes_look(h, 2 * HOMES_CELLS + 5));
    homes_leave(h, 0, HOMES_CELLS + 5);
    homes_free(h);
}

TEST(who_has_more_than_can_be_counted_keeps_them)
{
    begin();
    for (int i = 0; i < 2 * HOMES_MOST; i++)
        homes_enter(h, 1, 1);
    for (int i = 0; i < 2 * HOMES_MOST; i++)
        homes_leave(h, 1, 1);
    change(false);
    CHECK_INT(1, homes_look(h, 1));
    CHECK_INT(0, homes_look(h, 4));
    homes_free(h);
}

/* ---- never two ---- */

enum { CELLS = 7, STEPS = 400000 };

static struct {
    unsigned living[WORKERS][CELLS];
    int      held[WORKERS]; /* the cell in which it is about to open; -1: none */
} model;

static void check_one_home(uint32_t cell)
{
    unsigned homes = 0;

    for (unsigned i = 0; i < WORKERS; i++)
        homes += model.living[i][cell] > 0;
    CHECK(homes <= 1);
}

static void step(unsigned worker, uint32_t cell, unsigned what)
{
    if (model.held[worker] >= 0) {
        homes_enter(h, worker, (uint32_t)model.held[worker]);
        model.living[worker][model.held[worker]]++;
        check_one_home((uint32_t)model.held[worker]);
        model.held[worker] = -1;
    } else if (what < 4) {
        if (homes_decide(h, worker, cell) == worker)
            model.held[worker] = (int)cell;
    } else if (what < 9) {
        if (model.living[worker][cell] > 0) {
            homes_leave(h, worker, cell);
            model.living[worker][cell]--;
        }
    } else if (worker == 0) {
        homes_change(h, !homes_are_spread(h));
    }
}

/* Each may be held for long between asking and opening, while the homes change once and again. */
TEST(never_do_two_have_parts_of_one_cell)
{
    uint64_t x     = 88172645463325252u;
    unsigned moved = 0;
    int      last[CELLS];

    begin();
    memset(&model, 0, sizeof model);
    memset(last, 0, sizeof last);
    for (unsigned i = 0; i < WORKERS; i++)
        model.held[i] = -1;
    for (unsigned i = 0; i < STEPS; i++) {
        unsigned worker;
        uint32_t cell;

        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        worker = (unsigned)(x >> 8) % 16;
        worker = worker < 7 ? 0 : worker < 14 ? 1 : 2; /* one is slow */
        cell   = (uint32_t)(x >> 16) % CELLS;
        step(worker, cell, (unsigned)(x >> 32) % 10);
        for (int w = 0; w < WORKERS; w++)
            if (model.living[w][cell] > 0) {
                moved += last[cell] != w;
                last[cell] = w;
            }
    }
    CHECK(moved > 1000); /* they did change */
    homes_free(h);
}

/* The same with threads, for what one sees of the other. */
static _Atomic int      holder[CELLS]; /* -1: nobody */
static _Atomic unsigned wrong;
static atomic_bool      over;

static void live_and_end(unsigned me, uint32_t cell)
{
    int nobody = -1;

    if (homes_decide(h, me, cell) != me)
        return;
    if (!atomic_compare_exchange_strong(&holder[cell], &nobody, (int)me))
        atomic_fetch_add(&wrong, 1);
    homes_enter(h, me, cell);
    atomic_store(&holder[cell], -1);
    homes_leave(h, me, cell);
}

static void *run(void *arg)
{
    unsigned me = (unsigned)(uintptr_t)arg;

    for (uint32_t i = 0; !atomic_load(&over); i++)
        live_and_end(me, (i * 5 + me) % CELLS);
    return NULL;
}

TEST(nor_do_threads)
{
    pthread_t threads[WORKERS];

    begin();
    atomic_store(&over, false);
    for (uint32_t i = 0; i < CELLS; i++)
        atomic_store(&holder[i], -1);
    for (uintptr_t i = 1; i < WORKERS; i++)
        CHECK_INT(0, pthread_create(&threads[i], NULL, run, (void *)i));
    for (uint32_t i = 0; i < STEPS; i++) {
        live_and_end(0, i % CELLS);
        if (i % 50 == 0)
            homes_change(h, !homes_are_spread(h));
    }
    atomic_store(&over, true);
    for (unsigned i = 1; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(0, wrong);
    homes_free(h);
}

TEST(without_memory_there_are_none)
{
    for (unsigned n = 1; n <= 3; n++) {
        alloc_fail_at(n);
        CHECK(homes_new(WORKERS) == NULL);
        alloc_fail_at(0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spread_each_worker_has_its_cells_gathered_the_first_has_all),
        cmocka_unit_test(what_lives_somewhere_stays_there_until_it_ends),
        cmocka_unit_test(a_change_waits_for_the_former_home_to_adopt_it),
        cmocka_unit_test(a_change_to_what_is_changes_nothing),
        cmocka_unit_test(a_cell_that_is_none_is_one_of_them),
        cmocka_unit_test(who_has_more_than_can_be_counted_keeps_them),
        cmocka_unit_test(never_do_two_have_parts_of_one_cell),
        cmocka_unit_test(nor_do_threads),
        cmocka_unit_test(without_memory_there_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
