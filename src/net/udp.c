/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/udp_private.h"

#include "base/error.h"
#include "net/sockaddr.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    ROUNDS      = 4,                 /* batches per readiness, so that one socket cannot starve the others */
    SLOT        = 65536 + 2048 + 64, /* no power of two: slots would share their lines of the caches */
    LONGEST     = 65536,
    ERROR_SPACE = 512,
    STANDING    = 50, /* ms without being found empty after which what is read is asked for its age */
    AT_ONCE     = 40, /* ms */
};

/* --- in --- */

static void prepare_in(struct udp_hub *hub)
{
    for (unsigned i = 0; i < UDP_BATCH; i++) {
        hub->in.parts[i]            = (struct iovec){ hub->slots + (size_t)i * SLOT, LONGEST };
        hub->in.messages[i].msg_hdr = (struct msghdr){
            .msg_name       = &hub->in.names[i],
            .msg_namelen    = sizeof hub->in.names[i],
            .msg_iov        = &hub->in.parts[i],
            .msg_iovlen     = 1,
            .msg_control    = hub->in.control[i],
            .msg_controllen = ANCILLARY,
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

/* Those that came together are over for who hears them, and what he has said to that leaves.  False if the socket was
 * closed meanwhile. */
static bool end_portion(struct udp *u)
{
    struct udp_hub *hub = u->hub;

    hub->portion = 0;
    if (u->events->on_batch_end != NULL)
        u->events->on_batch_end(u->owner, u);
    return hub->current == u;
}

/* False if the socket was closed meanwhile. */
static bool deliver_one(struct udp *u, const struct datagram *d)
{
    struct udp_hub *hub = u->hub;

    if (hub->portion == UDP_PORTION && !(end_portion(u) && udp_send_early(u)))
        return false;
    hub->portion++;
    u->events->on_datagram(u->owner, u, d);
    return hub->current == u;
}

/* What the kernel has for one slot: a datagram, or many of one sender and one length, but for the last, which came
 * together (UDP_GRO).  Adds to `*heard` how many.  False if the socket was closed meanwhile. */
static bool deliver_slot(struct udp *u, unsigned slot, unsigned *heard)
{
    struct udp_hub *hub  = u->hub;
    struct mmsghdr *m    = &hub->in.messages[slot];
    struct slice    rest = { hub->in.parts[slot].iov_base, m->msg_len };
    size_t          size = ancillary_segment(&m->msg_hdr, rest.len);
    bool            open;
    struct datagram d = {
        .remote = address_from_sockaddr(&hub->in.names[slot]),
        .local  = u->any ? ancillary_hit(&m->msg_hdr, &u->local) : u->local,
    };

    do {
        d.bytes = (struct slice){ rest.ptr, rest.len < size ? rest.len : size };
        rest    = (struct slice){ rest.ptr + d.bytes.len, rest.len - d.bytes.len };
        ++*heard;
        open = deliver_one(u, &d);
    } while (rest.len > 0 && open);
    return open;
}

/* Adds to `*heard`.  False if the socket was closed meanwhile. */
static bool deliver(struct udp *u, int count, unsigned *heard)
{
    u->hub->portion = 0;
    for (int i = 0; i < count; i++)
        if (!deliver_slot(u, (unsigned)i, heard))
            return false;
    return count <= 0 || end_portion(u);
}

/* It is empty, or it still was not when its part of the turn was over. */
static void note_unread(struct udp *u, bool empty)
{
    if (empty)
        u->unread_since = 0;
    else if (u->unread_since == 0)
        u->unread_since = u->hub->world->now;
}

/* How many slots to read, by how much came in each of the last ones: what is read has to be delivered, and 64 slots
 * may hold 4,096 datagrams, for whose answers there is no room in one turn. */
static unsigned slots_for(const struct udp *u)
{
    unsigned slots = u->per_slot > 0 ? ROUNDS * UDP_BATCH / u->per_slot : UDP_BATCH;

    return slots == 0 ? 1 : slots < UDP_BATCH ? slots : UDP_BATCH;
}

static void receive(struct udp *u)
{
    struct udp_hub *hub   = u->hub;
    unsigned        heard = 0;

    for (unsigned round = 0; round < ROUNDS && heard < ROUNDS * UDP_BATCH; round++) {
        unsigned before = heard, slots = slots_for(u);
        int      count = recvmmsg(u->fd, hub->in.messages, slots, 0, NULL);
        bool     open;

        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            note_unread(u, true);
            return;
        }
        open = deliver(u, count, &heard); /* an error is an ICMP one that the error queue has told, too */
        put_back(&hub->in, count);
        if (!open)
            return;
        if (count > 0)
            u->per_slot = (heard - before) / (unsigned)count;
        if (count >= 0 && (unsigned)count < slots) {
            note_unread(u, true);
            return;
        }
    }
    note_unread(u, false);
}

/* What the kernel says of a socket is two numbers that cost a system call, and are asked for ten
 * times a second; a time of arrival with each datagram would cost all of them.  `bytes` are what waits;
 * `lost` grows by what was lost since it was asked last: a socket takes its count along when it is closed, and
 * brings one that was here before us.  False if it does not say. */
static bool ask_unread(struct udp *u, uint32_t *bytes, uint64_t *lost)
{
    uint32_t  info[SK_MEMINFO_VARS] = { 0 };
    socklen_t size                  = sizeof info;

    if (getsockopt(u->fd, SOL_SOCKET, SO_MEMINFO, info, &size) != 0)
        return false; /* a kernel before 4.12: how long it waits is known, how much and what is lost is not */
    *lost += info[SK_MEMINFO_DROPS] - u->drops;
    u->drops = info[SK_MEMINFO_DROPS];
    *bytes   = info[SK_MEMINFO_RMEM_ALLOC];
    return true;
}

/* Has the datagram that was read last come just before?  The kernel notes when one comes from the first time on that it
 * is asked, and gives the present where it does not know. */
static bool is_read_at_once(const struct udp *u)
{
    struct timespec came, now;

    if (ioctl(u->fd, SIOCGSTAMPNS, &came) != 0 || clock_gettime(CLOCK_REALTIME, &now) != 0)
        return false;
    return (now.tv_sec - came.tv_sec) * INT64_C(1000) + (now.tv_nsec - came.tv_nsec) / 1000000 < AT_ONCE;
}

/* What a turn has read to the last datagram may have been all: then nothing comes that shows it.  And where hundreds
 * have a call each under way a socket is never found empty, although nothing waits in it for more than some
 * milliseconds: 400 at once were refused nine calls of ten. */
static void look_at(struct udp *u, struct backlog *b)
{
    uint32_t bytes = 0;
    msec     waited;

    if (ask_unread(u, &bytes, &b->lost) && bytes == 0)
        u->unread_since = 0;
    waited = u->unread_since == 0 ? 0 : u->hub->world->now - u->unread_since;
    if (waited >= STANDING && is_read_at_once(u))
        u->unread_since = waited = 0;
    if (b->waited < waited)
        b->waited = waited;
    b->bytes += bytes;
}

/* What this thread, which is the world's, has used since the first look: the main thread has done all that starts the
 * program, which is no load. */
static void note_processor(struct udp_hub *hub)
{
    struct timespec t;
    uint64_t        used;

    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) != 0)
        return;
    used = (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
    if (hub->processor != 0 && used > hub->processor)
        counter_add(&hub->world->counters.worker_processor_time, used - hub->processor);
    hub->processor = used;
}

void udp_look(struct udp_hub *hub)
{
    struct backlog b = { .looks = hub->world->backlog.looks + 1, .lost = hub->world->backlog.lost };

    if (hub->world->now - hub->looked_at < OVERLOAD_LOOK)
        return;
    hub->looked_at = hub->world->now;
    note_processor(hub);
    LIST_EACH (l, &hub->sockets)
        look_at(CONTAINER_OF(l, struct udp, member), &b);
    hub->world->backlog = b;
}

/* Drain the error queue (ip(7), IP_RECVERR); the name of an entry is where the
 * datagram that failed was going. */
static void receive_errors(struct udp *u)
{
    struct udp_hub               *hub = u->hub;
    _Alignas(struct cmsghdr) char control[ERROR_SPACE];

    for (unsigned i = 0; i < UDP_BATCH * ROUNDS; i++) {
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

/* --- the socket --- */

static void on_ready(struct watch *watch, unsigned ready)
{
    struct udp     *u   = CONTAINER_OF(watch, struct udp, watch);
    struct udp_hub *hub = u->hub;

    hub->current = u;
    if (ready & LOOP_WRITE && u->blocked) {
        u->blocked = false;
        (void)watch_want(hub->loop, &u->watch, UDP_READY);
        udp_want_flush(u);
    }
    if (ready & LOOP_ERROR)
        receive_errors(u);
    if (hub->current == u && ready & UDP_READY)
        receive(u);
    hub->current = NULL;
}

int udp_open(struct udp_hub *hub, const struct address *local, const struct udp_events *events, void *owner,
             struct udp **out)
{
    uint32_t    bytes;
    uint64_t    before = 0;
    struct udp *u      = calloc(1, sizeof *u);
    int         fd     = u == NULL ? -ERR_LIMIT : descriptors_open(hub->ahead, hub->worker, SOCK_DGRAM, local);
    int         error;

    if (fd < 0) {
        free(u);
        return fd;
    }
    *u           = (struct udp){ .hub = hub, .events = events, .owner = owner, .local = socket_local(fd), .fd = fd };
    u->any       = address_is_any(&u->local);
    u->no_groups = !socket_can_segment(fd);
    (void)ask_unread(u, &bytes, &before); /* of a socket that was inherited: not lost by us */
    list_append(&hub->sockets, &u->member);
    error = u->local.family == FAMILY_NONE ? -ERR_NO_ADDRESS : 0;
    if (error == 0)
        error = watch_start(hub->loop, &u->watch, u->fd, UDP_READY, on_ready);
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

/* A last word (a BYE, a final response) goes before the socket does, if the kernel takes it
 * at once. */
void udp_close(struct udp *u)
{
    udp_send_last(u);
    if (u->hub->current == u)
        u->hub->current = NULL;
    watch_stop(u->hub->loop, &u->watch);
    list_unlink(&u->unsent);
    list_unlink(&u->member);
    close(u->fd);
    free(u);
}

/* The kernel asks a program which of the sockets at one address gets a datagram: this one says, the first that was
 * bound.  To take it away needs Linux 5.3; where that cannot be done it is not begun. */
int udp_steer(struct udp *u, bool here)
{
    struct sock_filter first   = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog  program = { 1, &first };
    int                none    = 0;

    if (u->hub->worker != 0 || descriptors_are_shared(u->hub->ahead, SOCK_DGRAM, &u->local) ||
        (setsockopt(u->fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &none, sizeof none) != 0 && errno != ENOENT))
        return -ERR_UNSUPPORTED;
    if (here && setsockopt(u->fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) != 0)
        return -ERR_UNSUPPORTED;
    return 0;
}

/* --- the hub --- */

struct udp_hub *udp_hub_new(struct loop *loop, struct world *w, size_t queue_limit, struct descriptors *ahead,
                            unsigned worker, struct udp_grouping grouping)
{
    struct udp_hub *hub = calloc(1, sizeof *hub);

    if (hub == NULL)
        return NULL;
    hub->loop        = loop;
    hub->world       = w;
    hub->queue_limit = queue_limit != 0 ? queue_limit : UDP_QUEUE;
    hub->ahead       = ahead;
    hub->worker      = worker;
    hub->grouping    = grouping;
    hub->slots       = malloc((size_t)UDP_BATCH * SLOT);
    list_init(&hub->sockets);
    list_init(&hub->unsent);
    if (hub->slots == NULL) {
        free(hub);
        return NULL;
    }
    prepare_in(hub);
    udp_prepare_out(hub);
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
