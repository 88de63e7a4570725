/* SPDX-License-Identifier: BSD-2-Clause */
/* csv.h - tables as text (RFC 4180), read piece by piece.
 *
 * libcsv takes the fields apart; here are the lines and the bounds.  What stands in
 * quotes may contain separators, quotes (doubled) and line ends; blanks belong to their
 * field.  A byte order mark, empty lines and, before the first row, lines that begin
 * with '#' are passed over; the first row tells whether commas, semicolons or tabs
 * separate.  A row that is wrong is told as a fault, and reading goes on with the next line. */

#ifndef CONSOLE_CSV_H
#define CONSOLE_CSV_H

#include "base/slice.h"

enum {
    CSV_FIELDS_MAX = 128,
    CSV_ROW_MAX    = 64 * 1024, /* bytes, as written */
};

struct csv;

/* `line` is where the row begins, from 1.  Exactly one of `fields` and `fault` is not
 * NULL; both live until the function returns. */
typedef void csv_row_fn(void *arg, size_t line, const struct slice *fields, size_t count, const char *fault);

/* NULL without memory. */
struct csv *csv_reader_new(csv_row_fn *fn, void *arg);
void        csv_reader_free(struct csv *c);

/* Bytes as they come, then the end.  Returns 0, -ERR_NO_MEMORY, or -ERR_SYNTAX after a fault
 * that leaves nothing to go on with: quotes that do not end. */
int csv_reader_feed(struct csv *c, const char *bytes, size_t len);
int csv_reader_end(struct csv *c);

#endif
