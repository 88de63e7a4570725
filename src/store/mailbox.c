/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/mailbox.h"

#include <stdlib.h>

static void release(struct mailbox *m)
{
    if (!m->closed || m->posted || m->reporting)
        return;
    pthread_mutex_destroy(&m->mutex);
    free(m);
}

/* Of answers that were taken out of the mailbox: told, unless it has been closed. */
static void tell_answers(struct mailbox *m, struct link *answers)
{
    for (struct link *l; (l = list_shift(answers)) != NULL;) {
        struct question *q = CONTAINER_OF(l, struct question, link);

        if (!m->closed)
            q->fn(q->owner, &q->answer);
        q->done(q);
    }
}

/* World's thread: tell what happened since the last time. */
static void on_post(void *arg)
{
    struct mailbox *m = arg;
    uint64_t        good, bad;
    int             error;
    struct link     answers;

    list_init(&answers);
    pthread_mutex_lock(&m->mutex);
    list_move(&m->answers, &answers);
    good      = m->good;
    bad       = m->bad;
    error     = m->error;
    m->good   = 0;
    m->bad    = 0;
    m->posted = false;
    pthread_mutex_unlock(&m->mutex);
    m->reporting = true;
    if (good != 0 && !m->closed)
        m->report(m->owner, good, 0);
    if (bad != 0 && !m->closed) /* the first report may have closed it */
        m->report(m->owner, bad, error);
    tell_answers(m, &answers);
    m->reporting = false;
    release(m);
}

struct mailbox *mailbox_new(struct store *store, struct world *world, store_report_fn *report, void *owner)
{
    struct mailbox *m = calloc(1, sizeof *m);

    if (m == NULL)
        return NULL;
    m->client.ops = store->ops;
    m->store      = store;
    m->world      = world;
    m->report     = report;
    m->owner      = owner;
    list_init(&m->answers);
    pthread_mutex_init(&m->mutex, NULL);
    return m;
}

void mailbox_close(struct mailbox *m)
{
    struct link answers;

    list_init(&answers);
    m->closed = true;
    pthread_mutex_lock(&m->mutex);
    list_move(&m->answers, &answers);
    pthread_mutex_unlock(&m->mutex);
    tell_answers(m, &answers);
    release(m);
}

void mailbox_note(struct mailbox *m, uint64_t seq, int error)
{
    if (m->wanted <= m->covered)
        return;
    pthread_mutex_lock(&m->mutex);
    if (error == 0) {
        m->good = m->covered = seq;
        if (m->bad <= seq)
            m->bad = 0; /* what failed before has been committed since */
    } else {
        m->bad   = seq;
        m->error = error;
    }
    pthread_mutex_unlock(&m->mutex);
}

/* Post, unless a post is under way or there is nothing to tell.  Another thread may rely
 * on a post that fails in the end: whoever made it tries again, which serves both. */
static bool send(struct mailbox *m, struct question *answered)
{
    bool post;

    pthread_mutex_lock(&m->mutex);
    if (answered != NULL)
        list_append(&m->answers, &answered->link);
    post = !m->posted && (m->good != 0 || m->bad != 0 || !list_empty(&m->answers));
    if (post)
        m->posted = true; /* before the post: on_post may run at once */
    pthread_mutex_unlock(&m->mutex);
    if (!post || m->world->ops->post(m->world, on_post, m) == 0)
        return true;
    pthread_mutex_lock(&m->mutex);
    m->posted = false;
    if (answered != NULL)
        list_unlink(&answered->link); /* nobody can have taken it: posts were not made meanwhile */
    pthread_mutex_unlock(&m->mutex);
    return false;
}

bool mailbox_deliver(struct mailbox *m)
{
    return send(m, NULL);
}

bool mailbox_answer(struct mailbox *m, struct question *q)
{
    return send(m, q);
}

void mailbox_promise(struct mailbox *m, size_t count)
{
    m->promised    = count;
    m->promised_at = world_now(m->world);
}

bool mailbox_redeem(struct mailbox *m, size_t count)
{
    bool covered = count <= m->promised && m->promised_at == world_now(m->world);

    m->promised = 0;
    return covered;
}
