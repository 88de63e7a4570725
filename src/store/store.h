/* SPDX-License-Identifier: BSD-2-Clause */
/* store.h - what must outlive the process: users, bindings and bans.
 *
 * Of bindings RAM is the index: they are read when the server starts.  Users are read
 * one by one when they are wanted (store_ask), since there may be many more of them than
 * ever register.  Changes are queued, committed in groups on the store's own thread, and numbered in the order
 * of the queue, which is the order of the commits; `seq` of a report covers every
 * change up to it.  Whoever acknowledges a change to a peer waits for the report
 * that covers it.
 *
 * One store has as many clients as there are worlds that use it: each hears, in the
 * thread of its own world, what it waits for.
 *
 *   world 1 --write--> |          |                 | --report--> world 1
 *   world 2 --write--> |  queue   | group --commit--| --report--> world 2
 *   world 3 --write--> |          |                 | --report--> world 3
 *
 * Backends: store_sqlite.c; store_fake.c (test only) completes or fails when the
 * scenario says so. */

#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "net/world.h"

struct store;
struct store_client;

struct stored_user {
    struct slice domain, name;
    struct slice ha1_md5, ha1_sha256, ha1_sha512_256;  /* lower-case hex; empty: that hash is not known */
    uint64_t     userhash_sha256, userhash_sha512_256; /* hasher_number of "name:realm" */
};

/* Another name for a user.  A telephone number has the domain "" and a name like
 * "+4930123". */
struct stored_alias {
    struct slice domain, name;
    struct slice user_domain, user_name;
};

struct stored_binding {
    uint64_t     row;     /* integer key given by RAM, unique for ever */
    struct slice aor;     /* canonical, uri_write_aor */
    struct slice contact; /* the URI, as registered                                */
    struct slice params;  /* header parameters to give back (";+sip.instance=..."), may be empty */
    struct slice call_id;
    struct slice user_agent;
    struct slice path; /* Path values, comma list, may be empty                 */
    struct slice flow; /* opaque text of the server: where it came from         */
    uint32_t     cseq;
    uint32_t     q;           /* thousandths */
    bool         outbound;    /* RFC 5626 is in use; which instance and reg-id is in `params` */
    uint64_t     gruu;        /* epoch of its temporary GRUUs, or 0 */
    uint64_t     expires_at;  /* wall clock, ms: what was acknowledged */
    uint64_t     lease_until; /* wall clock, ms: a restart may serve it up to here */
};

/* Who is not listened to (stack/bans.h). */
struct stored_ban {
    struct slice network; /* "192.0.2.0/24": as prefix_write */
    bool         datagrams_only;
    uint32_t     strikes;
    uint64_t     since, until; /* wall clock, ms; UINT64_MAX: for ever */
    struct slice reason;
};

enum store_change_kind {
    STORE_PUT_BINDING,
    STORE_DELETE_BINDING,
    STORE_PUT_USER,
    STORE_DELETE_USER, /* and his aliases */
    STORE_PUT_ALIAS,
    STORE_DELETE_ALIAS,
    STORE_PUT_SETTING,
    STORE_PUT_BAN,
    STORE_DELETE_BAN
};

struct store_change {
    enum store_change_kind kind;
    struct stored_binding  binding;     /* for DELETE only `row` */
    struct stored_user     user;        /* for DELETE only domain and name */
    struct stored_alias    alias;       /* for DELETE only domain and name */
    struct slice           name, value; /* a setting: "realm" */
    struct stored_ban      ban;         /* for DELETE only network */
};

/* Everything up to and including `seq` has been committed (error 0), or the
 * changes after the last good report up to `seq` were not: -ERR_DISK_FULL,
 * -ERR_LOCKED, -ERR_PERMISSION, -ERR_CORRUPT, -ERR_NO_MEMORY, -ERR_IO.  They are kept and tried again with the
 * next group, and a later report with error 0 covers them too. */
typedef void store_report_fn(void *owner, uint64_t seq, int error);

/* How it is; `queued` and so on count changes. */
struct store_stats {
    size_t   queued, limit, high; /* high: the most there has been, see store_forget_high */
    msec     oldest;              /* how long the first of the queue has waited */
    uint64_t committed;           /* changes that are on the disk */
    uint64_t commits;             /* transactions that took them there */
    uint64_t failures;            /* transactions that failed and were, or will be, tried again */
    uint64_t refused;             /* writes that found the queue full */
    uint64_t asked, ask_failures; /* questions that were read, and of these those that failed */
    uint64_t ask_refused;         /* that found too many waiting */
    int      error;               /* of the last try: 0 or -ERR_X */
    int      last_error;          /* of the last try that failed */
};

/* How much there is, so that room can be made before it comes. */
struct store_sizes {
    uint64_t users, bindings;
    bool     aliases; /* is there any? */
};

struct store_loader {
    void (*on_user)(void *arg, const struct stored_user *u);
    void (*on_binding)(void *arg, const struct stored_binding *b); /* expired leases are left out */
    void (*on_setting)(void *arg, struct slice name, struct slice value);
    void (*on_sizes)(void *arg, const struct store_sizes *sizes); /* before any of them */
    void (*on_ban)(void *arg, const struct stored_ban *b);
    void (*on_damaged)(void    *arg,
                       uint64_t row); /* a binding that cannot be read, and is left out; NULL: -ERR_CORRUPT */
    void *arg;
};

enum { STORE_ROWS_MAX = 1000 }; /* that one question asks for */

struct store_name {
    struct slice domain, name;
};

enum store_query_kind {
    STORE_FIND_USERS,    /* the users with these names, and the aliases with these names            */
    STORE_FIND_USERHASH, /* the users of `domain` with this hash; it may be another's by chance     */
    STORE_LIST_USERS,    /* those after `after`, in order of domain and name; `domain` empty: of all */
    STORE_LIST_ALIASES,  /* those after `after_alias` of `after`, in order of their users, then of
                          * their own domain and name                                              */
};

struct store_query {
    enum store_query_kind    kind;
    size_t                   count; /* of names; or so many rows at most; STORE_ROWS_MAX at most */
    const struct store_name *names;
    struct slice             domain;
    uint64_t                 hash;       /* hasher_number */
    bool                     sha512_256; /* not sha256 */
    struct store_name        after, after_alias;
};

/* What was found, committed before the question was read; no order between users and
 * aliases.  Lives until the callback returns. */
struct store_answer {
    int                        error; /* 0, or -ERR_X as of a report: then nothing else counts */
    const struct stored_user  *users;
    const struct stored_alias *aliases;
    size_t                     user_count, alias_count;
};

typedef void store_answer_fn(void *owner, const struct store_answer *answer);

struct store_ops {
    int (*load)(struct store *s, uint64_t wall, const struct store_loader *loader);
    int (*open)(struct store *s, struct world *world, store_report_fn *report, void *owner, struct store_client **out);
    void (*shut)(struct store_client *c);
    bool (*has_room)(struct store_client *c, size_t count);
    int (*write)(struct store_client *c, const struct store_change *changes, size_t count, uint64_t *seq);
    bool (*await)(struct store_client *c, uint64_t seq);
    int (*ask)(struct store_client *c, const struct store_query *query, store_answer_fn *fn, void *owner);
    void (*stats)(struct store *s, msec now, struct store_stats *out);
    void (*forget_high)(struct store *s);
    void (*close)(struct store *s);
};

struct store {
    const struct store_ops *ops;
};

struct store_client {
    const struct store_ops *ops;
};

/* Read everything, settings first, but bindings whose lease ended before `wall` (ms since 1970); a day
 * later they are deleted.  Blocks, so only before the loop runs.  Returns 0 or -ERR_X. */
static inline int store_load(struct store *s, uint64_t wall, const struct store_loader *loader)
{
    return s->ops->load(s, wall, loader);
}

/* Become a client.  `report` is called with `owner` in a turn of `world`, until the
 * client is closed.  A client is used in the thread of its world only; opening is
 * allowed before that runs.  The worlds of all clients have one clock (`now`).
 * Returns 0 or -ERR_NO_MEMORY. */
static inline int store_client_open(struct store *s, struct world *world, store_report_fn *report, void *owner,
                                    struct store_client **out)
{
    return s->ops->open(s, world, report, owner, out);
}

/* No report comes after it; what it has written is committed all the same.  The
 * world must then run until what was posted to it has been drained. */
static inline void store_client_close(struct store_client *c)
{
    c->ops->shut(c);
}

/* Would store_write take so many changes now?  Ask before RAM is changed: what
 * RAM has forgotten cannot be asked for again.  True is a promise: the next write of
 * this client, in the same turn and of no more changes, finds room whatever the
 * other clients do in between. */
static inline bool store_has_room(struct store_client *c, size_t count)
{
    return c->ops->has_room(c, count);
}

/* Queue changes that belong together; all or none of them are committed.  Copies.
 * A report that covers `*seq` will come.  -ERR_LIMIT if the queue is full (count or
 * age), -ERR_NO_MEMORY: nothing was queued. */
static inline int store_write(struct store_client *c, const struct store_change *changes, size_t count, uint64_t *seq)
{
    return c->ops->write(c, changes, count, seq);
}

/* Ask for a report that covers `seq`, a number that any client has been given.
 * False: it has been committed, and no report need be waited for. */
static inline bool store_await(struct store_client *c, uint64_t seq)
{
    return c->ops->await(c, seq);
}

/* Ask; `fn` is called with `owner` in a later turn of the client's world, unless the
 * client is closed before.  Questions are read in the order in which they were asked,
 * one after the other, on a thread of their own.  Copies the query.  Returns 0, -ERR_LIMIT if
 * too many wait or the query wants too much, or -ERR_NO_MEMORY; then `fn` is not called. */
static inline int store_ask(struct store_client *c, const struct store_query *query, store_answer_fn *fn, void *owner)
{
    return c->ops->ask(c, query, fn, owner);
}

/* From any thread; `now` is the clock of the clients' worlds. */
static inline void store_stats(struct store *s, msec now, struct store_stats *out)
{
    s->ops->stats(s, now, out);
}

/* The most that has been queued begins anew from what is.  From any thread. */
static inline void store_forget_high(struct store *s)
{
    s->ops->forget_high(s);
}

/* Commits what is queued, then frees.  All clients must have been closed. */
static inline void store_close(struct store *s)
{
    s->ops->close(s);
}

enum { STORE_QUESTIONS = 4096 }; /* that may wait to be read, of all clients; more: -ERR_LIMIT */

enum { STORE_QUEUE_AGE = 30000 }; /* ms: for `max_age` below, if nobody says otherwise */

/* `path` ":memory:" keeps nothing.  `max_queue` bounds the changes waiting, and with
 * one that has waited for `max_age` ms no more are taken.  A file, and a folder made for it, is
 * readable by its owner only; a lock beside it keeps a second process out.  Returns 0 or -ERR_X (-ERR_LOCKED,
 * -ERR_PERMISSION, -ERR_DISK_FULL, -ERR_CORRUPT, -ERR_UNSUPPORTED, -ERR_IO,
 * -ERR_TOO_LARGE, -ERR_NO_MEMORY) with a sentence for people in `problem` (path,
 * cause, remedy).  0 with a sentence: the file was damaged and has been moved
 * aside, and the store is new and empty.  Otherwise `problem` is "". */
int store_sqlite_open(const char *path, size_t max_queue, msec max_age, struct store **out, char *problem,
                      size_t problem_size);
/* Before it has a client: STORE_FIND_USERHASH will be asked.  Without, such a question is an error.
 * It costs an index, which makes imports slow, so it is made only where it is wanted, and
 * stays then: some seconds for a million users.  Returns 0 or -ERR_X. */
int store_sqlite_index_names(struct store *store);
/* Account for its queue in `b`, which it borrows; before it has a client. */
void store_sqlite_account(struct store *store, struct budget *b);

#endif
