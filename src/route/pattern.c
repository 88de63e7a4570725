/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdlib.h>

enum { GROUPS = 10, ERROR_TEXT = 128 };

struct pattern {
    pcre2_code          *code;
    pcre2_match_context *limits;
    uint32_t             groups; /* without that of the whole */
};

static pcre2_code *compile(struct slice text, struct buf *why)
{
    const uint32_t options = PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C;
    PCRE2_UCHAR    said[ERROR_TEXT];
    PCRE2_SIZE     at;
    int            error;
    pcre2_code    *code = pcre2_compile((PCRE2_SPTR)text.ptr, text.len, options, &error, &at, NULL);

    if (code != NULL)
        return code;
    if (pcre2_get_error_message(error, said, sizeof said) < 0)
        said[0] = '\0';
    buf_printf(why, "at character %zu: %s", at + 1, (const char *)said);
    return NULL;
}

static pcre2_match_context *make_limits(void)
{
    pcre2_match_context *m = pcre2_match_context_create(NULL);

    if (m == NULL)
        return NULL;
    (void)pcre2_set_match_limit(m, PATTERN_STEPS);
    (void)pcre2_set_depth_limit(m, PATTERN_STEPS);
    (void)pcre2_set_heap_limit(m, PATTERN_HEAP);
    return m;
}

struct pattern *pattern_new(struct slice text, struct buf *why)
{
    struct pattern *p;

    if (text.len == 0 || text.len > PATTERN_TEXT) {
        buf_printf(why, "from 1 to %d bytes", PATTERN_TEXT);
        return NULL;
    }
    p = calloc(1, sizeof *p);
    if (p == NULL) {
        buf_put(why, SLICE("no memory"));
        return NULL;
    }
    p->code   = compile(text, why);
    p->limits = p->code != NULL ? make_limits() : NULL;
    if (p->limits == NULL) {
        pattern_free(p);
        return NULL;
    }
    (void)pcre2_pattern_info(p->code, PCRE2_INFO_CAPTURECOUNT, &p->groups);
    return p;
}

void pattern_free(struct pattern *p)
{
    if (p == NULL)
        return;
    pcre2_match_context_free(p->limits);
    pcre2_code_free(p->code);
    free(p);
}

/* Where the groups are in `text`: in `found`, which is to be freed whatever the result is. */
static enum pattern_result match(const struct pattern *p, struct slice text, pcre2_match_data **found)
{
    int count;

    *found = NULL;
    if (text.len > PATTERN_TEXT)
        return PATTERN_DIFFERS;
    *found = pcre2_match_data_create(GROUPS, NULL);
    if (*found == NULL)
        return PATTERN_GAVE_UP;
    count = pcre2_match(p->code, (PCRE2_SPTR)(text.ptr != NULL ? text.ptr : ""), text.len, 0, PCRE2_NO_JIT, *found,
                        p->limits);
    if (count == PCRE2_ERROR_NOMATCH)
        return PATTERN_DIFFERS;
    return count >= 0 ? PATTERN_FITS : PATTERN_GAVE_UP;
}

enum pattern_result pattern_match(const struct pattern *p, struct slice text)
{
    pcre2_match_data   *found;
    enum pattern_result result = match(p, text, &found);

    pcre2_match_data_free(found);
    return result;
}

/* The group that "\1" at `i` names; GROUPS: none, it stands for itself. */
static unsigned group_at(struct slice replacement, size_t i)
{
    if (replacement.ptr[i] != '\\' || i + 1 == replacement.len || replacement.ptr[i + 1] < '0' ||
        replacement.ptr[i + 1] > '9')
        return GROUPS;
    return (unsigned)(replacement.ptr[i + 1] - '0');
}

bool pattern_can_replace(const struct pattern *p, struct slice replacement, struct buf *why)
{
    for (size_t i = 0; i < replacement.len; i++) {
        unsigned group = group_at(replacement, i);

        if (group < GROUPS && group > p->groups) {
            buf_printf(why, "\\%u: the pattern has %u groups", group, (unsigned)p->groups);
            return false;
        }
        if (replacement.ptr[i] != '\\')
            continue;
        if (group == GROUPS && (i + 1 == replacement.len || replacement.ptr[i + 1] != '\\')) {
            buf_put(why, SLICE("behind a backslash must stand a digit or another one"));
            return false;
        }
        i++;
    }
    return true;
}

static void put_group(struct buf *out, struct slice text, const pcre2_match_data *found, unsigned group,
                      pattern_put_fn *put)
{
    const PCRE2_SIZE *ends  = pcre2_get_ovector_pointer((pcre2_match_data *)found);
    size_t            begin = ends[2 * (size_t)group], end = ends[2 * (size_t)group + 1];

    /* A group that took no part is PCRE2_UNSET; by \K it may begin behind its end. */
    if (end <= text.len && begin <= end)
        put(out, slice_between(text.ptr + begin, text.ptr + end));
}

enum pattern_result pattern_replace(const struct pattern *p, struct slice text, struct slice replacement,
                                    pattern_put_fn *put, struct buf *out)
{
    pcre2_match_data   *found;
    enum pattern_result result = match(p, text, &found);

    for (size_t i = 0; result == PATTERN_FITS && i < replacement.len; i++) {
        unsigned group = group_at(replacement, i);

        if (group < GROUPS && group <= p->groups)
            put_group(out, text, found, group, put);
        if (replacement.ptr[i] == '\\' && i + 1 < replacement.len)
            i++;
        if (group == GROUPS)
            buf_put_byte(out, replacement.ptr[i]);
    }
    pcre2_match_data_free(found);
    return result;
}
