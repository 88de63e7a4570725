/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/user_hold.h"

#include "base/error.h"
#include "server/asked.h"

#include <stdlib.h>

struct user_hold {
    struct held      held;
    struct user_wait wait;
    struct timer     timer;
    unsigned         times;
    bool             judged; /* then: */
    struct standing  standing;
    size_t           size;
    struct slice     instead; /* of the Request-URI: where its number has led; or empty */
    char             text[];
};

static struct user_hold *hold_of(struct held *held)
{
    return CONTAINER_OF(held, struct user_hold, held);
}

/* It waits for nothing any more, and counts no longer. */
static void release(struct user_hold *h)
{
    struct server *s = h->held.server;

    user_wait_stop(&h->wait);
    world_timer_stop(s->world, &h->timer);
    world_give(s->world, ACCOUNT_CONTEXTS, h->size);
    held_end(&h->held);
}

static void drop(struct held *held)
{
    struct user_hold *h = hold_of(held);

    release(h);
    free(h);
}

static void decide_again(struct user_hold *h, struct message *request)
{
    struct server *s = h->held.server;
    struct passage p;

    if (!h->judged) {
        decide_request(s, h->held.txn, request);
        return;
    }
    if (!passage_open(s, h->held.txn, request, &p))
        return;
    if (h->instead.len > 0)
        passage_redirect(s, &p, h->instead);
    p.standing = h->standing;
    decide_passage(s, &p);
}

static void on_user(struct user_wait *w, int error)
{
    struct user_hold *h       = CONTAINER_OF(w, struct user_hold, wait);
    struct server    *s       = h->held.server;
    struct message   *request = message_hold(h->held.request);

    release(h); /* so that it does not stand in its own way */
    if (error == 0) {
        s->times_held = h->times; /* see user_hold_new */
        decide_again(h, request);
        s->times_held = 0;
    } else {
        counter_add(&s->world->counters.store_failures, request->method == METHOD_REGISTER);
        answer_retry_later(s, h->held.txn, 500, SLICE("Users cannot be read"));
    }
    message_drop(request);
    free(h);
}

static void on_time(struct timer *t, msec now)
{
    struct user_hold *h = CONTAINER_OF(t, struct user_hold, timer);

    (void)now;
    answer_retry_later(h->held.server, h->held.txn, 503, SLICE("Users cannot be read in time"));
    drop(&h->held);
}

/* NULL: too many wait, or it has waited too often: somebody's users are being driven out
 * of RAM as fast as they come. */
static struct user_hold *user_hold_new(struct server *s, object_id txn, struct message *request, struct slice instead)
{
    struct user_hold *h = NULL;

    if (s->asked != NULL) {
        s->asked->waits = true;
        return NULL;
    }
    if (s->times_held < USER_HOLD_TIMES)
        h = calloc(1, sizeof *h + instead.len);
    if (h == NULL || !held_begin(&h->held, s, txn, request, drop)) {
        free(h);
        counter_add(&s->world->counters.requests_turned_away, 1);
        answer_retry_later(s, txn, 503, SLICE(""));
        return NULL;
    }
    h->size    = sizeof *h + instead.len;
    h->times   = s->times_held + 1;
    h->instead = (struct slice){ h->text, instead.len };
    memcpy(h->text, instead.ptr, instead.len);
    world_take(s->world, ACCOUNT_CONTEXTS, h->size);
    user_reader_wait(s->users, &h->wait, on_user);
    world_timer(s->world, &h->timer, on_time, world_now(s->world) + USER_HOLD_TIME);
    return h;
}

void user_hold(struct server *s, object_id txn, struct message *request)
{
    (void)user_hold_new(s, txn, request, SLICE(""));
}

void user_hold_passage(struct server *s, const struct passage *p)
{
    struct user_hold *h = user_hold_new(s, p->txn, p->request, p->instead);

    if (h == NULL)
        return;
    h->judged   = true;
    h->standing = p->standing;
}
