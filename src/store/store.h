/* SPDX-License-Identifier: BSD-2-Clause */
/* store.h - what must outlive the process: users and bindings.
 *
 * RAM is the index; the store is only read when the server starts.  Changes are
 * queued, committed in groups on the store's own thread, and reported back on the
 * thread of the world they came from, in the order in which they were queued:
 * `seq` of a report covers every change up to it.  Whoever acknowledges a change
 * to a peer waits for the report that covers it.
 *
 * Backends: store_sqlite.c; store_fake.c (test only) completes or fails when the
 * scenario says so. */

#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "net/world.h"

struct store;

struct stored_user {
    struct slice domain, name;
    struct slice ha1_md5, ha1_sha256; /* lower-case hex */
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
    uint64_t     expires_at;  /* wall clock, ms: what was acknowledged */
    uint64_t     lease_until; /* wall clock, ms: a restart may serve it up to here */
};

enum store_change_kind {
    STORE_PUT_BINDING,
    STORE_DELETE_BINDING,
    STORE_PUT_USER,
    STORE_DELETE_USER,
    STORE_PUT_SETTING
};

struct store_change {
    enum store_change_kind kind;
    struct stored_binding  binding;     /* for DELETE only `row` */
    struct stored_user     user;        /* for DELETE only domain and name */
    struct slice           name, value; /* a setting: "realm" */
};

/* Everything up to and including `seq` has been committed (error 0), or the
 * changes after the last good report up to `seq` were not: -ERR_DISK_FULL,
 * -ERR_LOCKED, -ERR_PERMISSION, -ERR_CORRUPT, -ERR_NO_MEMORY, -ERR_IO.  They are kept and tried again with the
 * next group, and a later report with error 0 covers them too. */
typedef void store_report_fn(void *owner, uint64_t seq, int error);

struct store_loader {
    void (*on_user)(void *arg, const struct stored_user *u);
    void (*on_binding)(void *arg, const struct stored_binding *b); /* expired leases are left out */
    void (*on_setting)(void *arg, struct slice name, struct slice value);
    void *arg;
};

struct store_ops {
    int (*load)(struct store *s, const struct store_loader *loader);
    bool (*has_room)(struct store *s, size_t count);
    int (*write)(struct store *s, const struct store_change *changes, size_t count, uint64_t *seq);
    void (*close)(struct store *s);
};

struct store {
    const struct store_ops *ops;
};

/* Read everything; blocks, so only before the loop runs.  Returns 0 or -ERR_X. */
static inline int store_load(struct store *s, const struct store_loader *loader)
{
    return s->ops->load(s, loader);
}

/* Would store_write take so many changes now?  Ask before RAM is changed: what
 * RAM has forgotten cannot be asked for again. */
static inline bool store_has_room(struct store *s, size_t count)
{
    return s->ops->has_room(s, count);
}

/* Queue changes that belong together; all or none of them are committed.  Copies.
 * -ERR_LIMIT if the queue is full (count or age): nothing was queued. */
static inline int store_write(struct store *s, const struct store_change *changes, size_t count, uint64_t *seq)
{
    return s->ops->write(s, changes, count, seq);
}

/* Commits what is queued, then frees.  No report comes after it. */
static inline void store_close(struct store *s)
{
    s->ops->close(s);
}

enum { STORE_QUEUE_AGE = 30000 }; /* ms: for `max_age` below, if nobody says otherwise */

/* `path` ":memory:" keeps nothing.  Reports come through `world`, which must run
 * until what was posted to it has been drained.  `max_queue` bounds the changes
 * waiting, and with one that has waited for `max_age` ms no more are taken.  A file, and a folder made for it, is
 * readable by its owner only; a lock beside it keeps a second process out.  Returns 0 or -ERR_X (-ERR_LOCKED,
 * -ERR_PERMISSION, -ERR_DISK_FULL, -ERR_CORRUPT, -ERR_UNSUPPORTED, -ERR_IO,
 * -ERR_TOO_LARGE, -ERR_NO_MEMORY) with a sentence for people in `problem` (path,
 * cause, remedy).  0 with a sentence: the file was damaged and has been moved
 * aside, and the store is new and empty.  Otherwise `problem` is "". */
int store_sqlite_open(struct world *world, const char *path, size_t max_queue, msec max_age, store_report_fn *report,
                      void *owner, struct store **out, char *problem, size_t problem_size);

#endif
