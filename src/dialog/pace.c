/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/pace.h"

enum {
    BACKOFF_MAX = 1800, /* seconds                                    */
    DOUBLINGS   = 6,
    MARGIN      = 32000, /* ms: what one request may take to time out */
};

/* 0 .. below - 1 out of 32 random bits; the bias is of no interest here. */
static uint64_t scale(uint32_t random, uint64_t below)
{
    return ((uint64_t)random * below) >> 32;
}

msec pace_refresh_after(uint32_t granted, uint32_t random)
{
    msec length = (msec)granted * 1000;
    msec after  = length * 75 / 100 + scale(random, length * 15 / 100 + 1);

    if (after + MARGIN > length)
        after = length > MARGIN ? length - MARGIN : 0;
    return after < length / 2 ? length / 2 : after;
}

msec pace_back_off(unsigned failures, uint32_t base, uint32_t retry_after, uint32_t random)
{
    uint64_t longest = BACKOFF_MAX, wait;

    if (failures < DOUBLINGS && ((uint64_t)base << failures) < BACKOFF_MAX)
        longest = (uint64_t)base << failures;
    wait = longest * 1000 / 2 + scale(random, longest * 1000 / 2 + 1);
    return wait > (msec)retry_after * 1000 ? wait : (msec)retry_after * 1000;
}
