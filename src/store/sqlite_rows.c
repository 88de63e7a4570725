/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/sqlite_rows.h"

#include "base/error.h"
#include "store/sqlite_pack.h"

#include <assert.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

enum {
    FORGET = 86400000 /* ms after its lease that a row is deleted: a clock that is wrong at the start may be set yet */
};

enum statement {
    BEGIN,
    COMMIT,
    PUT_BINDING,
    DELETE_BINDING,
    PUT_USER,
    DELETE_USER,
    DELETE_ALIASES,
    PUT_ALIAS,
    DELETE_ALIAS,
    PUT_SETTING,
    PUT_BAN,
    DELETE_BAN,
    FORGET_BINDINGS,
    READ_USERS,
    READ_SIZES,
    READ_BINDINGS,
    READ_SETTINGS,
    READ_BANS,
    STATEMENTS
};

static_assert((int)STATEMENTS == (int)SQLITE_STATEMENTS, "a place for each");

static const char *const statement_text[SQLITE_STATEMENTS] = {
    [BEGIN]           = "BEGIN IMMEDIATE",
    [COMMIT]          = "COMMIT",
    [PUT_BINDING]     = "INSERT OR REPLACE INTO binding VALUES(?,?,?)",
    [DELETE_BINDING]  = "DELETE FROM binding WHERE row=?",
    [PUT_USER]        = "INSERT INTO user VALUES(?,?,?,?,?,?,?) ON CONFLICT(domain,name) DO UPDATE SET"
                        " ha1_md5=excluded.ha1_md5,ha1_sha256=excluded.ha1_sha256,"
                        "ha1_sha512_256=excluded.ha1_sha512_256,userhash_sha256=excluded.userhash_sha256,"
                        "userhash_sha512_256=excluded.userhash_sha512_256",
    [DELETE_USER]     = "DELETE FROM user WHERE domain=? AND name=?",
    [DELETE_ALIASES]  = "DELETE FROM alias WHERE user_domain=? AND user_name=?",
    [PUT_ALIAS]       = "INSERT OR REPLACE INTO alias VALUES(?,?,?,?)",
    [DELETE_ALIAS]    = "DELETE FROM alias WHERE domain=? AND name=?",
    [PUT_SETTING]     = "INSERT OR REPLACE INTO setting VALUES(?,?)",
    [PUT_BAN]         = "INSERT OR REPLACE INTO ban VALUES(?,?,?,?,?,?)",
    [DELETE_BAN]      = "DELETE FROM ban WHERE network=?",
    [FORGET_BINDINGS] = "DELETE FROM binding WHERE lease_until<?",
    [READ_SIZES]      = "SELECT (SELECT count FROM tally WHERE name='users'),(SELECT count(*) FROM binding),"
                        "EXISTS(SELECT 1 FROM alias)",
    [READ_USERS]      = "SELECT " SQLITE_USER_COLUMNS " FROM user",
    [READ_BINDINGS]   = "SELECT row,lease_until,packed FROM binding ORDER BY row",
    [READ_SETTINGS]   = "SELECT name,value FROM setting",
    [READ_BANS]       = "SELECT network,datagrams_only,strikes,since,until,reason FROM ban",
};

/* SQLite calls every write that fails SQLITE_IOERR unless errno was ENOSPC; a
 * quota or a limit on the size of files means the same to an operator.  (When a
 * COMMIT fails, sqlite3_system_errno has not been set, but errno has.) */
int sqlite_error(int rc)
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

int sqlite_rows_prepare(struct sqlite_rows *r, struct sqlite3 *db)
{
    for (int i = 0; i < SQLITE_STATEMENTS; i++) {
        int rc = sqlite3_prepare_v3(db, statement_text[i], -1, SQLITE_PREPARE_PERSISTENT, &r->statements[i], NULL);

        if (rc == SQLITE_ERROR)
            return -ERR_UNSUPPORTED; /* tables of another shape under our version number */
        if (rc != SQLITE_OK)
            return sqlite_error(rc);
    }
    return 0;
}

void sqlite_rows_finalize(struct sqlite_rows *r)
{
    for (int i = 0; i < SQLITE_STATEMENTS; i++) {
        sqlite3_finalize(r->statements[i]);
        r->statements[i] = NULL;
    }
    free(r->packed);
    r->packed = NULL;
    r->room   = 0;
}

static struct slice column(sqlite3_stmt *s, int index)
{
    const char *text = (const char *)sqlite3_column_text(s, index);

    return (struct slice){ text == NULL ? "" : text, (size_t)sqlite3_column_bytes(s, index) };
}

struct stored_user sqlite_rows_user(sqlite3_stmt *s)
{
    return (struct stored_user){
        .domain              = column(s, 0),
        .name                = column(s, 1),
        .ha1_md5             = column(s, 2),
        .ha1_sha256          = column(s, 3),
        .ha1_sha512_256      = column(s, 4),
        .userhash_sha256     = (uint64_t)sqlite3_column_int64(s, 5),
        .userhash_sha512_256 = (uint64_t)sqlite3_column_int64(s, 6),
    };
}

struct stored_alias sqlite_rows_alias(sqlite3_stmt *s)
{
    return (struct stored_alias){ column(s, 0), column(s, 1), column(s, 2), column(s, 3) };
}

static void read_user(sqlite3_stmt *s, const struct store_loader *l)
{
    struct stored_user u = sqlite_rows_user(s);

    l->on_user(l->arg, &u);
}

static void read_setting(sqlite3_stmt *s, const struct store_loader *l)
{
    l->on_setting(l->arg, column(s, 0), column(s, 1));
}

static void read_ban(sqlite3_stmt *s, const struct store_loader *l)
{
    const struct stored_ban b = {
        .network        = column(s, 0),
        .datagrams_only = sqlite3_column_int64(s, 1) != 0,
        .strikes        = (uint32_t)sqlite3_column_int64(s, 2),
        .since          = (uint64_t)sqlite3_column_int64(s, 3),
        .until          = (uint64_t)sqlite3_column_int64(s, 4),
        .reason         = column(s, 5),
    };

    l->on_ban(l->arg, &b);
}

static void read_sizes(sqlite3_stmt *s, const struct store_loader *l)
{
    const struct store_sizes sizes = {
        .users    = (uint64_t)sqlite3_column_int64(s, 0),
        .bindings = (uint64_t)sqlite3_column_int64(s, 1),
        .aliases  = sqlite3_column_int64(s, 2) != 0,
    };

    l->on_sizes(l->arg, &sizes);
}

typedef void read_fn(sqlite3_stmt *s, const struct store_loader *l);

static int read_all(struct sqlite_rows *r, enum statement which, read_fn *read, const struct store_loader *loader)
{
    sqlite3_stmt *s = r->statements[which];
    int           rc;

    while ((rc = sqlite3_step(s)) == SQLITE_ROW)
        read(s, loader);
    sqlite3_reset(s);
    return sqlite_error(rc);
}

/* A binding that ended while no server ran, or whose deletion did not fit into the
 * queue.  On a disk that is full it waits for the next start. */
static void forget_old(struct sqlite_rows *r, uint64_t wall)
{
    sqlite3_stmt *s = r->statements[FORGET_BINDINGS];

    sqlite3_bind_int64(s, 1, (sqlite3_int64)(wall - FORGET));
    (void)sqlite3_step(s);
    sqlite3_reset(s);
}

/* All but what are columns.  Its texts live until the next step.  A value of several pages wants memory, and the disk.
 */
static int read_packed(sqlite3_stmt *s, struct stored_binding *b)
{
    const char *packed = sqlite3_column_blob(s, 2);
    int         error;

    if (sqlite_unpack((struct slice){ packed, (size_t)sqlite3_column_bytes(s, 2) }, b))
        return 0;
    error = sqlite_error(sqlite3_errcode(sqlite3_db_handle(s)));
    return error != 0 ? error : -ERR_CORRUPT;
}

/* What cannot be read stays in the file, to be looked at, until its lease is long over, or its number another's. */
static int read_binding(sqlite3_stmt *s, struct stored_binding *b, const struct store_loader *l)
{
    int error = read_packed(s, b);

    if (error == 0)
        l->on_binding(l->arg, b);
    if (error != -ERR_CORRUPT || l->on_damaged == NULL)
        return error;
    l->on_damaged(l->arg, b->row);
    return 0;
}

/* In one pass, whatever is left out: with a million each pass is a tenth of a second and more. */
static int read_bindings(struct sqlite_rows *r, uint64_t wall, const struct store_loader *l)
{
    sqlite3_stmt *s     = r->statements[READ_BINDINGS];
    bool          old   = false;
    int           error = 0, rc = SQLITE_OK;

    while (error == 0 && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct stored_binding b = { .row         = (uint64_t)sqlite3_column_int64(s, 0),
                                    .lease_until = (uint64_t)sqlite3_column_int64(s, 1) };

        old = old || (wall >= FORGET && b.lease_until < wall - FORGET);
        if (b.lease_until <= wall)
            continue;
        error = read_binding(s, &b, l);
    }
    sqlite3_reset(s);
    if (error == 0)
        error = sqlite_error(rc);
    if (error == 0 && old)
        forget_old(r, wall);
    return error;
}

int sqlite_rows_load(struct sqlite_rows *r, uint64_t wall, const struct store_loader *loader)
{
    int error = 0;

    if (loader->on_setting != NULL)
        error = read_all(r, READ_SETTINGS, read_setting, loader);
    if (error == 0 && loader->on_sizes != NULL)
        error = read_all(r, READ_SIZES, read_sizes, loader);
    if (error == 0 && loader->on_user != NULL)
        error = read_all(r, READ_USERS, read_user, loader);
    if (error == 0 && loader->on_binding != NULL)
        error = read_bindings(r, wall, loader);
    if (error == 0 && loader->on_ban != NULL)
        error = read_all(r, READ_BANS, read_ban, loader);
    return error;
}

static int step(sqlite3_stmt *s)
{
    int error;

    errno = 0;
    error = sqlite_error(sqlite3_step(s));
    sqlite3_reset(s);
    return error;
}

int sqlite_rows_begin(struct sqlite_rows *r)
{
    return step(r->statements[BEGIN]);
}

int sqlite_rows_commit(struct sqlite_rows *r)
{
    return step(r->statements[COMMIT]);
}

/* The text is bound without a copy: the change outlives the step.  An empty slice is
 * "", never NULL. */
static void bind(sqlite3_stmt *s, int index, struct slice text)
{
    sqlite3_bind_text64(s, index, text.len == 0 ? "" : text.ptr, text.len, SQLITE_STATIC, SQLITE_UTF8);
}

static int make_room(struct sqlite_rows *r, size_t room)
{
    char *packed = room > r->room ? realloc(r->packed, room) : r->packed;

    if (packed == NULL)
        return -ERR_NO_MEMORY;
    r->packed = packed;
    r->room   = room > r->room ? room : r->room;
    return 0;
}

static int put_binding(struct sqlite_rows *r, const struct stored_binding *b)
{
    sqlite3_stmt *s     = r->statements[PUT_BINDING];
    int           error = make_room(r, sqlite_pack_room(b));
    struct buf    packed;

    if (error != 0)
        return error;
    packed = buf_on(r->packed, r->room);
    sqlite_pack(b, &packed);
    sqlite3_bind_int64(s, 1, (sqlite3_int64)b->row);
    sqlite3_bind_int64(s, 2, (sqlite3_int64)b->lease_until);
    sqlite3_bind_blob64(s, 3, packed.ptr, packed.len, SQLITE_STATIC);
    return step(s);
}

static void bind_user(sqlite3_stmt *s, const struct stored_user *u)
{
    bind(s, 1, u->domain);
    bind(s, 2, u->name);
    bind(s, 3, u->ha1_md5);
    bind(s, 4, u->ha1_sha256);
    bind(s, 5, u->ha1_sha512_256);
    sqlite3_bind_int64(s, 6, (sqlite3_int64)u->userhash_sha256);
    sqlite3_bind_int64(s, 7, (sqlite3_int64)u->userhash_sha512_256);
}

static void bind_ban(sqlite3_stmt *s, const struct stored_ban *b)
{
    bind(s, 1, b->network);
    sqlite3_bind_int64(s, 2, b->datagrams_only);
    sqlite3_bind_int64(s, 3, b->strikes);
    sqlite3_bind_int64(s, 4, (sqlite3_int64)b->since);
    sqlite3_bind_int64(s, 5, (sqlite3_int64)b->until);
    bind(s, 6, b->reason);
}

/* Statements that begin with these two. */
static sqlite3_stmt *bind_names(sqlite3_stmt *s, struct slice domain, struct slice name)
{
    bind(s, 1, domain);
    bind(s, 2, name);
    return s;
}

static int delete_user(struct sqlite_rows *r, const struct stored_user *u)
{
    int error = step(bind_names(r->statements[DELETE_ALIASES], u->domain, u->name));

    return error != 0 ? error : step(bind_names(r->statements[DELETE_USER], u->domain, u->name));
}

int sqlite_rows_apply(struct sqlite_rows *r, const struct store_change *change)
{
    sqlite3_stmt *s = NULL;

    switch (change->kind) {
    case STORE_PUT_BINDING:
        return put_binding(r, &change->binding);
    case STORE_DELETE_BINDING:
        s = r->statements[DELETE_BINDING];
        sqlite3_bind_int64(s, 1, (sqlite3_int64)change->binding.row);
        break;
    case STORE_PUT_USER:
        s = r->statements[PUT_USER];
        bind_user(s, &change->user);
        break;
    case STORE_DELETE_USER:
        return delete_user(r, &change->user);
    case STORE_PUT_ALIAS:
        s = bind_names(r->statements[PUT_ALIAS], change->alias.domain, change->alias.name);
        bind(s, 3, change->alias.user_domain);
        bind(s, 4, change->alias.user_name);
        break;
    case STORE_DELETE_ALIAS:
        s = bind_names(r->statements[DELETE_ALIAS], change->alias.domain, change->alias.name);
        break;
    case STORE_PUT_SETTING:
        s = bind_names(r->statements[PUT_SETTING], change->name, change->value);
        break;
    case STORE_PUT_BAN:
        s = r->statements[PUT_BAN];
        bind_ban(s, &change->ban);
        break;
    case STORE_DELETE_BAN:
        s = r->statements[DELETE_BAN];
        bind(s, 1, change->ban.network);
        break;
    }
    assert(s != NULL);
    return step(s);
}
