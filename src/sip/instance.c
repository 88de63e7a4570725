/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/instance.h"

#include "sip/params.h"

struct slice instance_of(struct slice params)
{
    struct slice instance;

    (void)params_find(params, SLICE("+sip.instance"), &instance);
    return instance;
}

bool reg_id_of(struct slice params, uint32_t *reg_id)
{
    struct slice text;

    *reg_id = 0;
    if (!params_find(params, SLICE("reg-id"), &text) || !delta_seconds_parse(text, reg_id))
        return false;
    if (*reg_id > INT32_MAX)
        *reg_id = 0;
    return *reg_id > 0;
}

/* How much of it is written in any case: "<urn:namespace:", or of a UUID all. */
static size_t caseless_part(struct slice instance)
{
    struct scan  s = scan_from(instance);
    struct slice word;

    (void)scan_byte(&s, '<');
    if (!scan_until(&s, ":", &word) || !slice_eq_nocase(word, SLICE("urn")))
        return 0;
    if (!(scan_byte(&s, ':') && scan_until(&s, ":", &word) && scan_byte(&s, ':')))
        return 0;
    return slice_eq_nocase(word, SLICE("uuid")) ? instance.len : (size_t)(s.at - instance.ptr);
}

/* Is byte `at` one of the two after a '%'? */
static bool is_of_escape(struct slice text, size_t at)
{
    return (at >= 1 && text.ptr[at - 1] == '%') || (at >= 2 && text.ptr[at - 2] == '%');
}

bool instance_eq(struct slice a, struct slice b)
{
    size_t caseless = a.len == b.len ? caseless_part(a) : 0;

    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        bool nocase = i < caseless || is_of_escape(a, i);

        if (a.ptr[i] != b.ptr[i] && !(nocase && ascii_lower(a.ptr[i]) == ascii_lower(b.ptr[i])))
            return false;
    }
    return true;
}
