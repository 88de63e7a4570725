/* SPDX-License-Identifier: BSD-2-Clause */
/* sqlite_hash.h - digests within SQL, for migrations that have to make them.
 *
 *     hash_number('SHA-256', 'alice:example.test')      hasher_number() of the text
 */

#ifndef STORE_SQLITE_HASH_H
#define STORE_SQLITE_HASH_H

struct sqlite3;

/* The connection knows hash_number until it is closed.  Returns 0, -ERR_NO_MEMORY or
 * what SQLite says. */
int sqlite_hash_register(struct sqlite3 *db);

#endif
