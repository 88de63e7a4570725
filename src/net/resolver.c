/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/resolver.h"

#include "base/error.h"
#include "net/local_name.h"
#include "net/name_cache.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <limits.h>
#include <stdlib.h>

enum { TIMEOUT = 2000, TRIES = 2, NAME_MAX_LEN = 253 };

struct query {
    struct link        link; /* of the entry's waiters, then of `ready` */
    struct resolver   *resolver;
    struct name_entry *entry;
    resolve_fn        *fn;
    void              *owner;
};

/* A descriptor of c-ares that is being watched. */
struct name_socket {
    struct link      link;
    struct watch     watch;
    struct resolver *resolver;
    int              fd;
};

struct resolver {
    struct loop      *loop;
    struct world     *world;
    ares_channel      channel;
    struct timer      timer;
    struct name_cache cache;
    struct link       ready; /* queries to be delivered    */
    struct link       sockets;
    size_t            query_limit;
    size_t            queries;   /* that wait or are ready     */
    size_t            accounted; /* bytes of the two */
};

/* What c-ares carries for us while it asks. */
struct question {
    struct resolver   *resolver;
    struct name_entry *entry;
};

/* After whatever asks, answers or forgets. */
static void recount(struct resolver *r)
{
    world_recount(r->world, ACCOUNT_NAMES, &r->accounted,
                  r->cache.bytes + r->queries * (sizeof(struct query) + sizeof(struct question)));
}

/* --- answers --- */

/* All who waited for this entry get it at the end of the turn. */
static void settle(struct resolver *r, struct name_entry *e)
{
    name_entry_hold(e); /* settling may unlist it */
    name_entry_settle(e, r->world->now);
    for (struct link *l; (l = list_shift(&e->waiters)) != NULL;)
        list_append(&r->ready, l);
    name_entry_drop(e);
}

static struct dns_answer answer_from_status(int status)
{
    struct dns_answer a = { .error = -ERR_TIMEOUT };

    if (status == ARES_ENOTFOUND || status == ARES_EBADNAME)
        a.error = -ERR_NAME;
    else if (status == ARES_ENODATA)
        a.error = 0;
    return a;
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *bytes, int len)
{
    struct question   *q = arg;
    struct name_entry *e = q->entry;
    struct slice       message;

    (void)timeouts;
    e->answer = answer_from_status(status);
    /* An answer, good or negative, comes with its message and so with its TTL. */
    if (bytes != NULL && len > 0 && (status == ARES_SUCCESS || e->answer.error != -ERR_TIMEOUT)) {
        message = (struct slice){ (const char *)bytes, (size_t)len };
        if (dns_answer_parse(message, slice_from(e->name), e->type, &e->arena, &e->answer) != 0)
            e->answer = (struct dns_answer){ .error = -ERR_TIMEOUT };
    }
    settle(q->resolver, e);
    name_entry_drop(e);
    free(q);
}

void resolver_deliver(struct resolver *r)
{
    struct link now; /* what a callback asks is for the next turn */

    list_init(&now);
    for (struct link *l; (l = list_shift(&r->ready)) != NULL;)
        list_append(&now, l);
    for (struct link *l; (l = list_shift(&now)) != NULL;) {
        struct query      *q     = CONTAINER_OF(l, struct query, link);
        struct name_entry *e     = q->entry;
        resolve_fn        *fn    = q->fn;
        void              *owner = q->owner;

        free(q);
        r->queries--;
        fn(owner, e->answer.error, e->answer.records, e->answer.count);
        name_entry_drop(e);
        recount(r);
    }
}

bool resolver_waiting(const struct resolver *r)
{
    return !list_empty(&r->ready);
}

/* --- c-ares on the loop --- */

static void on_timer(struct timer *t, msec now);

/* c-ares says how long until one of its questions has waited too long. */
static void set_timer(struct resolver *r)
{
    struct timeval tv, *wait = ares_timeout(r->channel, NULL, &tv);

    if (wait == NULL)
        world_timer_stop(r->world, &r->timer);
    else /* rounded up: a call that comes early would come again at once */
        world_timer(r->world, &r->timer, on_timer,
                    r->world->now + (msec)wait->tv_sec * 1000 + (msec)wait->tv_usec / 1000 + 1);
}

static void on_timer(struct timer *t, msec now)
{
    struct resolver *r = CONTAINER_OF(t, struct resolver, timer);

    (void)now;
    ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    set_timer(r);
}

static void on_socket_ready(struct watch *watch, unsigned ready)
{
    struct name_socket *s = CONTAINER_OF(watch, struct name_socket, watch);
    struct resolver    *r = s->resolver;

    ares_process_fd(r->channel, ready & (LOOP_READ | LOOP_ERROR) ? s->fd : ARES_SOCKET_BAD,
                    ready & LOOP_WRITE ? s->fd : ARES_SOCKET_BAD);
    set_timer(r);
}

static struct name_socket *socket_find(struct resolver *r, int fd)
{
    LIST_EACH (l, &r->sockets) {
        struct name_socket *s = CONTAINER_OF(l, struct name_socket, link);

        if (s->fd == fd)
            return s;
    }
    return NULL;
}

static void socket_forget(struct resolver *r, struct name_socket *s)
{
    watch_stop(r->loop, &s->watch);
    list_unlink(&s->link);
    free(s);
}

/* c-ares wants a descriptor watched otherwise, or (0, 0) will close it.  One that
 * we fail to watch is like a server that does not answer. */
static void on_socket_state(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct resolver    *r      = arg;
    struct name_socket *s      = socket_find(r, fd);
    unsigned            wanted = (readable ? LOOP_READ : 0u) | (writable ? LOOP_WRITE : 0u);

    if (s != NULL && wanted == 0) {
        socket_forget(r, s);
    } else if (s != NULL) {
        (void)watch_want(r->loop, &s->watch, wanted);
    } else if (wanted != 0 && (s = calloc(1, sizeof *s)) != NULL) {
        s->resolver = r;
        s->fd       = fd;
        list_append(&r->sockets, &s->link);
        if (watch_start(r->loop, &s->watch, fd, wanted, on_socket_ready) != 0)
            socket_forget(r, s);
    }
}

/* --- questions --- */

static void ask_servers(struct resolver *r, struct name_entry *e)
{
    struct question *q = calloc(1, sizeof *q);

    if (q == NULL) {
        e->answer = (struct dns_answer){ .error = -ERR_TIMEOUT };
        settle(r, e);
        return;
    }
    *q = (struct question){ .resolver = r, .entry = e };
    name_entry_hold(e);
    ares_query(r->channel, e->name, ns_c_in, (int)e->type, on_answer, q); /* may answer at once */
    set_timer(r);
}

/* Find out: at once if it can be known without a server. */
static void look_up(struct resolver *r, struct name_entry *e)
{
    if (local_name_answer(r->channel, e->name, e->type, &e->arena, &e->answer))
        settle(r, e);
    else
        ask_servers(r, e);
}

static bool is_name(struct slice name)
{
    return name.len > 0 && name.len <= NAME_MAX_LEN && memchr(name.ptr, '\0', name.len) == NULL &&
           !slice_eq(name, SLICE("."));
}

/* The entry for a name, held; `*fresh` if it has still to be looked up. */
static struct name_entry *entry_for(struct resolver *r, struct slice name, enum record_type type, bool *fresh)
{
    struct name_entry *e;
    struct address     ip;

    *fresh = false;
    if (!is_name(name)) {
        e = name_cache_add(&r->cache, SLICE("."), type, false);
        if (e != NULL) {
            e->answer = (struct dns_answer){ .error = -ERR_NAME };
            name_entry_settle(e, r->world->now);
        }
        return e;
    }
    e = name_cache_find(&r->cache, name, type, r->world->now);
    if (e != NULL)
        return e;
    *fresh = true;
    return name_cache_add(&r->cache, name, type, !address_parse_ip(name, &ip));
}

int resolver_ask(struct resolver *r, struct slice name, enum record_type type, resolve_fn *fn, void *owner,
                 struct query **out)
{
    struct query *q;
    bool          fresh;

    if (r->queries >= r->query_limit)
        return -ERR_LIMIT;
    q = calloc(1, sizeof *q);
    if (q == NULL)
        return -ERR_LIMIT;
    if (name.len > 1 && name.ptr[name.len - 1] == '.')
        name.len--; /* rooted: all our names are */
    *q       = (struct query){ .resolver = r, .fn = fn, .owner = owner };
    q->entry = entry_for(r, name, type, &fresh);
    if (q->entry == NULL) {
        free(q);
        return -ERR_LIMIT;
    }
    r->queries++;
    *out = q;
    list_append(q->entry->asking ? &q->entry->waiters : &r->ready, &q->link);
    if (fresh)
        look_up(r, q->entry);
    recount(r);
    return 0;
}

void query_cancel(struct query *q)
{
    struct resolver *r = q->resolver;

    r->queries--;
    list_unlink(&q->link);
    name_entry_drop(q->entry);
    free(q);
    recount(r);
}

/* --- life --- */

static bool open_channel(struct resolver *r, const char *servers, msec timeout)
{
    struct ares_options options = {
        .timeout            = timeout == 0 || timeout > INT_MAX ? TIMEOUT : (int)timeout,
        .tries              = TRIES,
        .sock_state_cb      = on_socket_state,
        .sock_state_cb_data = r,
    };

    if (ares_init_options(&r->channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB) !=
        ARES_SUCCESS)
        return false;
    if (servers == NULL || ares_set_servers_ports_csv(r->channel, servers) == ARES_SUCCESS)
        return true;
    ares_destroy(r->channel);
    return false;
}

struct resolver *resolver_new(struct loop *loop, struct world *w, const char *servers, msec timeout, size_t query_limit)
{
    struct resolver *r = calloc(1, sizeof *r);

    if (r == NULL)
        return NULL;
    r->loop        = loop;
    r->world       = w;
    r->query_limit = query_limit != 0 ? query_limit : RESOLVER_QUERIES;
    list_init(&r->ready);
    list_init(&r->sockets);
    if (name_cache_init(&r->cache, &w->random) != 0) {
        free(r);
        return NULL;
    }
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS || !open_channel(r, servers, timeout)) {
        name_cache_fini(&r->cache);
        free(r);
        return NULL;
    }
    return r;
}

void resolver_free(struct resolver *r)
{
    if (r == NULL)
        return;
    ares_destroy(r->channel); /* every question ends in on_answer, every query in `ready` */
    ares_library_cleanup();
    world_timer_stop(r->world, &r->timer);
    while (!list_empty(&r->ready))
        query_cancel(CONTAINER_OF(r->ready.next, struct query, link));
    while (!list_empty(&r->sockets))
        socket_forget(r, CONTAINER_OF(r->sockets.next, struct name_socket, link));
    name_cache_fini(&r->cache);
    recount(r);
    free(r);
}
