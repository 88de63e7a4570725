/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests for telephone numbers wait here until the DNS has said where the number leads
 * (RFC 6116); then they are decided upon as if that URI had been called.  Without an
 * answer they are decided upon as they came. */
#include "base/error.h"
#include "locate/enum.h"
#include "server/internal.h"
#include "sip/peek.h"

#include <stdlib.h>

struct number_wait {
    struct held        held;
    struct standing    standing;
    struct query      *query; /* NULL: not asking */
    struct enum_lookup lookup;
    size_t             size;
    struct slice       instead; /* of the Request-URI: what rules have made of it; or empty */
    char               text[];
};

static void drop(struct held *held)
{
    struct number_wait *w = CONTAINER_OF(held, struct number_wait, held);

    if (w->query != NULL)
        held->server->world->ops->resolve_cancel(w->query);
    held_end(held);
    world_give(held->server->world, ACCOUNT_CONTEXTS, w->size);
    free(w);
}

static struct number_wait *wait_new(struct server *s, const struct passage *p)
{
    size_t              size = sizeof(struct number_wait) + p->instead.len;
    struct number_wait *w    = calloc(1, size);

    if (w == NULL || !held_begin(&w->held, s, p->txn, p->request, drop)) {
        free(w);
        return NULL;
    }
    world_take(s->world, ACCOUNT_CONTEXTS, size);
    w->size           = size;
    w->standing       = p->standing;
    w->standing.asked = true;
    w->instead        = (struct slice){ w->text, p->instead.len };
    if (p->instead.len > 0)
        memcpy(w->text, p->instead.ptr, p->instead.len);
    return w;
}

static void log_number_found(const struct number_wait *w, struct slice asked, enum enum_action action)
{
    struct log_line line;

    if (!log_begin(&line, w->held.server->world->log, LOG_INFO, LOG_PART_PROXY, "number"))
        return;
    log_slice(&line, "call", w->held.request->call_id);
    peek_log_masked(&line, "uri", asked);
    if (action == ENUM_DONE)
        peek_log_masked(&line, "to", enum_uri(&w->lookup));
    else
        log_text(&line, "error", error_text(w->lookup.error));
    log_text(&line, "rule", "RFC 6116");
    log_end(&line);
}

/* The request goes on; the URI that was found lives as long as `w`. */
static void go_on(struct number_wait *w, enum enum_action action)
{
    struct server *s = w->held.server;
    struct passage p;

    if (passage_open(s, w->held.txn, w->held.request, &p)) {
        if (w->instead.len > 0)
            passage_redirect(s, &p, w->instead);
        log_number_found(w, p.way.uri.text, action);
        if (action == ENUM_DONE)
            passage_redirect(s, &p, enum_uri(&w->lookup));
        p.standing = w->standing;
        decide_passage(s, &p);
    }
    drop(&w->held);
}

static void follow(struct number_wait *w, enum enum_action action);

static void on_records(void *owner, int error, const struct record *records, size_t count)
{
    struct number_wait *w = owner;

    w->query = NULL;
    follow(w, enum_answer(&w->lookup, error, records, count));
}

/* A question that cannot be asked is one without an answer. */
static void follow(struct number_wait *w, enum enum_action action)
{
    while (action == ENUM_ASK) {
        int error =
            world_resolve(w->held.server->world, enum_question(&w->lookup), RECORD_NAPTR, on_records, w, &w->query);

        if (error == 0)
            return;
        w->query = NULL;
        action   = enum_answer(&w->lookup, error, NULL, 0);
    }
    go_on(w, action);
}

void number_request(struct server *s, const struct passage *p)
{
    struct number_wait *w = wait_new(s, p);

    if (w == NULL) {
        counter_add(&s->world->counters.requests_turned_away, 1);
        answer_retry_later(s, p->txn, 503, SLICE(""));
        return;
    }
    counter_add(&s->world->counters.numbers_asked, 1);
    follow(w, enum_start(&w->lookup, &p->way.uri, s->config->enum_suffix));
}
