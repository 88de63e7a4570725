/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/duration.h"

#include <inttypes.h>

/* The longer name of two that begin alike comes first. */
static const struct unit {
    struct slice name;
    msec         length;
} units[] = {
    { SLICE_INIT("ms"), 1 },
    { SLICE_INIT("s"), 1000 },
    { SLICE_INIT("m"), 60 * (msec)1000 },
    { SLICE_INIT("h"), 3600 * (msec)1000 },
};

static msec unit_of(struct scan *s)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (scan_word(s, units[i].name))
            return units[i].length;
    return 1000;
}

/* Three digits are enough for milliseconds of a second; more are read over. */
static bool scan_thousandths(struct scan *s, uint32_t *thousandths)
{
    uint32_t weight = 100;

    *thousandths = 0;
    if (s->at == s->end || !is_digit_byte(*s->at))
        return false;
    for (; s->at < s->end && is_digit_byte(*s->at); s->at++, weight /= 10)
        *thousandths += weight * (uint32_t)(*s->at - '0');
    return true;
}

bool duration_scan(struct scan *s, msec *out)
{
    struct scan at          = *s;
    uint32_t    thousandths = 0;
    uint64_t    whole;
    msec        unit, sum;

    if (!scan_number64(&at, DURATION_MAX, &whole))
        return false;
    if (scan_byte(&at, '.') && !scan_thousandths(&at, &thousandths))
        return false;
    unit = unit_of(&at);
    sum  = whole * unit + thousandths * unit / 1000;
    if (whole > DURATION_MAX / unit || sum > DURATION_MAX)
        return false;
    *out = sum;
    *s   = at;
    return true;
}

bool duration_parse(struct slice text, msec max, msec *out)
{
    struct scan s = scan_from(text);
    msec        duration;

    if (!duration_scan(&s, &duration) || !scan_at_end(&s) || duration > max)
        return false;
    *out = duration;
    return true;
}

void duration_write(struct buf *b, msec duration)
{
    uint64_t seconds = duration / 1000;

    if (duration < 1000)
        buf_printf(b, "%" PRIu64 " ms", duration);
    else if (seconds < 60)
        buf_printf(b, "%" PRIu64 ".%" PRIu64 " s", seconds, duration % 1000 / 100);
    else if (seconds < 3600)
        buf_printf(b, "%02" PRIu64 ":%02" PRIu64, seconds / 60, seconds % 60);
    else
        buf_printf(b, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, seconds / 3600, seconds / 60 % 60, seconds % 60);
}
