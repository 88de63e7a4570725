/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables of users: read in pieces of any size they say the same, and a row that is good can
 * be sent to a server. */
#include "console/user_csv.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SUM_SEED = 5381 };

struct seen {
    struct user_table table;
    size_t            rows, last_line;
    bool              has_header;
    uint64_t          sum;
};

static void add(struct seen *s, struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        s->sum = s->sum * 33 + (unsigned char)text.ptr[i];
    s->sum = s->sum * 33 + 256;
}

static void check_row(const struct user_row *row)
{
    struct slice rest = row->aliases, alias, domain, name;
    char         number[USER_NUMBER_MAX];

    assert(user_name_is_good(row->name) && user_domain_is_good(row->domain));
    assert(row->alias_only || row->password.len > 0 ||
           row->ha1[HASH_MD5].len + row->ha1[HASH_SHA256].len + row->ha1[HASH_SHA512_256].len > 0);
    while (user_row_next_alias(&rest, &alias)) {
        assert(user_alias_of_text(alias, row->domain, number, &domain, &name));
        assert(name.len > 0 && name.len <= USER_NAME_MAX);
    }
}

static void on_row(void *arg, size_t line, const struct slice *fields, size_t count, const char *fault)
{
    struct seen    *s = arg;
    struct user_row row;
    char            problem[512];

    assert((fields == NULL) != (fault == NULL) && count <= CSV_FIELDS_MAX);
    assert(line >= s->last_line);
    s->last_line = line;
    s->rows++;
    add(s, fault != NULL ? slice_from(fault) : SLICE("row"));
    for (size_t i = 0; i < count; i++)
        add(s, fields[i]);
    if (fault != NULL)
        return;
    if (!s->has_header)
        s->has_header = user_table_read(&s->table, fields, count, problem, sizeof problem);
    else if (user_row_read(&s->table, fields, count, &row, problem, sizeof problem))
        check_row(&row);
}

static void read_in(struct seen *s, const uint8_t *data, size_t size, size_t step)
{
    struct csv *c     = csv_reader_new(on_row, s);
    int         error = 0;

    *s = (struct seen){ .table = { .domain = SLICE("a.test"), .our_realm = SLICE("a.test") }, .sum = SUM_SEED };
    for (size_t at = 0; at < size && error == 0; at += step)
        error = csv_reader_feed(c, (const char *)data + at, size - at < step ? size - at : step);
    if (error == 0)
        error = csv_reader_end(c);
    add(s, error == 0 ? SLICE("end") : SLICE("error"));
    csv_reader_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen whole, pieces;

    read_in(&whole, data, size, size + 1);
    read_in(&pieces, data, size, size > 0 ? 1 + data[0] % 16U : 1);
    assert(whole.sum == pieces.sum && whole.rows == pieces.rows && whole.last_line == pieces.last_line);
    return 0;
}
