/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/sqlite_file.h"

#include "base/error.h"
#include "store/sqlite_hash.h"
#include "store/sqlite_lock.h"
#include "store/sqlite_log.h"
#include "store/sqlite_pack.h"
#include "store/sqlite_rows.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUSY_WAIT = 2000 /* ms */ };

/* migrations[n] takes a file from version n to n + 1.  Never change one that has
 * been released: add the next. */
static const char *const migrations[SQLITE_FILE_SCHEMA] = {
    "CREATE TABLE user(domain TEXT NOT NULL, name TEXT NOT NULL, ha1_md5 TEXT NOT NULL, ha1_sha256 TEXT NOT NULL,"
    " PRIMARY KEY(domain,name)) WITHOUT ROWID;"
    "CREATE TABLE binding(row INTEGER PRIMARY KEY, aor TEXT NOT NULL, contact TEXT NOT NULL, params TEXT NOT NULL,"
    " call_id TEXT NOT NULL, user_agent TEXT NOT NULL, path TEXT NOT NULL, flow TEXT NOT NULL, cseq INTEGER NOT NULL,"
    " q INTEGER NOT NULL, expires_at INTEGER NOT NULL, lease_until INTEGER NOT NULL);"
    "CREATE TABLE setting(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;",
    "ALTER TABLE binding ADD COLUMN outbound INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE binding ADD COLUMN gruu INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE user ADD COLUMN ha1_sha512_256 TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE user ADD COLUMN userhash_sha256 INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE user ADD COLUMN userhash_sha512_256 INTEGER NOT NULL DEFAULT 0;"
    "UPDATE user SET userhash_sha256=hash_number('SHA-256',user.name||':'||value),"
    " userhash_sha512_256=hash_number('SHA-512-256',user.name||':'||value) FROM setting WHERE setting.name='realm';"
    "CREATE TABLE alias(domain TEXT NOT NULL, name TEXT NOT NULL, user_domain TEXT NOT NULL, user_name TEXT NOT NULL,"
    " PRIMARY KEY(domain,name)) WITHOUT ROWID;"
    "CREATE INDEX alias_by_user ON alias(user_domain,user_name);",
    "CREATE TABLE tally(name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;"
    "INSERT INTO tally SELECT 'users',count(*) FROM user;"
    "CREATE TRIGGER user_added AFTER INSERT ON user"
    " BEGIN UPDATE tally SET count=count+1 WHERE name='users'; END;"
    "CREATE TRIGGER user_removed AFTER DELETE ON user"
    " BEGIN UPDATE tally SET count=count-1 WHERE name='users'; END;",
    "CREATE TABLE ban(network TEXT PRIMARY KEY, datagrams_only INTEGER NOT NULL, strikes INTEGER NOT NULL,"
    " since INTEGER NOT NULL, until INTEGER NOT NULL, reason TEXT NOT NULL) WITHOUT ROWID;",
    "CREATE TABLE packed(row INTEGER PRIMARY KEY, lease_until INTEGER NOT NULL, packed BLOB NOT NULL);"
    "INSERT INTO packed SELECT row,lease_until,pack_binding(aor,contact,params,call_id,user_agent,path,flow,cseq,q,"
    "expires_at,outbound,gruu) FROM binding ORDER BY row;"
    "DROP TABLE binding; ALTER TABLE packed RENAME TO binding;",
};

struct sqlite_file {
    sqlite3           *db;
    struct sqlite_rows rows;
    struct lock_file   lock;
    bool               wide; /* it has the cache that users want */
};

static int execute(struct sqlite_file *f, const char *text)
{
    errno = 0;
    return sqlite_error(sqlite3_exec(f->db, text, NULL, NULL, NULL));
}

/* Run a query for its first column; the default if there is no row. */
static int query_number(struct sqlite_file *f, const char *text, int *number)
{
    sqlite3_stmt *s  = NULL;
    int           rc = sqlite3_prepare_v2(f->db, text, -1, &s, NULL);

    if (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW)
        *number = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    return sqlite_error(rc);
}

/* Of a large file only what is read at the start: the time that takes must not grow with the
 * users.  What is damaged elsewhere is found when it is read. */
static const char *check_of(struct sqlite_file *f, int *error)
{
    int pages = 0;

    *error = query_number(f, "PRAGMA page_count", &pages);
    return pages <= SQLITE_FILE_CHECKED ? "PRAGMA quick_check(1)" : "PRAGMA quick_check(binding)";
}

static int check(struct sqlite_file *f)
{
    sqlite3_stmt *s = NULL;
    int           rc, error;
    const char   *text = check_of(f, &error);

    if (error != 0)
        return error;
    rc = sqlite3_prepare_v2(f->db, text, -1, &s, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(s);
    error = sqlite_error(rc);
    if (rc == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(s, 0), "ok") != 0)
        error = -ERR_CORRUPT;
    sqlite3_finalize(s);
    return error;
}

/* Bring the tables from whatever version the file has to ours; all or nothing. */
static int migrate(struct sqlite_file *f)
{
    int  version = 0, error = query_number(f, "PRAGMA user_version", &version);
    char stamp[48];

    if (error != 0 || version == SQLITE_FILE_SCHEMA)
        return error;
    if (version < 0 || version > SQLITE_FILE_SCHEMA)
        return -ERR_UNSUPPORTED;
    error = sqlite_hash_register(f->db);
    if (error == 0)
        error = sqlite_pack_register(f->db);
    if (error == 0)
        error = execute(f, "BEGIN IMMEDIATE");
    while (error == 0 && version < SQLITE_FILE_SCHEMA)
        error = execute(f, migrations[version++]);
    snprintf(stamp, sizeof stamp, "PRAGMA user_version=%d; COMMIT", SQLITE_FILE_SCHEMA);
    if (error == 0)
        error = execute(f, stamp);
    if (error != 0)
        sqlite_file_rollback(f);
    return error;
}

static void close_database(struct sqlite_file *f)
{
    sqlite_rows_finalize(&f->rows);
    sqlite3_close(f->db);
    f->db = NULL;
}

/* KiB of pages in memory, when there are so many, and pages of the log that are copied to
 * the file at once: a page that changes often is then written once for many commits.
 * Bindings come in the order of their rows, and need no cache: with a million, 32 MiB would be 33 bytes of each.
 * Users come in any order: with SQLite's own 2 MiB and 1000 pages a million of them take more than twice as long. */
static const char settings[]   = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                                 "PRAGMA cache_size=-4096; PRAGMA wal_autocheckpoint=4000";
static const char wide_cache[] = "PRAGMA cache_size=-32768";

static int open_database(struct sqlite_file *f, const char *path)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int rc    = sqlite3_open_v2(path, &f->db, flags, NULL);
    int error;

    if (f->db == NULL)
        return -ERR_NO_MEMORY;
    if (rc != SQLITE_OK)
        return sqlite_error(rc);
    sqlite3_extended_result_codes(f->db, 1);
    sqlite3_busy_timeout(f->db, BUSY_WAIT);
    error = check(f);
    if (error == 0)
        error = execute(f, settings);
    if (error == 0)
        error = migrate(f);
    return error == 0 ? sqlite_rows_prepare(&f->rows, f->db) : error;
}

/* A damaged file goes out of the way under a new name; only then a new one is begun. */
static int start_anew(struct sqlite_file *f, const char *path, char *problem, size_t problem_size)
{
    char moved[LOCK_FILE_PATH];
    int  error;

    sqlite3_db_config(f->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL); /* leave it, and its log, as found */
    close_database(f);
    error = lock_file_move_damaged(path, moved, sizeof moved);
    if (error != 0) {
        snprintf(problem, problem_size,
                 "%s is damaged and could not be moved aside (%s): move it away by hand, or put a backup in its place",
                 path, error_text(error));
        return -ERR_CORRUPT;
    }
    error = lock_file_touch(path);
    if (error == 0)
        error = open_database(f, path);
    if (error == 0)
        snprintf(
            problem, problem_size,
            "%s was damaged: it was moved to %s and a new, empty database was begun; put a backup in its place, or "
            "try 'sqlite3 %s .recover'",
            path, moved, moved);
    return error;
}

/* SQLite would use what it can of a damaged log and write over the rest: keep a copy. */
static int save_damaged_log(const char *path, bool *damaged, char *problem, size_t problem_size)
{
    char   log[LOCK_FILE_PATH], copied[LOCK_FILE_PATH], count[64] = "what was committed last";
    size_t lost;
    int    error;

    if (snprintf(log, sizeof log, "%s-wal", path) >= (int)sizeof log)
        return -ERR_TOO_LARGE;
    error = sqlite_log_check(log, damaged, &lost);
    if (error != 0 || !*damaged)
        return error;
    if (lost > 0)
        snprintf(count, sizeof count, "the last %zu commits or more", lost);
    error = lock_file_copy_damaged(path, copied, sizeof copied);
    if (error == 0)
        snprintf(problem, problem_size, "the log %s was damaged, %s may be missing: as found, it was copied to %s-wal",
                 log, count, copied);
    else
        snprintf(
            problem, problem_size,
            "the log %s is damaged and could not be copied aside (%s): make room, or move the database and its log "
            "away by hand, or put a backup in their place",
            log, error_text(error));
    return error == 0 ? 0 : -ERR_CORRUPT;
}

static void describe(const char *path, int error, char *problem, size_t problem_size)
{
    const char *remedy = "check the disk and the file system";

    if (error == -ERR_DISK_FULL)
        remedy = "make room on the disk, then start again";
    else if (error == -ERR_LOCKED)
        remedy = "another program keeps it locked: end that program (see 'fuser'), then start again";
    else if (error == -ERR_PERMISSION)
        remedy = "give this user the right to write the file and its folder, or choose another state folder";
    else if (error == -ERR_UNSUPPORTED)
        remedy = "it was made by a newer version of ahoy: upgrade, or choose another state folder";
    else if (error == -ERR_NO_MEMORY)
        remedy = "give the machine more memory";
    snprintf(problem, problem_size, "cannot open the database %s: %s; %s", path, error_text(error), remedy);
}

static int open_checked(struct sqlite_file *f, const char *path, char *problem, size_t problem_size)
{
    bool damaged = false;
    int  error   = save_damaged_log(path, &damaged, problem, problem_size);

    if (error != 0)
        return error;
    error = open_database(f, path);
    if (error == 0 && damaged) /* begin the log anew: what is left of the old one would be found again */
        error = execute(f, "PRAGMA wal_checkpoint(TRUNCATE)");
    if (error == -ERR_CORRUPT)
        return start_anew(f, path, problem, problem_size);
    if (error != 0)
        problem[0] = '\0'; /* that the file cannot be opened comes first */
    return error;
}

int sqlite_file_open(const char *path, struct sqlite_file **out, char *problem, size_t problem_size)
{
    struct sqlite_file *f        = calloc(1, sizeof *f);
    bool                has_file = strcmp(path, ":memory:") != 0;
    int                 error    = 0;

    problem[0] = '\0';
    if (f == NULL)
        return -ERR_NO_MEMORY;
    lock_file_init(&f->lock);
    if (has_file)
        error = lock_file_take(&f->lock, path, problem, problem_size);
    if (error == 0)
        error = has_file ? open_checked(f, path, problem, problem_size) : open_database(f, path);
    if (error != 0) {
        if (problem[0] == '\0')
            describe(path, error, problem, problem_size);
        sqlite_file_close(f);
        return error;
    }
    *out = f;
    return 0;
}

void sqlite_file_close(struct sqlite_file *f)
{
    if (f == NULL)
        return;
    close_database(f); /* checkpoints and removes the -wal file */
    lock_file_drop(&f->lock);
    free(f);
}

int sqlite_file_index_names(struct sqlite_file *f)
{
    return execute(f, "CREATE INDEX IF NOT EXISTS user_by_sha256 ON user(userhash_sha256);"
                      "CREATE INDEX IF NOT EXISTS user_by_sha512_256 ON user(userhash_sha512_256);");
}

struct sqlite3 *sqlite_file_connection(struct sqlite_file *f)
{
    return f->db;
}

int sqlite_file_load(struct sqlite_file *f, uint64_t wall, const struct store_loader *loader)
{
    return sqlite_rows_load(&f->rows, wall, loader);
}

int sqlite_file_begin(struct sqlite_file *f)
{
    return sqlite_rows_begin(&f->rows);
}

int sqlite_file_apply(struct sqlite_file *f, const struct store_change *change)
{
    if (!f->wide && (change->kind == STORE_PUT_USER || change->kind == STORE_PUT_ALIAS))
        f->wide = execute(f, wide_cache) == 0;
    return sqlite_rows_apply(&f->rows, change);
}

int sqlite_file_commit(struct sqlite_file *f)
{
    return sqlite_rows_commit(&f->rows);
}

void sqlite_file_rollback(struct sqlite_file *f)
{
    if (!sqlite3_get_autocommit(f->db)) /* SQLite may have rolled back by itself */
        (void)execute(f, "ROLLBACK");
}
