/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/world_fake_private.h"

#include <stdlib.h>

static const struct path default_path = { .delay = 1 };

void network_observe(struct network *n, packet_fn *fn, void *arg)
{
    n->observer     = fn;
    n->observer_arg = arg;
}

void packet_show(struct network *n, struct packet *p, enum packet_stage stage)
{
    p->stage = stage;
    p->at    = n->now;
    if (n->observer != NULL)
        n->observer(n->observer_arg, p);
}

bool network_chance(struct network *n, unsigned in_a_thousand)
{
    return in_a_thousand > 0 && random_below(&n->random, 1000) < in_a_thousand;
}

/* ---- paths ---- */

void network_set_path(struct network *n, const struct host *from, const struct host *to, const struct path *path)
{
    for (size_t i = 0; i < n->rule_count; i++)
        if (n->rules[i].from == from && n->rules[i].to == to) {
            /* Out of the middle and to the end: the latest counts. */
            memmove(&n->rules[i], &n->rules[i + 1], (n->rule_count - i - 1) * sizeof n->rules[0]);
            n->rule_count--;
            break;
        }
    if (n->rule_count == PATH_RULES)
        abort();
    n->rules[n->rule_count++] = (struct path_rule){ from, to, *path };
}

struct path network_path(const struct network *n, const struct host *from, const struct host *to)
{
    if (from == to)
        return (struct path){ 0 };
    for (size_t i = n->rule_count; i > 0; i--) {
        const struct path_rule *r = &n->rules[i - 1];

        if ((r->from == NULL || r->from == from) && (r->to == NULL || r->to == to))
            return r->path;
    }
    return default_path;
}

msec path_transit(struct network *n, const struct path *path)
{
    return path->delay + (path->jitter > 0 ? random_below(&n->random, (uint32_t)path->jitter + 1) : 0);
}

/* ---- faults ---- */

void network_add_fault(struct network *n, const struct fault *f)
{
    struct fault_entry *entry = alloc_new(sizeof *entry);

    entry->fault = *f;
    list_append(&n->faults, &entry->link);
}

static bool fault_is_over(const struct fault_entry *entry)
{
    return entry->seen + 1 >= entry->fault.first + entry->fault.count;
}

size_t network_faults_left(const struct network *n)
{
    size_t left = 0;

    LIST_EACH (l, &n->faults)
        left += !fault_is_over(CONTAINER_OF(l, struct fault_entry, link));
    return left;
}

bool network_first_fault_is_over(const struct network *n)
{
    return list_empty(&n->faults) || fault_is_over(CONTAINER_OF(n->faults.next, struct fault_entry, link));
}

static bool fault_strikes(struct fault_entry *entry, const struct packet *p)
{
    const struct fault *f = &entry->fault;

    if ((f->from != NULL && f->from != p->from_host) || (f->to != NULL && f->to != p->to_host) ||
        (f->matches != NULL && !f->matches(f->arg, p)))
        return false;
    entry->seen++;
    return entry->seen >= f->first && entry->seen < f->first + f->count;
}

bool network_refuses(struct network *n, const struct packet *p)
{
    bool refused = false;

    LIST_EACH (l, &n->faults) {
        struct fault_entry *entry = CONTAINER_OF(l, struct fault_entry, link);

        refused = (entry->fault.action == FAULT_REFUSE && fault_strikes(entry, p)) || refused;
    }
    return refused;
}

/* ---- the way of one datagram ---- */

struct fate {
    unsigned copies;
    msec     extra;
};

static struct fate faults_apply(struct network *n, const struct packet *p)
{
    struct fate fate = { 1, 0 };

    LIST_EACH (l, &n->faults) {
        struct fault_entry *entry = CONTAINER_OF(l, struct fault_entry, link);

        if (entry->fault.action == FAULT_REFUSE || !fault_strikes(entry, p))
            continue;
        switch (entry->fault.action) {
        case FAULT_DROP:
            return (struct fate){ 0, 0 };
        case FAULT_DUPLICATE:
            fate.copies = 2;
            break;
        case FAULT_DELAY:
            fate.extra += entry->fault.delay;
            break;
        case FAULT_REFUSE:
            break;
        }
    }
    return fate;
}

/* Long enough for what is sent after it to overtake. */
static msec reorder_hold(struct network *n, const struct path *path)
{
    return path->delay + path->jitter + 1 + random_below(&n->random, 40);
}

static struct fate datagram_fate(struct network *n, const struct packet *p, const struct path *path)
{
    struct fate fate = faults_apply(n, p);

    if (path->cut || network_chance(n, path->loss))
        fate.copies = 0;
    if (fate.copies > 0 && network_chance(n, path->duplicate))
        fate.copies++;
    return fate;
}

static struct event *event_copy(struct network *n, const struct event *e)
{
    struct event *copy   = event_new(n, e->packet.bytes.len);
    uint64_t      number = e->packet.number;

    copy->packet           = e->packet;
    copy->packet.number    = number;
    copy->packet.bytes.ptr = copy->bytes;
    memcpy(copy->bytes, e->bytes, e->packet.bytes.len);
    return copy;
}

void datagram_route(struct network *n, struct event *e, arrive_fn *arrive, arrive_fn *unreachable)
{
    const struct packet *p    = &e->packet;
    struct path          path = network_path(n, p->from_host, p->to_host);
    struct fate          fate;

    packet_show(n, &e->packet, PACKET_SENT);
    fate = datagram_fate(n, p, &path);
    if (fate.copies == 0) {
        packet_show(n, &e->packet, PACKET_LOST);
        event_free(e);
        return;
    }
    for (unsigned i = 0; i < fate.copies; i++) {
        struct event *copy = i + 1 < fate.copies ? event_copy(n, e) : e;
        msec          at   = n->now + path_transit(n, &path) + fate.extra;

        if (network_chance(n, path.reorder))
            at += reorder_hold(n, &path);
        event_schedule(n, copy, at, p->from_host, p->to_host == NULL ? unreachable : arrive);
    }
}
