/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/register_model.h"

#include <assert.h>
#include <string.h>

enum { SECOND = 1000, LEASE = 600 * SECOND };

/* ---- URIs ---- */

/* Those of one group are equal.  (No two that differ equal a third here: which of them that means
 * is said in route/binding_table_test.) */
static const struct {
    const char *text;
    unsigned    group;
} uris[MODEL_URIS] = {
    { "sip:bob@192.0.2.9:6001", 1 },
    { "sip:b%6fb@192.0.2.9:6001", 1 },
    { "sip:bob@192.0.2.9:6001;x=1", 1 },
    { "sip:Bob@192.0.2.9:6001", 2 },
    { "sip:bob@192.0.2.9:6001;transport=udp", 3 },
    { "sip:bob@192.0.2.9:6000", 4 },
    { "SIP:bob@192.0.2.9:6000;X=1", 4 },
    { "sip:bob@192.0.2.9:6002", 5 },
    { "sip:bob@192.0.2.9:6002?subject=x", 6 },
    { "tel:+15551234567", 7 },
    { "tel:+1-555-123-4567", 7 },
    { "mailto:bob@example.test", 8 },
    { "sip:bob@example.test", 9 }, /* the AOR itself */
};

const char *model_uri(unsigned uri)
{
    return uris[uri].text;
}

bool model_uri_eq(unsigned a, unsigned b)
{
    return uris[a].group == uris[b].group;
}

static bool is_sip(unsigned uri)
{
    return uris[uri].group < 7 || uris[uri].group == 9;
}

/* ---- one request ---- */

/* The list in the making. */
struct attempt {
    const struct model         *before;
    const struct model_request *request;
    msec                        now;
    struct model                after;
    bool                        is_new[MODEL_BINDINGS]; /* of after.bindings: made by this request */
};

static bool is_flow(const struct attempt *t, const struct model_contact *c)
{
    return t->request->outbound && c->instance != 0 && c->reg_id != MODEL_ABSENT;
}

static bool is_meant(const struct attempt *t, const struct model_binding *b, const struct model_contact *c)
{
    if (b->is_flow != is_flow(t, c))
        return false;
    if (b->is_flow)
        return b->contact.instance == c->instance && b->contact.reg_id == c->reg_id;
    return model_uri_eq(b->contact.uri, c->uri);
}

/* A flow, by its URI, for who knows no flows. */
static bool is_meant_by_uri(const struct attempt *t, const struct model_binding *b, const struct model_contact *c)
{
    return b->is_flow && !is_flow(t, c) && model_uri_eq(b->contact.uri, c->uri) &&
           (c->instance == 0 || c->instance == b->contact.instance);
}

static bool is_late(const struct attempt *t, const struct model_binding *b)
{
    return b->call_id == t->request->call_id && t->request->cseq <= b->cseq;
}

static void take_out(struct attempt *t, size_t at)
{
    size_t behind = --t->after.count - at;

    memmove(&t->after.bindings[at], &t->after.bindings[at + 1], behind * sizeof t->after.bindings[0]);
    memmove(&t->is_new[at], &t->is_new[at + 1], behind * sizeof t->is_new[0]);
}

static void put_last(struct attempt *t, const struct model_binding *b)
{
    assert(t->after.count < MODEL_BINDINGS);
    t->is_new[t->after.count]           = true;
    t->after.bindings[t->after.count++] = *b;
}

static int wanted(const struct attempt *t, const struct model_contact *c)
{
    int seconds = c->expires != MODEL_ABSENT ? c->expires : t->request->expires;

    return seconds == MODEL_BROKEN ? 3600 : seconds;
}

/* ---- the disk ---- */

static void forget_row(struct model *m, uint64_t row)
{
    for (size_t i = m->stored; i-- > 0;)
        if (m->rows[i].row == row) {
            m->stored--;
            memmove(&m->rows[i], &m->rows[i + 1], (m->stored - i) * sizeof m->rows[0]);
        }
}

static void write_row(struct model *m, const struct model_binding *b)
{
    forget_row(m, b->row);
    assert(m->stored < MODEL_BINDINGS);
    m->rows[m->stored++] = *b;
}

/* ---- GRUUs ---- */

/* The bindings of an instance have one; it ends with the last of them, or when the one that
 * registered last had another Call-ID. */
static uint64_t epoch_for(struct attempt *t, const struct model_contact *c)
{
    const struct model_binding *last  = NULL;
    uint64_t                    epoch = 0;

    if (c->instance == 0)
        return 0;
    for (size_t i = 0; i < t->after.count; i++) {
        const struct model_binding *b = &t->after.bindings[i];

        if (b->contact.instance != c->instance)
            continue;
        epoch = b->epoch;
        if (t->is_new[i] || !is_flow(t, c) || (b->is_flow && b->contact.reg_id == c->reg_id))
            last = b;
    }
    if (epoch != 0 && (last == NULL || last->call_id == t->request->call_id))
        return epoch;
    epoch = ++t->after.last_epoch;
    for (size_t i = 0; i < t->after.count; i++)
        if (t->after.bindings[i].contact.instance == c->instance) {
            t->after.bindings[i].epoch = epoch;
            write_row(&t->after, &t->after.bindings[i]);
        }
    return epoch;
}

/* ---- one Contact ---- */

static bool is_the_same(const struct model_contact *a, const struct model_contact *b)
{
    int qa = a->q == MODEL_ABSENT ? 1000 : a->q, qb = b->q == MODEL_ABSENT ? 1000 : b->q;

    return strcmp(model_uri(a->uri), model_uri(b->uri)) == 0 && a->instance == b->instance && a->reg_id == b->reg_id &&
           qa == qb;
}

static unsigned remove_meant(struct attempt *t, const struct model_contact *c)
{
    bool found = false;

    for (int by_uri = 0; by_uri < 2 && !found; by_uri++)
        for (size_t i = 0; i < t->after.count;) {
            const struct model_binding *b = &t->after.bindings[i];

            if (t->is_new[i] || !(by_uri ? is_meant_by_uri(t, b, c) : is_meant(t, b, c))) {
                i++;
                continue;
            }
            if (is_late(t, b))
                return 500;
            found = true;
            forget_row(&t->after, b->row);
            take_out(t, i);
        }
    return 200;
}

/* The one that it means; the same words first. */
static size_t find(const struct attempt *t, const struct model_contact *c)
{
    size_t first = t->after.count;

    for (size_t i = t->after.count; i-- > 0;) {
        const struct model_binding *b = &t->after.bindings[i];

        if (t->is_new[i] || !is_meant(t, b, c))
            continue;
        if (b->contact.uri == c->uri)
            return i;
        first = i;
    }
    return first;
}

/* Has another of this phone been written after the binding `at`? */
static bool is_overtaken(const struct attempt *t, size_t at, const struct model_contact *c)
{
    if (at == t->after.count || c->instance == 0)
        return false;
    for (size_t i = 0; i < t->after.count; i++)
        if (t->after.bindings[i].contact.instance == c->instance &&
            t->after.bindings[i].row > t->after.bindings[at].row)
            return true;
    return false;
}

/* Rows are in the order in which a phone's bindings were written. */
static void write_in_order(struct attempt *t, struct model_binding *fresh, bool overtaken)
{
    if (overtaken)
        forget_row(&t->after, fresh->row);
    if (overtaken || fresh->row == 0)
        fresh->row = ++t->after.last_row;
    write_row(&t->after, fresh);
}

static unsigned bind_contact(struct attempt *t, const struct model_contact *c, int seconds)
{
    size_t               at    = find(t, c);
    struct model_binding fresh = {
        .contact = *c,
        .is_flow = is_flow(t, c),
        .call_id = t->request->call_id,
        .cseq    = t->request->cseq,
        .phone   = t->request->phone,
        .ends    = t->now + (msec)seconds * SECOND,
    };
    struct model_binding old       = { .row = 0 };
    bool                 overtaken = is_overtaken(t, at, c);

    if (at < t->after.count && is_late(t, &t->after.bindings[at]))
        return 500;
    if (at < t->after.count)
        old = t->after.bindings[at];
    fresh.epoch = epoch_for(t, c);
    fresh.lease = fresh.ends + ((msec)seconds * SECOND < LEASE ? (msec)seconds * SECOND : LEASE);
    fresh.lease -= fresh.lease % SECOND; /* of both clocks: they differ by whole seconds here */
    fresh.row = old.row;
    if (old.row != 0)
        take_out(t, at);
    if (old.row != 0 && old.call_id == fresh.call_id && old.phone == fresh.phone && old.epoch == fresh.epoch &&
        is_the_same(&old.contact, c) && fresh.ends <= old.lease)
        fresh.lease = old.lease; /* nothing is written */
    else
        write_in_order(t, &fresh, overtaken);
    put_last(t, &fresh);
    return 200;
}

/* Has a Contact before this one meant the same? */
static bool is_repeated(const struct attempt *t, const struct model_contact *c)
{
    for (size_t i = 0; i < t->after.count; i++)
        if (t->is_new[i] && is_meant(t, &t->after.bindings[i], c))
            return true;
    return false;
}

static unsigned take(struct attempt *t, const struct model_contact *c)
{
    int seconds = wanted(t, c);

    if (c->q == MODEL_BROKEN || (is_flow(t, c) && c->reg_id == 0))
        return 400;
    if (seconds > 0 && seconds < 3600 && seconds < MODEL_MIN)
        return 423;
    if (is_repeated(t, c))
        return 400;
    if (seconds == 0)
        return remove_meant(t, c);
    if (seconds == MODEL_ABSENT)
        seconds = MODEL_DEFAULT;
    if (seconds > MODEL_MAX)
        seconds = MODEL_MAX;
    if (c->instance != 0 && (!is_sip(c->uri) || c->uri == MODEL_URIS - 1))
        return 403;
    return bind_contact(t, c, seconds);
}

/* ---- all of them ---- */

static unsigned take_star(struct attempt *t)
{
    if (t->request->expires != 0)
        return 400;
    for (size_t i = 0; i < t->after.count; i++)
        if (is_late(t, &t->after.bindings[i]))
            return 500;
    while (t->after.count > 0) {
        forget_row(&t->after, t->after.bindings[0].row);
        take_out(t, 0);
    }
    return 200;
}

static unsigned take_each(struct attempt *t)
{
    const struct model_request *r     = t->request;
    unsigned                    bound = 0, flows = 0;

    for (size_t i = 0; i < r->count; i++) {
        unsigned status = take(t, &r->contacts[i]);

        if (status != 200)
            return status;
        bound += wanted(t, &r->contacts[i]) != 0;
        flows += wanted(t, &r->contacts[i]) != 0 && is_flow(t, &r->contacts[i]);
    }
    if (flows > 0 && bound > 1)
        return 400;
    return t->after.count > MODEL_MOST && t->after.count > t->before->count ? 403 : 200;
}

unsigned model_register(struct model *m, const struct model_request *r, msec now)
{
    struct attempt t = { .before = m, .request = r, .now = now };
    unsigned       status;

    model_expire(m, now);
    t.after = *m;
    status  = r->star ? take_star(&t) : take_each(&t);
    if (status == 200)
        *m = t.after;
    return status;
}

void model_expire(struct model *m, msec now)
{
    size_t kept = 0;

    for (size_t i = 0; i < m->count; i++) {
        if (m->bindings[i].ends > now)
            m->bindings[kept++] = m->bindings[i];
        else
            forget_row(m, m->bindings[i].row);
    }
    m->count = kept;
}

/* By their rows, as the server reads them. */
void model_restart(struct model *m, msec now)
{
    uint64_t row = 0;

    m->count = 0;
    for (size_t left = m->stored; left > 0; left--) {
        const struct model_binding *next = NULL;

        for (size_t i = 0; i < m->stored; i++)
            if (m->rows[i].row > row && (next == NULL || m->rows[i].row < next->row))
                next = &m->rows[i];
        row = next->row;
        if (next->lease > now) {
            m->bindings[m->count]        = *next;
            m->bindings[m->count++].ends = next->lease;
        }
    }
    m->stored   = m->count;
    m->last_row = m->count > 0 ? m->bindings[m->count - 1].row : 0;
    memcpy(m->rows, m->bindings, m->count * sizeof m->rows[0]);
}
