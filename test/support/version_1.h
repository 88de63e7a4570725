/* SPDX-License-Identifier: BSD-2-Clause */
/* version_1.h - the tables of the database as version 1 made them, for tests of what becomes of
 * such a file.  What was released does not change. */

#ifndef TEST_SUPPORT_VERSION_1_H
#define TEST_SUPPORT_VERSION_1_H

#define VERSION_1_TABLES                                                                                               \
    "CREATE TABLE user(domain TEXT NOT NULL, name TEXT NOT NULL, ha1_md5 TEXT NOT NULL, ha1_sha256 TEXT NOT NULL,"     \
    " PRIMARY KEY(domain,name)) WITHOUT ROWID;"                                                                        \
    "CREATE TABLE binding(row INTEGER PRIMARY KEY, aor TEXT NOT NULL, contact TEXT NOT NULL, params TEXT NOT NULL,"    \
    " call_id TEXT NOT NULL, user_agent TEXT NOT NULL, path TEXT NOT NULL, flow TEXT NOT NULL, cseq INTEGER NOT NULL," \
    " q INTEGER NOT NULL, expires_at INTEGER NOT NULL, lease_until INTEGER NOT NULL);"                                 \
    "CREATE TABLE setting(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"

#endif
