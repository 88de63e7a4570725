/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/sqlite_reader.h"

#include "base/error.h"
#include "store/sqlite_query.h"
#include "store/sqlite_rows.h"
#include "store/wait.h"

#include <sqlite3.h>
#include <stdlib.h>

enum {
    BUSY_WAIT = 2000, /* ms */
    POST_WAIT = 20,   /* ms until a post that found a world's queue full is tried again */
};

struct sqlite_reader {
    sqlite3            *own;        /* NULL: it is the file's */
    pthread_mutex_t    *file_mutex; /* NULL: no need */
    struct sqlite_query queries;
    struct budget      *budget; /* NULL: nobody accounts */
    pthread_t           thread;
    bool                started;

    pthread_mutex_t  mutex; /* the rest */
    pthread_cond_t   wake;
    struct link      waiting; /* struct question, the oldest first */
    struct link      late;    /* answered, but their world's queue was full */
    struct question *reading;
    size_t           asked; /* waiting, being read, late or not yet told */
    uint64_t         answered, failures, refused;
    bool             closing;
};

static void account(struct sqlite_reader *r, int64_t bytes)
{
    if (r->budget != NULL)
        budget_move(r->budget, ACCOUNT_STORE_QUEUE, bytes);
}

/* Nobody wants to hear it any more.  Without r->mutex. */
static void on_done(struct question *q)
{
    struct sqlite_reader *r = q->backend;

    pthread_mutex_lock(&r->mutex);
    r->asked--;
    pthread_mutex_unlock(&r->mutex);
    account(r, -(int64_t)q->size);
    question_free(q);
}

static void run(struct sqlite_reader *r, struct question *q)
{
    if (r->file_mutex != NULL)
        pthread_mutex_lock(r->file_mutex);
    sqlite_query_run(&r->queries, q);
    if (r->file_mutex != NULL)
        pthread_mutex_unlock(r->file_mutex);
}

/* With r->mutex held, which keeps the mailbox from being closed. */
static void give(struct sqlite_reader *r, struct question *q)
{
    if (!mailbox_answer(q->from, q))
        list_append(&r->late, &q->link);
}

/* Called and returns with r->mutex held, released in between. */
static void read_next(struct sqlite_reader *r)
{
    struct question *q = CONTAINER_OF(list_shift(&r->waiting), struct question, link);

    r->reading = q;
    pthread_mutex_unlock(&r->mutex);
    run(r, q);
    pthread_mutex_lock(&r->mutex);
    r->reading = NULL;
    r->answered++;
    r->failures += q->answer.error != 0;
    if (q->from != NULL) {
        give(r, q);
        return;
    }
    pthread_mutex_unlock(&r->mutex);
    on_done(q);
    pthread_mutex_lock(&r->mutex);
}

/* With r->mutex held. */
static void give_late(struct sqlite_reader *r)
{
    struct link late;

    list_init(&late);
    list_move(&r->late, &late);
    for (struct link *l; (l = list_shift(&late)) != NULL;)
        give(r, CONTAINER_OF(l, struct question, link));
}

static void *thread_main(void *arg)
{
    struct sqlite_reader *r = arg;
    struct timespec       again;

    pthread_mutex_lock(&r->mutex);
    while (!r->closing) {
        give_late(r);
        again = wait_deadline(POST_WAIT);
        if (!list_empty(&r->waiting))
            read_next(r);
        else if (!list_empty(&r->late))
            (void)pthread_cond_timedwait(&r->wake, &r->mutex, &again);
        else
            pthread_cond_wait(&r->wake, &r->mutex);
    }
    pthread_mutex_unlock(&r->mutex);
    return NULL;
}

int sqlite_reader_ask(struct sqlite_reader *r, struct mailbox *m, const struct store_query *query, store_answer_fn *fn,
                      void *owner)
{
    struct question *q = query->count <= STORE_ROWS_MAX ? question_new(query, fn, owner) : NULL;
    bool             full;

    if (q == NULL)
        return query->count > STORE_ROWS_MAX ? -ERR_LIMIT : -ERR_NO_MEMORY;
    q->from    = m;
    q->backend = r;
    q->done    = on_done;
    q->size    = question_size(q);
    pthread_mutex_lock(&r->mutex);
    full = r->asked >= STORE_QUESTIONS;
    if (full) {
        r->refused++;
    } else {
        r->asked++;
        account(r, (int64_t)q->size);
        list_append(&r->waiting, &q->link);
        pthread_cond_signal(&r->wake);
    }
    pthread_mutex_unlock(&r->mutex);
    if (full)
        question_free(q);
    return full ? -ERR_LIMIT : 0;
}

/* With r->mutex held: those of `m` from one list into another. */
static void sort_out(struct link *from, const struct mailbox *m, struct link *to)
{
    LIST_EACH_SAFE (l, from) {
        if (CONTAINER_OF(l, struct question, link)->from != m)
            continue;
        list_unlink(l);
        list_append(to, l);
    }
}

void sqlite_reader_forget(struct sqlite_reader *r, struct mailbox *m)
{
    struct link forgotten;

    list_init(&forgotten);
    pthread_mutex_lock(&r->mutex);
    sort_out(&r->waiting, m, &forgotten);
    sort_out(&r->late, m, &forgotten);
    if (r->reading != NULL && r->reading->from == m)
        r->reading->from = NULL;
    pthread_mutex_unlock(&r->mutex);
    for (struct link *l; (l = list_shift(&forgotten)) != NULL;)
        on_done(CONTAINER_OF(l, struct question, link));
}

void sqlite_reader_stats(struct sqlite_reader *r, struct store_stats *out)
{
    pthread_mutex_lock(&r->mutex);
    out->asked        = r->answered;
    out->ask_failures = r->failures;
    out->ask_refused  = r->refused;
    pthread_mutex_unlock(&r->mutex);
}

/* ---- life ---- */

static int open_own(struct sqlite_reader *r, const char *path)
{
    int rc = sqlite3_open_v2(path, &r->own, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);

    if (r->own == NULL)
        return -ERR_NO_MEMORY;
    if (rc != SQLITE_OK)
        return sqlite_error(rc);
    sqlite3_extended_result_codes(r->own, 1);
    sqlite3_busy_timeout(r->own, BUSY_WAIT);
    return sqlite_query_init(&r->queries, r->own);
}

static int open_queries(struct sqlite_reader *r, const char *path, struct sqlite_file *file,
                        pthread_mutex_t *file_mutex)
{
    if (strcmp(path, ":memory:") != 0)
        return open_own(r, path);
    r->file_mutex = file_mutex;
    return sqlite_query_init(&r->queries, sqlite_file_connection(file));
}

int sqlite_reader_new(const char *path, struct sqlite_file *file, pthread_mutex_t *file_mutex,
                      struct sqlite_reader **out)
{
    struct sqlite_reader *r = calloc(1, sizeof *r);
    int                   error;

    if (r == NULL)
        return -ERR_NO_MEMORY;
    list_init(&r->waiting);
    list_init(&r->late);
    wait_init(&r->wake);
    pthread_mutex_init(&r->mutex, NULL);
    error = open_queries(r, path, file, file_mutex);
    if (error == 0 && pthread_create(&r->thread, NULL, thread_main, r) != 0)
        error = -ERR_NO_MEMORY;
    if (error != 0) {
        sqlite_reader_free(r);
        return error;
    }
    r->started = true;
    pthread_setname_np(r->thread, "ahoy-reader");
    *out = r;
    return 0;
}

void sqlite_reader_account(struct sqlite_reader *r, struct budget *b)
{
    r->budget = b;
}

static void stop(struct sqlite_reader *r)
{
    pthread_mutex_lock(&r->mutex);
    r->closing = true;
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->mutex);
    pthread_join(r->thread, NULL);
}

void sqlite_reader_free(struct sqlite_reader *r)
{
    if (r == NULL)
        return;
    if (r->started)
        stop(r);
    sqlite_query_fini(&r->queries);
    sqlite3_close(r->own);
    pthread_cond_destroy(&r->wake);
    pthread_mutex_destroy(&r->mutex);
    free(r);
}
