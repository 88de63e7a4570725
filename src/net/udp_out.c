/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/udp_private.h"

#include "base/error.h"
#include "base/mix.h"
#include "net/sockaddr.h"

#include <errno.h>
#include <stdlib.h>

enum { PAYLOAD_V4 = 65535 - 20 - 8, PAYLOAD_V6 = 65535 - 8 };

static size_t padded(size_t len)
{
    return (len + sizeof(struct packet) + 7) & ~(size_t)7;
}

void udp_want_flush(struct udp *u)
{
    if (!u->blocked && !link_in_list(&u->unsent))
        list_append(&u->hub->unsent, &u->unsent);
}

/* --- the queue --- */

static struct packet *packet_at(char *at)
{
    return (struct packet *)(void *)at;
}

static struct packet *head_packet(struct udp *u)
{
    return packet_at(u->queue.ptr + u->queue.head);
}

static struct iovec bytes_of(struct packet *p)
{
    return (struct iovec){ (char *)p + sizeof *p, p->len };
}

static void recount(struct udp *u)
{
    world_recount(u->hub->world, ACCOUNT_UDP_QUEUES, &u->accounted, u->queue.cap);
}

/* The first packets that have not been sent yet, as hub->packets. */
static unsigned collect(struct udp *u)
{
    struct slice rest  = queue_bytes(&u->queue);
    char        *at    = u->queue.ptr + u->queue.head;
    const char  *end   = rest.ptr + rest.len;
    unsigned     count = 0;

    for (; at < end && count < UDP_BATCH; at += padded(packet_at(at)->len))
        if (!packet_at(at)->sent)
            u->hub->packets[count++] = packet_at(at);
    return count;
}

/* Drop what has been sent, up to the first that has not. */
static void drop_sent(struct udp *u)
{
    while (!queue_empty(&u->queue) && head_packet(u)->sent)
        queue_drop(&u->queue, padded(head_packet(u)->len));
    u->retried = false;
    recount(u);
}

/* --- one by one --- */

/* `m` has its name; `control` belongs to it from here on. */
static void address_message(const struct udp *u, const struct packet *p, struct msghdr *m, char *control)
{
    m->msg_namelen    = sockaddr_from(m->msg_name, &p->to);
    m->msg_control    = NULL;
    m->msg_controllen = 0;
    if (u->any && p->from.family == u->local.family && !address_is_any(&p->from))
        ancillary_set_source(m, control, &p->from);
}

static void fill_singly(struct udp *u, unsigned count)
{
    struct mailbag *out = &u->hub->out;

    for (unsigned i = 0; i < count; i++) {
        struct msghdr *m = &out->messages[i].msg_hdr;

        out->parts[i] = bytes_of(u->hub->packets[i]);
        m->msg_iov    = &out->parts[i];
        m->msg_iovlen = 1;
        address_message(u, u->hub->packets[i], m, out->control[i]);
    }
}

/* --- in groups: many messages for one address cost the kernel little more than one --- */

/* The bytes of its members, each padded to the size of the group but for the last. */
static size_t fill_segments(struct udp_hub *hub, const struct udp_group *g, struct iovec *at)
{
    size_t used = 0;

    for (unsigned i = 0; i < g->count; i++) {
        struct packet *p = hub->packets[hub->groups.order[g->first + i]];

        at[used++] = bytes_of(p);
        if (p->len < g->size && i + 1 < g->count)
            at[used++] = (struct iovec){ hub->padding, g->size - p->len };
    }
    return used;
}

/* Returns how many messages they are. */
static unsigned fill_groups(struct udp *u, unsigned count)
{
    struct udp_hub  *hub = u->hub;
    struct udp_piece pieces[UDP_BATCH];
    struct iovec    *at = hub->segments;

    for (unsigned i = 0; i < count; i++) {
        const struct packet *p = hub->packets[i];

        pieces[i] = (struct udp_piece){ &p->to, &p->from, p->len, p->may_pad, p->call };
    }
    udp_group(pieces, count, hub->grouping.may_pad != NULL, &hub->groups);
    for (unsigned i = 0; i < hub->groups.count; i++) {
        const struct udp_group *g = &hub->groups.of[i];
        struct msghdr          *m = &hub->out.messages[i].msg_hdr;

        m->msg_iov    = at;
        m->msg_iovlen = fill_segments(hub, g, at);
        at += m->msg_iovlen;
        address_message(u, hub->packets[hub->groups.order[g->first]], m, hub->out.control[i]);
        if (g->count > 1)
            ancillary_set_segment(m, hub->out.control[i], (uint16_t)g->size);
    }
    return hub->groups.count;
}

static void log_no_groups(struct udp *u, int number)
{
    struct log_line line;

    if (!log_begin(&line, u->hub->world->log, LOG_NOTICE, LOG_PART_NET, "udp_gso_off"))
        return;
    log_address(&line, "local", &u->local);
    log_text(&line, "reason", strerror(number));
    log_end(&line);
}

/* Whose error it is shows when they go one by one. */
static void group_failed(struct udp *u, int number)
{
    u->singly = true;
    if (number == EINVAL || number == EIO || number == EMSGSIZE || number == EOPNOTSUPP)
        u->group_error = number;
}

/* A device that cannot cut them, or whose frames are shorter, will not learn it. */
static void give_up_groups(struct udp *u)
{
    u->no_groups = true;
    log_no_groups(u, u->group_error);
}

/* --- the flush --- */

static void mark_sent(struct udp_hub *hub, bool grouped, unsigned messages)
{
    unsigned count = messages;

    if (grouped) /* order[] has the members group by group */
        count = hub->groups.of[messages - 1].first + hub->groups.of[messages - 1].count;
    for (unsigned i = 0; i < count; i++)
        hub->packets[grouped ? hub->groups.order[i] : i]->sent = true;
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
    if (number == u->group_error)
        u->group_error = 0; /* it was of the address, which a peer may have chosen, and not of the group */
    to                   = head_packet(u)->to;
    head_packet(u)->sent = true;
    drop_sent(u);
    if (number == ENOBUFS || number == ENOMEM)
        return true; /* a full device queue: a datagram lost like any other */
    hub->current = u;
    u->events->on_error(u->owner, u, &to, datagram_error(number));
    return hub->current == u;
}

/* False if the socket was closed. */
static bool first_failed(struct udp *u, bool grouped, int number)
{
    if (!grouped || u->hub->groups.of[0].count == 1)
        return head_failed(u, number);
    group_failed(u, number);
    return true;
}

/* Only as many rounds as packets were there at the start, two for each error: a
 * callback that sends again at once must not keep us here.  False if the socket was closed. */
static bool send_queued(struct udp *u)
{
    size_t rounds = 2 * queue_bytes(&u->queue).len / padded(0);

    for (; rounds > 0 && !queue_empty(&u->queue); rounds--) {
        unsigned count   = collect(u);
        bool     grouped = count > 1 && !u->singly;
        int      sent;

        if (grouped)
            count = fill_groups(u, count);
        else
            fill_singly(u, count);
        sent = sendmmsg(u->fd, u->hub->out.messages, count, 0);
        if (sent > 0) {
            mark_sent(u->hub, grouped, (unsigned)sent);
            drop_sent(u);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            u->blocked = watch_want(u->hub->loop, &u->watch, UDP_READY | LOOP_WRITE) == 0;
            return true;
        } else if (errno != EINTR && !first_failed(u, grouped, errno)) {
            return false;
        }
    }
    return true;
}

static void flush_socket(struct udp *u)
{
    u->singly      = u->no_groups;
    u->group_error = 0;
    if (send_queued(u) && u->group_error != 0)
        give_up_groups(u);
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

bool udp_send_early(struct udp *u)
{
    struct udp_hub *hub = u->hub;

    if (!link_in_list(&u->unsent))
        return true;
    list_unlink(&u->unsent);
    flush_socket(u);
    return hub->current == u;
}

bool udp_waiting(const struct udp_hub *hub)
{
    return !list_empty(&hub->unsent);
}

/* --- in --- */

/* What is sent now belongs to the call that is in hand. */
static uint8_t call_in_hand(const struct world *w)
{
    static const struct hash_key open = { 0x9e3779b97f4a7c15, 0xd1b54a32d192ed03 }; /* no secret: see UDP_GROUP_CALLS */
    struct slice                 id   = in_hand_get(&w->in_hand);

    return id.len > 0 ? (uint8_t)(1 + mix_text(id.len, id, &open) % (UDP_GROUP_CALLS - 1)) : 0;
}

int udp_send(struct udp *u, const struct address *from, const struct address *to, const struct slice *parts,
             size_t count)
{
    struct packet p = { .to = *to };
    char         *at, *bytes;

    for (size_t i = 0; i < count; i++)
        p.len += parts[i].len;
    if (p.len > (to->family == FAMILY_4 ? (size_t)PAYLOAD_V4 : (size_t)PAYLOAD_V6))
        return -ERR_TOO_LARGE;
    if (from != NULL)
        p.from = *from;
    p.call = u->hub->grouping.by_call ? call_in_hand(u->hub->world) : 0;
    at     = queue_room(&u->queue, padded(p.len), u->hub->queue_limit);
    if (at == NULL)
        return -ERR_LIMIT;
    bytes = at + sizeof p;
    for (size_t i = 0, done = 0; i < count; done += parts[i++].len)
        if (parts[i].len > 0)
            memcpy(bytes + done, parts[i].ptr, parts[i].len);
    if (u->hub->grouping.may_pad != NULL && p.len <= UDP_GROUP_SEGMENT)
        p.may_pad = u->hub->grouping.may_pad((struct slice){ bytes, p.len });
    memcpy(at, &p, sizeof p);
    queue_added(&u->queue, padded(p.len));
    recount(u);
    udp_want_flush(u);
    return 0;
}

/* One by one: the hub's batch may be under way around us. */
void udp_send_last(struct udp *u)
{
    struct iovec                  part;
    struct sockaddr_storage       name;
    struct msghdr                 m = { .msg_iov = &part, .msg_iovlen = 1, .msg_name = &name };
    _Alignas(struct cmsghdr) char control[ANCILLARY];

    for (drop_sent(u); !queue_empty(&u->queue); drop_sent(u)) {
        part = bytes_of(head_packet(u));
        address_message(u, head_packet(u), &m, control);
        if (sendmsg(u->fd, &m, MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        head_packet(u)->sent = true;
    }
    queue_fini(&u->queue);
    recount(u);
}

void udp_prepare_out(struct udp_hub *hub)
{
    for (unsigned i = 0; i < UDP_BATCH; i++)
        hub->out.messages[i].msg_hdr = (struct msghdr){ .msg_name = &hub->out.names[i] };
    for (size_t i = 0; i < sizeof hub->padding; i++)
        hub->padding[i] = i % 2 == 0 ? '\r' : '\n';
}
