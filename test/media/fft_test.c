/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/fft.h"
#include "support/test.h"

#include <math.h>

/* The definition, to hold the fast one to. */
static double direct(const double *a, size_t a_count, const double *b, size_t b_count, ptrdiff_t lag)
{
    double sum = 0;

    for (size_t i = 0; i < a_count; i++) {
        ptrdiff_t j = (ptrdiff_t)i + lag;

        if (j >= 0 && j < (ptrdiff_t)b_count)
            sum += a[i] * b[j];
    }
    return sum;
}

static double a[37], b[100];

static int fill(void **state)
{
    (void)state;
    for (size_t i = 0; i < 37; i++)
        a[i] = sin((double)(i * i)) + 0.3;
    for (size_t i = 0; i < 100; i++)
        b[i] = cos((double)(i * i * i)) - 0.1;
    return 0;
}

TEST(every_lag_agrees_with_the_definition)
{
    struct correlation c;

    CHECK_INT(0, correlation_init(&c, a, 37, b, 100, -36, 99));
    for (ptrdiff_t lag = -36; lag < 100; lag++)
        CHECK(fabs(direct(a, 37, b, 100, lag) - correlation_at(&c, lag)) < 1e-9);
    CHECK(correlation_at(&c, 100) == 0);
    CHECK(correlation_at(&c, -37) == 0);
    CHECK(correlation_at(&c, 100000) == 0);
    correlation_fini(&c);
}

/* Whatever the others then fall on: 36 and 100 are more than a circle of 128 holds. */
TEST(the_lags_that_are_asked_for_agree_with_the_definition)
{
    for (ptrdiff_t first = -40; first <= 105; first++)
        for (ptrdiff_t last = first; last <= 105; last += 5) {
            struct correlation c;

            CHECK_INT(0, correlation_init(&c, a, 37, b, 100, first, last));
            for (ptrdiff_t lag = first; lag <= last; lag++)
                CHECK(fabs(direct(a, 37, b, 100, lag) - correlation_at(&c, lag)) < 1e-9);
            CHECK(correlation_at(&c, first - 1) == 0);
            CHECK(correlation_at(&c, last + 1) == 0);
            correlation_fini(&c);
        }
}

TEST(fewer_lags_make_a_smaller_transform)
{
    struct correlation c;

    CHECK_INT(0, correlation_init(&c, a, 30, b, 60, 0, 30));
    CHECK_INT(64, c.size);
    correlation_fini(&c);
}

TEST(one_sample_against_one_sample_is_their_product)
{
    double             one = 3, other = -5;
    struct correlation c;

    CHECK_INT(0, correlation_init(&c, &one, 1, &other, 1, 0, 0));
    CHECK(fabs(correlation_at(&c, 0) + 15) < 1e-12);
    correlation_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_lag_agrees_with_the_definition),
        cmocka_unit_test(the_lags_that_are_asked_for_agree_with_the_definition),
        cmocka_unit_test(fewer_lags_make_a_smaller_transform),
        cmocka_unit_test(one_sample_against_one_sample_is_their_product),
    };

    return cmocka_run_group_tests(tests, fill, NULL);
}
