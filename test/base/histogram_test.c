/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/histogram.h"

#include "support/test.h"

#include <string.h>

static struct histogram h, other;

static int setup(void **state)
{
    (void)state;
    histogram_clear(&h);
    histogram_clear(&other);
    return 0;
}

TEST(an_empty_one_says_nothing)
{
    CHECK_INT(0, histogram_percentile(&h, 50));
    CHECK_INT(0, histogram_percentile(&h, 100));
    CHECK(histogram_mean(&h) == 0);
}

TEST(small_values_come_out_as_they_went_in)
{
    for (uint64_t v = 0; v < 2048; v++)
        histogram_add(&h, v);
    for (uint64_t v = 0; v < 2048; v++)
        CHECK_INT(v, histogram_percentile(&h, 100.0 * (double)(v + 1) / 2048));
    CHECK_INT(0, histogram_percentile(&h, 0));
}

TEST(three_digits_are_kept_of_any_value)
{
    for (uint64_t v = 1; v < HISTOGRAM_MAX; v += 1 + v / 7) {
        uint64_t got;

        histogram_clear(&h);
        histogram_add(&h, v);
        histogram_add(&h, HISTOGRAM_MAX); /* so that it is not the maximum, which is exact */
        got = histogram_percentile(&h, 50);
        CHECK(got >= v);
        CHECK(got - v <= v / 1000);
    }
}

TEST(what_is_above_the_bound_is_counted_and_its_maximum_exact)
{
    histogram_add(&h, UINT64_MAX);
    histogram_add(&h, 5);
    CHECK_INT(2, h.count);
    CHECK_INT(5, histogram_percentile(&h, 50));
    CHECK(histogram_percentile(&h, 100) == UINT64_MAX);
}

TEST(percentiles_are_of_the_values_not_of_the_cells)
{
    for (int i = 0; i < 990; i++)
        histogram_add(&h, 100);
    for (int i = 0; i < 10; i++)
        histogram_add(&h, 5000);
    CHECK_INT(100, histogram_percentile(&h, 50));
    CHECK_INT(100, histogram_percentile(&h, 99));
    CHECK_INT(5000, histogram_percentile(&h, 99.1));
    CHECK_INT(5000, histogram_percentile(&h, 100));
    CHECK(histogram_mean(&h) > 148.9 && histogram_mean(&h) < 149.1);
}

TEST(two_merged_are_as_one)
{
    histogram_add(&h, 10);
    histogram_merge(&h, &other);
    CHECK_INT(1, h.count);
    histogram_add(&other, 3);
    histogram_add(&other, 70000);
    histogram_merge(&h, &other);
    CHECK_INT(3, h.count);
    CHECK_INT(3, h.least);
    CHECK_INT(70000, h.most);
    CHECK_INT(10, histogram_percentile(&h, 50));
    histogram_clear(&h);
    histogram_merge(&h, &other);
    CHECK_INT(3, h.least);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_empty_one_says_nothing, setup),
        cmocka_unit_test_setup(small_values_come_out_as_they_went_in, setup),
        cmocka_unit_test_setup(three_digits_are_kept_of_any_value, setup),
        cmocka_unit_test_setup(what_is_above_the_bound_is_counted_and_its_maximum_exact, setup),
        cmocka_unit_test_setup(percentiles_are_of_the_values_not_of_the_cells, setup),
        cmocka_unit_test_setup(two_merged_are_as_one, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
