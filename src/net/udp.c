/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/udp.h"

#include "base/error.h"
#include "net/ancillary.h"
#include "net/queue.h"
#include "net/sockaddr.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    BATCH       = 64,
    ROUNDS      = 4,                 /* batches per readiness, so that one socket cannot starve the others */
    SLOT        = 65536 + 2048 + 64, /* no power of two: slots would share their lines of the caches */
    PAYLOAD_V4  = 65535 - 20 - 8,
    PAYLOAD_V6  = 65535 - 8,
    LONGEST     = 65536,
    ERROR_SPACE = 512,
};

struct udp {
    struct udp_hub          *hub;
    struct watch             watch;
    struct link              member; /* hub->sockets                                */
    struct link              unsent; /* hub->unsent, while something may be sent now */
    const struct udp_events *events;
    void                    *owner;
    struct address           local;
    int                      fd;
    bool                     any;       /* bound to a wildcard: PKTINFO says what was hit   */
    bool                     blocked;   /* the kernel takes no more: wait for LOOP_WRITE    */
    bool                     retried;   /* the head packet has met an error that may be old */
    struct queue             queue;     /* of struct packet, each followed by its bytes     */
    size_t                   accounted; /* bytes of it */
};

struct packet {
    struct address from, to;
    size_t         len;
};

/* What the kernel reads and writes by, prepared once.  What it changes is put back. */
struct mailbag {
    struct mmsghdr          messages[BATCH];
    struct iovec            parts[BATCH];
    struct sockaddr_storage names[BATCH];
    _Alignas(struct cmsghdr) char control[BATCH][ANCILLARY];
};

struct udp_hub {
    struct loop        *loop;
    struct world       *world;
    size_t              queue_limit; /* bytes that may wait for one socket */
    struct descriptors *ahead;
    unsigned            worker;
    struct udp         *current; /* whose callback runs; NULL once that has closed it */
    struct link         sockets, unsent;
    struct mailbag      in, out;
    char               *slots; /* BATCH of SLOT bytes, touched only as far as datagrams reach */
};

/* --- in --- */

static void prepare(struct udp_hub *hub)
{
    for (unsigned i = 0; i < BATCH; i++) {
        hub->in.parts[i]            = (struct iovec){ hub->slots + (size_t)i * SLOT, LONGEST };
        hub->in.messages[i].msg_hdr = (struct msghdr){
            .msg_name       = &hub->in.names[i],
            .msg_namelen    = sizeof hub->in.names[i],
            .msg_iov        = &hub->in.parts[i],
            .msg_iovlen     = 1,
            .msg_control    = hub->in.control[i],
            .msg_controllen = ANCILLARY,
        };
        hub->out.messages[i].msg_hdr = (struct msghdr){
            .msg_name   = &hub->out.names[i],
            .msg_iov    = &hub->out.parts[i],
            .msg_iovlen = 1,
        };
    }
}

static void put_back(struct mailbag *in, int count)
{
    for (int i = 0; i < count; i++) {
        in->messages[i].msg_hdr.msg_namelen    = sizeof in->names[i];
        in->messages[i].msg_hdr.msg_controllen = ANCILLARY;
    }
}

/* False if the socket was closed meanwhile. */
static bool deliver(struct udp *u, int count)
{
    struct udp_hub *hub = u->hub;

    for (int i = 0; i < count; i++) {
        struct mmsghdr *m = &hub->in.messages[i];
        struct datagram d = {
            .remote = address_from_sockaddr(&hub->in.names[i]),
            .local  = u->any ? ancillary_hit(&m->msg_hdr, &u->local) : u->local,
            .bytes  = { hub->in.parts[i].iov_base, m->msg_len },
        };

        u->events->on_datagram(u->owner, u, &d);
        if (hub->current != u)
            return false;
    }
    return true;
}

static void receive(struct udp *u)
{
    struct udp_hub *hub = u->hub;

    for (unsigned round = 0; round < ROUNDS; round++) {
        int  count = recvmmsg(u->fd, hub->in.messages, BATCH, 0, NULL);
        bool open;

        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        open = deliver(u, count); /* an error is an ICMP one that the error queue has told, too */
        put_back(&hub->in, count);
        if (!open || (count >= 0 && count < BATCH))
            return;
    }
}

/* Drain the error queue (ip(7), IP_RECVERR); the name of an entry is where the
 * datagram that failed was going. */
static void receive_errors(struct udp *u)
{
    struct udp_hub               *hub = u->hub;
    _Alignas(struct cmsghdr) char control[ERROR_SPACE];

    for (unsigned i = 0; i < BATCH * ROUNDS; i++) {
        struct sockaddr_storage name = { .ss_family = AF_UNSPEC };
        struct msghdr           m    = {
                         .msg_name       = &name,
                         .msg_namelen    = sizeof name,
                         .msg_control    = control,
                         .msg_controllen = sizeof control,
        };
        struct address remote;
        int            error;

        if (recvmsg(u->fd, &m, MSG_ERRQUEUE) < 0)
            return;
        remote = address_from_sockaddr(&name);
        error  = ancillary_error(&m);
        if (error == 0 || remote.family == FAMILY_NONE)
            continue;
        u->events->on_error(u->owner, u, &remote, error);
        if (hub->current != u)
            return;
    }
}

/* --- out --- */

static size_t padded(size_t len)
{
    return (len + sizeof(struct packet) + 7) & ~(size_t)7;
}

static void want_flush(struct udp *u)
{
    if (!u->blocked && !link_in_list(&u->unsent))
        list_append(&u->hub->unsent, &u->unsent);
}

static struct packet *packet_at(char *at)
{
    return (struct packet *)(void *)at;
}

/* `m` has its iovec and its name; `control` belongs to it from here on. */
static void fill_message(const struct udp *u, struct packet *p, struct msghdr *m, char *control)
{
    *m->msg_iov       = (struct iovec){ (char *)p + sizeof *p, p->len };
    m->msg_namelen    = sockaddr_from(m->msg_name, &p->to);
    m->msg_control    = NULL;
    m->msg_controllen = 0;
    if (u->any && p->from.family == u->local.family && !address_is_any(&p->from))
        ancillary_set_source(m, control, &p->from);
}

/* Up to BATCH packets from the head of the queue into hub->out. */
static unsigned gather(struct udp *u)
{
    struct mailbag *out   = &u->hub->out;
    struct slice    rest  = queue_bytes(&u->queue);
    char           *at    = u->queue.ptr + u->queue.head;
    const char     *end   = rest.ptr + rest.len;
    unsigned        count = 0;

    for (; at < end && count < BATCH; count++) {
        struct packet *p = packet_at(at);

        fill_message(u, p, &out->messages[count].msg_hdr, out->control[count]);
        at += padded(p->len);
    }
    return count;
}

static struct packet *head_packet(struct udp *u)
{
    return packet_at(u->queue.ptr + u->queue.head);
}

static void recount(struct udp *u)
{
    world_recount(u->hub->world, ACCOUNT_UDP_QUEUES, &u->accounted, u->queue.cap);
}

static void drop_packets(struct udp *u, unsigned count)
{
    char *from = u->queue.ptr + u->queue.head, *at = from;

    for (unsigned i = 0; i < count; i++)
        at += padded(packet_at(at)->len);
    queue_drop(&u->queue, (size_t)(at - from));
    u->retried = false;
    recount(u);
}

/* The first packet met an error.  Linux gives a send the error that ICMP brought
 * for an earlier datagram to someone else, so only the second is its own.
 * False if the socket was closed in the callback. */
static bool head_failed(struct udp *u, int number)
{
    struct udp_hub *hub = u->hub;
    struct address  to;

    if (!u->retried) {
        u->retried = true;
        return true;
    }
    to = head_packet(u)->to;
    drop_packets(u, 1);
    if (number == ENOBUFS || number == ENOMEM)
        return true; /* a full device queue: a datagram lost like any other */
    hub->current = u;
    u->events->on_error(u->owner, u, &to, datagram_error(number));
    return hub->current == u;
}

/* Only as many rounds as packets were there at the start, two for each error: a
 * callback that sends again at once must not keep us here. */
static void flush_socket(struct udp *u)
{
    size_t rounds = 2 * queue_bytes(&u->queue).len / padded(0);

    for (; rounds > 0 && !queue_empty(&u->queue); rounds--) {
        int sent = sendmmsg(u->fd, u->hub->out.messages, gather(u), 0);

        if (sent > 0)
            drop_packets(u, (unsigned)sent);
        else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            u->blocked = watch_want(u->hub->loop, &u->watch, LOOP_READ | LOOP_ERROR | LOOP_WRITE) == 0;
            return;
        } else if (errno != EINTR && !head_failed(u, errno))
            return;
    }
}

void udp_flush(struct udp_hub *hub)
{
    struct link waiting; /* what is queued by a callback is for the next turn */

    list_init(&waiting);
    for (struct link *l; (l = list_shift(&hub->unsent)) != NULL;)
        list_append(&waiting, l);
    for (struct link *l; (l = list_shift(&waiting)) != NULL;)
        flush_socket(CONTAINER_OF(l, struct udp, unsent));
    hub->current = NULL;
}

bool udp_waiting(const struct udp_hub *hub)
{
    return !list_empty(&hub->unsent);
}

/* --- the socket --- */

static void on_ready(struct watch *watch, unsigned ready)
{
    struct udp     *u   = CONTAINER_OF(watch, struct udp, watch);
    struct udp_hub *hub = u->hub;

    hub->current = u;
    if (ready & LOOP_WRITE && u->blocked) {
        u->blocked = false;
        (void)watch_want(hub->loop, &u->watch, LOOP_READ | LOOP_ERROR);
        want_flush(u);
    }
    if (ready & LOOP_ERROR)
        receive_errors(u);
    if (hub->current == u && ready & (LOOP_READ | LOOP_ERROR))
        receive(u);
    hub->current = NULL;
}

int udp_open(struct udp_hub *hub, const struct address *local, const struct udp_events *events, void *owner,
             struct udp **out)
{
    struct udp *u  = calloc(1, sizeof *u);
    int         fd = u == NULL ? -ERR_LIMIT : descriptors_open(hub->ahead, hub->worker, SOCK_DGRAM, local);
    int         error;

    if (fd < 0) {
        free(u);
        return fd;
    }
    *u     = (struct udp){ .hub = hub, .events = events, .owner = owner, .local = socket_local(fd), .fd = fd };
    u->any = address_is_any(&u->local);
    list_append(&hub->sockets, &u->member);
    error = u->local.family == FAMILY_NONE ? -ERR_NO_ADDRESS : 0;
    if (error == 0)
        error = watch_start(hub->loop, &u->watch, u->fd, LOOP_READ | LOOP_ERROR, on_ready);
    if (error != 0) {
        udp_close(u);
        return error;
    }
    *out = u;
    return 0;
}

struct address udp_local(const struct udp *u)
{
    return u->local;
}

int udp_send(struct udp *u, const struct address *from, const struct address *to, const struct slice *parts,
             size_t count)
{
    struct packet p = { .to = *to };
    char         *at;

    for (size_t i = 0; i < count; i++)
        p.len += parts[i].len;
    if (p.len > (to->family == FAMILY_4 ? (size_t)PAYLOAD_V4 : (size_t)PAYLOAD_V6))
        return -ERR_TOO_LARGE;
    if (from != NULL)
        p.from = *from;
    at = queue_room(&u->queue, padded(p.len), u->hub->queue_limit);
    if (at == NULL)
        return -ERR_LIMIT;
    memcpy(at, &p, sizeof p);
    at += sizeof p;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > 0)
            memcpy(at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
    }
    queue_added(&u->queue, padded(p.len));
    recount(u);
    want_flush(u);
    return 0;
}

/* A last word (a BYE, a final response) goes before the socket does, if the kernel
 * takes it at once.  One by one: the hub's batch may be under way around us. */
static void send_last(struct udp *u)
{
    struct iovec                  part;
    struct sockaddr_storage       name;
    struct msghdr                 m = { .msg_iov = &part, .msg_iovlen = 1, .msg_name = &name };
    _Alignas(struct cmsghdr) char control[ANCILLARY];

    for (; !queue_empty(&u->queue); drop_packets(u, 1)) {
        fill_message(u, head_packet(u), &m, control);
        if (sendmsg(u->fd, &m, MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
    }
}

void udp_close(struct udp *u)
{
    send_last(u);
    if (u->hub->current == u)
        u->hub->current = NULL;
    watch_stop(u->hub->loop, &u->watch);
    list_unlink(&u->unsent);
    list_unlink(&u->member);
    queue_fini(&u->queue);
    recount(u);
    close(u->fd);
    free(u);
}

/* --- the hub --- */

struct udp_hub *udp_hub_new(struct loop *loop, struct world *w, size_t queue_limit, struct descriptors *ahead,
                            unsigned worker)
{
    struct udp_hub *hub = calloc(1, sizeof *hub);

    if (hub == NULL)
        return NULL;
    hub->loop        = loop;
    hub->world       = w;
    hub->queue_limit = queue_limit != 0 ? queue_limit : UDP_QUEUE;
    hub->ahead       = ahead;
    hub->worker      = worker;
    hub->slots       = malloc((size_t)BATCH * SLOT);
    list_init(&hub->sockets);
    list_init(&hub->unsent);
    if (hub->slots == NULL) {
        free(hub);
        return NULL;
    }
    prepare(hub);
    return hub;
}

void udp_hub_free(struct udp_hub *hub)
{
    if (hub == NULL)
        return;
    while (!list_empty(&hub->sockets))
        udp_close(CONTAINER_OF(hub->sockets.next, struct udp, member));
    free(hub->slots);
    free(hub);
}
