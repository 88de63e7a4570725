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

TEST(every_lag_agrees_with_the_definition)
{
    double             a[37], b[90];
    struct correlation c;

    for (size_t i = 0; i < 37; i++)
        a[i] = sin((double)(i * i)) + 0.3;
    for (size_t i = 0; i < 90; i++)
        b[i] = cos((double)(i * i * i)) - 0.1;
    CHECK_INT(0, correlation_init(&c, a, 37, b, 90));
    for (ptrdiff_t lag = -36; lag < 90; lag++)
        CHECK(fabs(direct(a, 37, b, 90, lag) - correlation_at(&c, lag)) < 1e-9);
    CHECK(correlation_at(&c, 90) == 0);
    CHECK(correlation_at(&c, -37) == 0);
    CHECK(correlation_at(&c, 100000) == 0);
    correlation_fini(&c);
}

TEST(one_sample_against_one_sample_is_their_product)
{
    double             a = 3, b = -5;
    struct correlation c;

    CHECK_INT(0, correlation_init(&c, &a, 1, &b, 1));
    CHECK(fabs(correlation_at(&c, 0) + 15) < 1e-12);
    correlation_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_lag_agrees_with_the_definition),
        cmocka_unit_test(one_sample_against_one_sample_is_their_product),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
