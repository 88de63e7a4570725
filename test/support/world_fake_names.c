/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/world_fake_private.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAME_SIZE = 256, NAME_RECORDS = 16, NAME_TTL = 60, NAME_TIMEOUT = 5000 };

struct name {
    struct link   link; /* in network->names */
    char          text[NAME_SIZE];
    int           error;
    struct record records[NAME_RECORDS];
    char          targets[NAME_RECORDS][NAME_SIZE];
    char          texts[NAME_RECORDS][NAME_SIZE]; /* of NAPTR: flags, service, regexp */
    size_t        count;
    msec          delay; /* 0: that of the network */
};

struct query {
    struct link        link; /* in world->queries */
    struct fake_world *world;
    char               text[NAME_SIZE];
    enum record_type   type;
    resolve_fn        *fn;
    void              *owner;
};

/* ---- the table ---- */

static struct name *find_name(const struct network *n, struct slice text)
{
    if (text.len > 0 && text.ptr[text.len - 1] == '.')
        text.len--;
    LIST_EACH (l, &n->names) {
        struct name *name = CONTAINER_OF(l, struct name, link);

        if (slice_eq_nocase(slice_from(name->text), text))
            return name;
    }
    return NULL;
}

static struct name *need_name(struct network *n, const char *text)
{
    struct name *name = find_name(n, slice_from(text));

    if (name != NULL)
        return name;
    name = alloc_new(sizeof *name);
    snprintf(name->text, sizeof name->text, "%s", text);
    list_append(&n->names, &name->link);
    return name;
}

static struct record *add_record(struct name *name, enum record_type type)
{
    struct record *r;

    if (name->count == NAME_RECORDS)
        abort();
    r       = &name->records[name->count++];
    r->type = type;
    r->ttl  = NAME_TTL;
    return r;
}

void network_add_ip(struct network *n, const char *name, const char *ip)
{
    struct address a;

    if (!address_parse_ip(slice_from(ip), &a))
        abort();
    add_record(need_name(n, name), a.family == FAMILY_4 ? RECORD_A : RECORD_AAAA)->address = a;
}

void network_add_srv(struct network *n, const char *name, uint16_t priority, uint16_t weight, uint16_t port,
                     const char *target)
{
    struct name   *entry = need_name(n, name);
    char          *text  = entry->targets[entry->count];
    struct record *r     = add_record(entry, RECORD_SRV);

    snprintf(text, NAME_SIZE, "%s", target);
    r->priority = priority;
    r->weight   = weight;
    r->port     = port;
    r->target   = slice_from(text);
}

/* Put behind what `b` has. */
static struct slice keep_text(struct buf *b, const char *text)
{
    const char *start = b->ptr + b->len;

    buf_put(b, slice_from(text));
    if (!buf_ok(b))
        abort();
    return slice_between(start, b->ptr + b->len);
}

void network_add_naptr(struct network *n, const char *name, uint16_t order, uint16_t preference,
                       const struct naptr_texts *texts)
{
    struct name   *entry  = need_name(n, name);
    char          *target = entry->targets[entry->count];
    struct buf     b      = BUF_ON(entry->texts[entry->count]);
    struct record *r      = add_record(entry, RECORD_NAPTR);

    snprintf(target, NAME_SIZE, "%s", texts->replacement);
    r->priority = order;
    r->weight   = preference;
    r->target   = slice_from(target);
    r->flags    = keep_text(&b, texts->flags);
    r->service  = keep_text(&b, texts->service);
    r->regexp   = keep_text(&b, texts->regexp);
}

void network_set_name_late(struct network *n, const char *name, msec delay)
{
    need_name(n, name)->delay = delay;
}

void network_set_name_error(struct network *n, const char *name, int error)
{
    need_name(n, name)->error = error;
}

void network_set_name_delay(struct network *n, msec delay)
{
    n->name_delay = delay;
}

void network_free_names(struct network *n)
{
    struct link *l;

    while ((l = list_shift(&n->names)) != NULL)
        free(CONTAINER_OF(l, struct name, link));
}

/* ---- asking ---- */

static size_t pick_records(const struct name *name, enum record_type type, struct record *out)
{
    size_t count = 0;

    for (size_t i = 0; i < name->count; i++)
        if (name->records[i].type == type)
            out[count++] = name->records[i];
    return count;
}

static void deliver_answer(struct fake_world *w, struct event *e)
{
    struct query      *q     = (struct query *)(uintptr_t)e->handle;
    const struct name *name  = find_name(w->network, slice_from(q->text));
    int                error = name == NULL ? -ERR_NAME : name->error;
    struct record      records[NAME_RECORDS];
    size_t             count = error == 0 ? pick_records(name, q->type, records) : 0;
    resolve_fn        *fn    = q->fn;
    void              *owner = q->owner;

    list_unlink(&q->link);
    free(q);
    fn(owner, error, records, count);
}

static void answer_arrives(struct network *n, struct event *e)
{
    const struct query *q = e->handle;

    (void)n;
    event_to_inbox(q->world, e, q, deliver_answer);
}

static msec delay_of(const struct network *n, const struct name *name)
{
    if (name != NULL && name->error == -ERR_TIMEOUT)
        return NAME_TIMEOUT;
    return name != NULL && name->delay != 0 ? name->delay : n->name_delay;
}

int fake_resolve(struct world *world, struct slice text, enum record_type type, resolve_fn *fn, void *owner,
                 struct query **out)
{
    struct fake_world *w    = fake_of(world);
    struct network    *n    = w->network;
    const struct name *name = find_name(n, text);
    struct query      *q    = alloc_new(sizeof *q);
    struct event      *e    = event_new(n, 0);

    snprintf(q->text, sizeof q->text, "%.*s", SLICE_ARG(text));
    q->world  = w;
    q->type   = type;
    q->fn     = fn;
    q->owner  = owner;
    e->handle = q;
    list_append(&w->queries, &q->link);
    event_schedule(n, e, n->now + delay_of(n, name), w->host, answer_arrives);
    *out = q;
    return 0;
}

void fake_resolve_cancel(struct query *q)
{
    fake_forget(q->world, q);
    list_unlink(&q->link);
    free(q);
}

void fake_names_fini(struct fake_world *w)
{
    while (!list_empty(&w->queries))
        fake_resolve_cancel(CONTAINER_OF(w->queries.next, struct query, link));
}
