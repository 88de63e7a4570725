/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/binding_common.h"

#include <assert.h>
#include <stdlib.h>

enum { CHAIN_MAX = 8 };

static size_t size_of(const struct binding_common *c)
{
    return sizeof *c + c->user_agent + c->path;
}

static bool is_of(const struct binding_common *c, uint64_t hash, const struct flow *flow, struct slice user_agent,
                  struct slice path)
{
    return c->hash == hash && c->transport == flow->transport && c->listener == flow->listener &&
           c->local.family == flow->local.family && address_eq(&c->local, &flow->local) &&
           slice_eq(binding_common_user_agent(c), user_agent) && slice_eq(binding_common_path(c), path);
}

static struct binding_common *common_new(const struct flow *flow, struct slice user_agent, struct slice path)
{
    struct binding_common *c = malloc(sizeof *c + user_agent.len + path.len);

    if (c == NULL)
        return NULL;
    *c = (struct binding_common){ .holders    = 1,
                                  .transport  = (uint8_t)flow->transport,
                                  .listener   = flow->listener,
                                  .local      = flow->local,
                                  .user_agent = (uint16_t)user_agent.len,
                                  .path       = (uint16_t)path.len };
    if (user_agent.len > 0)
        memcpy(c->texts, user_agent.ptr, user_agent.len);
    if (path.len > 0)
        memcpy(c->texts + user_agent.len, path.ptr, path.len);
    return c;
}

static struct binding_common **chain_of(struct binding_commons *all, uint64_t hash)
{
    return &all->chains[hash % COMMON_CHAINS];
}

struct binding_common *binding_common_hold(struct binding_commons *all, const struct flow *flow,
                                           struct slice user_agent, struct slice path)
{
    uint64_t                hash  = siphash(&all->key, user_agent) ^ siphash(&all->key, path) * 3;
    struct binding_common **chain = chain_of(all, hash), *c;
    unsigned                steps = 0;

    for (c = *chain; c != NULL && steps < CHAIN_MAX; c = c->next, steps++)
        if (is_of(c, hash, flow, user_agent, path)) {
            c->holders++;
            return c;
        }
    c = common_new(flow, user_agent, path);
    if (c == NULL)
        return NULL;
    all->bytes += size_of(c);
    c->hash    = hash;
    c->chained = steps < CHAIN_MAX;
    if (c->chained) {
        c->next = *chain;
        *chain  = c;
    }
    return c;
}

struct binding_common *binding_common_drop(struct binding_commons *all, struct binding_common *c,
                                           struct binding_common *gone)
{
    assert(c->holders > 0);
    if (--c->holders > 0)
        return gone;
    all->bytes -= size_of(c);
    for (struct binding_common **at = chain_of(all, c->hash); c->chained; at = &(*at)->next)
        if (*at == c) {
            *at = c->next;
            break;
        }
    c->next = gone;
    return c;
}

void binding_common_free(struct binding_common *gone)
{
    while (gone != NULL) {
        struct binding_common *next = gone->next;

        free(gone);
        gone = next;
    }
}
