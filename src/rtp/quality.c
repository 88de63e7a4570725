/* SPDX-License-Identifier: BSD-2-Clause */
#include "rtp/quality.h"

static const double RATING_BEST = 93.2, ROBUSTNESS = 25.1, LONG_DELAY = 177.3;

static double within(double low, double value, double high)
{
    return value < low ? low : value > high ? high : value;
}

double quality_rating(const struct quality *q)
{
    double percent = within(0, q->loss, 1) * 100;
    double delay   = q->delay > 0 ? q->delay : 0;
    double late    = delay > LONG_DELAY ? 0.11 * (delay - LONG_DELAY) : 0;

    return within(0, RATING_BEST - 0.024 * delay - late - 95 * percent / (percent + ROBUSTNESS), RATING_BEST);
}

/* G.107 annex B; below 6.5 the curve would dip under 1. */
double quality_mos(double rating)
{
    if (rating <= 0)
        return 1;
    return within(1, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6, 4.5);
}
