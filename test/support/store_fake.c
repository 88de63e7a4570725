/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/store_fake.h"
#include "support/alloc.h"

#include "base/error.h"

#include <stdlib.h>

struct row {
    struct link         link;
    uint64_t            seq; /* in the queue: of the write it came with */
    struct store_change change;
};

struct fake_disk {
    struct link rows;
    size_t      count;
};

struct fake_store {
    struct store      store;
    struct fake_disk *disk;
    struct world     *world;
    store_report_fn  *report;
    void             *owner;
    struct link       waiting; /* struct row, oldest first */
    size_t            waiting_count, max_queue;
    uint64_t          next_seq;
    int               error;
    bool              held, posted, closed;
};

static struct fake_store *of(struct store *store)
{
    return CONTAINER_OF(store, struct fake_store, store);
}

static struct slice copy(struct slice text)
{
    char *memory = alloc_new(text.len + 1);

    if (text.len > 0)
        memcpy(memory, text.ptr, text.len);
    return (struct slice){ memory, text.len };
}

static void each_text(struct store_change *c, void (*fn)(struct slice *text))
{
    struct slice *texts[] = { &c->binding.aor,
                              &c->binding.contact,
                              &c->binding.params,
                              &c->binding.call_id,
                              &c->binding.user_agent,
                              &c->binding.path,
                              &c->binding.flow,
                              &c->user.domain,
                              &c->user.name,
                              &c->user.ha1_md5,
                              &c->user.ha1_sha256,
                              &c->name,
                              &c->value };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        fn(texts[i]);
}

static void copy_text(struct slice *text)
{
    *text = copy(*text);
}

static void free_text(struct slice *text)
{
    free((char *)text->ptr);
}

static struct row *row_new(const struct store_change *change, uint64_t seq)
{
    struct row *r = alloc_new(sizeof *r);

    r->change = *change;
    r->seq    = seq;
    each_text(&r->change, copy_text);
    return r;
}

static void row_free(struct row *r)
{
    each_text(&r->change, free_text);
    free(r);
}

static struct row *row_of(struct link *l)
{
    return CONTAINER_OF(l, struct row, link);
}

static bool same_key(const struct store_change *row, const struct store_change *change)
{
    switch (change->kind) {
    case STORE_PUT_BINDING:
    case STORE_DELETE_BINDING:
        return row->kind == STORE_PUT_BINDING && row->binding.row == change->binding.row;
    case STORE_PUT_USER:
    case STORE_DELETE_USER:
        return row->kind == STORE_PUT_USER && slice_eq(row->user.domain, change->user.domain) &&
               slice_eq(row->user.name, change->user.name);
    case STORE_PUT_SETTING:
        return row->kind == STORE_PUT_SETTING && slice_eq(row->name, change->name);
    }
    return false;
}

/* Takes `r`, which is in no list. */
static void disk_apply(struct fake_disk *d, struct row *r)
{
    LIST_EACH_SAFE (l, &d->rows)
        if (same_key(&row_of(l)->change, &r->change)) {
            list_unlink(l);
            d->count--;
            row_free(row_of(l));
        }
    if (r->change.kind == STORE_DELETE_BINDING || r->change.kind == STORE_DELETE_USER) {
        row_free(r);
        return;
    }
    list_append(&d->rows, &r->link);
    d->count++;
}

static void commit_all(struct fake_store *s)
{
    for (struct link *l; (l = list_shift(&s->waiting)) != NULL;)
        disk_apply(s->disk, row_of(l));
    s->waiting_count = 0;
}

static void on_post(void *arg)
{
    struct fake_store *s   = arg;
    uint64_t           seq = s->next_seq;

    s->posted = false;
    if (s->closed) {
        free(s);
        return;
    }
    if (s->held || list_empty(&s->waiting))
        return;
    if (s->error == 0)
        commit_all(s);
    s->report(s->owner, seq, s->error);
}

static void wake(struct fake_store *s)
{
    if (s->posted || s->held || list_empty(&s->waiting))
        return;
    s->posted = s->world->ops->post(s->world, on_post, s) == 0;
}

static bool has_room(struct store *store, size_t count)
{
    return of(store)->waiting_count + count <= of(store)->max_queue;
}

static int write_changes(struct store *store, const struct store_change *changes, size_t count, uint64_t *seq)
{
    struct fake_store *s = of(store);

    if (!has_room(store, count))
        return -ERR_LIMIT;
    *seq = ++s->next_seq;
    for (size_t i = 0; i < count; i++)
        list_append(&s->waiting, &row_new(&changes[i], *seq)->link);
    s->waiting_count += count;
    wake(s);
    return 0;
}

static int load(struct store *store, const struct store_loader *loader)
{
    struct fake_store *s    = of(store);
    uint64_t           wall = world_wall(s->world);

    LIST_EACH (l, &s->disk->rows) {
        const struct store_change *c = &row_of(l)->change;

        if (c->kind == STORE_PUT_USER && loader->on_user != NULL)
            loader->on_user(loader->arg, &c->user);
        if (c->kind == STORE_PUT_BINDING && loader->on_binding != NULL && c->binding.lease_until > wall)
            loader->on_binding(loader->arg, &c->binding);
        if (c->kind == STORE_PUT_SETTING && loader->on_setting != NULL)
            loader->on_setting(loader->arg, c->name, c->value);
    }
    return 0;
}

void store_fake_crash(struct store *store)
{
    struct fake_store *s = of(store);

    for (struct link *l; (l = list_shift(&s->waiting)) != NULL;)
        row_free(row_of(l));
    s->closed = true;
    if (!s->posted)
        free(s); /* else on_post does */
}

static void close_store(struct store *store)
{
    if (of(store)->error == 0)
        commit_all(of(store));
    store_fake_crash(store);
}

static const struct store_ops ops = { load, has_room, write_changes, close_store };

struct fake_disk *fake_disk_new(void)
{
    struct fake_disk *d = alloc_new(sizeof *d);

    list_init(&d->rows);
    return d;
}

void fake_disk_free(struct fake_disk *d)
{
    for (struct link *l; (l = list_shift(&d->rows)) != NULL;)
        row_free(row_of(l));
    free(d);
}

size_t fake_disk_rows(const struct fake_disk *d)
{
    return d->count;
}

struct store *store_fake_open(struct fake_disk *disk, struct world *world, size_t max_queue, store_report_fn *report,
                              void *owner)
{
    struct fake_store *s = alloc_new(sizeof *s);

    *s = (struct fake_store){
        .store = { &ops }, .disk = disk, .world = world, .report = report, .owner = owner, .max_queue = max_queue
    };
    list_init(&s->waiting);
    return &s->store;
}

void store_fake_hold(struct store *store, bool held)
{
    of(store)->held = held;
    wake(of(store));
}

void store_fake_fail(struct store *store, int error)
{
    of(store)->error = error;
    wake(of(store));
}

size_t store_fake_waiting(const struct store *store)
{
    return CONTAINER_OF(store, const struct fake_store, store)->waiting_count;
}
