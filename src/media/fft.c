/* SPDX-License-Identifier: BSD-2-Clause */
#include "media/fft.h"

#include "base/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct complex_value {
    double re, im;
};

static void swap_bit_reversed(struct complex_value *z, size_t size)
{
    for (size_t i = 1, j = 0; i < size; i++) {
        size_t bit = size >> 1;

        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j) {
            struct complex_value t = z[i];

            z[i] = z[j];
            z[j] = t;
        }
    }
}

static struct complex_value multiply(struct complex_value a, struct complex_value b)
{
    return (struct complex_value){ a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re };
}

/* In place, radix 2, not scaled.  `roots[k]` is exp(-2 pi i k / size). */
static void transform(struct complex_value *z, size_t size, const struct complex_value *roots)
{
    swap_bit_reversed(z, size);
    for (size_t span = 2; span <= size; span *= 2)
        for (size_t start = 0; start < size; start += span)
            for (size_t k = 0; k < span / 2; k++) {
                struct complex_value *low  = &z[start + k];
                struct complex_value *high = &z[start + k + span / 2];
                struct complex_value  t    = multiply(*high, roots[k * (size / span)]);

                *high = (struct complex_value){ low->re - t.re, low->im - t.im };
                *low  = (struct complex_value){ low->re + t.re, low->im + t.im };
            }
}

static void fill_roots(struct complex_value *roots, size_t size)
{
    for (size_t k = 0; k < size / 2; k++) {
        double angle = -2 * M_PI * (double)k / (double)size;

        roots[k] = (struct complex_value){ cos(angle), sin(angle) };
    }
}

/* `z` holds a + ib.  Both are real, so the halves of its spectrum give both:
 * A(k) = (Z(k) + Z*(-k)) / 2, B(k) = (Z(k) - Z*(-k)) / 2i; the answer is the
 * inverse transform of A* B, which is real: a forward one of its conjugate. */
static void spectrum_to_correlation(const struct complex_value *z, struct complex_value *product, size_t size)
{
    for (size_t k = 0; k < size; k++) {
        struct complex_value p = z[k], q = z[(size - k) & (size - 1)];
        struct complex_value a = { (p.re + q.re) / 2, (p.im - q.im) / 2 };
        struct complex_value b = { (p.im + q.im) / 2, (q.re - p.re) / 2 };

        product[k] = multiply(a, (struct complex_value){ b.re, -b.im });
    }
}

static ptrdiff_t larger(ptrdiff_t a, ptrdiff_t b)
{
    return a > b ? a : b;
}

/* The transform is a circle: lags that are `size` apart fall into one.  So far round it has to be that a lag from
 * first to last shares its place with none at which the signals overlap, -a_count + 1 to b_count - 1. */
static size_t size_for(ptrdiff_t a_count, ptrdiff_t b_count, ptrdiff_t first, ptrdiff_t last)
{
    ptrdiff_t at_least = larger(larger(a_count, b_count), larger(a_count + last, b_count - first));
    size_t    size     = 2;

    while ((ptrdiff_t)size < at_least)
        size *= 2;
    return size;
}

int correlation_init(struct correlation *c, const double *a, size_t a_count, const double *b, size_t b_count,
                     ptrdiff_t first, ptrdiff_t last)
{
    ptrdiff_t             lowest  = larger(first, 1 - (ptrdiff_t)a_count);
    ptrdiff_t             highest = last < (ptrdiff_t)b_count - 1 ? last : (ptrdiff_t)b_count - 1;
    size_t                size    = size_for((ptrdiff_t)a_count, (ptrdiff_t)b_count, lowest, highest);
    struct complex_value *roots   = malloc(size / 2 * sizeof *roots);
    struct complex_value *z       = calloc(size, sizeof *z);
    struct complex_value *product = malloc(size * sizeof *product);

    *c = (struct correlation){
        .values = malloc(size * sizeof *c->values),
        .size   = size,
        .first  = lowest,
        .last   = highest,
    };
    if (roots != NULL && z != NULL && product != NULL && c->values != NULL) {
        fill_roots(roots, size);
        for (size_t i = 0; i < a_count; i++)
            z[i].re = a[i];
        for (size_t i = 0; i < b_count; i++)
            z[i].im = b[i];
        transform(z, size, roots);
        spectrum_to_correlation(z, product, size);
        transform(product, size, roots);
        for (size_t i = 0; i < size; i++)
            c->values[i] = product[i].re / (double)size;
    } else {
        correlation_fini(c);
    }
    free(roots);
    free(z);
    free(product);
    return c->values != NULL ? 0 : -ERR_NO_MEMORY;
}

void correlation_fini(struct correlation *c)
{
    free(c->values);
    *c = (struct correlation){ 0 };
}

double correlation_at(const struct correlation *c, ptrdiff_t lag)
{
    if (lag < c->first || lag > c->last)
        return 0;
    return c->values[lag >= 0 ? (size_t)lag : c->size - (size_t)-lag];
}
