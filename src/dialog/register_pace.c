/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/register_pace.h"

#include "dialog/pace.h"

enum { BACKOFF_SIDE = 90 /* seconds, RFC 5626 4.5: another flow works */ };

msec register_back_off(unsigned failures, bool backed_up, uint32_t retry_after, uint32_t random)
{
    return pace_back_off(failures, backed_up ? BACKOFF_SIDE : PACE_BASE, retry_after, random);
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
