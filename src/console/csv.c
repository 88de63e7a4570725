/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/csv.h"

#include "base/error.h"

#include <csv.h>
#include <stdlib.h>

struct csv {
    csv_row_fn       *fn;
    void             *arg;
    struct csv_parser parser;
    size_t            line, row_line; /* line: the one that is being collected */
    bool              in_row;         /* its quotes go on                      */
    bool              after_row;      /* one has been read: '#' is text        */
    bool              skipping;       /* the rest of a line that was too long  */
    int               error;

    struct slice fields[CSV_FIELDS_MAX]; /* into text */
    size_t       count, text_len, row_len;
    char         text[CSV_ROW_MAX]; /* of the fields */
    size_t       held_len;
    char         held[CSV_ROW_MAX]; /* the beginning of a line whose end has not come yet */
};

/* Blanks are the field's (RFC 4180 2.4). */
static int is_space(unsigned char c)
{
    (void)c;
    return 0;
}

static bool parser_init(struct csv *c, unsigned char delimiter)
{
    if (csv_init(&c->parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return false;
    csv_set_space_func(&c->parser, is_space);
    csv_set_delim(&c->parser, delimiter);
    return true;
}

struct csv *csv_reader_new(csv_row_fn *fn, void *arg)
{
    struct csv *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->fn   = fn;
    c->arg  = arg;
    c->line = 1;
    if (parser_init(c, CSV_COMMA))
        return c;
    free(c);
    return NULL;
}

void csv_reader_free(struct csv *c)
{
    if (c == NULL)
        return;
    csv_free(&c->parser);
    explicit_bzero(c, sizeof *c); /* there may be passwords in it */
    free(c);
}

/* ---- what libcsv finds ---- */

/* A line is as long as `text` at most, and so are its fields. */
static void on_field(void *field, size_t len, void *csv)
{
    struct csv *c  = csv;
    char       *to = c->text + c->text_len;

    if (c->count == CSV_FIELDS_MAX) {
        c->count++; /* is told at the end of the row */
        return;
    }
    if (c->count > CSV_FIELDS_MAX || len > sizeof c->text - c->text_len)
        return;
    memcpy(to, field, len);
    c->text_len += len;
    c->fields[c->count++] = (struct slice){ to, len };
}

static void end_row(struct csv *c)
{
    c->in_row    = false;
    c->after_row = true;
    c->count = c->text_len = c->row_len = 0;
}

static void on_row(int end, void *csv)
{
    struct csv *c = csv;

    (void)end;
    if (c->count > CSV_FIELDS_MAX)
        c->fn(c->arg, c->row_line, NULL, 0, "too many fields");
    else
        c->fn(c->arg, c->row_line, c->fields, c->count, NULL);
    end_row(c);
}

/* ---- lines ---- */

static void tell(struct csv *c, const char *fault)
{
    c->fn(c->arg, c->row_line, NULL, 0, fault);
    end_row(c);
}

/* It forgets what it has of a row. */
static void parser_reset(struct csv *c)
{
    unsigned char delimiter = csv_get_delim(&c->parser);

    csv_free(&c->parser);
    if (!parser_init(c, delimiter))
        c->error = -ERR_NO_MEMORY;
}

/* The next line begins anew. */
static void recover(struct csv *c)
{
    int cause = csv_error(&c->parser);

    parser_reset(c);
    if (cause != CSV_EPARSE)
        c->error = -ERR_NO_MEMORY;
    else
        tell(c, "a quote stands in the middle of a field: put the field in quotes, and double the quotes in it");
}

static bool is_passed_over(const struct csv *c, const char *line, size_t len)
{
    while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
        len--;
    return len == 0 || (!c->after_row && line[0] == '#');
}

/* Of the first row: whichever there is, the comma if in doubt. */
static void choose_delimiter(struct csv *c, const char *line, size_t len)
{
    if (memchr(line, ',', len) != NULL)
        return;
    if (memchr(line, ';', len) != NULL)
        csv_set_delim(&c->parser, ';');
    else if (memchr(line, '\t', len) != NULL)
        csv_set_delim(&c->parser, CSV_TAB);
}

static void begin_row(struct csv *c, const char *line, size_t len)
{
    c->in_row   = true;
    c->row_line = c->line;
    c->row_len  = 0;
    if (!c->after_row)
        choose_delimiter(c, line, len);
}

static void take_line(struct csv *c, const char *line, size_t len)
{
    static const char mark[] = "\xef\xbb\xbf";

    if (c->line == 1 && len >= 3 && memcmp(line, mark, 3) == 0) {
        line += 3;
        len -= 3;
    }
    if (!c->in_row && is_passed_over(c, line, len))
        return;
    if (!c->in_row)
        begin_row(c, line, len);
    c->row_len += len;
    if (c->row_len > CSV_ROW_MAX) {
        tell(c, "quotes that do not end, or a row that is too long");
        c->error = -ERR_SYNTAX;
    } else if (csv_parse(&c->parser, line, len, on_field, on_row, c) != len) {
        recover(c);
    }
}

static void too_long(struct csv *c)
{
    c->row_line = c->in_row ? c->row_line : c->line;
    tell(c, "a line is too long");
    parser_reset(c);
    c->skipping = true;
}

/* A piece of a line; `whole`: its end has come. */
static void take_piece(struct csv *c, const char *piece, size_t len, bool whole)
{
    bool fits = !c->skipping && len <= sizeof c->held - c->held_len;

    if (!c->skipping && !fits)
        too_long(c);
    if (fits && whole && c->held_len == 0) {
        take_line(c, piece, len);
    } else if (fits) {
        memcpy(c->held + c->held_len, piece, len);
        c->held_len += len;
        if (whole)
            take_line(c, c->held, c->held_len);
    }
    if (!whole)
        return;
    c->held_len = 0;
    c->skipping = false;
    c->line++;
}

int csv_reader_feed(struct csv *c, const char *bytes, size_t len)
{
    while (c->error == 0 && len > 0) {
        const char *end  = memchr(bytes, '\n', len);
        size_t      here = end != NULL ? (size_t)(end - bytes) + 1 : len;

        take_piece(c, bytes, here, end != NULL);
        bytes += here;
        len -= here;
    }
    return c->error;
}

int csv_reader_end(struct csv *c)
{
    if (c->error == 0 && c->held_len > 0 && !c->skipping)
        take_line(c, c->held, c->held_len);
    if (c->error == 0 && c->in_row && csv_fini(&c->parser, on_field, on_row, c) != 0) {
        tell(c, "quotes that do not end");
        c->error = -ERR_SYNTAX;
    }
    return c->error;
}
