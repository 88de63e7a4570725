/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/rate.h"

#include "base/scan.h"

enum { COUNT_MAX = 1000000 };

static const struct {
    struct slice name;
    msec         length;
} units[] = {
    { SLICE_INIT("s"), 1000 },       { SLICE_INIT("second"), 1000 }, { SLICE_INIT("m"), 60000 },
    { SLICE_INIT("minute"), 60000 }, { SLICE_INIT("h"), 3600000 },   { SLICE_INIT("hour"), 3600000 },
};

bool rate_parse(struct slice text, struct rate *out)
{
    struct scan s = scan_from(text);

    *out = (struct rate){ 0, 0 };
    if (!scan_number(&s, COUNT_MAX, &out->count) || out->count == 0 || !scan_byte(&s, '/'))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (slice_eq(scan_rest(&s), units[i].name))
            out->per = units[i].length;
    return out->per > 0;
}

uint64_t rate_interval(const struct rate *r)
{
    uint64_t interval = r->count > 0 ? r->per * 1000 / r->count : 0;

    return interval > 0 ? interval : 1;
}
