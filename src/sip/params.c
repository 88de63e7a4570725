/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/params.h"

#include "base/run.h"

/* Names are short. */
static inline bool scan_name(struct scan *s, struct slice *name)
{
    const char *start = s->at;

    s->at = word_sees(start, s->readable, 16) ? run_end_in(start, s->end, s->readable, RUN_NAME)
                                              : run_walk(start, s->end, RUN_NAME);
    *name = slice_between(start, s->at);
    return name->len > 0;
}

static inline bool scan_value(struct scan *s, struct slice *value)
{
    const char *start = s->at;

    s->at  = run_end_in(start, s->end, s->readable, RUN_VALUE);
    *value = slice_between(start, s->at);
    return value->len > 0;
}

static inline bool scan_param(struct scan *s, struct slice *name, struct slice *value)
{
    struct scan after;

    *value = SLICE("");
    if (!(scan_lws(s) && scan_name(s, name)))
        return false;
    after = *s;
    if (!(scan_lws(&after) && scan_byte(&after, '=')))
        return true;
    *s = after;
    scan_lws(s);
    return !scan_at_end(s) && *s->at == '"' ? scan_quoted(s, value) : scan_value(s, value);
}

bool param_scan(struct scan *s, struct slice *name, struct slice *value)
{
    return scan_param(s, name, value);
}

bool params_scan(struct scan *s, struct slice *params)
{
    struct slice tag;
    unsigned     tags;

    return params_scan_tag(s, params, &tag, &tags);
}

RUN_INLINE const char *end_of_run(const char *at, const char *end, bool padded, uint8_t class)
{
    return padded ? run_end_padded(at, end, class) : run_end(at, end, class);
}

/* ";name", ";name=value" or ";name=\"value\"" at `at`, without blanks or escapes, up to the next or the end; behind it,
 * or NULL for anything else. */
RUN_INLINE const char *usual_param(const char *at, const char *end, bool padded, struct slice *name,
                                   struct slice *value)
{
    const char *start = at + 1;

    if (at >= end || *at != ';')
        return NULL;
    at     = end_of_run(start, end, padded, RUN_NAME);
    *name  = slice_between(start, at);
    *value = SLICE("");
    if (at < end && *at == '=') {
        start = at + 1;
        if (start < end && *start == '"') {
            at     = end_of_run(++start, end, padded, RUN_QUOTED);
            *value = slice_between(start, at);
            if (at == end || *at++ != '"')
                return NULL;
        } else {
            at     = end_of_run(start, end, padded, RUN_VALUE);
            *value = slice_between(start, at);
            if (at == start)
                return NULL;
        }
    }
    return name->len > 0 && (at == end || *at == ';' || *at == ',') ? at : NULL;
}

/* So many as follow each other. */
static inline void scan_usual_params(struct scan *s, struct slice *params, struct slice *tag, unsigned *tags)
{
    const char  *at = s->at, *next;
    struct slice name, value;

    while ((next = usual_param(at, s->end, true, &name, &value)) != NULL) {
        if (param_is(name, "tag") && ++*tags == 1)
            *tag = value;
        at = next;
    }
    if (at != s->at)
        *params = slice_between(s->at, at);
    s->at = at;
}

bool params_scan_tag(struct scan *s, struct slice *params, struct slice *tag, unsigned *tags)
{
    struct slice name, value;
    const char  *first = NULL;
    struct scan  after;

    *params = SLICE("");
    *tag    = SLICE("");
    *tags   = 0;
    if (scan_at_end(s))
        return true;
    if (scan_is_padded(s)) {
        scan_usual_params(s, params, tag, tags);
        first = params->len > 0 ? params->ptr : NULL;
    }
    for (;;) {
        after = *s;
        scan_lws(&after);
        if (!scan_byte(&after, ';'))
            return true;
        if (first == NULL)
            first = after.at - 1;
        *s = after;
        if (!scan_param(s, &name, &value))
            return false;
        if (param_is(name, "tag") && ++*tags == 1)
            *tag = value;
        *params = slice_between(first, s->at);
    }
}

bool params_next(struct scan *s, struct slice *name, struct slice *value)
{
    const char *next = scan_is_padded(s) ? usual_param(s->at, s->end, true, name, value) : NULL;

    if (next != NULL) {
        s->at = next;
        return true;
    }
    *value = SLICE("");
    if (scan_at_end(s))
        return false;
    while (scan_lws(s) && scan_byte(s, ';'))
        continue;
    if (!scan_name(s, name))
        return false;
    scan_lws(s);
    if (scan_byte(s, '=') && scan_lws(s) && !scan_quoted(s, value))
        scan_value(s, value);
    return true;
}

#ifdef __x86_64__
/* Does anything begin with the first byte of `name`, in any case, behind a ';' or a blank?  If not, it need not be
 * walked: most look for a parameter that is not there. */
static bool may_hold(struct slice params, struct slice name)
{
    const char   *at = params.ptr, *end = at + params.len;
    const __m128i wanted = _mm_set1_epi8((char)(*name.ptr | 0x20)), lower = _mm_set1_epi8(0x20);
    unsigned      before = 0;

    for (; at < end; at += 16) {
        __m128i  v       = end - at >= 16 ? run_load(at) : run_load_few(at, (size_t)(end - at));
        unsigned starts  = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(run_or(v, lower), wanted));
        unsigned borders = (unsigned)_mm_movemask_epi8(run_or(run_is_low(v), run_is(v, ';')));

        if ((starts & (borders << 1 | before)) != 0)
            return true;
        before = borders >> 15;
    }
    return false;
}
#else
static bool may_hold(struct slice params, struct slice name)
{
    (void)name;
    return params.len > 0;
}
#endif

/* The same, from one that is not as nearly all are. */
static __attribute__((noinline)) bool find_any(struct scan *s, struct slice name, struct slice *value)
{
    struct slice found;

    while (params_next(s, &found, value))
        if (slice_eq_nocase(found, name))
            return true;
    *value = SLICE("");
    return false;
}

bool params_find(struct slice params, struct slice name, struct slice *value)
{
    struct scan  s = scan_from(params);
    struct slice found;
    const char  *next;

    *value = SLICE("");
    if (params.len == 0 || !may_hold(params, name))
        return false;
    while ((next = usual_param(s.at, s.end, false, &found, value)) != NULL) {
        if (slice_eq_nocase(found, name))
            return true;
        s.at = next;
    }
    return find_any(&s, name, value);
}

/* RFC 3261 19.1.4: a character and its escape are the same, unless it is
 * reserved (RFC 2396 2.2).  The next character of `s`; an escaped reserved one,
 * or '%' itself, gets a value of its own. */
static bool next_unit(struct scan *s, bool nocase, unsigned *unit)
{
    unsigned char c;

    if (scan_at_end(s))
        return false;
    c = (unsigned char)*s->at;
    if (c == '%' && s->end - s->at >= 3 && hex_value(s->at[1]) >= 0 && hex_value(s->at[2]) >= 0) {
        c = (unsigned char)(hex_value(s->at[1]) << 4 | hex_value(s->at[2]));
        s->at += 3;
        if (c != '\0' && strchr(";/?:@&=+$,%", c) != NULL) {
            *unit = 0x100u | c;
            return true;
        }
    } else {
        s->at++;
    }
    *unit = nocase ? (unsigned char)ascii_lower((char)c) : c;
    return true;
}

bool escaped_eq(struct slice a, struct slice b, bool nocase)
{
    struct scan sa = scan_from(a), sb = scan_from(b);
    unsigned    ua = 0, ub = 0;

    for (;;) {
        bool more = next_unit(&sa, nocase, &ua);

        if (more != next_unit(&sb, nocase, &ub))
            return false;
        if (!more)
            return true;
        if (ua != ub)
            return false;
    }
}

bool delta_seconds_parse(struct slice text, uint32_t *value)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit_byte(text.ptr[i]))
            return false;
        sum = sum * 10 + (uint64_t)(text.ptr[i] - '0');
        if (sum > UINT32_MAX)
            sum = UINT32_MAX;
    }
    if (text.len == 0)
        return false;
    *value = (uint32_t)sum;
    return true;
}
