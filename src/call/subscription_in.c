/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/watch.h"

#include "base/error.h"
#include "call/methods.h"
#include "call/reference.h"
#include "sip/body.h"

/* ---- whose it is ---- */

/* A dialog of ours, or one that it makes now (RFC 6665 4.4.1). */
static struct watch *find_watch(const struct phone *p, const struct message *notify, struct leg **leg)
{
    *leg = NULL;
    LIST_EACH (link, &p->watches) {
        struct watch *w = CONTAINER_OF(link, struct watch, link);

        if (!slice_eq(w->out.call_id, notify->call_id) || !slice_eq(w->out.tag, notify->to_tag))
            continue;
        for (unsigned i = 0; i < w->leg_count; i++)
            if (w->legs[i].dialog != NULL && dialog_matches_request(w->legs[i].dialog, notify))
                *leg = &w->legs[i];
        return w;
    }
    return NULL;
}

/* The leg that has no dialog yet; or one more, while the SUBSCRIBE may still be on its way to others. */
static struct leg *new_leg(struct watch *w)
{
    for (unsigned i = 0; i < w->leg_count; i++)
        if (w->legs[i].dialog == NULL)
            return &w->legs[i];
    if (w->leg_count == 0 || world_now(w->phone->world) >= w->fork_until)
        return NULL;
    return watch_add_leg(w, &w->legs[0].machine);
}

static int begin_dialog(struct watch *w, struct leg *l, const struct message *notify)
{
    struct dialog_half half  = { .local_tag = w->out.tag, .cseq = w->out.cseq };
    int                error = dialog_new_notified(&half, notify, &l->dialog);

    l->flow = notify->flow;
    return error;
}

/* ---- is it in order ---- */

struct notification {
    struct event              event;
    struct subscription_state state;
    struct body_part          part; /* what it says; its content may be empty */
};

/* The part of its body that we have asked for; all of it, if we did not say.  Answers it, and returns false, if there
 * is none such. */
static bool find_part(struct watch *w, object_id txn, const struct message *m, struct body_part *part)
{
    const struct header *type = message_header(m, HEADER_CONTENT_TYPE);

    if (w->accept.len == 0) {
        *part = (struct body_part){ .type = type == NULL ? SLICE("") : type->value, .content = m->body };
        return true;
    }
    switch (body_find(m, w->accept, part)) {
    case BODY_FOUND:
        return true;
    case BODY_NONE:
        *part = (struct body_part){ 0 };
        return true;
    case BODY_UNSUPPORTED:
    case BODY_ENCODED:
        reply_type(w->phone, txn, m, w->accept);
        return false;
    case BODY_BROKEN:
        stack_reply(w->phone->stack, txn, 400, SLICE("Bad multipart body"));
        return false;
    }
    return false;
}

/* RFC 3515 2.4.6: what a REFER implies may have its CSeq for an id. */
static bool is_event(const struct watch *w, const struct event *event)
{
    struct scan s = scan_from(event->id);
    uint32_t    id;

    if (w->refer_to.len == 0 || !event->has_id)
        return event_eq(event, &w->event);
    return slice_eq(event->name, w->event.name) && scan_number(&s, UINT32_MAX, &id) && scan_at_end(&s) &&
           id == w->referred;
}

/* Answers it, and returns false, if it is not. */
static bool check(struct watch *w, object_id txn, const struct message *m, struct notification *n)
{
    struct phone *p = w->phone;

    if (!event_of(m, &n->event) || !is_event(w, &n->event)) {
        reply_bad_event(p, txn, m);
        return false;
    }
    if (!subscription_state_of(m, &n->state)) {
        stack_reply(p->stack, txn, 400, SLICE("Bad or missing Subscription-State"));
        return false;
    }
    return find_part(w, txn, m, &n->part);
}

/* ---- what it says ---- */

/* "a/b;c=d": without parameters. */
static struct slice bare_type(struct slice type)
{
    const char *end = type.len == 0 ? NULL : memchr(type.ptr, ';', type.len);

    return slice_trim(end == NULL ? type : slice_between(type.ptr, end));
}

static struct slice phase_name(enum subscription_phase phase)
{
    switch (phase) {
    case PHASE_ACTIVE:
        return SLICE("active");
    case PHASE_PENDING:
        return SLICE("pending");
    case PHASE_TERMINATED:
        return SLICE("terminated");
    }
    return SLICE("");
}

/* False: there is no room for it. */
static bool tell(struct watch *w, struct message *m, const struct notification *n)
{
    struct news *as_it_is = news_new(w->phone, PHONE_NOTIFIED, m), *read = NULL;
    bool         readable = w->package != NULL && w->package->read != NULL && n->part.content.len > 0;

    if (as_it_is == NULL)
        return false;
    watch_fill(w, &as_it_is->event, PHONE_NOTIFIED);
    as_it_is->event.state        = phase_name(n->state.phase);
    as_it_is->event.content_type = bare_type(n->part.type);
    as_it_is->event.body         = n->part.content;
    if (readable) {
        read = news_new(w->phone, w->package->event, m);
        if (read == NULL) {
            news_drop(as_it_is);
            return false;
        }
        watch_fill(w, &read->event, w->package->event);
    }
    news_tell(w->phone, as_it_is);
    if (read != NULL && w->package->read(w->phone, w, read, n->part.content))
        news_tell(w->phone, read);
    else if (read != NULL)
        news_drop(read);
    return true;
}

/* Without room for it, the next NOTIFY or refresh tells it. */
static void look_whether_free(struct watch *w)
{
    struct news *n;

    if (!w->until_free || w->leaving || !w->dialogs.known || dialog_view_busy(&w->dialogs) || !link_in_list(&w->link))
        return;
    n = news_new(w->phone, PHONE_FREE, NULL);
    if (n == NULL)
        return;
    watch_fill(w, &n->event, PHONE_FREE);
    news_tell(w->phone, n);
    unsubscribe(w->phone, w->id);
}

/* ---- NOTIFY ---- */

static void take(struct watch *w, struct leg *l, object_id txn, struct message *m)
{
    struct phone       *p = w->phone;
    struct notification n;

    if (!check(w, txn, m, &n))
        return;
    if (!tell(w, m, &n)) {
        reply_retry_after(p, txn, m, 500);
        return;
    }
    dialog_refresh(l->dialog, m);
    stack_reply(p->stack, txn, 200, SLICE(""));
    watch_perform(
        w, l,
        subscription_on_notify(&l->machine, &n.state, (uint32_t)random_u64(&p->world->random), world_now(p->world)));
    look_whether_free(w);
}

/* The first of its dialog; what is not in order makes none. */
static void take_first(struct watch *w, object_id txn, struct message *m)
{
    struct phone       *p = w->phone;
    struct notification n;
    struct leg         *l;
    int                 error;

    if (!check(w, txn, m, &n))
        return;
    l = new_leg(w);
    if (l == NULL) {
        stack_reply(p->stack, txn, 481, SLICE(""));
        return;
    }
    error = begin_dialog(w, l, m);
    if (error == 0) {
        take(w, l, txn, m);
        return;
    }
    if (l != &w->legs[0]) /* the last one, just added */
        w->leg_count--;
    if (error == -ERR_SYNTAX)
        stack_reply(p->stack, txn, 400, SLICE("Bad or missing Contact or Record-Route"));
    else
        reply_retry_after(p, txn, m, 500);
}

void notify_alone(struct phone *p, object_id txn, struct message *m)
{
    struct leg   *l;
    struct watch *w = find_watch(p, m, &l);

    if (w == NULL)
        stack_reply(p->stack, txn, 481, SLICE(""));
    else if (l == NULL)
        take_first(w, txn, m);
    else if (!dialog_take_cseq(l->dialog, m->cseq.number))
        stack_reply(p->stack, txn, 500, SLICE("CSeq out of order"));
    else
        take(w, l, txn, m);
}

/* In the dialog of a call: of a REFER, which implies it. */
void notify_within(struct call *c, struct fork *f, object_id txn, struct message *m)
{
    if (!reply_unsupported(c->phone, txn, m, "message/sipfrag"))
        refer_notify(c, f, txn, m);
}

/* ---- without any subscription ---- */

/* Did it come from where our registrar is?  A lamp is not for anybody to switch on. */
bool account_is_from_registrar(const struct account *a, const struct message *m)
{
    for (unsigned i = 0; i < a->flow_count; i++)
        if (a->flows[i].path.transport != TRANSPORT_NONE && address_eq_ip(&a->flows[i].path.remote, &m->flow.remote))
            return true;
    return false;
}

/* Many servers tell of waiting messages without being asked, though RFC 3842 has no such thing. */
void notify_outside(struct phone *p, struct account *a, object_id txn, struct message *m)
{
    const struct package *package = package_find(SLICE("message-summary"));
    struct event          event;
    struct news          *n;

    if (!event_of(m, &event) || !slice_eq(event.name, package->name) || !account_is_from_registrar(a, m)) {
        stack_reply(p->stack, txn, 481, SLICE(""));
        return;
    }
    n = news_new(p, package->event, m);
    if (n == NULL) {
        reply_retry_after(p, txn, m, 500);
        return;
    }
    n->event.account = a->id;
    n->event.call_id = m->call_id;
    n->event.package = package->name;
    n->event.peer    = a->aor;
    n->event.local   = a->aor;
    if (package->read(p, NULL, n, m->body))
        news_tell(p, n);
    else
        news_drop(n);
    stack_reply(p->stack, txn, 200, SLICE(""));
}
