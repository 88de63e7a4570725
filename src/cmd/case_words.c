/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/case_words.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

enum { PROBLEM = 512 };

bool case_complain(struct parser *p, const char *at, const char *format, ...)
{
    char    text[PROBLEM], what[PROBLEM];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    snprintf(text, sizeof text, "%.200s:%u:%td: %.280s", p->name, p->line, at - p->start + 1, what);
    p->bad = true;
    p->report(p->arg, text);
    return false;
}

void case_skip_blanks(struct parser *p)
{
    while (scan_byte(&p->rest, ' ') || scan_byte(&p->rest, '\t'))
        ;
}

bool case_at_end(struct parser *p)
{
    case_skip_blanks(p);
    return scan_at_end(&p->rest) || *p->rest.at == '#';
}

static bool take_quoted(struct parser *p, struct word *w)
{
    struct slice inner;
    struct buf   b;
    char        *memory;

    if (!scan_quoted(&p->rest, &inner))
        return case_complain(p, w->at, "the quote is never closed");
    memory = arena_alloc(&p->table->arena, inner.len + 1);
    if (memory == NULL)
        return false;
    b = buf_on(memory, inner.len + 1);
    buf_put_unquoted(&b, inner);
    w->text = buf_slice(&b);
    return true;
}

bool case_next_word(struct parser *p, struct word *w)
{
    if (case_at_end(p))
        return false;
    w->at = p->rest.at;
    if (*w->at == '"')
        return take_quoted(p, w);
    return scan_until(&p->rest, " \t", &w->text);
}

bool case_want_word(struct parser *p, struct word *w, const char *what)
{
    bool had = p->bad;

    if (case_next_word(p, w))
        return true;
    return p->bad && !had ? false : case_complain(p, p->rest.at, "%s is missing", what);
}

bool case_is(const struct word *w, const char *text)
{
    return slice_eq(w->text, slice_from(text));
}

bool case_want_end(struct parser *p)
{
    return case_at_end(p) || case_complain(p, p->rest.at, "nothing is wanted here but the end of the line");
}
