/* SPDX-License-Identifier: BSD-2-Clause */
/* fft.h - cross-correlation of two signals by the fast Fourier transform. */

#ifndef MEDIA_FFT_H
#define MEDIA_FFT_H

#include <stddef.h>

struct correlation {
    double   *values;      /* of lag 0, 1, ..., then those below zero from the end             */
    size_t    size;        /* a power of two                                                   */
    ptrdiff_t first, last; /* lags beyond these have nothing in common, or were not asked for */
};

/* For each lag from `first` to `last`: the sum over i of a[i] * b[i + lag].  The fewer lags, the
 * smaller the transform.  Returns 0 or -ERR_NO_MEMORY; correlation_fini is right after either. */
int  correlation_init(struct correlation *c, const double *a, size_t a_count, const double *b, size_t b_count,
                      ptrdiff_t first, ptrdiff_t last);
void correlation_fini(struct correlation *c);

/* 0 for what was not asked for, and beyond -a_count + 1 and b_count - 1, where nothing overlaps. */
double correlation_at(const struct correlation *c, ptrdiff_t lag);

#endif
