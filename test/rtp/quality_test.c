/* SPDX-License-Identifier: BSD-2-Clause */
#include "rtp/quality.h"

#include "support/test.h"

#include <math.h>

static double mos(double delay, double loss)
{
    struct quality q = { delay, loss };

    return quality_mos(quality_rating(&q));
}

/* G.107 annex B, table B.1: R and the MOS that belongs to it. */
TEST(ratings_give_the_scores_of_the_recommendation)
{
    static const struct {
        double rating, mos;
    } rows[] = { { 90, 4.34 }, { 80, 4.03 }, { 70, 3.60 }, { 60, 3.10 }, { 50, 2.58 }, { 0, 1 }, { -5, 1 }, { 3, 1 } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK(fabs(quality_mos(rows[i].rating) - rows[i].mos) < 0.01);
}

TEST(a_call_without_delay_and_loss_has_the_best_score_of_narrow_band)
{
    CHECK(fabs(mos(0, 0) - 4.41) < 0.01);
}

/* 95 * p / (p + 25.1): 1 % costs 3.6, 5 % 15.8, 20 % 42.1. */
TEST(loss_costs_what_concealment_leaves_of_it)
{
    static const struct {
        double loss, rating;
    } rows[] = { { 0.01, 89.56 }, { 0.05, 77.42 }, { 0.2, 51.07 }, { 1, 17.26 }, { 7, 17.26 }, { -1, 93.2 } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct quality q = { 0, rows[i].loss };

        CHECK(fabs(quality_rating(&q) - rows[i].rating) < 0.02);
    }
}

TEST(delay_costs_little_up_to_177_ms_and_much_above)
{
    struct quality near = { 150, 0 }, far = { 300, 0 }, never = { 100000, 0 };

    CHECK(fabs(quality_rating(&near) - (93.2 - 3.6)) < 0.01);
    CHECK(fabs(quality_rating(&far) - (93.2 - 7.2 - 13.5)) < 0.01);
    CHECK(quality_rating(&never) == 0);
}

TEST(it_never_gets_better_with_more_loss_or_delay)
{
    for (int delay = 0; delay < 600; delay += 20)
        for (int loss = 0; loss < 100; loss += 2) {
            CHECK(mos(delay, loss / 100.0) >= mos(delay, (loss + 2) / 100.0));
            CHECK(mos(delay, loss / 100.0) >= mos(delay + 20, loss / 100.0));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ratings_give_the_scores_of_the_recommendation),
        cmocka_unit_test(a_call_without_delay_and_loss_has_the_best_score_of_narrow_band),
        cmocka_unit_test(loss_costs_what_concealment_leaves_of_it),
        cmocka_unit_test(delay_costs_little_up_to_177_ms_and_much_above),
        cmocka_unit_test(it_never_gets_better_with_more_loss_or_delay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
