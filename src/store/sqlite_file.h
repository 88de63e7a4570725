/* SPDX-License-Identifier: BSD-2-Clause */
/* sqlite_file.h - the database file: opened under a lock, checked, migrated,
 * read and changed.  Blocking and without threads; store_sqlite.c gives it one.
 *
 *   NAME            the database (0600, in a folder 0700 if we make it)
 *   NAME-wal -shm   SQLite's write-ahead log and its index
 *   NAME.lock       held with flock(2) while the file is open, so that two
 *                   processes never both write; holds the owner's process id.
 *                   SQLite's own exclusive mode would also keep readers out, and
 *                   an operator may want to look or back up while it runs.
 *   NAME.damaged-D  what was found damaged on date D; never touched again.  A damaged
 *                   database is moved there.  Of one whose log alone is damaged
 *                   (sqlite_log.h) a copy is put there before the rest is used. */

#ifndef STORE_SQLITE_FILE_H
#define STORE_SQLITE_FILE_H

#include "store/store.h"

struct sqlite_file;
struct sqlite3;

enum {
    SQLITE_FILE_SCHEMA  = 6,    /* PRAGMA user_version of what we write                        */
    SQLITE_FILE_CHECKED = 4096, /* pages, 16 MB: a larger file is not checked for damage of users */
};

/* Open or make the file; ":memory:" keeps nothing.  Returns 0, -ERR_LOCKED,
 * -ERR_PERMISSION, -ERR_CORRUPT (damaged and could not be moved aside),
 * -ERR_UNSUPPORTED (made by a newer version), -ERR_DISK_FULL, -ERR_IO,
 * -ERR_TOO_LARGE (the path) or -ERR_NO_MEMORY, each with a sentence in `problem`.
 * A file that was damaged and set aside is 0 with a sentence; else `problem`
 * is empty. */
int  sqlite_file_open(const char *path, struct sqlite_file **out, char *problem, size_t problem_size);
void sqlite_file_close(struct sqlite_file *f);

/* Let users be found by the hashes of their names, from now on.  The first time it takes a
 * while: some seconds for a million. */
int sqlite_file_index_names(struct sqlite_file *f);
/* Its connection.  Nothing guards it or the file against use by two threads at once but a lock of the user's: SQLite's
 * own would be taken some thirty times for each row. */
struct sqlite3 *sqlite_file_connection(struct sqlite_file *f);

/* Bindings whose lease ended before `wall` (ms since 1970) are left out. */
int sqlite_file_load(struct sqlite_file *f, uint64_t wall, const struct store_loader *loader);

/* One transaction: begin, apply..., commit; after an error: rollback.  Errors as
 * in store_report_fn. */
int  sqlite_file_begin(struct sqlite_file *f);
int  sqlite_file_apply(struct sqlite_file *f, const struct store_change *change);
int  sqlite_file_commit(struct sqlite_file *f);
void sqlite_file_rollback(struct sqlite_file *f);

#endif
