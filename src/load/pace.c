/* SPDX-License-Identifier: BSD-2-Clause */
#include "load/pace.h"

#include <math.h>

enum { SECOND = 1000000 };

/* While the rate grows from 0, n = rate * t * t / (2 * ramp). */
static double open_due(const struct pace *p, double n)
{
    double ramp = (double)p->ramp / SECOND, in_ramp = p->rate * ramp / 2;

    if (n < in_ramp)
        return sqrt(2 * ramp * n / p->rate);
    return ramp + (n - in_ramp) / p->rate;
}

uint64_t pace_due(const struct pace *p, uint64_t n)
{
    if (p->rate > 0)
        return (uint64_t)(open_due(p, (double)n) * SECOND + 0.5);
    return n < p->window ? p->ramp * n / p->window : 0;
}

uint64_t pace_count(const struct pace *p, uint64_t at)
{
    double   t = (double)at / SECOND, ramp = (double)p->ramp / SECOND;
    double   n     = t < ramp ? p->rate * t * t / (2 * ramp) : p->rate * (t - ramp / 2);
    uint64_t count = (uint64_t)n;

    /* What rounding does to one of them is for pace_due to say. */
    while (pace_due(p, count) <= at)
        count++;
    while (count > 0 && pace_due(p, count - 1) > at)
        count--;
    return count;
}
