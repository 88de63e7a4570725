/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/resolver.h"

#include "base/error.h"
#include "base/table.h"
#include "net/local_name.h"
#include "net/name_cache.h"
#include "net/name_files.h"
#include "net/name_servers.h"

#include <assert.h>
#include <stdlib.h>

enum { NAME_MAX_LEN = 253 };

/* A name and type that somebody waits for. */
struct lookup {
    struct table_link in_table; /* while it is being asked */
    struct resolver  *resolver;
    unsigned          holders; /* queries, and the question to the servers */
    bool              asking;
    struct link       waiters; /* queries */
    msec              asked_at;
    struct arena      arena;
    struct dns_answer answer;
    size_t            size;
    enum record_type  type;
    size_t            name_len;
    char              name[]; /* ends with NUL */
};

struct query {
    struct link    link; /* of the lookup's waiters, then of `ready` */
    struct lookup *lookup;
    resolve_fn    *fn;
    void          *owner;
};

struct resolver {
    struct world        *world;
    struct name_servers *servers;
    struct name_files    files;
    struct name_cache   *cache, *own_cache; /* own: NULL if it is shared */
    struct hash_key      key;
    struct table         asking; /* lookups                    */
    struct link          ready;  /* queries to be delivered    */
    size_t               query_limit;
    size_t               queries; /* that wait or are ready     */
    size_t               bytes, accounted;
    msec                 line_at; /* questions from then on may cause a line about failing servers */
    uint64_t             lines_kept_back;
    dns_report_fn       *on_report;
    void                *owner;
};

/* ---- memory ---- */

static void recount(struct resolver *r)
{
    world_recount(r->world, ACCOUNT_NAMES, &r->accounted, r->bytes);
}

static struct lookup *lookup_new(struct resolver *r, struct slice name, enum record_type type)
{
    size_t         size = sizeof(struct lookup) + name.len + 1;
    struct lookup *l    = calloc(1, size);

    if (l == NULL)
        return NULL;
    l->resolver = r;
    l->holders  = 1;
    l->asked_at = r->world->now;
    l->type     = type;
    l->name_len = name.len;
    l->size     = size;
    memcpy(l->name, name.ptr, name.len);
    list_init(&l->waiters);
    arena_init(&l->arena, NULL, 0, DNS_ARENA);
    r->bytes += size;
    return l;
}

static void lookup_drop(struct lookup *l)
{
    assert(l->holders > 0);
    if (--l->holders > 0)
        return;
    l->resolver->bytes -= l->size;
    arena_fini(&l->arena);
    free(l);
}

static struct slice name_of(const struct lookup *l)
{
    return (struct slice){ l->name, l->name_len };
}

/* ---- what came of it ---- */

static bool is_failure(const struct dns_answer *a)
{
    return a->error == -ERR_TIMEOUT;
}

/* A line about servers that fail, and no second one soon: how many there would have been
 * is told with the next. */
static void log_failure(struct resolver *r, const struct lookup *l, unsigned timeouts)
{
    struct log_line line;
    char            text[ADDRESS_TEXT];
    struct buf      server = BUF_ON(text);

    if (l->asked_at < r->line_at) {
        r->lines_kept_back++;
        return;
    }
    r->line_at = l->asked_at + RESOLVER_LINES;
    if (!log_begin(&line, r->world->log, LOG_WARNING, LOG_PART_NET, is_failure(&l->answer) ? "dns_failed" : "dns_slow"))
        return;
    name_servers_first(r->servers, &server);
    log_slice(&line, "name", name_of(l));
    log_text(&line, "type", record_type_text(l->type));
    log_text(&line, "reason", dns_outcome_text(l->answer.outcome));
    log_slice(&line, "first_server", buf_slice(&server));
    log_number(&line, "timeouts", timeouts);
    if (r->lines_kept_back > 0)
        log_number(&line, "suppressed", (int64_t)r->lines_kept_back);
    log_end(&line);
    r->lines_kept_back = 0;
}

static void report(const struct resolver *r, const struct lookup *l, enum dns_source source, unsigned timeouts)
{
    struct dns_report report = { .name     = name_of(l),
                                 .type     = l->type,
                                 .source   = source,
                                 .answer   = &l->answer,
                                 .timeouts = timeouts,
                                 .took     = r->world->now - l->asked_at };

    if (r->on_report != NULL)
        r->on_report(r->owner, &report);
}

/* The answer stands; all who waited get it at the end of the turn. */
static void settle(struct resolver *r, struct lookup *l, enum dns_source source, unsigned timeouts)
{
    r->bytes += l->arena.spent;
    l->size += l->arena.spent;
    if (l->asking)
        table_remove(&r->asking, &l->in_table);
    l->asking = false;
    for (struct link *q; (q = list_shift(&l->waiters)) != NULL;)
        list_append(&r->ready, q);
    report(r, l, source, timeouts);
}

/* What is no name is not worth an entry, nor is there memory for one. */
static uint32_t ttl_without_message(enum dns_outcome outcome)
{
    if (outcome == DNS_NO_NAME || outcome == DNS_NO_MEMORY)
        return 0;
    return DNS_FAILURE;
}

static void on_reply(void *owner, const struct name_reply *reply)
{
    struct lookup   *l = owner;
    struct resolver *r = l->resolver;

    if (reply->outcome == DNS_ANSWERED)
        dns_answer_parse(reply->message, name_of(l), l->type, &l->arena, &l->answer);
    else
        l->answer = dns_answer_none(reply->outcome, ttl_without_message(reply->outcome));
    counter_add(&r->world->counters.dns_timeouts, reply->timeouts);
    counter_add(&r->world->counters.dns_failures, is_failure(&l->answer));
    name_cache_put(r->cache, name_of(l), l->type, r->world->now, &l->answer);
    settle(r, l, DNS_SERVER, reply->timeouts);
    if (is_failure(&l->answer) || reply->timeouts > 0)
        log_failure(r, l, reply->timeouts);
    lookup_drop(l);
    recount(r);
}

void resolver_deliver(struct resolver *r)
{
    struct link now; /* what a callback asks is for the next turn */

    list_init(&now);
    for (struct link *l; (l = list_shift(&r->ready)) != NULL;)
        list_append(&now, l);
    for (struct link *l; (l = list_shift(&now)) != NULL;) {
        struct query  *q      = CONTAINER_OF(l, struct query, link);
        struct lookup *lookup = q->lookup;
        resolve_fn    *fn     = q->fn;
        void          *owner  = q->owner;

        free(q);
        r->queries--;
        r->bytes -= sizeof *q;
        fn(owner, lookup->answer.error, lookup->answer.records, lookup->answer.count);
        lookup_drop(lookup);
        recount(r);
    }
}

bool resolver_waiting(const struct resolver *r)
{
    return !list_empty(&r->ready);
}

/* ---- questions ---- */

static void look_at_files(struct resolver *r)
{
    unsigned changed = name_files_changed(&r->files, r->world->now, RESOLVER_FILES);

    if (changed == 0)
        return;
    if (changed & NAME_FILES_SERVERS)
        name_servers_reload(r->servers);
    name_cache_forget(r->cache);
}

static void ask_servers(struct resolver *r, struct lookup *l, uint64_t hash)
{
    counter_add(&r->world->counters.dns_queries, 1);
    l->asking = true;
    l->holders++;
    table_insert(&r->asking, &l->in_table, hash);
    name_servers_ask(r->servers, l->name, l->type, on_reply, l);
}

static bool is_name(struct slice name)
{
    return name.len > 0 && name.len <= NAME_MAX_LEN && memchr(name.ptr, '\0', name.len) == NULL &&
           !slice_eq(name, SLICE("."));
}

/* Those whose askers have gone are questions, too; and c-ares has 65536 ids, which it draws until
 * one is free. */
static bool are_too_many(const struct resolver *r)
{
    return r->asking.count >= r->query_limit;
}

/* Find out: at once if it can be known without a server. */
static void look_up(struct resolver *r, struct lookup *l, uint64_t hash)
{
    if (!is_name(name_of(l))) {
        l->answer = dns_answer_none(DNS_NO_NAME, 0);
        settle(r, l, DNS_LOCAL, 0);
        return;
    }
    if (name_cache_get(r->cache, name_of(l), l->type, r->world->now, &l->arena, &l->answer)) {
        counter_add(&r->world->counters.dns_cache_hits, 1);
        settle(r, l, DNS_CACHE, 0);
    } else if (local_name_answer(name_servers_channel(r->servers), l->name, l->type, &l->arena, &l->answer)) {
        counter_add(&r->world->counters.dns_local, 1);
        name_cache_put(r->cache, name_of(l), l->type, r->world->now, &l->answer);
        settle(r, l, DNS_LOCAL, 0);
    } else if (are_too_many(r)) {
        l->answer = dns_answer_none(DNS_FAILED, 0);
        settle(r, l, DNS_LOCAL, 0);
    } else {
        ask_servers(r, l, hash);
    }
}

/* One that is being asked for; or NULL. */
static struct lookup *find_asking(const struct resolver *r, uint64_t hash, struct slice name, enum record_type type)
{
    for (struct table_link *t = table_first(&r->asking, hash); t != NULL; t = table_next(t)) {
        struct lookup *l = CONTAINER_OF(t, struct lookup, in_table);

        if (l->type == type && slice_eq_nocase(name_of(l), name))
            return l;
    }
    return NULL;
}

static struct query *query_new(struct resolver *r, struct lookup *l, resolve_fn *fn, void *owner)
{
    struct query *q = calloc(1, sizeof *q);

    if (q == NULL)
        return NULL;
    *q = (struct query){ .lookup = l, .fn = fn, .owner = owner };
    list_append(&l->waiters, &q->link);
    r->queries++;
    r->bytes += sizeof *q;
    return q;
}

static int begin(struct resolver *r, struct slice name, enum record_type type, resolve_fn *fn, void *owner,
                 struct query **out)
{
    uint64_t       hash  = siphash_nocase(&r->key, name) + (uint64_t)type;
    struct lookup *l     = find_asking(r, hash, name, type);
    bool           fresh = l == NULL;

    if (fresh)
        l = lookup_new(r, name, type);
    else
        l->holders++;
    if (l == NULL)
        return -ERR_LIMIT;
    *out = query_new(r, l, fn, owner);
    if (*out == NULL) {
        lookup_drop(l);
        return -ERR_LIMIT;
    }
    if (fresh)
        look_up(r, l, hash);
    return 0;
}

int resolver_ask(struct resolver *r, struct slice name, enum record_type type, resolve_fn *fn, void *owner,
                 struct query **out)
{
    int error;

    if (r->queries >= r->query_limit)
        return -ERR_LIMIT;
    if (name.len > 1 && name.ptr[name.len - 1] == '.')
        name.len--; /* rooted: all our names are */
    look_at_files(r);
    error = begin(r, name, type, fn, owner, out);
    recount(r);
    return error;
}

void query_cancel(struct query *q)
{
    struct resolver *r = q->lookup->resolver;

    r->queries--;
    r->bytes -= sizeof *q;
    list_unlink(&q->link);
    lookup_drop(q->lookup);
    free(q);
    recount(r);
}

/* ---- life ---- */

static bool open_parts(struct resolver *r, struct loop *loop, const struct resolver_options *options)
{
    struct world *w = r->world;

    if (options->cache == NULL)
        r->own_cache = name_cache_new(0, &w->random, w->memory != NULL ? w->memory->budget : NULL);
    r->cache   = options->cache != NULL ? options->cache : r->own_cache;
    r->servers = name_servers_new(loop, w, options->servers, options->timeout);
    return r->cache != NULL && r->servers != NULL;
}

struct resolver *resolver_new(struct loop *loop, struct world *w, const struct resolver_options *options)
{
    struct resolver *r = calloc(1, sizeof *r);

    if (r == NULL)
        return NULL;
    r->world       = w;
    r->query_limit = options->query_limit != 0 ? options->query_limit : RESOLVER_QUERIES;
    r->on_report   = options->on_report;
    r->owner       = options->owner;
    list_init(&r->ready);
    random_fill(&w->random, &r->key, sizeof r->key);
    name_files_init(&r->files, w->now);
    if (table_init(&r->asking, 16) != 0) {
        free(r);
        return NULL;
    }
    if (open_parts(r, loop, options))
        return r;
    resolver_free(r);
    return NULL;
}

void resolver_free(struct resolver *r)
{
    if (r == NULL)
        return;
    r->on_report = NULL;
    name_servers_free(r->servers); /* every question ends in on_reply, every query in `ready` */
    while (!list_empty(&r->ready))
        query_cancel(CONTAINER_OF(r->ready.next, struct query, link));
    name_cache_free(r->own_cache);
    table_fini(&r->asking);
    recount(r);
    free(r);
}
