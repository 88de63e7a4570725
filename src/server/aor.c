/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/aor.h"

#include <assert.h>
#include <stdlib.h>

/* Its texts lie one behind the other from `texts` on, the packed flow after them, and then
 * what only a binding with an instance has. */
struct packed_binding {
    _Atomic(msec)     expires_at;
    _Atomic(uint64_t) lease_until;
    uint64_t          row;
    _Atomic(uint32_t) cseq;
    uint32_t          texts; /* offset in memory */
    uint16_t          contact, params, call_id, user_agent, path;
    uint16_t          q, flags;
};

enum { HAS_INSTANCE = 1, IS_OUTBOUND = 2 };

/* The instance is mostly a piece of the parameters, and then not kept twice. */
struct packed_instance {
    uint64_t gruu;
    uint32_t reg_id;
    uint32_t at; /* offset in the texts */
    uint16_t len;
};

static_assert(offsetof(struct aor, entry) % 16 == 0, "an entry of a rcu_table");

static struct packed_binding *bindings_of(const struct aor *a)
{
    return (struct packed_binding *)(void *)a->memory;
}

enum { FLOW_PACKED = 1 + 4 + 8 + 2 * (1 + 2 + 4 + 16) };

/* ---- a flow in few bytes: mostly it is UDP and IPv4 ---- */

static void put_bytes(char **at, const void *bytes, size_t len)
{
    memcpy(*at, bytes, len);
    *at += len;
}

static void take_bytes(const char **at, void *bytes, size_t len)
{
    memcpy(bytes, *at, len);
    *at += len;
}

static size_t ip_size(uint8_t family)
{
    return family == FAMILY_6 ? 16 : 4;
}

static void put_address(char **at, const struct address *a)
{
    put_bytes(at, &a->family, sizeof a->family);
    put_bytes(at, &a->port, sizeof a->port);
    put_bytes(at, a->ip, ip_size(a->family));
    if (a->family == FAMILY_6)
        put_bytes(at, &a->scope, sizeof a->scope);
}

static void take_address(const char **at, struct address *a)
{
    take_bytes(at, &a->family, sizeof a->family);
    take_bytes(at, &a->port, sizeof a->port);
    take_bytes(at, a->ip, ip_size(a->family));
    if (a->family == FAMILY_6)
        take_bytes(at, &a->scope, sizeof a->scope);
}

static void put_flow(char **at, const struct flow *flow)
{
    uint8_t transport = (uint8_t)flow->transport;

    put_bytes(at, &transport, sizeof transport);
    if (flow->transport == TRANSPORT_NONE)
        return;
    put_bytes(at, &flow->listener, sizeof flow->listener);
    put_address(at, &flow->local);
    put_address(at, &flow->remote);
    if (transport_is_reliable(flow->transport))
        put_bytes(at, &flow->connection, sizeof flow->connection);
}

/* Returns what is behind it. */
static const char *take_flow(const char *at, struct flow *flow)
{
    uint8_t transport;

    *flow = (struct flow){ .transport = TRANSPORT_NONE };
    take_bytes(&at, &transport, sizeof transport);
    if (transport == TRANSPORT_NONE)
        return at;
    flow->transport = (enum transport)transport;
    take_bytes(&at, &flow->listener, sizeof flow->listener);
    take_address(&at, &flow->local);
    take_address(&at, &flow->remote);
    if (transport_is_reliable(flow->transport))
        take_bytes(&at, &flow->connection, sizeof flow->connection);
    return at;
}

/* ---- one block ---- */

static bool is_within(struct slice part, struct slice whole)
{
    return (uintptr_t)part.ptr >= (uintptr_t)whole.ptr &&
           (uintptr_t)part.ptr + part.len <= (uintptr_t)whole.ptr + whole.len;
}

/* Is its instance a text of its own? */
static struct slice own_instance(const struct binding *b)
{
    return is_within(b->instance, b->params) ? SLICE("") : b->instance;
}

static bool has_instance(const struct binding *b)
{
    return b->instance.len > 0;
}

static size_t text_size(const struct binding *b)
{
    return b->contact.len + b->params.len + b->call_id.len + b->user_agent.len + b->path.len + own_instance(b).len +
           (has_instance(b) ? sizeof(struct packed_instance) : 0);
}

static bool fits(const struct binding *b)
{
    return b->contact.len <= UINT16_MAX && b->params.len <= UINT16_MAX && b->call_id.len <= UINT16_MAX &&
           b->user_agent.len <= UINT16_MAX && b->path.len <= UINT16_MAX && b->instance.len <= UINT16_MAX &&
           b->q <= UINT16_MAX;
}

/* The block's size when each flow takes what it may at most; SIZE_MAX if it does not fit. */
static size_t most(struct slice key, const struct binding *values, size_t count)
{
    size_t size = sizeof(struct aor) + sizeof(struct packed_binding) * count + key.len;

    if (count > UINT16_MAX || key.len > UINT16_MAX)
        return SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        if (!fits(&values[i]))
            return SIZE_MAX;
        size += text_size(&values[i]);
    }
    return size;
}

/* How much `put_flow` will write. */
static size_t flow_size(const struct flow *flow)
{
    char  memory[FLOW_PACKED];
    char *at = memory;

    put_flow(&at, flow);
    return (size_t)(at - memory);
}

static void put_text(char **at, struct slice text)
{
    if (text.len > 0)
        put_bytes(at, text.ptr, text.len);
}

static void put_instance(char **at, const char *texts, const struct binding *b)
{
    struct packed_instance i = { .gruu = b->gruu, .reg_id = b->reg_id, .len = (uint16_t)b->instance.len };

    if (is_within(b->instance, b->params))
        i.at = (uint32_t)(b->contact.len + (size_t)(b->instance.ptr - b->params.ptr));
    else
        i.at = (uint32_t)((size_t)(*at - texts) + sizeof i);
    put_bytes(at, &i, sizeof i);
    put_text(at, own_instance(b));
}

static void take_instance(const char *at, const char *texts, struct binding *out)
{
    struct packed_instance i;

    take_bytes(&at, &i, sizeof i);
    out->instance = (struct slice){ texts + i.at, i.len };
    out->gruu     = i.gruu;
    out->reg_id   = i.reg_id;
}

static void pack(struct aor *a, struct packed_binding *p, const struct binding *b, char **at)
{
    *p = (struct packed_binding){
        .row        = b->row,
        .texts      = (uint32_t)(*at - a->memory),
        .contact    = (uint16_t)b->contact.len,
        .params     = (uint16_t)b->params.len,
        .call_id    = (uint16_t)b->call_id.len,
        .user_agent = (uint16_t)b->user_agent.len,
        .path       = (uint16_t)b->path.len,
        .q          = (uint16_t)b->q,
        .flags      = (uint16_t)((has_instance(b) ? HAS_INSTANCE : 0) | (b->outbound ? IS_OUTBOUND : 0)),
    };
    atomic_init(&p->expires_at, b->expires_at);
    atomic_init(&p->lease_until, b->lease_until);
    atomic_init(&p->cseq, b->cseq);
    put_text(at, b->contact);
    put_text(at, b->params);
    put_text(at, b->call_id);
    put_text(at, b->user_agent);
    put_text(at, b->path);
    put_flow(at, &b->flow);
    if (has_instance(b))
        put_instance(at, a->memory + p->texts, b);
}

struct aor *aor_new(struct slice key, const struct binding *values, size_t count)
{
    size_t      size = most(key, values, count);
    struct aor *a;
    char       *at;

    for (size_t i = 0; i < count && size < SIZE_MAX; i++)
        size += flow_size(&values[i].flow);
    a = size < SIZE_MAX ? malloc(size) : NULL;
    if (a == NULL)
        return NULL;
    *a = (struct aor){ .count = (uint16_t)count, .key_len = (uint16_t)key.len, .size = (uint32_t)size };
    at = (char *)(bindings_of(a) + count);
    put_text(&at, key);
    for (size_t i = 0; i < count; i++)
        pack(a, &bindings_of(a)[i], &values[i], &at);
    return a;
}

struct slice aor_key(const struct aor *a)
{
    return (struct slice){ (const char *)(bindings_of(a) + a->count), a->key_len };
}

unsigned aor_count(const struct aor *a)
{
    return a->count;
}

size_t aor_size(const struct aor *a)
{
    return a != NULL ? a->size + 2 * sizeof(struct rcu_entry *) : 0;
}

static struct slice take_text(const char **at, size_t len)
{
    struct slice text = { *at, len };

    *at += len;
    return text;
}

void aor_binding(const struct aor *a, unsigned index, struct binding *out)
{
    const struct packed_binding *p     = &bindings_of(a)[index];
    const char                  *texts = a->memory + p->texts, *at = texts;

    out->row         = p->row;
    out->expires_at  = atomic_load_explicit(&p->expires_at, memory_order_relaxed);
    out->lease_until = atomic_load_explicit(&p->lease_until, memory_order_relaxed);
    out->cseq        = atomic_load_explicit(&p->cseq, memory_order_relaxed);
    out->q           = p->q;
    out->contact     = take_text(&at, p->contact);
    out->params      = take_text(&at, p->params);
    out->call_id     = take_text(&at, p->call_id);
    out->user_agent  = take_text(&at, p->user_agent);
    out->path        = take_text(&at, p->path);
    at               = take_flow(at, &out->flow);
    out->outbound    = (p->flags & IS_OUTBOUND) != 0;
    out->instance    = SLICE("");
    out->gruu        = 0;
    out->reg_id      = 0;
    if ((p->flags & HAS_INSTANCE) != 0)
        take_instance(at, texts, out);
}

msec aor_expires_at(const struct aor *a, unsigned index)
{
    return atomic_load_explicit(&bindings_of(a)[index].expires_at, memory_order_relaxed);
}

msec aor_first_expiry(const struct aor *a)
{
    msec first = NEVER;

    for (unsigned i = 0; i < a->count; i++)
        if (aor_expires_at(a, i) < first)
            first = aor_expires_at(a, i);
    return first;
}

bool aor_is_alive(const struct aor *a, msec now)
{
    for (unsigned i = 0; i < a->count; i++)
        if (aor_expires_at(a, i) > now)
            return true;
    return false;
}

void aor_refresh(struct aor *a, unsigned index, msec expires_at, uint32_t cseq, uint64_t lease_until)
{
    struct packed_binding *p = &bindings_of(a)[index];

    atomic_store_explicit(&p->expires_at, expires_at, memory_order_relaxed);
    atomic_store_explicit(&p->cseq, cseq, memory_order_relaxed);
    atomic_store_explicit(&p->lease_until, lease_until, memory_order_relaxed);
}

bool binding_has_flow(const struct binding *b, const struct flow *flow)
{
    if (!b->outbound || b->path.len > 0 || b->flow.transport != flow->transport)
        return false;
    if (transport_is_reliable(flow->transport))
        return b->flow.connection == flow->connection;
    return address_eq(&b->flow.remote, &flow->remote) && address_eq(&b->flow.local, &flow->local);
}

bool aor_has_flow(const struct aor *a, const struct flow *flow)
{
    struct binding b;

    for (unsigned i = 0; i < aor_count(a); i++) {
        aor_binding(a, i, &b);
        if (binding_has_flow(&b, flow))
            return true;
    }
    return false;
}
