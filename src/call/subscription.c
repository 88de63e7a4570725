/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/subscription.h"

#include "base/error.h"
#include "call/reference.h"
#include "call/watch.h"
#include "sip/refer_to.h"

#include <stdlib.h>

enum { T1_DEFAULT = 500, FREE_LIMIT = 30 * 60 * 1000 };

static msec t1_of(const struct phone *p)
{
    return p->config.stack.t1 != 0 ? p->config.stack.t1 : T1_DEFAULT;
}

static uint32_t dice(struct watch *w)
{
    return (uint32_t)random_u64(&w->phone->world->random);
}

static msec now_of(const struct watch *w)
{
    return world_now(w->phone->world);
}

/* ---- life ---- */

static void drop_leg(struct watch *w, struct leg *l)
{
    if (l->txn != 0 && l->dialog != NULL) /* that of the first SUBSCRIBE is outside's */
        stack_forget(w->phone->stack, l->txn);
    dialog_free(l->dialog);
    *l = w->legs[--w->leg_count];
}

static void watch_free(struct watch *w)
{
    world_timer_stop(w->phone->world, &w->timer);
    while (w->leg_count > 0)
        drop_leg(w, &w->legs[0]);
    list_unlink(&w->link);
    id_remove(&w->phone->watch_ids, w->id);
    news_fini(&w->last);
    outside_fini(&w->out);
    free(w);
}

static void free_told(struct news *n)
{
    watch_free(CONTAINER_OF(n, struct watch, last));
}

struct leg *watch_add_leg(struct watch *w, const struct subscription *first)
{
    struct leg *l;

    if (w->leg_count == WATCH_LEGS)
        return NULL;
    l  = &w->legs[w->leg_count++];
    *l = (struct leg){ 0 };
    if (first != NULL)
        subscription_fork(&l->machine, first, now_of(w));
    return l;
}

/* ---- what the user is told ---- */

void watch_fill(const struct watch *w, struct phone_event *e, enum phone_event_kind kind)
{
    *e = (struct phone_event){
        .kind     = kind,
        .account  = w->out.account->id,
        .subject  = w->id,
        .outgoing = true,
        .peer     = w->out.targets.list[0], /* whom the user named */
        .local    = w->out.account->aor,
        .call_id  = w->out.call_id,
        .package  = w->event.name,
        .retry_in = NEVER,
    };
}

/* Without memory it is not told: what counts is in the NOTIFYs. */
static void tell_state(struct watch *w, const struct leg *l)
{
    struct news *n   = news_new(w->phone, PHONE_SUBSCRIBED, NULL);
    msec         now = now_of(w);

    if (n == NULL)
        return;
    watch_fill(w, &n->event, PHONE_SUBSCRIBED);
    n->event.state = l->machine.state == SUBSCRIPTION_PENDING ? SLICE("pending") : SLICE("active");
    if (l->machine.expires_at != NEVER && l->machine.expires_at > now)
        n->event.expires = (uint32_t)((l->machine.expires_at - now) / 1000);
    news_tell(w->phone, n);
}

static void fill_end(const struct watch *w, const struct subscription *s, struct news *n)
{
    watch_fill(w, &n->event, PHONE_SUBSCRIPTION_ENDED);
    n->event.state  = SLICE("terminated");
    n->event.status = s->status;
    n->event.reason = s->status != 0 ? status_reason(s->status) : end_reason_name(s->reason);
}

/* It will be tried again; without memory nobody is told so. */
static void tell_pause(struct watch *w, const struct subscription *s, msec pause)
{
    struct news *n = news_new(w->phone, PHONE_SUBSCRIPTION_ENDED, NULL);

    if (n == NULL)
        return;
    fill_end(w, s, n);
    n->event.retry_in = pause;
    news_tell(w->phone, n);
}

/* The last word: freed when it has been told. */
static void finish(struct watch *w, const struct subscription *s)
{
    fill_end(w, s, &w->last);
    world_timer_stop(w->phone->world, &w->timer);
    list_unlink(&w->link);
    news_tell(w->phone, &w->last);
}

/* ---- the machine's actions ---- */

static void on_subscribe(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                         int detail);
static void on_timer(struct timer *t, msec now);

static int send_subscribe(struct watch *w, struct leg *l)
{
    const struct client_user user = { .fn = on_subscribe, .self = w->phone, .owner = w->id };

    return watch_send(w, l, &user);
}

static void set_timer(struct watch *w)
{
    msec at = w->retry_at < w->limit_at ? w->retry_at : w->limit_at;

    for (unsigned i = 0; i < w->leg_count; i++) {
        msec deadline = subscription_deadline(&w->legs[i].machine);

        if (deadline < at)
            at = deadline;
    }
    world_timer(w->phone->world, &w->timer, on_timer, at);
}

/* One leg less; with the last one it is over, or begun anew when its time has come. */
static void end_leg(struct watch *w, struct leg *l)
{
    struct subscription s = l->machine;

    drop_leg(w, l);
    if (w->leg_count > 0) {
        set_timer(w);
        return;
    }
    if (w->out.txn != 0) { /* a NOTIFY has ended it before its SUBSCRIBE was answered */
        stack_forget(w->phone->stack, w->out.txn);
        w->out.txn = 0;
    }
    if (w->leaving || w->once || s.retry_at == NEVER) {
        finish(w, &s);
        return;
    }
    w->retry_at = s.retry_at;
    w->failures = s.failures;
    tell_pause(w, &s, s.retry_at > now_of(w) ? s.retry_at - now_of(w) : 0);
    set_timer(w);
}

void watch_perform(struct watch *w, struct leg *l, unsigned actions)
{
    if ((actions & SUBSCRIPTION_SEND) && send_subscribe(w, l) != 0)
        actions |= subscription_on_response(&l->machine, 503, NULL, dice(w), now_of(w));
    if (actions & SUBSCRIPTION_TELL_STATE)
        tell_state(w, l);
    if (actions & SUBSCRIPTION_TELL_ENDED)
        end_leg(w, l);
    else
        set_timer(w);
}

static struct leg *find_leg(struct watch *w, object_id txn)
{
    for (unsigned i = 0; i < w->leg_count; i++)
        if (w->legs[i].txn == txn)
            return &w->legs[i];
    return NULL;
}

/* What has no dialog yet may be had elsewhere (RFC 3261 8.1.3.4); a 423 is not about where. */
static bool goes_elsewhere(struct watch *w, struct leg *l, unsigned status, const struct message *response)
{
    if (status < 300 || status == 423 || l->dialog != NULL || w->leaving || !outside_elsewhere(&w->out, response) ||
        send_subscribe(w, l) != 0)
        return false;
    w->fork_until = now_of(w) + 64 * t1_of(w->phone);
    subscription_again(&l->machine, now_of(w));
    set_timer(w);
    return true;
}

/* It does as it was asked, and will say nothing of it (RFC 4488 4). */
static bool is_all(const struct watch *w, const struct message *response)
{
    return w->refer_to.len > 0 && response->status >= 200 && response->status < 300 && refer_is_unwatched(response);
}

static void on_subscribe(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                         int detail)
{
    struct phone *p      = u->self;
    struct watch *w      = id_find(&p->watch_ids, u->owner);
    struct leg   *l      = w != NULL && txn != 0 ? find_leg(w, txn) : NULL;
    unsigned      status = event == CLIENT_RESPONSE ? response->status : event == CLIENT_TIMEOUT ? 408 : 503;

    (void)detail;
    if (l == NULL || status < 200)
        return;
    if (w->out.txn == txn)
        w->out.txn = 0;
    l->txn = 0;
    if (event == CLIENT_RESPONSE && outside_challenged(&w->out, response) && send_subscribe(w, l) == 0)
        return;
    if (event == CLIENT_RESPONSE && l->dialog == NULL && is_all(w, response)) {
        while (w->leg_count > 0)
            drop_leg(w, &w->legs[0]);
        finish(w, &(struct subscription){ .status = status });
        return;
    }
    if (goes_elsewhere(w, l, status, event == CLIENT_RESPONSE ? response : NULL))
        return;
    if (status < 300 && l->dialog != NULL)
        dialog_refresh(l->dialog, response);
    watch_perform(w, l, subscription_on_response(&l->machine, status, response, dice(w), now_of(w)));
}

static void begin(struct watch *w)
{
    msec        now = now_of(w);
    struct leg *l   = watch_add_leg(w, NULL);

    w->retry_at   = NEVER;
    w->fork_until = now + 64 * t1_of(w->phone);
    outside_next(&w->out);
    watch_perform(w, l, subscription_start(&l->machine, w->seconds, t1_of(w->phone), w->failures, now));
}

static void on_timer(struct timer *t, msec now)
{
    struct watch *w = CONTAINER_OF(t, struct watch, timer);

    if (now >= w->limit_at) {
        w->limit_at = NEVER;
        unsubscribe(w->phone, w->id);
        if (link_in_list(&w->link))
            set_timer(w);
        return;
    }
    if (now >= w->retry_at) {
        outside_renew(&w->out);
        outside_home(&w->out);
        begin(w);
        return;
    }
    for (unsigned i = 0; i < w->leg_count; i++)
        if (now >= subscription_deadline(&w->legs[i].machine)) {
            outside_next(&w->out);
            watch_perform(w, &w->legs[i], subscription_on_timer(&w->legs[i].machine, dice(w), now));
            return; /* it may be gone; the timer is set for what is left to do */
        }
    set_timer(w);
}

/* ---- the user ---- */

static bool is_token(struct slice text)
{
    struct scan  s = scan_from(text);
    struct slice token;

    return scan_token(&s, &token) && scan_at_end(&s);
}

static int fill(struct watch *w, const struct subscribe_options *options)
{
    struct arena *arena = &w->out.arena;

    w->package    = package_find(options->package);
    w->event.name = arena_copy(arena, options->package);
    w->accept     = arena_copy(arena, options->accept);
    if (options->accept.len == 0 && w->package != NULL)
        w->accept = slice_from(w->package->accept);
    w->refer_to   = arena_copy(arena, options->refer_to);
    w->seconds    = options->expires != 0 ? options->expires : w->package != NULL ? w->package->expires : 3600;
    w->seconds    = options->fetch ? 0 : w->seconds;
    w->once       = options->once;
    w->until_free = options->until_free;
    w->limit_at   = options->limit != 0 ? now_of(w) + options->limit : NEVER;
    w->id         = id_add(&w->phone->watch_ids, w);
    if (!arena_ok(arena))
        return -ERR_NO_MEMORY;
    return w->id == 0 ? -ERR_LIMIT : 0;
}

int subscribe(struct phone *p, const struct subscribe_options *options, object_id *id)
{
    struct account *a = account_find(p, options->account);
    struct watch   *w;
    int             error;

    if (a == NULL)
        return -ERR_NOT_FOUND;
    if (!is_token(options->package) || !scan_is_one_line(options->accept))
        return -ERR_SYNTAX;
    w = calloc(1, sizeof *w);
    if (w == NULL)
        return -ERR_NO_MEMORY;
    error = outside_init(&w->out, a, options->refer_to.len > 0 ? METHOD_REFER : METHOD_SUBSCRIBE, options->target);
    if (error != 0) {
        free(w);
        return error;
    }
    w->phone = p;
    news_init(&w->last, free_told);
    list_append(&p->watches, &w->link);
    error = fill(w, options);
    if (error != 0) {
        watch_free(w);
        return error;
    }
    *id = w->id;
    begin(w);
    return 0;
}

int call_when_free(struct phone *p, object_id account, struct slice target, msec limit, object_id *id)
{
    const struct subscribe_options options = {
        .account    = account,
        .target     = target,
        .package    = SLICE("dialog"),
        .once       = true,
        .until_free = true,
        .limit      = limit != 0 ? limit : FREE_LIMIT,
    };

    return subscribe(p, &options, id);
}

int phone_refer(struct phone *p, object_id account, struct slice whom, struct slice target, object_id *id)
{
    struct subscribe_options options = { .account = account, .target = whom, .package = SLICE("refer"), .once = true };
    char                     text[REFER_TEXT];
    struct buf               b = BUF_ON(text);
    struct uri               uri;

    if (!uri_parse(target, &uri))
        return -ERR_SYNTAX;
    if (uri.scheme != URI_SIP && uri.scheme != URI_SIPS)
        return -ERR_UNSUPPORTED;
    refer_to_write(&b, target, NULL, false);
    options.refer_to = buf_slice(&b);
    return buf_ok(&b) ? subscribe(p, &options, id) : -ERR_TOO_LARGE;
}

int unsubscribe(struct phone *p, object_id id)
{
    struct watch *w = id_find(&p->watch_ids, id);

    if (w == NULL || w->leaving || !link_in_list(&w->link))
        return -ERR_NOT_FOUND;
    w->leaving = true;
    outside_next(&w->out);
    if (w->leg_count == 0) { /* between two attempts */
        finish(w, &(struct subscription){ .reason = END_TIMEOUT });
        return 0;
    }
    for (unsigned i = w->leg_count; i-- > 0;)
        watch_perform(w, &w->legs[i], subscription_end(&w->legs[i].machine, now_of(w)));
    return 0;
}

void unsubscribe_all(struct phone *p)
{
    LIST_EACH_SAFE (l, &p->watches) {
        (void)unsubscribe(p, CONTAINER_OF(l, struct watch, link)->id);
    }
}

bool watches_are_idle(const struct phone *p)
{
    LIST_EACH (l, &p->watches) {
        const struct watch *w = CONTAINER_OF(l, struct watch, link);

        if (w->leaving)
            return false;
        for (unsigned i = 0; i < w->leg_count; i++)
            if (w->legs[i].txn != 0 || w->legs[i].dialog == NULL)
                return false;
    }
    return true;
}

void watches_leave(const struct account *a)
{
    LIST_EACH_SAFE (l, &a->phone->watches) {
        struct watch *w = CONTAINER_OF(l, struct watch, link);

        if (w->out.account == a)
            (void)unsubscribe(w->phone, w->id);
    }
}

bool watches_use(const struct account *a)
{
    LIST_EACH (l, &a->phone->watches) {
        if (CONTAINER_OF(l, struct watch, link)->out.account == a)
            return true;
    }
    return false;
}

void watches_free(struct phone *p)
{
    LIST_EACH_SAFE (l, &p->watches) {
        watch_free(CONTAINER_OF(l, struct watch, link));
    }
}
