/* SPDX-License-Identifier: BSD-2-Clause */
#include "sdp/payload_types.h"

enum { DYNAMIC_FIRST = 96, DYNAMIC_LAST = 127, SPARE_FIRST = 35, SPARE_LAST = 63 }; /* RFC 3551 6, RFC 5761 4 */

/* 1 + index of the format, 0 if it cannot be kept. */
static uint8_t index_of(struct payload_types *t, const struct sdp_format *format)
{
    for (size_t i = 0; i < t->count; i++)
        if (sdp_format_eq(&t->formats[i], format))
            return (uint8_t)(i + 1);
    if (t->count == PAYLOAD_TYPES_FORMATS)
        return 0;
    t->formats[t->count++] = *format;
    return (uint8_t)t->count;
}

void payload_types_bind(struct payload_types *t, uint8_t payload_type, const struct sdp_format *format)
{
    uint8_t index = index_of(t, format);

    if (payload_type < sizeof t->bound)
        t->bound[payload_type] = index > 0 ? index : PAYLOAD_TYPES_FOREIGN;
}

void payload_types_bind_foreign(struct payload_types *t, uint8_t payload_type)
{
    if (payload_type < sizeof t->bound)
        t->bound[payload_type] = PAYLOAD_TYPES_FOREIGN;
}

/* The first of a range that is bound to `index`; 0 finds a free one. */
static bool find(const struct payload_types *t, unsigned first, unsigned last, uint8_t index, uint8_t *out)
{
    for (unsigned i = first; i <= last; i++)
        if (t->bound[i] == index) {
            *out = (uint8_t)i;
            return true;
        }
    return false;
}

bool payload_types_choose(struct payload_types *t, const struct sdp_format *format, uint8_t wish, uint8_t *out)
{
    uint8_t index = index_of(t, format);

    if (index == 0)
        return false;
    *out = wish;
    if (!(wish < DYNAMIC_FIRST && (t->bound[wish] == 0 || t->bound[wish] == index)) &&
        !find(t, 0, DYNAMIC_LAST, index, out) && !(wish <= DYNAMIC_LAST && t->bound[wish] == 0) &&
        !find(t, DYNAMIC_FIRST, DYNAMIC_LAST, 0, out) && !find(t, SPARE_FIRST, SPARE_LAST, 0, out))
        return false;
    t->bound[*out] = index;
    return true;
}
