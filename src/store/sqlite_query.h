/* SPDX-License-Identifier: BSD-2-Clause */
/* sqlite_query.h - questions about users, as SELECTs on a connection of their own. */

#ifndef STORE_SQLITE_QUERY_H
#define STORE_SQLITE_QUERY_H

#include "store/question.h"

struct sqlite3;
struct sqlite3_stmt;

enum { SQLITE_QUERIES = 7 };

struct sqlite_query {
    struct sqlite3      *db;
    struct sqlite3_stmt *statements[SQLITE_QUERIES];
};

/* On a database that has the tables of now.  Returns 0 or an error of SQLite;
 * sqlite_query_fini in any case.  Borrows `db`. */
int  sqlite_query_init(struct sqlite_query *s, struct sqlite3 *db);
void sqlite_query_fini(struct sqlite_query *s);

/* Read, and fill in the answer. */
void sqlite_query_run(struct sqlite_query *s, struct question *q);

#endif
