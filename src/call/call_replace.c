/* SPDX-License-Identifier: BSD-2-Clause */
/* A new INVITE that names a call which there is: to take its place (RFC 3891), or to
 * join it (RFC 3911).  Who knows all three parts of a dialog's name, two of which are random and
 * one of which is ours, has it from one of the two in it (decision 66). */
#include "base/error.h"
#include "call/reference.h"
#include "sip/replaces.h"

/* ---- dialogs that have ended ---- */

static uint64_t name_hash(const struct phone *p, const struct replaces *r)
{
    char       text[512];
    struct buf b = BUF_ON(text);

    replaces_write(&b, &(struct replaces){ r->call_id, r->to_tag, r->from_tag, false });
    return buf_ok(&b) ? siphash(&p->key, buf_slice(&b)) : 0;
}

static bool has_ended(const struct phone *p, const struct replaces *r)
{
    uint64_t hash = name_hash(p, r);

    for (unsigned i = 0; i < ENDED_REMEMBERED; i++)
        if (hash != 0 && p->ended[i] == hash)
            return true;
    return false;
}

void call_remember_ended(struct call *c)
{
    struct phone *p = c->phone;

    for (unsigned i = 0; i < c->fork_count; i++) {
        const struct dialog *d = c->forks[i].dialog;

        p->ended[p->ended_next++ % ENDED_REMEMBERED] =
            name_hash(p, &(struct replaces){ d->call_id, d->local_tag, d->remote_tag, false });
    }
}

/* ---- which call is meant ---- */

static bool names_fork(const struct replaces *r, const struct fork *f)
{
    return replaces_names(r, f->dialog->call_id, f->dialog->local_tag, f->dialog->remote_tag);
}

/* The only dialog of that name: of two it is neither (3). */
static struct call *find_named(const struct phone *p, const struct replaces *r, struct fork **fork)
{
    uint64_t     hash  = siphash(&p->key, r->call_id);
    struct call *found = NULL;

    for (struct table_link *e = table_first(&p->call_table, hash); e != NULL; e = table_next(e)) {
        struct call *c = CONTAINER_OF(e, struct call, entry);

        for (unsigned i = 0; i < c->fork_count; i++) {
            if (!names_fork(r, &c->forks[i]))
                continue;
            if (found != NULL)
                return NULL;
            found = c;
            *fork = &c->forks[i];
        }
    }
    return found;
}

struct call *call_of_target_dialog(const struct phone *p, const struct message *request)
{
    const struct header *h    = message_header(request, HEADER_TARGET_DIALOG);
    struct fork         *fork = NULL;
    struct replaces      r;
    struct call         *c;

    if (h == NULL || !replaces_parse_target(h->value, &r))
        return NULL;
    c = find_named(p, &r, &fork);
    return c != NULL && c->up == fork && session_is_up(&c->session) ? c : NULL;
}

static bool is_over(const struct call *c)
{
    return c->told_ended || c->session.state == SESSION_ENDING || c->session.state == SESSION_ENDED ||
           c->session.state == SESSION_CANCELLING;
}

/* RFC 3891 3: 0, or why it cannot be replaced. */
static unsigned may_replace(const struct call *c, const struct fork *f, const struct replaces *r)
{
    if (is_over(c))
        return 603;
    if (session_is_up(&c->session))
        return f != c->up ? 603 : r->early_only ? 486 : 0;
    return c->outgoing ? 0 : 481; /* what rings here was not called by us */
}

static unsigned named(struct phone *p, const struct account *a, const struct replaces *r, struct call **c,
                      struct fork **f)
{
    *c = find_named(p, r, f);
    if (*c == NULL || (*c)->account != a)
        return has_ended(p, r) ? 603 : 481;
    return a->transfer == TRANSFER_REFUSE ? 403 : 0;
}

bool call_names_wrongly(const struct message *request)
{
    if (message_header(request, HEADER_REPLACES) == NULL && message_header(request, HEADER_JOIN) == NULL)
        return false;
    return request->method != METHOD_INVITE || request->to_tag.len > 0;
}

unsigned call_named(struct phone *p, const struct account *a, const struct message *invite, struct call **replaced,
                    struct call **joined)
{
    const struct header *replaces = message_header(invite, HEADER_REPLACES);
    const struct header *join     = message_header(invite, HEADER_JOIN);
    struct replaces      r;
    struct fork         *f = NULL;
    unsigned             status;

    *replaced = *joined = NULL;
    if (replaces == NULL && join == NULL)
        return 0;
    if ((replaces != NULL && join != NULL) || !replaces_parse(replaces != NULL ? replaces->value : join->value, &r))
        return 400;
    if (join != NULL && !p->config.joins)
        return 488;
    status = named(p, a, &r, join != NULL ? joined : replaced, &f);
    if (status != 0)
        return status;
    if (join != NULL)
        return is_over(*joined) ? 603 : 0;
    return may_replace(*replaced, f, &r);
}

/* ---- taking its place ---- */

/* RFC 3892 2.3.  Without memory it is left out. */
static struct slice copy_referrer(struct call *c)
{
    const struct header *h = message_header(c->invite, HEADER_REFERRED_BY);
    struct scan          s;
    struct name_addr     who;

    if (h == NULL)
        return (struct slice){ NULL, 0 };
    s = scan_from(h->value);
    return name_addr_scan(&s, &who) && who.uri.text.len <= REFERRER_MAX ? arena_copy(&c->arena, who.uri.text)
                                                                        : (struct slice){ NULL, 0 };
}

void call_note_named(struct call *c, const struct call *replaced, const struct call *joined)
{
    c->replaces    = replaced != NULL ? replaced->id : 0;
    c->joins       = joined != NULL ? joined->id : 0;
    c->referred_by = copy_referrer(c);
}

/* First the new one, then away with the old one: if it cannot be, nothing has changed (3). */
void call_take_place(struct call *c, struct call *old)
{
    struct phone *p     = c->phone;
    object_id     other = old->id;

    c->hold = c->describe_hold = old->hold;
    if (call_answer(p, c->id) != 0)
        return;
    call_blame(old, CALL_REPLACED, SIDE_REMOTE, 0, SLICE("another call has taken its place"));
    call_hang_up(p, other);
}

/* ---- naming one ---- */

int call_name(const struct phone *p, object_id id, struct replaces *name)
{
    const struct call   *c = phone_find_call(p, id);
    const struct dialog *d;

    if (c == NULL || c->told_ended)
        return -ERR_NOT_FOUND;
    if (c->up == NULL && c->fork_count != 1)
        return -ERR_UNSUPPORTED;
    d     = c->up != NULL ? c->up->dialog : c->forks[0].dialog;
    *name = (struct replaces){ d->call_id, d->remote_tag, d->local_tag, c->up == NULL };
    return 0;
}

bool call_name_other(struct call *c, const struct call_options *options)
{
    char       text[REFER_LINES];
    struct buf b = BUF_ON(text);

    if (options->replaces != NULL) {
        buf_put(&b, SLICE("Replaces: "));
        replaces_write(&b, options->replaces);
        buf_put(&b, SLICE("\r\n"));
    }
    if (options->join != NULL) {
        buf_put(&b, SLICE("Join: "));
        replaces_write(&b, options->join);
        buf_put(&b, SLICE("\r\n"));
    }
    if (options->referred_by.len > 0) {
        buf_put(&b, SLICE("Referred-By: "));
        buf_put(&b, options->referred_by);
        buf_put(&b, SLICE("\r\n"));
    }
    if (options->required)
        c->required |= (options->replaces != NULL ? EXTENSION_BIT(REPLACES) : 0) |
                       (options->join != NULL ? EXTENSION_BIT(JOIN) : 0);
    c->extra = b.len > 0 ? arena_copy(&c->arena, buf_slice(&b)) : (struct slice){ NULL, 0 };
    return buf_ok(&b);
}
