/* SPDX-License-Identifier: BSD-2-Clause */
/* store_sqlite.c - the queue, the thread and the reports.
 *
 *   world's thread                      the store's thread
 *   write: batch -> waiting  ---------> a group of batches, one transaction
 *   on_post: report          <--------- outcome (posted; the newest of each kind)
 *
 * A group that failed stays at the head of the queue and is tried again after a
 * pause that doubles up to RETRY_MAX; each try is reported. */

#include "base/error.h"
#include "base/list.h"
#include "store/sqlite_file.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum {
    GROUP     = 512, /* changes in one transaction, unless one batch is larger */
    RETRY_MIN = 50,  /* ms */
    RETRY_MAX = 2000,
    POST_WAIT = 20, /* ms until a post that found the world's queue full is tried again */
};

/* Changes that belong together, with their text behind them. */
struct batch {
    struct link         link;
    uint64_t            seq;
    msec                queued_at;
    size_t              count;
    struct store_change changes[];
};

struct outcome {
    uint64_t good;  /* committed up to here                          */
    uint64_t bad;   /* tried up to here in vain; 0: no failure       */
    int      error; /* the failure, valid with `bad`                 */
};

/* Outlives the store while a post is under way. */
struct mailbox {
    pthread_mutex_t      mutex;
    struct sqlite_store *store;     /* NULL once closed; only the world's thread reads it  */
    bool                 reporting; /* within on_post; only the world's thread reads it    */
    bool                 posted;    /* on_post will come                                   */
    struct outcome       outcome;   /* not yet reported                                    */
};

struct sqlite_store {
    struct store        store;
    struct world       *world;
    store_report_fn    *report;
    void               *owner;
    struct sqlite_file *file;
    struct mailbox     *mailbox;
    uint64_t            last_good; /* world's thread: what was reported */
    uint64_t            next_seq;
    size_t              max_queue;
    msec                max_age;
    pthread_t           thread;

    pthread_mutex_t file_mutex; /* load, on the world's thread, against the store's */
    pthread_mutex_t mutex;      /* the rest */
    pthread_cond_t  wake;
    struct link     waiting;
    size_t          waiting_changes;
    bool            closing;
};

static void mailbox_free(struct mailbox *m)
{
    pthread_mutex_destroy(&m->mutex);
    free(m);
}

static void mailbox_release(struct mailbox *m)
{
    if (m->store == NULL && !m->posted && !m->reporting)
        mailbox_free(m);
}

static void report_outcome(struct mailbox *m, const struct outcome *o)
{
    struct sqlite_store *s = m->store;

    if (o->good > s->last_good) {
        s->last_good = o->good;
        s->report(s->owner, o->good, 0);
    }
    if (o->bad != 0 && m->store != NULL) /* the first report may have closed the store */
        s->report(s->owner, o->bad, o->error);
}

/* World's thread: tell what happened since the last time. */
static void on_post(void *arg)
{
    struct mailbox *m = arg;
    struct outcome  outcome;

    pthread_mutex_lock(&m->mutex);
    outcome    = m->outcome;
    m->outcome = (struct outcome){ 0 };
    m->posted  = false;
    pthread_mutex_unlock(&m->mutex);
    m->reporting = true;
    if (m->store != NULL)
        report_outcome(m, &outcome);
    m->reporting = false;
    mailbox_release(m);
}

/* Store's thread.  False if it could not be posted and must be tried again. */
static bool deliver(struct sqlite_store *s)
{
    struct mailbox *m = s->mailbox;
    bool            post;

    pthread_mutex_lock(&m->mutex);
    post = !m->posted && (m->outcome.good != 0 || m->outcome.bad != 0);
    if (post)
        m->posted = true; /* before the post: on_post may run at once */
    pthread_mutex_unlock(&m->mutex);
    if (!post || s->world->ops->post(s->world, on_post, m) == 0)
        return true;
    pthread_mutex_lock(&m->mutex);
    m->posted = false;
    pthread_mutex_unlock(&m->mutex);
    return false;
}

static bool note(struct sqlite_store *s, uint64_t seq, int error)
{
    struct outcome *o = &s->mailbox->outcome;

    pthread_mutex_lock(&s->mailbox->mutex);
    if (error == 0) {
        o->good = seq;
        if (o->bad <= seq)
            o->bad = 0; /* what failed before has been committed since */
    } else {
        o->bad   = seq;
        o->error = error;
    }
    pthread_mutex_unlock(&s->mailbox->mutex);
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

/* With s->mutex held. */
static void drop_until(struct sqlite_store *s, uint64_t seq)
{
    while (!list_empty(&s->waiting)) {
        struct batch *b = CONTAINER_OF(s->waiting.next, struct batch, link);

        if (b->seq > seq)
            break;
        list_unlink(&b->link);
        s->waiting_changes -= b->count;
        free(b);
    }
}

static void wait_for(struct sqlite_store *s, msec pause)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(pause / 1000);
    until.tv_nsec += (long)(pause % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (!s->closing && pthread_cond_timedwait(&s->wake, &s->mutex, &until) == 0)
        ;
}

/* Called and returns with s->mutex held, released in between. */
static int commit_group(struct sqlite_store *s, bool *delivered)
{
    struct batch *last = last_of_group(s);
    uint64_t      seq  = last->seq;
    int           error;

    pthread_mutex_unlock(&s->mutex);
    error      = commit_until(s, last);
    *delivered = note(s, seq, error);
    pthread_mutex_lock(&s->mutex);
    if (error == 0)
        drop_until(s, seq);
    return error;
}

static void *thread_main(void *arg)
{
    struct sqlite_store *s         = arg;
    msec                 pause     = RETRY_MIN;
    bool                 delivered = true;

    pthread_mutex_lock(&s->mutex);
    for (;;) {
        while (list_empty(&s->waiting) && !s->closing && delivered)
            pthread_cond_wait(&s->wake, &s->mutex);
        if (list_empty(&s->waiting) && s->closing)
            break;
        if (list_empty(&s->waiting)) {
            wait_for(s, POST_WAIT);
            delivered = deliver(s);
            continue;
        }
        if (commit_group(s, &delivered) == 0) {
            pause = RETRY_MIN;
            continue;
        }
        if (s->closing)
            break; /* one last try was made */
        wait_for(s, pause);
        pause = pause * 2 < RETRY_MAX ? pause * 2 : RETRY_MAX;
    }
    pthread_mutex_unlock(&s->mutex);
    return NULL;
}

static struct sqlite_store *of(struct store *store)
{
    return CONTAINER_OF(store, struct sqlite_store, store);
}

static int load(struct store *store, const struct store_loader *loader)
{
    struct sqlite_store *s = of(store);
    int                  error;

    pthread_mutex_lock(&s->file_mutex);
    error = sqlite_file_load(s->file, world_wall(s->world), loader);
    pthread_mutex_unlock(&s->file_mutex);
    return error;
}

enum { TEXTS = 13 };

/* Every slice of a change, so that copying cannot forget one. */
static void texts_of(struct store_change *c, struct slice *texts[TEXTS])
{
    struct slice *all[TEXTS] = { &c->binding.aor,
                                 &c->binding.contact,
                                 &c->binding.params,
                                 &c->binding.call_id,
                                 &c->binding.user_agent,
                                 &c->binding.path,
                                 &c->binding.flow,
                                 &c->user.domain,
                                 &c->user.name,
                                 &c->user.ha1_md5,
                                 &c->user.ha1_sha256,
                                 &c->name,
                                 &c->value };

    memcpy(texts, all, sizeof all);
}

static struct batch *batch_new(const struct store_change *changes, size_t count)
{
    struct batch *b;
    struct slice *texts[TEXTS];
    size_t        size = sizeof *b + count * sizeof *changes;
    char         *at;

    for (size_t i = 0; i < count; i++) {
        struct store_change change = changes[i];

        texts_of(&change, texts);
        for (int t = 0; t < TEXTS; t++)
            size += texts[t]->len;
    }
    b = malloc(size);
    if (b == NULL)
        return NULL;
    b->count = count;
    memcpy(b->changes, changes, count * sizeof *changes);
    at = (char *)&b->changes[count];
    for (size_t i = 0; i < count; i++) {
        texts_of(&b->changes[i], texts);
        for (int t = 0; t < TEXTS; t++) {
            if (texts[t]->len > 0)
                memcpy(at, texts[t]->ptr, texts[t]->len);
            texts[t]->ptr = at;
            at += texts[t]->len;
        }
    }
    return b;
}

static bool queue_is_full(const struct sqlite_store *s, size_t count)
{
    const struct batch *oldest = CONTAINER_OF(s->waiting.next, struct batch, link);

    if (list_empty(&s->waiting))
        return false; /* one batch is always taken, whatever its size */
    return s->waiting_changes + count > s->max_queue || world_now(s->world) - oldest->queued_at > s->max_age;
}

static bool has_room(struct store *store, size_t count)
{
    struct sqlite_store *s = of(store);
    bool                 room;

    pthread_mutex_lock(&s->mutex);
    room = !queue_is_full(s, count);
    pthread_mutex_unlock(&s->mutex);
    return room;
}

static int write_changes(struct store *store, const struct store_change *changes, size_t count, uint64_t *seq)
{
    struct sqlite_store *s = of(store);
    struct batch        *b = batch_new(changes, count);

    if (b == NULL)
        return -ERR_NO_MEMORY;
    b->queued_at = world_now(s->world);
    pthread_mutex_lock(&s->mutex);
    if (queue_is_full(s, count)) {
        pthread_mutex_unlock(&s->mutex);
        free(b);
        return -ERR_LIMIT;
    }
    *seq = b->seq = ++s->next_seq;
    s->waiting_changes += count;
    b->link = (struct link){ 0 };
    list_append(&s->waiting, &b->link);
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->mutex);
    return 0;
}

static void release(struct sqlite_store *s)
{
    drop_until(s, UINT64_MAX);
    sqlite_file_close(s->file);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->mutex);
    pthread_mutex_destroy(&s->file_mutex);
    free(s);
}

static void close_store(struct store *store)
{
    struct sqlite_store *s = of(store);
    struct mailbox      *m = s->mailbox;

    pthread_mutex_lock(&s->mutex);
    s->closing = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->mutex);
    pthread_join(s->thread, NULL);
    release(s);
    m->store = NULL;
    mailbox_release(m);
}

static const struct store_ops ops = { load, has_room, write_changes, close_store };

/* The wait must not depend on the wall clock. */
static void init_locks(struct sqlite_store *s)
{
    pthread_condattr_t clock;

    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &clock);
    pthread_condattr_destroy(&clock);
    pthread_mutex_init(&s->mutex, NULL);
    pthread_mutex_init(&s->file_mutex, NULL);
}

int store_sqlite_open(struct world *world, const char *path, size_t max_queue, msec max_age, store_report_fn *report,
                      void *owner, struct store **out, char *problem, size_t problem_size)
{
    struct sqlite_store *s = calloc(1, sizeof *s);
    struct mailbox      *m = calloc(1, sizeof *m);
    int                  error;

    problem[0] = '\0';
    if (s == NULL || m == NULL) {
        free(s);
        free(m);
        return -ERR_NO_MEMORY;
    }
    *m = (struct mailbox){ .store = s };
    *s = (struct sqlite_store){ .store     = { &ops },
                                .world     = world,
                                .report    = report,
                                .owner     = owner,
                                .mailbox   = m,
                                .max_queue = max_queue,
                                .max_age   = max_age };
    list_init(&s->waiting);
    init_locks(s);
    pthread_mutex_init(&m->mutex, NULL);
    error = sqlite_file_open(path, &s->file, problem, problem_size);
    if (error == 0 && pthread_create(&s->thread, NULL, thread_main, s) != 0)
        error = -ERR_NO_MEMORY;
    if (error != 0) {
        release(s);
        mailbox_free(m);
        return error;
    }
    *out = &s->store;
    return 0;
}
