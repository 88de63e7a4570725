/* SPDX-License-Identifier: BSD-2-Clause */
#include "load/internal.h"

#include "base/error.h"

#include <stdlib.h>

enum {
    REST  = 100,  /* ms before something else is begun when one could not be sent */
    PROBE = 4000, /* ms for an answer to the first OPTIONS                        */
};

static void on_timer(struct timer *timer, msec now);

static msec now_of(const struct attempt *a)
{
    return world_now(a->load->world);
}

static bool is_reliable(const struct attempt *a)
{
    return transport_is_reliable(a->load->plan->transport);
}

/* ---- timers ---- */

static msec deadline(const struct attempt *a)
{
    switch (a->step) {
    case STEP_REQUEST:
    case STEP_BYE:
        return nict_deadline(&a->nict);
    case STEP_INVITE:
        return a->ict.state == ICT_CALLING ? ict_deadline(&a->ict) : a->give_up_at;
    case STEP_CANCEL:
        return a->nict.state == NICT_TRYING || a->nict.state == NICT_PROCEEDING ? nict_deadline(&a->nict)
                                                                                : a->give_up_at;
    case STEP_WAITING:
    case STEP_HOLD:
        return a->give_up_at;
    case STEP_IDLE:
        break;
    }
    return NEVER;
}

static void rearm(struct attempt *a)
{
    world_timer(a->load->world, &a->timer, on_timer, deadline(a));
}

/* ---- sending ---- */

static int send_request(struct attempt *a)
{
    struct slice bytes = { a->request, a->request_len };

    return way_send(a->way, &a->remote, &bytes, 1);
}

/* Told from the timer: whoever began it may be about to begin the next one. */
static void fail_soon(struct attempt *a, enum load_failure failure, msec after)
{
    a->step       = STEP_WAITING;
    a->failure    = failure;
    a->give_up_at = now_of(a) + after;
    rearm(a);
}

static void start_machine(struct attempt *a)
{
    struct txn_timers timers = TXN_TIMERS_DEFAULT;
    msec              wait   = a->load->plan->timeout;
    msec              end    = now_of(a) + (a->purpose == FOR_PROBE && wait > PROBE ? PROBE : wait);

    if (a->step == STEP_INVITE) {
        ict_start(&a->ict, is_reliable(a), &timers, now_of(a));
        a->ict.end_at = end; /* Timer B as the plan has it */
    } else {
        nict_start(&a->nict, is_reliable(a), &timers, now_of(a));
        a->nict.end_at = end; /* Timer F */
    }
}

/* Write the request of a->method and send it. */
static void go(struct attempt *a, enum attempt_step step)
{
    int error;

    a->step   = step;
    a->branch = a->load->next_branch++;
    if (step == STEP_INVITE)
        a->invite_branch = a->branch;
    error = request_write(a);
    if (error == 0) {
        start_machine(a);
        error = send_request(a);
    } else {
        fail_soon(a, LOAD_FAILED_UNEXPECTED, 0);
        return;
    }
    if (error != 0)
        fail_soon(a, LOAD_FAILED_TRANSPORT, REST);
    else
        rearm(a);
}

void attempt_start(struct attempt *a, enum method method, enum attempt_purpose purpose, uint64_t intended)
{
    a->purpose  = purpose;
    a->method   = method;
    a->intended = intended;
    a->call     = a->load->next_call++;
    a->cseq     = method == METHOD_REGISTER ? (uint32_t)a->call + 1 : 1;
    a->rang = a->dropped = false;
    list_append(&a->way->attempts, &a->member);
    if (a->auth != NULL)
        auth_fini(a->auth); /* the next user is another */
    if (a->load->plan->media && method == METHOD_INVITE && media_ready(a->load, &a->media) != 0)
        fail_soon(a, LOAD_FAILED_TRANSPORT, REST);
    else
        go(a, method == METHOD_INVITE ? STEP_INVITE : STEP_REQUEST);
}

void attempt_end(struct attempt *a, bool ok, enum load_failure failure)
{
    world_timer_stop(a->load->world, &a->timer);
    media_end(a->media);
    message_drop(a->answer);
    a->answer = NULL;
    a->step   = STEP_IDLE;
    list_unlink(&a->member);
    load_ended(a, ok, failure);
}

void attempt_free(struct attempt *a)
{
    world_timer_stop(a->load->world, &a->timer);
    message_drop(a->answer);
    media_free(a->media);
    if (a->auth != NULL)
        auth_fini(a->auth);
    free(a->auth);
    free(a->request);
    free(a);
}

/* ---- time passes ---- */

static void hang_up(struct attempt *a)
{
    a->method = METHOD_BYE;
    a->cseq++;
    a->bye_at = a->load->host.now_us(a->load->host.arg);
    media_end(a->media);
    go(a, STEP_BYE);
}

/* RFC 3261 9.1: only what has got a provisional response is cancelled. */
static void cancel(struct attempt *a, enum load_failure why)
{
    a->failure = why;
    a->step    = STEP_CANCEL;
    if (request_write_cancel(a) != 0 || send_request(a) != 0) {
        fail_soon(a, why, 0);
        return;
    }
    start_machine(a);
    a->give_up_at = now_of(a) + a->load->plan->timeout;
    rearm(a);
}

static void repeat(struct attempt *a)
{
    a->load->tally.retransmitted++;
    if (send_request(a) != 0)
        fail_soon(a, LOAD_FAILED_TRANSPORT, REST);
    else
        rearm(a);
}

static void step_nict(struct attempt *a, msec now)
{
    unsigned actions = nict_step(&a->nict, NICT_TIMER, now);

    if (actions & NICT_PASS_TIMEOUT)
        attempt_end(a, false, a->step == STEP_CANCEL ? a->failure : LOAD_FAILED_TIMEOUT);
    else if (actions & NICT_SEND_REQUEST)
        repeat(a);
    else
        rearm(a);
}

static void step_ict(struct attempt *a, msec now)
{
    unsigned actions = ict_step(&a->ict, ICT_TIMER, now);

    if (actions & ICT_PASS_TIMEOUT)
        attempt_end(a, false, LOAD_FAILED_TIMEOUT);
    else if (actions & ICT_SEND_INVITE)
        repeat(a);
    else
        rearm(a);
}

static void on_timer(struct timer *timer, msec now)
{
    struct attempt *a = CONTAINER_OF(timer, struct attempt, timer);

    switch (a->step) {
    case STEP_IDLE:
        break;
    case STEP_WAITING:
        attempt_end(a, false, a->failure);
        break;
    case STEP_REQUEST:
    case STEP_BYE:
        step_nict(a, now);
        break;
    case STEP_INVITE:
        if (a->ict.state == ICT_CALLING)
            step_ict(a, now);
        else
            cancel(a, LOAD_FAILED_TIMEOUT);
        break;
    case STEP_CANCEL:
        if (a->nict.state == NICT_TRYING || a->nict.state == NICT_PROCEEDING)
            step_nict(a, now);
        else
            attempt_end(a, false, a->failure);
        break;
    case STEP_HOLD:
        hang_up(a);
        break;
    }
}

void attempt_lost(struct attempt *a)
{
    switch (a->step) {
    case STEP_REQUEST:
    case STEP_INVITE:
    case STEP_CANCEL:
    case STEP_BYE:
        fail_soon(a, LOAD_FAILED_TRANSPORT, REST);
        break;
    case STEP_IDLE:
    case STEP_WAITING:
    case STEP_HOLD:
        break;
    }
    list_append(&a->way->attempts, &a->member);
}

void attempt_hurry(struct attempt *a)
{
    if (a->step != STEP_HOLD)
        return;
    a->give_up_at = now_of(a);
    rearm(a);
}

void attempt_hung_up(struct attempt *a)
{
    if (a->step == STEP_HOLD)
        attempt_end(a, false, LOAD_FAILED_UNEXPECTED);
}

/* ---- what is answered ---- */

static void send_ack(struct attempt *a, const struct message *m)
{
    struct load   *l = a->load;
    char           text[LOAD_REQUEST_ROOM];
    struct buf     out = BUF_ON(text);
    struct address to;
    struct slice   bytes;

    if (request_write_ack(l, a->way, m, &out, &to) != 0)
        return; /* its 2xx is repeated, and the call ends for want of an ACK */
    bytes = buf_slice(&out);
    (void)way_send(a->way, &to, &bytes, 1);
}

/* 401 or 407: the same once more with credentials, if there are any to give. */
static bool try_again(struct attempt *a, const struct message *m)
{
    struct load       *l = a->load;
    char               memory[2 * LOAD_NAME_SIZE];
    struct buf         name   = BUF_ON(memory);
    struct auth_secret secret = { .password = l->setup.password };

    if ((m->status != 401 && m->status != 407) || l->setup.password.len == 0 || a->purpose == FOR_PROBE)
        return false;
    if (a->auth == NULL) {
        a->auth = calloc(1, sizeof *a->auth);
        if (a->auth == NULL)
            return false;
        auth_init(a->auth);
    }
    load_plan_user(l->plan, a->from, &name);
    secret.user = buf_slice(&name);
    if (auth_challenged(a->auth, &secret, m) != AUTH_RETRY)
        return false;
    l->tally.challenges++;
    a->cseq = a->method == METHOD_REGISTER ? (uint32_t)l->next_call++ + 1 : a->cseq + 1;
    go(a, a->step);
    return true;
}

static void refused(struct attempt *a, const struct message *m)
{
    struct tally *t = &a->load->tally;

    if (a->step == STEP_CANCEL) { /* the 487, or whatever came instead */
        attempt_end(a, false, a->failure);
        return;
    }
    if (try_again(a, m))
        return;
    if (a->counted) {
        t->status[m->status <= STATUS_MAX ? m->status : 0]++;
        t->retry_after += message_header(m, HEADER_RETRY_AFTER) != NULL;
    }
    attempt_end(a, false, LOAD_FAILED_STATUS);
}

static uint64_t since(const struct attempt *a, uint64_t then)
{
    uint64_t now = a->load->host.now_us(a->load->host.arg);

    return now > then ? now - then : 0;
}

static void took(struct attempt *a)
{
    uint64_t time = since(a, a->intended);

    if (a->purpose != FOR_RUN)
        return;
    histogram_add(&a->load->tally.recent, time);
    if (a->counted)
        histogram_add(&a->load->tally.latency, time);
}

/* What a call is for: it is up. */
static void established(struct attempt *a, struct message *m)
{
    const struct load_plan *p = a->load->plan;

    a->answer  = message_hold(m);
    a->dropped = a->step == STEP_CANCEL; /* too late to cancel it: hang up (RFC 3261 15) */
    if (!a->dropped)
        took(a);
    send_ack(a, m);
    if (a->media != NULL && !media_begin(a->media, m->body)) {
        a->dropped = true;
        a->failure = LOAD_FAILED_UNEXPECTED;
    }
    if (a->dropped || p->hold == 0) {
        hang_up(a);
        return;
    }
    a->step       = STEP_HOLD;
    a->give_up_at = now_of(a) + p->hold;
    rearm(a);
}

static void provisional(struct attempt *a, const struct glance *g)
{
    if (a->step != STEP_INVITE) {
        if (a->step != STEP_CANCEL || g->method == METHOD_CANCEL)
            nict_step(&a->nict, NICT_1XX, now_of(a));
        rearm(a);
        return;
    }
    if (a->ict.state == ICT_CALLING)
        a->give_up_at = now_of(a) + a->load->plan->timeout;
    ict_step(&a->ict, ICT_1XX, now_of(a));
    if (g->status > 100 && !a->rang) {
        a->rang       = true;
        a->give_up_at = now_of(a) + a->load->plan->timeout + a->load->plan->ring;
        if (a->counted)
            histogram_add(&a->load->tally.ringing, since(a, a->intended));
    }
    rearm(a);
}

static void final_invite(struct attempt *a, struct message *m)
{
    if (a->step == STEP_INVITE)
        ict_step(&a->ict, m->status < 300 ? ICT_2XX : ICT_300_699, now_of(a));
    if (m->status < 300) {
        established(a, m);
        return;
    }
    send_ack(a, m);
    refused(a, m);
}

/* A 2xx to anything but INVITE. */
static void succeeded(struct attempt *a)
{
    if (a->step == STEP_BYE) {
        if (a->counted)
            histogram_add(&a->load->tally.hang_up, since(a, a->bye_at));
        attempt_end(a, !a->dropped, a->failure);
    } else {
        took(a);
        attempt_end(a, true, LOAD_FAILED_STATUS);
    }
}

static void final_other(struct attempt *a, const struct message *m)
{
    if (m->status < 300) {
        succeeded(a);
    } else if (a->dropped) {
        attempt_end(a, false, a->failure);
    } else {
        refused(a, m);
    }
}

/* Of an operation that has gone on, or ended: what must be acknowledged is. */
static void repeated(struct load *l, struct way *way, const struct message *m)
{
    char           text[LOAD_REQUEST_ROOM];
    struct buf     out = BUF_ON(text);
    struct address to;
    struct slice   bytes;

    if (m->status >= 200)
        l->tally.repeated++;
    if (m->cseq.method != METHOD_INVITE || m->status < 200 || request_write_ack(l, way, m, &out, &to) != 0)
        return;
    bytes = buf_slice(&out);
    (void)way_send(way, &to, &bytes, 1);
}

/* The one that waits for this response; NULL: nobody does. */
static struct attempt *waits_for(struct load *l, const struct glance *g, const struct load_mark *mark)
{
    struct attempt *a = load_attempt(l, mark->index);

    if (a == NULL || g->cseq != a->cseq)
        return NULL;
    switch (a->step) {
    case STEP_REQUEST:
    case STEP_BYE:
        return mark->number == a->branch && g->method == a->method ? a : NULL;
    case STEP_INVITE:
        return mark->number == a->invite_branch && g->method == METHOD_INVITE ? a : NULL;
    case STEP_CANCEL:
        return mark->number == a->invite_branch && (g->method == METHOD_INVITE || g->method == METHOD_CANCEL) ? a
                                                                                                              : NULL;
    case STEP_IDLE:
    case STEP_WAITING:
    case STEP_HOLD:
        break;
    }
    return NULL;
}

static bool read_mark(const struct load *l, struct slice branch, struct load_mark *mark)
{
    size_t cookie = sizeof BRANCH_COOKIE - 1;

    return branch.len > cookie && load_read_mark(l, (struct slice){ branch.ptr + cookie, branch.len - cookie }, mark);
}

/* A CANCEL that is answered only waits on, for the end of the INVITE. */
static void cancel_answered(struct attempt *a)
{
    nict_step(&a->nict, NICT_FINAL, now_of(a));
    rearm(a);
}

bool attempt_glance(struct load *l, const struct glance *g)
{
    struct load_mark mark;
    struct attempt  *a = read_mark(l, g->branch, &mark) ? waits_for(l, g, &mark) : NULL;

    if (a == NULL)
        return false;
    if (g->status < 200)
        provisional(a, g);
    else if (g->status >= 300 || g->method == METHOD_INVITE)
        return false;
    else if (g->method == METHOD_CANCEL)
        cancel_answered(a);
    else
        succeeded(a);
    return true;
}

void attempt_response(struct load *l, struct way *way, struct message *m)
{
    struct glance    g = { m->status, m->via.branch, m->cseq.number, m->cseq.method };
    struct load_mark mark;
    struct attempt  *a;

    if (!read_mark(l, g.branch, &mark)) {
        l->tally.malformed++;
        return;
    }
    a = waits_for(l, &g, &mark);
    if (a == NULL)
        repeated(l, way, m);
    else if (m->status < 200)
        provisional(a, &g);
    else if (m->cseq.method == METHOD_INVITE)
        final_invite(a, m);
    else if (m->cseq.method == METHOD_CANCEL)
        cancel_answered(a);
    else
        final_other(a, m);
}
