/* SPDX-License-Identifier: BSD-2-Clause */
#include "locate/rewrite.h"

#include "base/error.h"
#include "base/scan.h"

#include <regex.h>

enum { GROUPS = 10 }; /* \0, which nobody may name, to \9 */

struct expression {
    char         ere[REWRITE_MAX + 1];
    struct slice replacement;
    bool         ignore_case;
};

/* --- taking it apart --- */

/* Up to the next delimiter that is not escaped; the cursor stands behind it. */
static bool scan_part(struct scan *s, char delimiter, struct slice *part)
{
    const char *start = s->at;

    for (; s->at < s->end; s->at++) {
        if (*s->at == delimiter) {
            *part = slice_between(start, s->at++);
            return true;
        }
        if (*s->at == '\\' && s->at + 1 < s->end)
            s->at++;
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "\!" stands for the delimiter itself. */
static bool copy_ere(struct expression *e, struct slice part, char delimiter)
{
    struct buf b = BUF_ON(e->ere);

    for (size_t i = 0; i < part.len; i++) {
        if (part.ptr[i] == '\0')
            return false;
        if (part.ptr[i] == '\\' && i + 1 < part.len && part.ptr[i + 1] == delimiter)
            i++;
        buf_put_byte(&b, part.ptr[i]);
    }
    buf_put_byte(&b, '\0');
    return buf_ok(&b);
}

static bool take_apart(struct slice text, struct expression *e)
{
    struct scan  s = scan_from(text);
    struct slice ere;
    char         delimiter;

    if (text.len < 3 || text.len > REWRITE_MAX)
        return false;
    delimiter = *s.at++;
    if (is_digit(delimiter) || delimiter == 'i' || delimiter == 'I' || delimiter == '\\' || delimiter == '\0')
        return false;
    if (!scan_part(&s, delimiter, &ere) || !scan_part(&s, delimiter, &e->replacement))
        return false;
    for (; s.at < s.end; s.at++) { /* a fourth delimiter is no flag either */
        if (*s.at != 'i' && *s.at != 'I')
            return false;
        e->ignore_case = true;
    }
    return copy_ere(e, ere, delimiter);
}

/* --- what is refused --- */

/* How often "{3}", "{3,}", "{3,5}" at `at` makes the compiler copy what stands before it;
 * 0 for another '{'. */
static unsigned interval(const char *at)
{
    unsigned most = 0, number = 0;

    for (at++; *at != '}'; at++) {
        if (*at == ',') {
            number = 0;
        } else if (is_digit(*at)) {
            number = number * 10 + (unsigned)(*at - '0');
            if (number > REWRITE_REPEATS)
                return number;
        } else {
            return 0;
        }
        if (number > most)
            most = number;
    }
    return most + (at[-1] == ',');
}

/* What has been seen of an expression so far. */
struct shape {
    unsigned groups, copies, choices;
    char     before;
};

/* Brackets are not looked for: what stands in them counts as if it stood outside. */
static bool take_character(struct shape *s, const char *at)
{
    switch (*at) {
    case '^':
        return s->before == '\0' || strchr("[(|", s->before) != NULL;
    case '$':
        return at[1] == '\0' || strchr("])|", at[1]) != NULL;
    case '(':
        return ++s->groups < GROUPS;
    case '|':
        return ++s->choices <= REWRITE_CHOICES;
    case '{':
        s->copies += interval(at);
        if (s->copies > REWRITE_REPEATS)
            return false;
        /* fall through */
    case '*':
    case '+':
    case '?':
        return s->before == '\0' || strchr(")*+?}", s->before) == NULL;
    case '\\':
        return !is_digit(at[1]);
    }
    return true;
}

/* The matcher of the C library tries all ways in which repeated groups, and anchors in the
 * midst, can match nothing: with each there are twice as many. */
static bool is_harmless(const char *ere)
{
    struct shape s = { .before = '\0' };

    for (const char *at = ere; *at != '\0'; at++) {
        if (!take_character(&s, at))
            return false;
        s.before = *at;
        at += *at == '\\' && at[1] != '\0';
    }
    return true;
}

/* --- applying it --- */

static bool put_group(struct buf *out, const char *input, const regmatch_t *group)
{
    if (group->rm_so < 0) /* no such group, or one that took no part */
        return false;
    buf_put(out, slice_between(input + group->rm_so, input + group->rm_eo));
    return true;
}

static bool put_replacement(struct buf *out, const char *input, struct slice replacement, const regmatch_t *groups,
                            size_t known)
{
    for (size_t i = 0; i < replacement.len; i++) {
        char c = replacement.ptr[i];

        if (c == '\\' && i + 1 < replacement.len) {
            c = replacement.ptr[++i];
            if (is_digit(c)) {
                size_t group = (size_t)(c - '0');

                if (group == 0 || group > known || !put_group(out, input, &groups[group]))
                    return false;
                continue;
            }
        }
        buf_put_byte(out, c);
    }
    return buf_ok(out);
}

static int error_of(int code)
{
    if (code == REG_NOMATCH)
        return -ERR_NOT_FOUND;
    return code == REG_ESPACE ? -ERR_NO_MEMORY : -ERR_SYNTAX;
}

int rewrite(struct slice expression, const char *input, struct buf *out)
{
    struct expression e = { .ignore_case = false };
    regmatch_t        groups[GROUPS];
    regex_t           regex;
    int               code;

    if (!take_apart(expression, &e) || !is_harmless(e.ere))
        return -ERR_SYNTAX;
    code = regcomp(&regex, e.ere, REG_EXTENDED | (e.ignore_case ? REG_ICASE : 0));
    if (code != 0)
        return error_of(code);
    code = regexec(&regex, input, GROUPS, groups, 0);
    if (code != 0)
        code = error_of(code);
    else if (!put_replacement(out, input, e.replacement, groups,
                              regex.re_nsub < GROUPS - 1 ? regex.re_nsub : GROUPS - 1))
        code = -ERR_SYNTAX;
    regfree(&regex);
    return code;
}
