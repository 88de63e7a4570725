/* SPDX-License-Identifier: BSD-2-Clause */
/* user_csv.h - users in a table: which column is what, and is a row good?
 *
 * Columns are known by the names that databases of other servers use too (Kamailio's and
 * OpenSIPS's table "subscriber"); others are not used.  A row has a password, or HA1s and
 * says which realm these were made with; unless it says, that is its domain, as those
 * servers have it. */

#ifndef CONSOLE_USER_CSV_H
#define CONSOLE_USER_CSV_H

#include "console/csv.h"
#include "server/user_name.h"

enum user_column {
    USER_COLUMN_NAME,
    USER_COLUMN_DOMAIN,
    USER_COLUMN_PASSWORD,
    USER_COLUMN_MD5,
    USER_COLUMN_SHA256,
    USER_COLUMN_SHA512_256,
    USER_COLUMN_REALM,
    USER_COLUMN_ALIASES,
    USER_COLUMNS /* not used */
};

struct user_table {
    enum user_column columns[CSV_FIELDS_MAX];
    size_t           count;
    bool             has[USER_COLUMNS + 1];
    /* Of rows that do not say, set by the caller; `realm` empty: the row's domain. */
    struct slice domain, realm;
    struct slice our_realm;
};

struct user_row {
    struct slice name, domain, password, ha1[USER_HASHES], aliases;
    bool         alias_only; /* nobody in this table has a password or hash */
};

/* From the names in the first row.  False: it cannot be used, and `problem` says why. */
bool user_table_read(struct user_table *t, const struct slice *fields, size_t count, char *problem,
                     size_t problem_size);

/* Borrows the fields.  False: the row is not good, and `problem` says why, without any
 * secret of it. */
bool user_row_read(const struct user_table *t, const struct slice *fields, size_t count, struct user_row *row,
                   char *problem, size_t problem_size);

/* The next of several aliases, which blanks or commas separate; false at the end. */
bool user_row_next_alias(struct slice *aliases, struct slice *alias);

#endif
