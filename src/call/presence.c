/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/presence.h"

#include "base/error.h"
#include "call/pidf.h"
#include "call/tell.h"

#include <stdlib.h>

/* What the user has said of somebody. */
struct decision {
    char                 who[TELLER_WHO]; /* a SIP URI */
    size_t               len;
    enum presence_answer answer;
};

struct decisions {
    struct decision list[PRESENCE_ANSWERS];
    unsigned        count, next; /* next: the oldest, once there are so many */
};

/* ---- who ---- */

static bool is_same(struct slice one, const struct uri *other)
{
    struct uri uri;

    return uri_parse(one, &uri) && slice_eq(uri.user, other->user) && slice_eq_nocase(uri.host, other->host);
}

static struct decision *find(const struct account *a, const struct uri *who)
{
    struct decisions *all = a->decisions;

    for (unsigned i = 0; all != NULL && i < all->count; i++)
        if (is_same((struct slice){ all->list[i].who, all->list[i].len }, who))
            return &all->list[i];
    return NULL;
}

enum presence_answer presence_answer_to(const struct account *a, const struct uri *who)
{
    const struct decision *d = find(a, who);

    if (a->presence == PRESENCE_NOBODY)
        return PRESENCE_REFUSED;
    if (d != NULL && d->answer != PRESENCE_UNDECIDED)
        return d->answer;
    if (is_same(a->aor, who) || (a->presence == PRESENCE_DOMAIN && slice_eq_nocase(who->host, a->aor_uri.host)))
        return PRESENCE_ALLOWED;
    return PRESENCE_UNDECIDED;
}

/* ---- what the user says ---- */

static struct decision *add(struct account *a)
{
    struct decisions *all = a->decisions;
    struct decision  *d;

    if (all == NULL)
        all = a->decisions = calloc(1, sizeof *all);
    if (all == NULL)
        return NULL;
    d         = &all->list[all->next];
    all->next = (all->next + 1) % PRESENCE_ANSWERS;
    if (all->count < PRESENCE_ANSWERS)
        all->count++;
    return d;
}

int presence_decide(struct phone *p, object_id account, struct slice who, enum presence_answer answer)
{
    struct account  *a = account_find(p, account);
    struct decision *d;
    struct uri       uri;

    if (a == NULL)
        return -ERR_NOT_FOUND;
    if (!uri_parse(who, &uri) || (uri.scheme != URI_SIP && uri.scheme != URI_SIPS) || uri.user.len == 0)
        return -ERR_SYNTAX;
    if (who.len > sizeof d->who)
        return -ERR_TOO_LARGE;
    d = find(a, &uri);
    if (d == NULL)
        d = add(a);
    if (d == NULL)
        return -ERR_NO_MEMORY;
    memcpy(d->who, who.ptr, who.len);
    d->len    = who.len;
    d->answer = answer;
    tellers_decided(a, &uri, answer);
    return 0;
}

/* ---- what is told ---- */

static bool is_in_a_call(const struct account *a)
{
    LIST_EACH (l, &a->phone->calls) {
        const struct call *c = CONTAINER_OF(l, struct call, link);

        if (c->account == a && c->session.state == SESSION_CONFIRMED)
            return true;
    }
    return false;
}

void presence_write(struct buf *b, const struct account *a, bool blocked)
{
    const struct presence_state *s    = &a->said;
    struct slice                 note = { s->note, s->note_len };

    if (blocked) {
        pidf_write(b, a->aor, false, SLICE(""), SLICE(""));
        return;
    }
    if (note.len == 0 && a->watchers != WATCHERS_NONE && is_in_a_call(a))
        note = SLICE("in a call");
    pidf_write(b, a->aor, !s->set || s->open, note, a->aor);
}
