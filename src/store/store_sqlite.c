/* SPDX-License-Identifier: BSD-2-Clause */
/* store_sqlite.c - the queue and the thread that empties it.
 *
 *   worlds' threads                     the store's thread
 *   write: batch -> waiting  ---------> a group of batches, one transaction
 *   report  <------ mailboxes <-------- outcome
 *
 * A group that failed stays at the head of the queue and is tried again after a
 * pause that doubles up to RETRY_MAX; each try is reported.
 *
 * When changes have come during a commit, more are coming: the next one waits a while for them (store/gather.h). */

#include "base/error.h"
#include "store/batch.h"
#include "store/gather.h"
#include "store/mailbox.h"
#include "store/sqlite_file.h"
#include "store/sqlite_reader.h"
#include "store/wait.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    GROUP     = 512, /* changes in one transaction, unless one batch is larger */
    RETRY_MIN = 50,  /* ms */
    RETRY_MAX = 2000,
    POST_WAIT = 20, /* ms until a post that found a world's queue full is tried again */
};

struct sqlite_store {
    struct store          store;
    struct sqlite_file   *file;
    struct sqlite_reader *reader;
    size_t                max_queue;
    msec                  max_age;
    pthread_t             thread;

    struct budget *budget; /* NULL: nobody accounts */

    pthread_mutex_t    file_mutex; /* load, on another thread, against the store's */
    pthread_mutex_t    mutex;      /* the rest */
    pthread_cond_t     wake;
    struct link        waiting; /* struct batch, lowest seq first */
    struct link        clients; /* struct mailbox */
    uint64_t           next_seq;
    uint64_t           committed; /* seq */
    struct store_stats stats;     /* but `limit` and `oldest` */
    bool               closing;
};

/* With s->mutex held.  False if one could not be posted and must be tried again. */
static bool deliver(struct sqlite_store *s)
{
    bool delivered = true;

    LIST_EACH (l, &s->clients)
        if (!mailbox_deliver(CONTAINER_OF(l, struct mailbox, link)))
            delivered = false;
    return delivered;
}

/* With s->mutex held. */
static bool note(struct sqlite_store *s, uint64_t seq, int error)
{
    LIST_EACH (l, &s->clients)
        mailbox_note(CONTAINER_OF(l, struct mailbox, link), seq, error);
    return deliver(s);
}

/* The batches from the head of the queue that fit one transaction.  They stay in
 * the queue, where only the store's thread removes, so walking needs the lock only here. */
static struct batch *last_of_group(struct sqlite_store *s)
{
    struct batch *last  = NULL;
    size_t        count = 0;

    LIST_EACH (l, &s->waiting) {
        struct batch *b = CONTAINER_OF(l, struct batch, link);

        if (last != NULL && count + b->count > GROUP)
            break;
        count += b->count;
        last = b;
    }
    return last;
}

static int apply_until(struct sqlite_store *s, const struct batch *last)
{
    LIST_EACH (l, &s->waiting) {
        const struct batch *b = CONTAINER_OF(l, struct batch, link);

        for (size_t i = 0; i < b->count; i++) {
            int error = sqlite_file_apply(s->file, &b->changes[i]);

            if (error != 0)
                return error;
        }
        if (b == last)
            break;
    }
    return 0;
}

static int commit_until(struct sqlite_store *s, const struct batch *last)
{
    int error;

    pthread_mutex_lock(&s->file_mutex);
    error = sqlite_file_begin(s->file);
    if (error == 0)
        error = apply_until(s, last);
    if (error == 0)
        error = sqlite_file_commit(s->file);
    if (error != 0)
        sqlite_file_rollback(s->file);
    pthread_mutex_unlock(&s->file_mutex);
    return error;
}

static void account(struct sqlite_store *s, int64_t bytes)
{
    if (s->budget != NULL)
        budget_move(s->budget, ACCOUNT_STORE_QUEUE, bytes);
}

/* With s->mutex held. */
static void drop_until(struct sqlite_store *s, uint64_t seq)
{
    while (!list_empty(&s->waiting)) {
        struct batch *b = CONTAINER_OF(s->waiting.next, struct batch, link);

        if (b->seq > seq)
            break;
        list_unlink(&b->link);
        s->stats.queued -= b->count;
        account(s, -(int64_t)b->size);
        free(b);
    }
}

/* With s->mutex held.  What is queued meanwhile does not end it. */
static void pause_for(struct sqlite_store *s, msec pause)
{
    struct timespec until = wait_deadline(pause);

    while (!s->closing && pthread_cond_timedwait(&s->wake, &s->mutex, &until) == 0)
        ;
}

/* With s->mutex held. */
static bool committed_until(struct sqlite_store *s, uint64_t seq)
{
    size_t before = s->stats.queued;

    drop_until(s, seq);
    s->committed = seq;
    s->stats.commits++;
    s->stats.committed += before - s->stats.queued;
    return note(s, seq, 0);
}

/* With s->mutex held.  What waits behind the group that failed would fare no better:
 * it is told as well, instead of being left to wait for a disk that does not work. */
static bool failed(struct sqlite_store *s, int error)
{
    s->stats.failures++;
    s->stats.last_error = error;
    return note(s, CONTAINER_OF(s->waiting.prev, struct batch, link)->seq, error);
}

/* Called and returns with s->mutex held, released in between. */
static int commit_group(struct sqlite_store *s, bool *delivered)
{
    struct batch *last = last_of_group(s);
    int           error;

    pthread_mutex_unlock(&s->mutex);
    error = commit_until(s, last);
    pthread_mutex_lock(&s->mutex);
    s->stats.error = error;
    *delivered     = error == 0 ? committed_until(s, last->seq) : failed(s, error);
    return error;
}

/* With s->mutex held, which is released while it waits: nobody wakes it, nor has to. */
static void gather(struct sqlite_store *s, unsigned us)
{
    struct timespec pause = { .tv_nsec = (long)us * 1000 };

    if (us == 0 || s->closing || s->stats.queued >= GROUP) /* a whole group waits already */
        return;
    pthread_mutex_unlock(&s->mutex);
    nanosleep(&pause, NULL);
    pthread_mutex_lock(&s->mutex);
}

static uint64_t clock_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void *thread_main(void *arg)
{
    struct sqlite_store *s         = arg;
    msec                 pause     = RETRY_MIN;
    bool                 delivered = true;
    unsigned             wait      = 0; /* us, before the next commit */
    uint64_t             began;

    pthread_mutex_lock(&s->mutex);
    for (;;) {
        while (list_empty(&s->waiting) && !s->closing && delivered)
            pthread_cond_wait(&s->wake, &s->mutex);
        if (list_empty(&s->waiting) && s->closing)
            break;
        if (list_empty(&s->waiting)) {
            pause_for(s, POST_WAIT);
            delivered = deliver(s);
            continue;
        }
        gather(s, wait);
        began = clock_us();
        if (commit_group(s, &delivered) == 0) {
            wait  = list_empty(&s->waiting) ? 0 : gather_us(clock_us() - began);
            pause = RETRY_MIN;
            continue;
        }
        wait = 0;
        if (s->closing)
            break; /* one last try was made */
        pause_for(s, pause);
        pause = pause * 2 < RETRY_MAX ? pause * 2 : RETRY_MAX;
    }
    pthread_mutex_unlock(&s->mutex);
    return NULL;
}

static struct sqlite_store *of(struct store *store)
{
    return CONTAINER_OF(store, struct sqlite_store, store);
}

static struct sqlite_store *store_of(struct store_client *client)
{
    return of(mailbox_of(client)->store);
}

static int load(struct store *store, uint64_t wall, const struct store_loader *loader)
{
    struct sqlite_store *s = of(store);
    int                  error;

    pthread_mutex_lock(&s->file_mutex);
    error = sqlite_file_load(s->file, wall, loader);
    pthread_mutex_unlock(&s->file_mutex);
    return error;
}

static int open_client(struct store *store, struct world *world, store_report_fn *report, void *owner,
                       struct store_client **out)
{
    struct sqlite_store *s = of(store);
    struct mailbox      *m = mailbox_new(store, world, report, owner);

    if (m == NULL)
        return -ERR_NO_MEMORY;
    pthread_mutex_lock(&s->mutex);
    list_append(&s->clients, &m->link);
    pthread_mutex_unlock(&s->mutex);
    *out = &m->client;
    return 0;
}

static void shut_client(struct store_client *client)
{
    struct sqlite_store *s = store_of(client);
    struct mailbox      *m = mailbox_of(client);

    pthread_mutex_lock(&s->mutex);
    list_unlink(&m->link); /* the store's thread does not know it any more */
    pthread_mutex_unlock(&s->mutex);
    sqlite_reader_forget(s->reader, m);
    mailbox_close(m);
}

static msec age_of_queue(const struct sqlite_store *s, msec now)
{
    const struct batch *oldest = CONTAINER_OF(s->waiting.next, struct batch, link);

    /* A world whose turn began earlier has a clock that is behind. */
    return list_empty(&s->waiting) || oldest->queued_at > now ? 0 : now - oldest->queued_at;
}

static bool queue_is_full(const struct sqlite_store *s, size_t count, msec now)
{
    if (list_empty(&s->waiting))
        return false; /* one batch is always taken, whatever its size */
    return s->stats.queued + count > s->max_queue || age_of_queue(s, now) > s->max_age;
}

static bool has_room(struct store_client *client, size_t count)
{
    struct sqlite_store *s = store_of(client);
    bool                 room;

    pthread_mutex_lock(&s->mutex);
    room = !queue_is_full(s, count, world_now(mailbox_of(client)->world));
    s->stats.refused += !room;
    pthread_mutex_unlock(&s->mutex);
    mailbox_promise(mailbox_of(client), room ? count : 0);
    return room;
}

/* With s->mutex held. */
static void append(struct sqlite_store *s, struct batch *b, struct mailbox *m)
{
    b->seq    = ++s->next_seq;
    m->wanted = b->seq;
    s->stats.queued += b->count;
    if (s->stats.queued > s->stats.high)
        s->stats.high = s->stats.queued;
    account(s, (int64_t)b->size);
    list_append(&s->waiting, &b->link);
    pthread_cond_signal(&s->wake);
}

static int write_changes(struct store_client *client, const struct store_change *changes, size_t count, uint64_t *seq)
{
    struct sqlite_store *s        = store_of(client);
    struct mailbox      *m        = mailbox_of(client);
    struct batch        *b        = batch_new(changes, count);
    bool                 promised = mailbox_redeem(m, count), full;

    if (b == NULL)
        return -ERR_NO_MEMORY;
    b->queued_at = world_now(m->world);
    pthread_mutex_lock(&s->mutex);
    full = !promised && queue_is_full(s, count, b->queued_at);
    if (full) {
        s->stats.refused++;
    } else {
        append(s, b, m);
        *seq = b->seq;
    }
    pthread_mutex_unlock(&s->mutex);
    if (full)
        free(b);
    return full ? -ERR_LIMIT : 0;
}

static bool await(struct store_client *client, uint64_t seq)
{
    struct sqlite_store *s = store_of(client);
    struct mailbox      *m = mailbox_of(client);
    bool                 pending;

    pthread_mutex_lock(&s->mutex);
    pending = seq > s->committed;
    if (pending && seq > m->wanted)
        m->wanted = seq;
    pthread_mutex_unlock(&s->mutex);
    return pending;
}

static int ask(struct store_client *client, const struct store_query *query, store_answer_fn *fn, void *owner)
{
    return sqlite_reader_ask(store_of(client)->reader, mailbox_of(client), query, fn, owner);
}

static void stats(struct store *store, msec now, struct store_stats *out)
{
    struct sqlite_store *s = of(store);

    pthread_mutex_lock(&s->mutex);
    *out        = s->stats;
    out->limit  = s->max_queue;
    out->oldest = age_of_queue(s, now);
    pthread_mutex_unlock(&s->mutex);
    sqlite_reader_stats(s->reader, out);
}

static void forget_high(struct store *store)
{
    struct sqlite_store *s = of(store);

    pthread_mutex_lock(&s->mutex);
    s->stats.high = s->stats.queued;
    pthread_mutex_unlock(&s->mutex);
}

static void release(struct sqlite_store *s)
{
    drop_until(s, UINT64_MAX);
    sqlite_reader_free(s->reader); /* before the file, which clears its log away as the last connection */
    sqlite_file_close(s->file);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->mutex);
    pthread_mutex_destroy(&s->file_mutex);
    free(s);
}

static void close_store(struct store *store)
{
    struct sqlite_store *s = of(store);

    assert(list_empty(&s->clients));
    pthread_mutex_lock(&s->mutex);
    s->closing = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->mutex);
    pthread_join(s->thread, NULL);
    release(s);
}

static const struct store_ops ops = { load,  open_client, shut_client, has_room,    write_changes,
                                      await, ask,         stats,       forget_high, close_store };

static void init_locks(struct sqlite_store *s)
{
    wait_init(&s->wake);
    pthread_mutex_init(&s->mutex, NULL);
    pthread_mutex_init(&s->file_mutex, NULL);
}

static int open_reader(struct sqlite_store *s, const char *path, char *problem, size_t problem_size)
{
    int error = sqlite_reader_new(path, s->file, &s->file_mutex, &s->reader);

    if (error != 0)
        snprintf(problem, problem_size, "cannot read the database %s: %s; check the disk and the file system", path,
                 error_text(error));
    return error;
}

int store_sqlite_open(const char *path, size_t max_queue, msec max_age, struct store **out, char *problem,
                      size_t problem_size)
{
    struct sqlite_store *s = calloc(1, sizeof *s);
    int                  error;

    problem[0] = '\0';
    if (s == NULL)
        return -ERR_NO_MEMORY;
    *s = (struct sqlite_store){ .store = { &ops }, .max_queue = max_queue, .max_age = max_age };
    list_init(&s->waiting);
    list_init(&s->clients);
    init_locks(s);
    error = sqlite_file_open(path, &s->file, problem, problem_size);
    if (error == 0)
        error = open_reader(s, path, problem, problem_size);
    if (error == 0 && pthread_create(&s->thread, NULL, thread_main, s) != 0)
        error = -ERR_NO_MEMORY;
    else if (error == 0)
        pthread_setname_np(s->thread, "ahoy-store");
    if (error != 0) {
        release(s);
        return error;
    }
    *out = &s->store;
    return 0;
}

int store_sqlite_index_names(struct store *store)
{
    struct sqlite_store *s = of(store);
    int                  error;

    pthread_mutex_lock(&s->file_mutex);
    error = sqlite_file_index_names(s->file);
    pthread_mutex_unlock(&s->file_mutex);
    return error;
}

void store_sqlite_account(struct store *store, struct budget *b)
{
    of(store)->budget = b;
    sqlite_reader_account(of(store)->reader, b);
}
