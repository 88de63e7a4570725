/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/store_fake.h"
#include "support/alloc.h"

#include "base/error.h"
#include "store/batch.h"
#include "store/mailbox.h"

#include <assert.h>
#include <stdlib.h>

struct row {
    struct link         link;
    struct store_change change;
};

struct fake_disk {
    struct link rows;
    size_t      count;
};

struct fake_store {
    struct store       store;
    struct fake_disk  *disk;
    struct link        waiting; /* struct row, oldest first */
    struct link        clients; /* struct mailbox */
    size_t             max_queue;
    uint64_t           next_seq, committed;
    struct store_stats stats; /* but `limit` and `oldest` */
    int                error;
    bool               held, posted, closed;
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

static struct fake_store *store_of(struct store_client *client)
{
    return of(mailbox_of(client)->store);
}

static void each_text(struct store_change *c, void (*fn)(struct slice *text))
{
    struct slice *texts[CHANGE_TEXTS];

    change_texts(c, texts);
    for (size_t i = 0; i < CHANGE_TEXTS; i++)
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

static struct row *row_new(const struct store_change *change)
{
    struct row *r = alloc_new(sizeof *r);

    r->change = *change;
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
    case STORE_PUT_ALIAS:
    case STORE_DELETE_ALIAS:
        return row->kind == STORE_PUT_ALIAS && slice_eq(row->alias.domain, change->alias.domain) &&
               slice_eq(row->alias.name, change->alias.name);
    case STORE_PUT_SETTING:
        return row->kind == STORE_PUT_SETTING && slice_eq(row->name, change->name);
    }
    return false;
}

static bool is_alias_of(const struct store_change *row, const struct store_change *change)
{
    return change->kind == STORE_DELETE_USER && row->kind == STORE_PUT_ALIAS &&
           slice_eq(row->alias.user_domain, change->user.domain) && slice_eq(row->alias.user_name, change->user.name);
}

static bool deletes(const struct store_change *c)
{
    return c->kind == STORE_DELETE_BINDING || c->kind == STORE_DELETE_USER || c->kind == STORE_DELETE_ALIAS;
}

/* Takes `r`, which is in no list. */
static void disk_apply(struct fake_disk *d, struct row *r)
{
    LIST_EACH_SAFE (l, &d->rows)
        if (same_key(&row_of(l)->change, &r->change) || is_alias_of(&row_of(l)->change, &r->change)) {
            list_unlink(l);
            d->count--;
            row_free(row_of(l));
        }
    if (deletes(&r->change)) {
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
    s->stats.committed += s->stats.queued;
    s->stats.commits++;
    s->stats.queued = 0;
    s->committed    = s->next_seq;
}

/* What the thread of a real store does. */
static void on_post(void *arg)
{
    struct fake_store *s = arg;

    s->posted = false;
    if (s->closed) {
        free(s);
        return;
    }
    if (s->held || list_empty(&s->waiting))
        return;
    s->stats.error = s->error;
    if (s->error == 0)
        commit_all(s);
    else
        s->stats.last_error = (s->stats.failures++, s->error);
    LIST_EACH (l, &s->clients) {
        mailbox_note(CONTAINER_OF(l, struct mailbox, link), s->next_seq, s->error);
        (void)mailbox_deliver(CONTAINER_OF(l, struct mailbox, link)); /* one that is full hears of the next outcome */
    }
}

static void wake(struct fake_store *s)
{
    struct world *w;

    if (s->posted || s->held || list_empty(&s->waiting) || list_empty(&s->clients))
        return;
    w         = CONTAINER_OF(s->clients.next, struct mailbox, link)->world;
    s->posted = w->ops->post(w, on_post, s) == 0;
}

static int open_client(struct store *store, struct world *world, store_report_fn *report, void *owner,
                       struct store_client **out)
{
    struct mailbox *m = mailbox_new(store, world, report, owner);

    if (m == NULL)
        return -ERR_NO_MEMORY;
    list_append(&of(store)->clients, &m->link);
    *out = &m->client;
    return 0;
}

static void shut_client(struct store_client *client)
{
    list_unlink(&mailbox_of(client)->link);
    mailbox_close(mailbox_of(client));
}

static bool fits(struct fake_store *s, size_t count)
{
    bool room = s->stats.queued + count <= s->max_queue;

    s->stats.refused += !room;
    return room;
}

static bool has_room(struct store_client *client, size_t count)
{
    bool room = fits(store_of(client), count);

    mailbox_promise(mailbox_of(client), room ? count : 0);
    return room;
}

static int write_changes(struct store_client *client, const struct store_change *changes, size_t count, uint64_t *seq)
{
    struct fake_store *s = store_of(client);

    if (!mailbox_redeem(mailbox_of(client), count) && !fits(s, count))
        return -ERR_LIMIT;
    *seq = mailbox_of(client)->wanted = ++s->next_seq;
    for (size_t i = 0; i < count; i++)
        list_append(&s->waiting, &row_new(&changes[i])->link);
    s->stats.queued += count;
    if (s->stats.queued > s->stats.high)
        s->stats.high = s->stats.queued;
    wake(s);
    return 0;
}

static bool await(struct store_client *client, uint64_t seq)
{
    struct mailbox *m = mailbox_of(client);

    if (seq <= store_of(client)->committed)
        return false;
    if (seq > m->wanted)
        m->wanted = seq;
    return true;
}

static void stats(struct store *store, msec now, struct store_stats *out)
{
    (void)now;
    *out       = of(store)->stats;
    out->limit = of(store)->max_queue;
}

static void forget_high(struct store *store)
{
    of(store)->stats.high = of(store)->stats.queued;
}

static void load_one(const struct store_change *c, uint64_t wall, const struct store_loader *loader)
{
    if (c->kind == STORE_PUT_USER && loader->on_user != NULL)
        loader->on_user(loader->arg, &c->user);
    if (c->kind == STORE_PUT_BINDING && loader->on_binding != NULL && c->binding.lease_until > wall)
        loader->on_binding(loader->arg, &c->binding);
}

static int load(struct store *store, uint64_t wall, const struct store_loader *loader)
{
    LIST_EACH (l, &of(store)->disk->rows) {
        const struct store_change *c = &row_of(l)->change;

        if (c->kind == STORE_PUT_SETTING && loader->on_setting != NULL)
            loader->on_setting(loader->arg, c->name, c->value);
    }
    LIST_EACH (l, &of(store)->disk->rows)
        load_one(&row_of(l)->change, wall, loader);
    return 0;
}

void store_fake_crash(struct store *store)
{
    struct fake_store *s = of(store);

    assert(list_empty(&s->clients));
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

static const struct store_ops ops = { load,  open_client, shut_client, has_room,   write_changes,
                                      await, stats,       forget_high, close_store };

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

struct store *store_fake_open(struct fake_disk *disk, size_t max_queue)
{
    struct fake_store *s = alloc_new(sizeof *s);

    *s = (struct fake_store){ .store = { &ops }, .disk = disk, .max_queue = max_queue };
    list_init(&s->waiting);
    list_init(&s->clients);
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
    return CONTAINER_OF(store, const struct fake_store, store)->stats.queued;
}
