/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/register_pace.h"

enum {
    BACKOFF_BASE = 30, /* seconds, RFC 5626 4.5: nothing else works   */
    BACKOFF_SIDE = 90, /* another flow does                           */
    BACKOFF_MAX  = 1800,
    DOUBLINGS    = 6,
    MARGIN       = 32000, /* ms: what one REGISTER may take to time out  */
};

/* 0 .. below - 1 out of 32 random bits; the bias is of no interest here. */
static uint64_t scale(uint32_t random, uint64_t below)
{
    return ((uint64_t)random * below) >> 32;
}

msec register_refresh_after(uint32_t granted, uint32_t random)
{
    msec length = (msec)granted * 1000;
    msec after  = length * 75 / 100 + scale(random, length * 15 / 100 + 1);

    if (after + MARGIN > length)
        after = length > MARGIN ? length - MARGIN : 0;
    return after < length / 2 ? length / 2 : after;
}

msec register_back_off(unsigned failures, bool backed_up, uint32_t retry_after, uint32_t random)
{
    uint64_t base = backed_up ? BACKOFF_SIDE : BACKOFF_BASE, longest = BACKOFF_MAX, wait;

    if (failures < DOUBLINGS && (base << failures) < BACKOFF_MAX)
        longest = base << failures;
    wait = longest * 1000 / 2 + scale(random, longest * 1000 / 2 + 1);
    return wait > (msec)retry_after * 1000 ? wait : (msec)retry_after * 1000;
}

static bool is_about_this_request(unsigned status)
{
    switch (status) {
    case 401:
    case 402:
    case 403:
    case 405:
    case 407:
    case 410:
    case 416:
    case 420:
    case 423:
    case 439:
    case 484:
    case 485:
    case 501:
    case 505:
        return true;
    }
    return false;
}

bool register_is_final(unsigned status, uint32_t retry_after)
{
    return is_about_this_request(status) || ((status == 404 || status >= 600) && retry_after == 0);
}
