/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/sqlite_query.h"

#include "base/error.h"
#include "store/sqlite_rows.h"

#include <assert.h>
#include <errno.h>
#include <sqlite3.h>

enum statement {
    FIND_USER,
    FIND_ALIAS,
    FIND_SHA256,
    FIND_SHA512_256,
    LIST_USERS,
    LIST_USERS_OF,
    LIST_ALIASES,
    STATEMENTS
};

static_assert((int)STATEMENTS == (int)SQLITE_QUERIES, "a place for each");

#define USERS   "SELECT " SQLITE_USER_COLUMNS " FROM user "
#define ALIASES "SELECT " SQLITE_ALIAS_COLUMNS " FROM alias "

static const char *const statement_text[SQLITE_QUERIES] = {
    [FIND_USER]       = USERS "WHERE domain=? AND name=?",
    [FIND_ALIAS]      = ALIASES "WHERE domain=? AND name=?",
    [FIND_SHA256]     = USERS "INDEXED BY user_by_sha256 WHERE userhash_sha256=? AND domain=?",
    [FIND_SHA512_256] = USERS "INDEXED BY user_by_sha512_256 WHERE userhash_sha512_256=? AND domain=?",
    [LIST_USERS]      = USERS "WHERE (domain,name)>(?,?) ORDER BY domain,name",
    [LIST_USERS_OF]   = USERS "WHERE domain=? AND name>? ORDER BY name",
    [LIST_ALIASES]    = ALIASES "WHERE (user_domain,user_name,domain,name)>(?,?,?,?)"
                                " ORDER BY user_domain,user_name,domain,name",
};

static int prepare(struct sqlite_query *s, enum statement which)
{
    return sqlite_error(
        sqlite3_prepare_v3(s->db, statement_text[which], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[which], NULL));
}

/* Those for hashes need an index that is there only if it is wanted: see find_hash. */
int sqlite_query_init(struct sqlite_query *s, struct sqlite3 *db)
{
    int error = 0;

    *s = (struct sqlite_query){ .db = db };
    for (int i = 0; error == 0 && i < SQLITE_QUERIES; i++)
        if (i != FIND_SHA256 && i != FIND_SHA512_256)
            error = prepare(s, (enum statement)i);
    return error;
}

void sqlite_query_fini(struct sqlite_query *s)
{
    for (int i = 0; i < SQLITE_QUERIES; i++) {
        sqlite3_finalize(s->statements[i]);
        s->statements[i] = NULL;
    }
}

/* The question outlives the step. */
static void bind(sqlite3_stmt *s, int index, struct slice text)
{
    sqlite3_bind_text64(s, index, text.len == 0 ? "" : text.ptr, text.len, SQLITE_STATIC, SQLITE_UTF8);
}

static void bind_name(sqlite3_stmt *s, int index, struct store_name name)
{
    bind(s, index, name.domain);
    bind(s, index + 1, name.name);
}

static bool take_user(struct question *q, sqlite3_stmt *s)
{
    struct stored_user u = sqlite_rows_user(s);

    return question_add_user(q, &u);
}

static bool take_alias(struct question *q, sqlite3_stmt *s)
{
    struct stored_alias a = sqlite_rows_alias(s);

    return question_add_alias(q, &a);
}

typedef bool take_fn(struct question *q, sqlite3_stmt *s);

/* All rows, or as many as are wanted.  False if it failed, or what was read did not fit. */
static bool read_rows(struct question *q, sqlite3_stmt *s, take_fn *take)
{
    int rc;

    errno = 0;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW && take(q, s))
        ;
    if (q->answer.error == 0)
        q->answer.error = sqlite_error(rc);
    sqlite3_reset(s);
    return q->answer.error == 0;
}

static void find_names(struct sqlite_query *s, struct question *q)
{
    sqlite3_stmt *user = s->statements[FIND_USER], *alias = s->statements[FIND_ALIAS];

    for (size_t i = 0; i < q->query.count; i++) {
        bind_name(user, 1, q->query.names[i]);
        bind_name(alias, 1, q->query.names[i]);
        if (!read_rows(q, user, take_user) || !read_rows(q, alias, take_alias))
            return;
    }
}

static void find_hash(struct sqlite_query *s, struct question *q)
{
    enum statement which = q->query.sha512_256 ? FIND_SHA512_256 : FIND_SHA256;
    sqlite3_stmt  *st;

    if (s->statements[which] == NULL && (q->answer.error = prepare(s, which)) != 0)
        return;
    st = s->statements[which];
    sqlite3_bind_int64(st, 1, (sqlite3_int64)q->query.hash);
    bind(st, 2, q->query.domain);
    read_rows(q, st, take_user);
}

/* The rows are counted by the room there is for them. */
static void list_users(struct sqlite_query *s, struct question *q)
{
    sqlite3_stmt *st = s->statements[q->query.domain.len > 0 ? LIST_USERS_OF : LIST_USERS];

    bind_name(st, 1, q->query.after);
    if (q->query.domain.len > 0)
        bind(st, 1, q->query.domain);
    read_rows(q, st, take_user);
}

static void list_aliases(struct sqlite_query *s, struct question *q)
{
    sqlite3_stmt *st = s->statements[LIST_ALIASES];

    bind_name(st, 1, q->query.after);
    bind_name(st, 3, q->query.after_alias);
    read_rows(q, st, take_alias);
}

static void run(struct sqlite_query *s, struct question *q)
{
    switch (q->query.kind) {
    case STORE_FIND_USERS:
        find_names(s, q);
        break;
    case STORE_FIND_USERHASH:
        find_hash(s, q);
        break;
    case STORE_LIST_USERS:
        list_users(s, q);
        break;
    case STORE_LIST_ALIASES:
        list_aliases(s, q);
        break;
    }
}

/* Many names cost much less in one transaction; without, they are found as well. */
void sqlite_query_run(struct sqlite_query *s, struct question *q)
{
    bool together = q->query.kind == STORE_FIND_USERS && q->query.count > 1 &&
                    sqlite3_exec(s->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK;

    run(s, q);
    if (together)
        (void)sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL); /* it has only read */
}
