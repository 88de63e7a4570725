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

    struct link questions, answered; /* struct question, oldest first */
    size_t      asked, asking, ask_limit;
    int         read_error;
    bool        reads_held, answers_held, read_posted;
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
    case STORE_PUT_BAN:
    case STORE_DELETE_BAN:
        return row->kind == STORE_PUT_BAN && slice_eq(row->ban.network, change->ban.network);
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
    return c->kind == STORE_DELETE_BINDING || c->kind == STORE_DELETE_USER || c->kind == STORE_DELETE_ALIAS ||
           c->kind == STORE_DELETE_BAN;
}

/* Bindings lie in the order of their rows, as a real store gives them. */
static void insert(struct fake_disk *d, struct row *r)
{
    struct link *before = &d->rows;

    LIST_EACH (l, &d->rows)
        if (r->change.kind == STORE_PUT_BINDING && row_of(l)->change.kind == STORE_PUT_BINDING &&
            row_of(l)->change.binding.row > r->change.binding.row) {
            before = l;
            break;
        }
    list_append(before, &r->link);
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
    insert(d, r);
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

/* Of two that may be posted the last frees it. */
static bool is_over(struct fake_store *s)
{
    if (s->closed && !s->posted && !s->read_posted)
        free(s);
    else
        return s->closed;
    return true;
}

/* What the thread of a real store does. */
static void on_post(void *arg)
{
    struct fake_store *s = arg;

    s->posted = false;
    if (is_over(s))
        return;
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

/* ---- questions ---- */

static bool is_name(struct store_name n, struct slice domain, struct slice name)
{
    return slice_eq(n.domain, domain) && slice_eq(n.name, name);
}

static bool is_named(const struct store_query *q, struct slice domain, struct slice name)
{
    for (size_t i = 0; i < q->count; i++)
        if (is_name(q->names[i], domain, name))
            return true;
    return false;
}

static bool has_hash(const struct store_query *q, const struct stored_user *u)
{
    return slice_eq(q->domain, u->domain) && q->hash == (q->sha512_256 ? u->userhash_sha512_256 : u->userhash_sha256);
}

/* Rows are in no order here, so the next one is searched for. */
static int order(struct slice a, struct slice b)
{
    int by = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

    return by != 0 ? by : (a.len > b.len) - (a.len < b.len);
}

static int order_names(struct store_name a, struct store_name b)
{
    int by = order(a.domain, b.domain);

    return by != 0 ? by : order(a.name, b.name);
}

static struct store_name user_of(const struct store_change *c)
{
    return c->kind == STORE_PUT_USER ? (struct store_name){ c->user.domain, c->user.name }
                                     : (struct store_name){ c->alias.user_domain, c->alias.user_name };
}

static struct store_name alias_of(const struct store_change *c)
{
    return c->kind == STORE_PUT_USER ? (struct store_name){ SLICE(""), SLICE("") }
                                     : (struct store_name){ c->alias.domain, c->alias.name };
}

static int order_rows(struct store_name user, struct store_name alias, const struct store_change *c)
{
    int by = order_names(user, user_of(c));

    return by != 0 ? by : order_names(alias, alias_of(c));
}

static void list_rows(struct fake_store *s, struct question *q, enum store_change_kind kind)
{
    struct store_name user = q->query.after, alias = q->query.after_alias;
    bool              more = true;

    while (more) {
        const struct store_change *next = NULL;

        LIST_EACH (l, &s->disk->rows) {
            const struct store_change *c = &row_of(l)->change;

            if (c->kind == kind && order_rows(user, alias, c) < 0 &&
                (q->query.domain.len == 0 || slice_eq(q->query.domain, c->user.domain)) &&
                (next == NULL || order_rows(user_of(next), alias_of(next), c) > 0))
                next = c;
        }
        if (next == NULL)
            return;
        more  = kind == STORE_PUT_USER ? question_add_user(q, &next->user) : question_add_alias(q, &next->alias);
        user  = user_of(next);
        alias = alias_of(next);
    }
}

static void find_rows(struct fake_store *s, struct question *q)
{
    const struct store_query *query = &q->query;

    LIST_EACH (l, &s->disk->rows) {
        const struct store_change *c = &row_of(l)->change;

        if (c->kind == STORE_PUT_USER &&
            (query->kind == STORE_FIND_USERS ? is_named(query, c->user.domain, c->user.name)
                                             : has_hash(query, &c->user)))
            (void)question_add_user(q, &c->user);
        if (c->kind == STORE_PUT_ALIAS && query->kind == STORE_FIND_USERS &&
            is_named(query, c->alias.domain, c->alias.name))
            (void)question_add_alias(q, &c->alias);
    }
}

static void read_question(struct fake_store *s, struct question *q)
{
    switch (q->query.kind) {
    case STORE_FIND_USERS:
    case STORE_FIND_USERHASH:
        find_rows(s, q);
        break;
    case STORE_LIST_USERS:
        list_rows(s, q, STORE_PUT_USER);
        break;
    case STORE_LIST_ALIASES:
        list_rows(s, q, STORE_PUT_ALIAS);
        break;
    }
    s->stats.asked++;
    if (s->read_error != 0) {
        s->stats.ask_failures++;
        q->answer = (struct store_answer){ .error = s->read_error };
    }
}

static void on_done(struct question *q)
{
    ((struct fake_store *)q->backend)->asking--;
    question_free(q);
}

static void wake_reader(struct fake_store *s);

static void on_read(void *arg)
{
    struct fake_store *s = arg;
    struct link       *l;

    s->read_posted = false;
    if (is_over(s))
        return;
    while (!s->reads_held && (l = list_shift(&s->questions)) != NULL) {
        read_question(s, CONTAINER_OF(l, struct question, link));
        list_append(&s->answered, l);
    }
    while (!s->answers_held && (l = list_shift(&s->answered)) != NULL) {
        struct question *q = CONTAINER_OF(l, struct question, link);

        if (mailbox_answer(q->from, q))
            continue;
        list_append(&s->answered, l); /* its world's queue is full */
        wake_reader(s);
        break;
    }
}

static void wake_reader(struct fake_store *s)
{
    bool work = (!s->reads_held && !list_empty(&s->questions)) || (!s->answers_held && !list_empty(&s->answered));
    struct world *w;

    if (s->read_posted || !work || list_empty(&s->clients))
        return;
    w              = CONTAINER_OF(s->clients.next, struct mailbox, link)->world;
    s->read_posted = w->ops->post(w, on_read, s) == 0;
}

static int ask(struct store_client *client, const struct store_query *query, store_answer_fn *fn, void *owner)
{
    struct fake_store *s = store_of(client);
    struct question   *q;

    if (s->asking >= s->ask_limit) {
        s->stats.ask_refused++;
        return -ERR_LIMIT;
    }
    q = question_new(query, fn, owner);
    if (q == NULL)
        return -ERR_NO_MEMORY;
    q->from    = mailbox_of(client);
    q->backend = s;
    q->done    = on_done;
    s->asked++;
    s->asking++;
    list_append(&s->questions, &q->link);
    wake_reader(s);
    return 0;
}

static void forget(struct link *questions, const struct mailbox *m)
{
    LIST_EACH_SAFE (l, questions)
        if (CONTAINER_OF(l, struct question, link)->from == m) {
            list_unlink(l);
            on_done(CONTAINER_OF(l, struct question, link));
        }
}

static void shut_client(struct store_client *client)
{
    struct fake_store *s = store_of(client);
    struct mailbox    *m = mailbox_of(client);

    list_unlink(&m->link);
    forget(&s->questions, m);
    forget(&s->answered, m);
    mailbox_close(m);
}

/* ---- the rest ---- */

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
    if (c->kind == STORE_PUT_BAN && loader->on_ban != NULL)
        loader->on_ban(loader->arg, &c->ban);
}

static int load(struct store *store, uint64_t wall, const struct store_loader *loader)
{
    struct store_sizes sizes = { .users = 0 };

    LIST_EACH (l, &of(store)->disk->rows) {
        const struct store_change *c = &row_of(l)->change;

        if (c->kind == STORE_PUT_SETTING && loader->on_setting != NULL)
            loader->on_setting(loader->arg, c->name, c->value);
        sizes.users += c->kind == STORE_PUT_USER;
        sizes.bindings += c->kind == STORE_PUT_BINDING;
        sizes.aliases = sizes.aliases || c->kind == STORE_PUT_ALIAS;
    }
    if (loader->on_sizes != NULL)
        loader->on_sizes(loader->arg, &sizes);
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
    (void)is_over(s); /* else what is posted frees it */
}

static void close_store(struct store *store)
{
    if (of(store)->error == 0)
        commit_all(of(store));
    store_fake_crash(store);
}

static const struct store_ops ops = { load,  open_client, shut_client, has_room,    write_changes,
                                      await, ask,         stats,       forget_high, close_store };

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

    *s = (struct fake_store){ .store = { &ops }, .disk = disk, .max_queue = max_queue, .ask_limit = STORE_QUESTIONS };
    list_init(&s->questions);
    list_init(&s->answered);
    list_init(&s->waiting);
    list_init(&s->clients);
    return &s->store;
}

void store_fake_hold(struct store *store, bool held)
{
    of(store)->held = held;
    wake(of(store));
}

void store_fake_hold_reads(struct store *store, bool held)
{
    of(store)->reads_held = held;
    wake_reader(of(store));
}

void store_fake_hold_answers(struct store *store, bool held)
{
    of(store)->answers_held = held;
    wake_reader(of(store));
}

void store_fake_fail_reads(struct store *store, int error)
{
    of(store)->read_error = error;
}

void store_fake_limit_reads(struct store *store, size_t limit)
{
    of(store)->ask_limit = limit;
}

size_t store_fake_asked(const struct store *store)
{
    return CONTAINER_OF(store, const struct fake_store, store)->asked;
}

size_t store_fake_asking(const struct store *store)
{
    return CONTAINER_OF(store, const struct fake_store, store)->asking;
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
