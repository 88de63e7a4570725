/* SPDX-License-Identifier: BSD-2-Clause */
/* sqlite_rows.h - what is in the database file: users, bindings and settings as rows,
 * read once and changed by prepared statements. */

#ifndef STORE_SQLITE_ROWS_H
#define STORE_SQLITE_ROWS_H

#include "store/store.h"

struct sqlite3;
struct sqlite3_stmt;

enum { SQLITE_STATEMENTS = 18 };

/* The columns that sqlite_rows_user and sqlite_rows_alias read, in this order.  What
 * they give lives until the next step. */
#define SQLITE_USER_COLUMNS  "domain,name,ha1_md5,ha1_sha256,ha1_sha512_256,userhash_sha256,userhash_sha512_256"
#define SQLITE_ALIAS_COLUMNS "domain,name,user_domain,user_name"
struct stored_user  sqlite_rows_user(struct sqlite3_stmt *s);
struct stored_alias sqlite_rows_alias(struct sqlite3_stmt *s);

struct sqlite_rows {
    struct sqlite3_stmt *statements[SQLITE_STATEMENTS];
    char                *packed; /* the binding that is written */
    size_t               room;   /* bytes there */
};

/* On an open database that has the tables.  Returns 0, -ERR_UNSUPPORTED (it has others
 * of these names) or an error of SQLite; sqlite_rows_finalize in any case.  Zeroed before. */
int  sqlite_rows_prepare(struct sqlite_rows *r, struct sqlite3 *db);
void sqlite_rows_finalize(struct sqlite_rows *r);

/* Bindings whose lease ended before `wall` are left out, those of a day before deleted.  A row that is none of
 * ours goes to `on_damaged`, without which it is -ERR_CORRUPT. */
int sqlite_rows_load(struct sqlite_rows *r, uint64_t wall, const struct store_loader *loader);

/* Errors as in store_report_fn. */
int sqlite_rows_begin(struct sqlite_rows *r);
int sqlite_rows_apply(struct sqlite_rows *r, const struct store_change *change);
int sqlite_rows_commit(struct sqlite_rows *r);

/* What SQLite returned, just now, as an error of ours; 0 for success.  Set errno to 0 before
 * the call: it tells a full disk from a broken one. */
int sqlite_error(int rc);

#endif
