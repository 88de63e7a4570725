/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/world_fake_private.h"

#include <stdio.h>

enum { FIRST_PORT = 32768, LAST_PORT = 60999 };

/* ---- hosts ---- */

struct host *network_host(struct network *n, const char *name)
{
    struct host *h;

    LIST_EACH (l, &n->hosts) {
        h = CONTAINER_OF(l, struct host, link);
        if (strcmp(h->name, name) == 0)
            return h;
    }
    h            = alloc_new(sizeof *h);
    h->network   = n;
    h->index     = n->host_count++;
    h->last_port = (uint16_t)(FIRST_PORT + random_below(&n->random, LAST_PORT - FIRST_PORT));
    snprintf(h->name, sizeof h->name, "%s", name);
    list_append(&n->hosts, &h->link);
    return h;
}

const char *host_name(const struct host *h)
{
    return h->name;
}

struct host *network_find_host(struct network *n, const struct address *ip)
{
    LIST_EACH (l, &n->hosts) {
        struct host *h = CONTAINER_OF(l, struct host, link);

        for (unsigned i = 0; i < h->address_count; i++)
            if (address_eq_ip(&h->addresses[i], ip))
                return h;
    }
    return NULL;
}

bool host_has(const struct host *h, const struct address *ip)
{
    for (unsigned i = 0; i < h->address_count; i++)
        if (address_eq_ip(&h->addresses[i], ip))
            return true;
    return address_is_loopback(ip);
}

bool host_add_address(struct host *h, const char *ip)
{
    struct address a;

    if (!address_parse_ip(slice_from(ip), &a) || address_is_any(&a) || address_is_loopback(&a))
        return false;
    if (network_find_host(h->network, &a) == h)
        return true;
    if (network_find_host(h->network, &a) != NULL || h->address_count == HOST_ADDRESSES)
        return false;
    h->addresses[h->address_count++] = a;
    return true;
}

void host_drop_address(struct host *h, const char *ip)
{
    struct address a;

    for (unsigned i = 0; address_parse_ip(slice_from(ip), &a) && i < h->address_count; i++)
        if (address_eq_ip(&h->addresses[i], &a))
            h->addresses[i--] = h->addresses[--h->address_count];
}

struct address host_address(const struct host *h, enum family family)
{
    for (unsigned i = 0; i < h->address_count; i++)
        if (h->addresses[i].family == family)
            return h->addresses[i];
    return (struct address){ .family = FAMILY_NONE };
}

void host_set_down(struct host *h, bool down)
{
    h->down = down;
}

uint16_t host_next_port(struct host *h)
{
    h->last_port = h->last_port >= LAST_PORT ? FIRST_PORT : (uint16_t)(h->last_port + 1);
    return h->last_port;
}

/* ---- binding ---- */

bool address_hears(const struct address *bound, const struct address *address)
{
    return bound->port == address->port && bound->family == address->family &&
           (address_is_any(bound) || address_eq_ip(bound, address));
}

bool fake_worlds_compete(const struct fake_world *a, const struct fake_world *b)
{
    return a->host == b->host && (a == b || a->process != b->process);
}

int fake_bind(struct fake_world *w, struct address *local, taken_fn *taken)
{
    struct host *h = w->host;

    if (!address_is_any(local) && !host_has(h, local))
        return -ERR_NO_ADDRESS;
    if (local->port != 0)
        return taken(w, local) ? -ERR_IN_USE : 0;
    for (unsigned tries = 0; tries <= LAST_PORT - FIRST_PORT; tries++) {
        local->port = host_next_port(h);
        if (!taken(w, local))
            return 0;
    }
    return -ERR_IN_USE;
}

/* ---- many workers ---- */

unsigned host_spread(const struct host *h, const struct packet *p, unsigned count)
{
    uint64_t x = h->network->seed + p->from.port;

    if (count == 1)
        return 0;
    if (h->spread != NULL)
        return h->spread(h->spread_arg, p, count) % count;
    for (size_t i = 0; i < sizeof p->from.ip; i++)
        x = (x ^ p->from.ip[i]) * 0x9e3779b97f4a7c15u;
    return (unsigned)((x >> 32) % count);
}

void host_set_spread(struct host *h, spread_fn *fn, void *arg)
{
    h->spread     = fn;
    h->spread_arg = arg;
}
