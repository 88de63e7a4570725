/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/script.h"
#include "support/alloc.h"
#include "support/test.h"

#include <stdlib.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* One word from `at` into `out`; NULL if a quote stays open. */
static const char *split_word(const char *at, const char *end, char **out)
{
    char quote = '\0';

    for (; at < end && (quote != '\0' || !is_blank(*at)); at++) {
        if (*at == quote)
            quote = '\0';
        else if (quote == '\0' && (*at == '"' || *at == '\''))
            quote = *at;
        else
            *(*out)++ = *at;
    }
    *(*out)++ = '\0';
    return quote != '\0' ? NULL : at;
}

bool words_split(struct words *w, struct slice line)
{
    const char *at  = line.ptr;
    const char *end = line.ptr + line.len;
    char       *out = w->memory;

    w->count = 0;
    if (line.len + 1 > sizeof w->memory / 2)
        return false;
    while (at != NULL && at < end) {
        if (is_blank(*at)) {
            at++;
            continue;
        }
        if (*at == '#')
            break;
        if (w->count == SCRIPT_WORDS)
            return false;
        w->word[w->count++] = out;
        at                  = split_word(at, end, &out);
    }
    w->word[w->count] = NULL;
    return at != NULL;
}

static bool only_comment(struct slice line)
{
    line = slice_trim(line);
    return line.len == 0 || *line.ptr == '#';
}

static bool is_indented(struct slice line)
{
    return line.len > 0 && is_blank(*line.ptr) && slice_trim(line).len > 0;
}

static size_t indentation(struct slice line)
{
    size_t n = 0;

    while (n < line.len && is_blank(line.ptr[n]))
        n++;
    return n;
}

/* ---- lines into statements ---- */

static struct slice next_line(const char **at)
{
    const char  *end  = strchr(*at, '\n');
    struct slice line = slice_between(*at, end == NULL ? *at + strlen(*at) : end);

    *at += line.len + (end != NULL);
    return line;
}

static void *grow(void *array, size_t count, size_t size)
{
    if ((count & (count + 1)) != 0) /* only at 0, 1, 3, 7, ... */
        return array;
    return alloc_grow(array, (2 * count + 1) * size);
}

static void put_block_line(struct statement *s, struct slice line)
{
    s->block                   = grow(s->block, s->block_count, sizeof *s->block);
    s->block[s->block_count++] = line;
}

/* A line of the last statement's block, less the indentation of its first line.
 * Blank lines count only if more follows. */
static void add_block_line(struct statement *s, struct slice line, unsigned number, unsigned blanks)
{
    size_t cut = indentation(line);

    if (s->block_count == 0) {
        s->block_line   = number;
        s->block_indent = cut;
    }
    for (; s->block_count > 0 && blanks > 0; blanks--)
        put_block_line(s, SLICE(""));
    cut = cut < s->block_indent ? cut : s->block_indent;
    put_block_line(s, slice_between(line.ptr + cut, line.ptr + line.len));
}

static bool add_statement(struct script *s, struct slice line, unsigned number)
{
    struct statement *st;

    s->statements             = grow(s->statements, s->count, sizeof(struct statement *));
    st                        = alloc_new(sizeof *st); /* its words point into it: it must not move */
    s->statements[s->count++] = st;
    st->line                  = number;
    return words_split(&st->words, line);
}

static bool read_statements(struct script *s)
{
    const char *at     = s->text;
    unsigned    blanks = 0;

    for (unsigned number = 1; *at != '\0'; number++) {
        struct slice line = next_line(&at);

        s->bad_line = number;
        if (is_indented(line)) {
            if (s->count == 0)
                return s->problem = "an indented line without a statement above it", false;
            add_block_line(s->statements[s->count - 1], line, number, blanks);
            blanks = 0;
        } else if (only_comment(line)) {
            blanks += slice_trim(line).len == 0;
        } else if (!add_statement(s, line, number)) {
            return s->problem = "an open quote, or too many words", false;
        } else {
            blanks = 0;
        }
    }
    s->bad_line = 0;
    return true;
}

bool script_load(struct script *s, const char *path)
{
    struct slice text;

    memset(s, 0, sizeof *s);
    if (!test_read_file(path, &text, &s->text)) {
        s->bad_line = 1;
        s->problem  = "cannot be read";
        return false;
    }
    s->text[text.len] = '\0';
    return read_statements(s);
}

void script_free(struct script *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->statements[i]->block);
        free(s->statements[i]);
    }
    free(s->statements);
    free(s->text);
}

/* ---- values ---- */

bool parse_count(const char *text, unsigned *out)
{
    char *end;

    if (text == NULL || *text < '0' || *text > '9')
        return false;
    *out = (unsigned)strtoul(text, &end, 10);
    return *end == '\0';
}

bool parse_duration(const char *text, msec *out)
{
    char  *end;
    double value;

    if (text == NULL || *text < '0' || *text > '9')
        return false;
    value = strtod(text, &end);
    if (strcmp(end, "s") == 0)
        value *= 1000;
    else if (strcmp(end, "m") == 0)
        value *= 60 * 1000;
    else if (strcmp(end, "ms") != 0 && *end != '\0')
        return false;
    *out = (msec)(value + 0.5);
    return true;
}
