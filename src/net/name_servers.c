/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/name_servers.h"

#include "net/sockaddr.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <limits.h>
#include <stdlib.h>

enum {
    TIMEOUT = 2000,
    TRIES   = 2,
    EDNS    = 1232, /* bytes of an answer by UDP that no path breaks into fragments */
};

/* One c-ares channel: an order of servers. */
struct channel {
    struct name_servers *servers;
    ares_channel         ares; /* NULL: none */
    size_t               open; /* questions  */
};

/* A descriptor of c-ares that is being watched. */
struct name_socket {
    struct link     link;
    struct watch    watch;
    struct channel *channel;
    int             fd;
};

struct name_servers {
    struct loop   *loop;
    struct world  *world;
    char          *fixed;   /* the servers we were given; NULL: /etc/resolv.conf */
    int            timeout; /* ms */
    struct channel channels[2];
    unsigned       current; /* which one is asked; the other one ends, or is none */
    bool           stale;   /* /etc/resolv.conf is to be read again, as soon as there is place */
    struct timer   timer;
    struct link    sockets;
};

/* What c-ares carries for us while it asks. */
struct question {
    struct channel *channel;
    name_reply_fn  *fn;
    void           *owner;
};

/* ---- c-ares on the loop ---- */

static void on_timer(struct timer *t, msec now);
static void take_up_file(struct name_servers *n);

static void close_channel(struct channel *c)
{
    if (c->ares != NULL)
        ares_destroy(c->ares);
    c->ares = NULL;
}

static struct channel *former(struct name_servers *n)
{
    return &n->channels[1 - n->current];
}

/* How long until a question of this channel has waited too long, rounded up: a call that
 * comes early would come again at once. */
static msec next_deadline(const struct name_servers *n, const struct channel *c)
{
    struct timeval tv, *wait = c->ares != NULL ? ares_timeout(c->ares, NULL, &tv) : NULL;

    return wait == NULL ? NEVER : n->world->now + (msec)wait->tv_sec * 1000 + (msec)wait->tv_usec / 1000 + 1;
}

static void set_timer(struct name_servers *n)
{
    msec first = next_deadline(n, &n->channels[0]), second = next_deadline(n, &n->channels[1]);

    if (second < first)
        first = second;
    if (former(n)->ares != NULL && former(n)->open == 0)
        first = n->world->now; /* it cannot go from within its own callbacks */
    if (first == NEVER)
        world_timer_stop(n->world, &n->timer);
    else
        world_timer(n->world, &n->timer, on_timer, first);
}

static void on_timer(struct timer *t, msec now)
{
    struct name_servers *n = CONTAINER_OF(t, struct name_servers, timer);

    (void)now;
    for (unsigned i = 0; i < 2; i++)
        if (n->channels[i].ares != NULL)
            ares_process_fd(n->channels[i].ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    if (former(n)->open == 0)
        close_channel(former(n));
    take_up_file(n);
    set_timer(n);
}

static void on_socket_ready(struct watch *watch, unsigned ready)
{
    struct name_socket  *s = CONTAINER_OF(watch, struct name_socket, watch);
    struct name_servers *n = s->channel->servers;

    ares_process_fd(s->channel->ares, ready & (LOOP_READ | LOOP_ERROR) ? s->fd : ARES_SOCKET_BAD,
                    ready & LOOP_WRITE ? s->fd : ARES_SOCKET_BAD);
    set_timer(n);
}

static struct name_socket *socket_find(struct name_servers *n, int fd)
{
    LIST_EACH (l, &n->sockets) {
        struct name_socket *s = CONTAINER_OF(l, struct name_socket, link);

        if (s->fd == fd)
            return s;
    }
    return NULL;
}

static void socket_forget(struct name_servers *n, struct name_socket *s)
{
    watch_stop(n->loop, &s->watch);
    list_unlink(&s->link);
    free(s);
}

/* c-ares wants a descriptor watched otherwise, or (0, 0) will close it.  One that
 * we fail to watch is like a server that does not answer. */
static void on_socket_state(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct channel      *c      = arg;
    struct name_servers *n      = c->servers;
    struct name_socket  *s      = socket_find(n, fd);
    unsigned             wanted = (readable ? LOOP_READ : 0u) | (writable ? LOOP_WRITE : 0u);

    if (s != NULL && wanted == 0) {
        socket_forget(n, s);
    } else if (s != NULL) {
        (void)watch_want(n->loop, &s->watch, wanted);
    } else if (wanted != 0 && (s = calloc(1, sizeof *s)) != NULL) {
        s->channel = c;
        s->fd      = fd;
        list_append(&n->sockets, &s->link);
        if (watch_start(n->loop, &s->watch, fd, wanted, on_socket_ready) != 0)
            socket_forget(n, s);
    }
}

/* ---- channels ---- */

static bool open_channel(struct name_servers *n, struct channel *c)
{
    struct ares_options options = {
        .flags              = ARES_FLAG_EDNS,
        .ednspsz            = EDNS,
        .timeout            = n->timeout,
        .tries              = TRIES,
        .sock_state_cb      = on_socket_state,
        .sock_state_cb_data = c,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;

    *c = (struct channel){ .servers = n };
    if (ares_init_options(&c->ares, &options, mask) != ARES_SUCCESS) {
        c->ares = NULL;
        return false;
    }
    if (n->fixed == NULL || ares_set_servers_ports_csv(c->ares, n->fixed) == ARES_SUCCESS)
        return true;
    close_channel(c);
    return false;
}

/* Its servers in the order of `from`, but the first one last. */
static bool take_rotated(struct channel *c, const struct channel *from)
{
    struct ares_addr_port_node *first, *second, *last;
    bool                        done;

    if (ares_get_servers_ports(from->ares, &first) != ARES_SUCCESS || first == NULL)
        return false;
    second = first->next;
    for (last = first; last->next != NULL;)
        last = last->next;
    last->next  = second != NULL ? first : NULL;
    first->next = NULL;
    first       = second != NULL ? second : first;
    done        = second != NULL && ares_set_servers_ports(c->ares, first) == ARES_SUCCESS;
    ares_free_data(first);
    return done;
}

/* The channel made of `other` is the one to ask from now on. */
static void succeed(struct name_servers *n)
{
    n->current = 1 - n->current;
    set_timer(n);
}

/* The server that was asked first was silent, and another one was not.  While one channel
 * is ending there is no place for a third: what comes then is as slow. */
static void prefer_next(struct name_servers *n)
{
    struct channel *next = former(n);

    if (next->ares != NULL || !open_channel(n, next))
        return;
    if (take_rotated(next, &n->channels[n->current]))
        succeed(n);
    else
        close_channel(next);
}

static void take_up_file(struct name_servers *n)
{
    if (!n->stale || former(n)->ares != NULL || !open_channel(n, former(n)))
        return;
    n->stale = false;
    succeed(n);
}

void name_servers_reload(struct name_servers *n)
{
    n->stale = n->fixed == NULL;
    take_up_file(n);
}

/* ---- questions ---- */

static enum dns_outcome outcome_of(int status)
{
    switch (status) { /* the codes are the library's, and they grow */
    case ARES_ENOTFOUND:
    case ARES_EBADNAME:
        return DNS_NO_NAME;
    case ARES_ENODATA:
        return DNS_NO_RECORD;
    case ARES_ETIMEOUT:
        return DNS_SILENT;
    case ARES_EBADRESP:
    case ARES_EFORMERR:
        return DNS_BROKEN;
    case ARES_ENOMEM:
        return DNS_NO_MEMORY;
    default:
        return DNS_FAILED;
    }
}

/* An answer, good or negative, comes with its message and so with its TTL. */
static bool is_told(int status)
{
    return status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND;
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *bytes, int len)
{
    struct question     *q     = arg;
    struct channel      *c     = q->channel;
    struct name_servers *n     = c->servers;
    struct name_reply    reply = { .timeouts = timeouts > 0 ? (unsigned)timeouts : 0 };

    if (bytes != NULL && len > 0 && is_told(status))
        reply.message = (struct slice){ (const char *)bytes, (size_t)len };
    else
        reply.outcome = outcome_of(status);
    q->fn(q->owner, &reply);
    free(q);
    c->open--;
    if (reply.timeouts > 0 && is_told(status) && c == &n->channels[n->current])
        prefer_next(n);
}

void name_servers_ask(struct name_servers *n, const char *name, enum record_type type, name_reply_fn *fn, void *owner)
{
    struct question *q = calloc(1, sizeof *q);

    if (q == NULL) {
        fn(owner, &(struct name_reply){ .outcome = DNS_NO_MEMORY });
        return;
    }
    take_up_file(n);
    *q = (struct question){ .channel = &n->channels[n->current], .fn = fn, .owner = owner };
    q->channel->open++;
    ares_query(q->channel->ares, name, ns_c_in, (int)type, on_answer, q); /* may answer at once */
    set_timer(n);
}

void name_servers_first(const struct name_servers *n, struct buf *out)
{
    struct ares_addr_port_node *first = NULL;
    struct address              ip;

    if (ares_get_servers_ports(name_servers_channel(n), &first) != ARES_SUCCESS || first == NULL)
        return;
    ip = first->family == AF_INET ? address_from_in(first->addr.addr4, (uint16_t)first->udp_port)
                                  : address_from_in6((const struct in6_addr *)(const void *)&first->addr.addr6,
                                                     (uint16_t)first->udp_port, 0);
    ares_free_data(first);
    if (ip.port == 0)
        ip.port = NS_DEFAULTPORT;
    address_write(out, &ip);
}

struct ares_channeldata *name_servers_channel(const struct name_servers *n)
{
    return n->channels[n->current].ares;
}

/* ---- life ---- */

struct name_servers *name_servers_new(struct loop *loop, struct world *w, const char *servers, msec timeout)
{
    struct name_servers *n = calloc(1, sizeof *n);

    if (n == NULL)
        return NULL;
    n->loop    = loop;
    n->world   = w;
    n->timeout = timeout == 0 || timeout > INT_MAX ? TIMEOUT : (int)timeout;
    list_init(&n->sockets);
    if ((servers != NULL && (n->fixed = strdup(servers)) == NULL) ||
        ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
        free(n->fixed);
        free(n);
        return NULL;
    }
    if (open_channel(n, &n->channels[0]))
        return n;
    name_servers_free(n);
    return NULL;
}

void name_servers_free(struct name_servers *n)
{
    if (n == NULL)
        return;
    for (unsigned i = 0; i < 2; i++)
        close_channel(&n->channels[i]); /* every question ends in on_answer */
    ares_library_cleanup();
    world_timer_stop(n->world, &n->timer);
    while (!list_empty(&n->sockets))
        socket_forget(n, CONTAINER_OF(n->sockets.next, struct name_socket, link));
    free(n->fixed);
    free(n);
}
