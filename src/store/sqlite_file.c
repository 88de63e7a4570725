/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/sqlite_file.h"

#include "base/error.h"
#include "store/sqlite_lock.h"
#include "store/sqlite_log.h"

#include <assert.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    BUSY_WAIT = 2000, /* ms */
    FORGET = 86400000 /* ms after its lease that a row is deleted: a clock that is wrong at the start may be set yet */
};

enum statement {
    BEGIN,
    COMMIT,
    PUT_BINDING,
    DELETE_BINDING,
    PUT_USER,
    DELETE_USER,
    PUT_SETTING,
    FORGET_BINDINGS,
    READ_USERS,
    READ_BINDINGS,
    READ_SETTINGS,
    STATEMENTS
};

static const char *const statement_text[STATEMENTS] = {
    [BEGIN]           = "BEGIN IMMEDIATE",
    [COMMIT]          = "COMMIT",
    [PUT_BINDING]     = "INSERT OR REPLACE INTO binding VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
    [DELETE_BINDING]  = "DELETE FROM binding WHERE row=?",
    [PUT_USER]        = "INSERT OR REPLACE INTO user VALUES(?,?,?,?)",
    [DELETE_USER]     = "DELETE FROM user WHERE domain=? AND name=?",
    [PUT_SETTING]     = "INSERT OR REPLACE INTO setting VALUES(?,?)",
    [FORGET_BINDINGS] = "DELETE FROM binding WHERE lease_until<?",
    [READ_USERS]      = "SELECT domain,name,ha1_md5,ha1_sha256 FROM user",
    [READ_BINDINGS]   = "SELECT row,aor,contact,params,call_id,user_agent,path,flow,cseq,q,expires_at,lease_until"
                        " FROM binding WHERE lease_until>? ORDER BY row",
    [READ_SETTINGS]   = "SELECT name,value FROM setting",
};

/* migrations[n] takes a file from version n to n + 1.  Never change one that has
 * been released: add the next. */
static const char *const migrations[SQLITE_FILE_SCHEMA] = {
    "CREATE TABLE user(domain TEXT NOT NULL, name TEXT NOT NULL, ha1_md5 TEXT NOT NULL, ha1_sha256 TEXT NOT NULL,"
    " PRIMARY KEY(domain,name)) WITHOUT ROWID;"
    "CREATE TABLE binding(row INTEGER PRIMARY KEY, aor TEXT NOT NULL, contact TEXT NOT NULL, params TEXT NOT NULL,"
    " call_id TEXT NOT NULL, user_agent TEXT NOT NULL, path TEXT NOT NULL, flow TEXT NOT NULL, cseq INTEGER NOT NULL,"
    " q INTEGER NOT NULL, expires_at INTEGER NOT NULL, lease_until INTEGER NOT NULL);"
    "CREATE TABLE setting(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;",
};

struct sqlite_file {
    sqlite3         *db;
    sqlite3_stmt    *statements[STATEMENTS];
    struct lock_file lock;
};

/* SQLite calls every write that fails SQLITE_IOERR unless errno was ENOSPC; a
 * quota or a limit on the size of files means the same to an operator.  (When a
 * COMMIT fails, sqlite3_system_errno has not been set, but errno has.) */
static int error_of(int rc)
{
    int cause = errno;

    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return 0;
    case SQLITE_FULL:
        return -ERR_DISK_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -ERR_LOCKED;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return -ERR_CORRUPT;
    case SQLITE_NOMEM:
        return -ERR_NO_MEMORY;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return -ERR_PERMISSION;
    case SQLITE_TOOBIG:
        return -ERR_TOO_LARGE;
    }
    return cause == ENOSPC || cause == EDQUOT || cause == EFBIG ? -ERR_DISK_FULL : -ERR_IO;
}

static int execute(struct sqlite_file *f, const char *text)
{
    errno = 0;
    return error_of(sqlite3_exec(f->db, text, NULL, NULL, NULL));
}

/* Run a query for its first column; the default if there is no row. */
static int query_number(struct sqlite_file *f, const char *text, int *number)
{
    sqlite3_stmt *s  = NULL;
    int           rc = sqlite3_prepare_v2(f->db, text, -1, &s, NULL);

    if (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW)
        *number = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    return error_of(rc);
}

static int check(struct sqlite_file *f)
{
    sqlite3_stmt *s  = NULL;
    int           rc = sqlite3_prepare_v2(f->db, "PRAGMA quick_check(1)", -1, &s, NULL);
    int           error;

    if (rc == SQLITE_OK)
        rc = sqlite3_step(s);
    error = error_of(rc);
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

static int prepare(struct sqlite_file *f)
{
    for (int i = 0; i < STATEMENTS; i++) {
        int rc = sqlite3_prepare_v3(f->db, statement_text[i], -1, SQLITE_PREPARE_PERSISTENT, &f->statements[i], NULL);

        if (rc == SQLITE_ERROR)
            return -ERR_UNSUPPORTED; /* tables of another shape under our version number */
        if (rc != SQLITE_OK)
            return error_of(rc);
    }
    return 0;
}

static void close_database(struct sqlite_file *f)
{
    for (int i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(f->statements[i]);
        f->statements[i] = NULL;
    }
    sqlite3_close(f->db);
    f->db = NULL;
}

static int open_database(struct sqlite_file *f, const char *path)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
    int rc    = sqlite3_open_v2(path, &f->db, flags, NULL);
    int error;

    if (f->db == NULL)
        return -ERR_NO_MEMORY;
    if (rc != SQLITE_OK)
        return error_of(rc);
    sqlite3_extended_result_codes(f->db, 1);
    sqlite3_busy_timeout(f->db, BUSY_WAIT);
    error = check(f);
    if (error == 0)
        error = execute(f, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
    if (error == 0)
        error = migrate(f);
    return error == 0 ? prepare(f) : error;
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

static struct slice column(sqlite3_stmt *s, int index)
{
    const char *text = (const char *)sqlite3_column_text(s, index);

    return (struct slice){ text == NULL ? "" : text, (size_t)sqlite3_column_bytes(s, index) };
}

static void read_user(sqlite3_stmt *s, const struct store_loader *l)
{
    struct stored_user u = { column(s, 0), column(s, 1), column(s, 2), column(s, 3) };

    l->on_user(l->arg, &u);
}

static void read_binding(sqlite3_stmt *s, const struct store_loader *l)
{
    struct stored_binding b = {
        .row         = (uint64_t)sqlite3_column_int64(s, 0),
        .aor         = column(s, 1),
        .contact     = column(s, 2),
        .params      = column(s, 3),
        .call_id     = column(s, 4),
        .user_agent  = column(s, 5),
        .path        = column(s, 6),
        .flow        = column(s, 7),
        .cseq        = (uint32_t)sqlite3_column_int64(s, 8),
        .q           = (uint32_t)sqlite3_column_int64(s, 9),
        .expires_at  = (uint64_t)sqlite3_column_int64(s, 10),
        .lease_until = (uint64_t)sqlite3_column_int64(s, 11),
    };

    l->on_binding(l->arg, &b);
}

static void read_setting(sqlite3_stmt *s, const struct store_loader *l)
{
    l->on_setting(l->arg, column(s, 0), column(s, 1));
}

/* A binding that ended while no server ran, or whose deletion did not fit into the
 * queue.  On a disk that is full it waits for the next start. */
static void forget_old(struct sqlite_file *f, uint64_t wall)
{
    sqlite3_stmt *s = f->statements[FORGET_BINDINGS];

    if (wall < FORGET)
        return;
    sqlite3_bind_int64(s, 1, (sqlite3_int64)(wall - FORGET));
    (void)sqlite3_step(s);
    sqlite3_reset(s);
}

typedef void read_fn(sqlite3_stmt *s, const struct store_loader *l);

static int read_all(struct sqlite_file *f, enum statement which, read_fn *read, const struct store_loader *loader)
{
    sqlite3_stmt *s = f->statements[which];
    int           rc;

    while ((rc = sqlite3_step(s)) == SQLITE_ROW)
        read(s, loader);
    sqlite3_reset(s);
    return error_of(rc);
}

int sqlite_file_load(struct sqlite_file *f, uint64_t wall, const struct store_loader *loader)
{
    int error = 0;

    if (loader->on_binding != NULL)
        forget_old(f, wall);
    sqlite3_bind_int64(f->statements[READ_BINDINGS], 1, (sqlite3_int64)wall);
    if (loader->on_setting != NULL)
        error = read_all(f, READ_SETTINGS, read_setting, loader);
    if (error == 0 && loader->on_user != NULL)
        error = read_all(f, READ_USERS, read_user, loader);
    if (error == 0 && loader->on_binding != NULL)
        error = read_all(f, READ_BINDINGS, read_binding, loader);
    return error;
}

static int step(sqlite3_stmt *s)
{
    int error;

    errno = 0;
    error = error_of(sqlite3_step(s));
    sqlite3_reset(s);
    return error;
}

int sqlite_file_begin(struct sqlite_file *f)
{
    return step(f->statements[BEGIN]);
}

int sqlite_file_commit(struct sqlite_file *f)
{
    return step(f->statements[COMMIT]);
}

void sqlite_file_rollback(struct sqlite_file *f)
{
    if (!sqlite3_get_autocommit(f->db)) /* SQLite may have rolled back by itself */
        (void)execute(f, "ROLLBACK");
}

/* The text is bound without a copy: the change outlives the step.  An empty slice is
 * "", never NULL. */
static void bind(sqlite3_stmt *s, int index, struct slice text)
{
    sqlite3_bind_text64(s, index, text.len == 0 ? "" : text.ptr, text.len, SQLITE_STATIC, SQLITE_UTF8);
}

static void bind_binding(sqlite3_stmt *s, const struct stored_binding *b)
{
    sqlite3_bind_int64(s, 1, (sqlite3_int64)b->row);
    bind(s, 2, b->aor);
    bind(s, 3, b->contact);
    bind(s, 4, b->params);
    bind(s, 5, b->call_id);
    bind(s, 6, b->user_agent);
    bind(s, 7, b->path);
    bind(s, 8, b->flow);
    sqlite3_bind_int64(s, 9, b->cseq);
    sqlite3_bind_int64(s, 10, b->q);
    sqlite3_bind_int64(s, 11, (sqlite3_int64)b->expires_at);
    sqlite3_bind_int64(s, 12, (sqlite3_int64)b->lease_until);
}

int sqlite_file_apply(struct sqlite_file *f, const struct store_change *change)
{
    sqlite3_stmt *s = NULL;

    switch (change->kind) {
    case STORE_PUT_BINDING:
        s = f->statements[PUT_BINDING];
        bind_binding(s, &change->binding);
        break;
    case STORE_DELETE_BINDING:
        s = f->statements[DELETE_BINDING];
        sqlite3_bind_int64(s, 1, (sqlite3_int64)change->binding.row);
        break;
    case STORE_PUT_USER:
        s = f->statements[PUT_USER];
        bind(s, 3, change->user.ha1_md5);
        bind(s, 4, change->user.ha1_sha256);
        bind(s, 1, change->user.domain);
        bind(s, 2, change->user.name);
        break;
    case STORE_DELETE_USER:
        s = f->statements[DELETE_USER];
        bind(s, 1, change->user.domain);
        bind(s, 2, change->user.name);
        break;
    case STORE_PUT_SETTING:
        s = f->statements[PUT_SETTING];
        bind(s, 1, change->name);
        bind(s, 2, change->value);
        break;
    }
    assert(s != NULL);
    return step(s);
}
