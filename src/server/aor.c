/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/aor.h"

#include <assert.h>

/* What comes behind it, unaligned: a pointer to what is common, the remote address, the
 * connection of a stream, lengths, texts, and what only a binding with an instance has. */
struct packed_binding {
    _Atomic(uint64_t) time; /* expires_at, and what does not change: see pack_time */
    uint64_t          row;
    _Atomic(uint32_t) cseq, lease_until; /* wall clock, seconds */
};

static_assert(offsetof(struct aor, entry) % 16 == 0, "an entry of a rcu_table");
static_assert(sizeof(struct packed_binding) == 24, "a million of them");

enum { SECOND = 1000 };

enum {
    Q_BITS      = 10,
    FAMILY_BITS = 2,
    Q_AT        = AOR_TIME_BITS,
    FAMILY_AT   = Q_AT + Q_BITS, /* of the remote address */
    INSTANCE_AT = FAMILY_AT + FAMILY_BITS,
    OUTBOUND_AT = INSTANCE_AT + 1
};

#define TIME_MASK ((UINT64_C(1) << AOR_TIME_BITS) - 1)

static struct packed_binding *bindings_of(const struct aor *a)
{
    return (struct packed_binding *)(void *)a->memory;
}

static uint32_t bits_of(uint64_t time, unsigned at, unsigned bits)
{
    return (uint32_t)(time >> at) & ((1u << bits) - 1);
}

/* ---- bytes ---- */

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

static void put_text(char **at, struct slice text)
{
    if (text.len > 0)
        put_bytes(at, text.ptr, text.len);
}

static struct slice take_text(const char **at, size_t len)
{
    struct slice text = { *at, len };

    *at += len;
    return text;
}

/* A number in as few bytes as it needs: of each, seven bits and whether there is another. */
static void put_number(char **at, uint32_t n)
{
    for (; n > 127; n >>= 7)
        *(*at)++ = (char)(n | 128);
    *(*at)++ = (char)n;
}

static size_t number_size(uint32_t n)
{
    size_t size = 1;

    for (; n > 127; n >>= 7)
        size++;
    return size;
}

static uint32_t take_number(const char **at)
{
    uint32_t n = 0;

    for (unsigned shift = 0;; shift += 7) {
        unsigned char byte = (unsigned char)*(*at)++;

        n |= (uint32_t)(byte & 127) << shift;
        if (byte < 128)
            return n;
    }
}

/* ---- the remote end of a flow; the local one is common ---- */

static size_t ip_size(unsigned family)
{
    return family == FAMILY_6 ? 16 : 4;
}

static bool has_remote(const struct binding_common *c)
{
    return c->transport != TRANSPORT_NONE;
}

static bool has_connection(const struct binding_common *c)
{
    return transport_is_reliable((enum transport)c->transport);
}

static void put_remote(char **at, const struct binding_common *c, const struct flow *flow)
{
    const struct address *a = &flow->remote;

    if (!has_remote(c))
        return;
    put_bytes(at, &a->port, sizeof a->port);
    put_bytes(at, a->ip, ip_size(a->family));
    if (a->family == FAMILY_6)
        put_bytes(at, &a->scope, sizeof a->scope);
    if (has_connection(c))
        put_bytes(at, &flow->connection, sizeof flow->connection);
}

static void take_flow(const char **at, const struct binding_common *c, unsigned family, struct flow *flow)
{
    struct address *a = &flow->remote;

    *flow = (struct flow){ .transport = (enum transport)c->transport };
    if (!has_remote(c))
        return;
    flow->listener = c->listener;
    flow->local    = c->local;
    a->family      = (uint8_t)family;
    take_bytes(at, &a->port, sizeof a->port);
    take_bytes(at, a->ip, ip_size(family));
    if (family == FAMILY_6)
        take_bytes(at, &a->scope, sizeof a->scope);
    if (has_connection(c))
        take_bytes(at, &flow->connection, sizeof flow->connection);
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

static bool fits(const struct binding *b)
{
    return b->contact.len <= UINT16_MAX && b->params.len <= UINT16_MAX && b->call_id.len <= UINT16_MAX &&
           b->user_agent.len <= UINT16_MAX && b->path.len <= UINT16_MAX && b->instance.len <= UINT16_MAX &&
           b->q < 1u << Q_BITS;
}

/* An instance is mostly a piece of the parameters, and then not kept twice. */
static uint32_t instance_place(const struct binding *b)
{
    return is_within(b->instance, b->params)
               ? (uint32_t)(b->contact.len + (size_t)(b->instance.ptr - b->params.ptr)) + 1
               : 0;
}

static void put_instance(char **at, const struct binding *b)
{
    put_bytes(at, &(uint32_t){ (uint32_t)b->gruu }, 4);
    put_bytes(at, &(uint8_t){ (uint8_t)(b->gruu >> 32) }, 1);
    put_number(at, b->reg_id);
    put_number(at, instance_place(b)); /* in the texts, from 1 on; 0: its own, behind this */
    put_number(at, (uint32_t)b->instance.len);
    put_text(at, own_instance(b));
}

static void take_instance(const char *at, const char *texts, struct binding *out)
{
    uint32_t low, from;
    uint8_t  high;

    take_bytes(&at, &low, sizeof low);
    take_bytes(&at, &high, sizeof high);
    out->gruu         = (uint64_t)high << 32 | low;
    out->reg_id       = take_number(&at);
    from              = take_number(&at);
    out->instance.len = take_number(&at);
    out->instance.ptr = from == 0 ? at : texts + from - 1;
}

/* What a binding has alone. */
static void put_own(char **at, const struct binding *b, const struct binding_common *c)
{
    put_bytes(at, &c, sizeof c);
    put_remote(at, c, &b->flow);
    put_number(at, (uint32_t)b->contact.len);
    put_number(at, (uint32_t)b->params.len);
    put_number(at, (uint32_t)b->call_id.len);
    put_text(at, b->contact);
    put_text(at, b->params);
    put_text(at, b->call_id);
    if (has_instance(b))
        put_instance(at, b);
}

static size_t remote_size(const struct flow *flow)
{
    if (flow->transport == TRANSPORT_NONE)
        return 0;
    return sizeof flow->remote.port + ip_size(flow->remote.family) +
           (flow->remote.family == FAMILY_6 ? sizeof flow->remote.scope : 0) +
           (transport_is_reliable(flow->transport) ? sizeof flow->connection : 0);
}

static size_t instance_size(const struct binding *b)
{
    return AOR_GRUU_BITS / 8 + number_size(b->reg_id) + number_size(instance_place(b)) +
           number_size((uint32_t)b->instance.len) + own_instance(b).len;
}

/* What put_own takes. */
static size_t own_size(const struct binding *b)
{
    return sizeof(struct binding_common *) + remote_size(&b->flow) + number_size((uint32_t)b->contact.len) +
           number_size((uint32_t)b->params.len) + number_size((uint32_t)b->call_id.len) + b->contact.len +
           b->params.len + b->call_id.len + (has_instance(b) ? instance_size(b) : 0);
}

static uint64_t pack_time(const struct binding *b)
{
    return (b->expires_at < TIME_MASK ? b->expires_at : TIME_MASK) | (uint64_t)b->q << Q_AT |
           (uint64_t)b->flow.remote.family << FAMILY_AT | (uint64_t)has_instance(b) << INSTANCE_AT |
           (uint64_t)b->outbound << OUTBOUND_AT;
}

static msec expires_of(uint64_t time)
{
    return (time & TIME_MASK) == TIME_MASK ? NEVER : time & TIME_MASK;
}

static uint32_t seconds_of(uint64_t lease)
{
    return lease / SECOND < UINT32_MAX ? (uint32_t)(lease / SECOND) : UINT32_MAX;
}

static void pack(struct packed_binding *p, const struct binding *b)
{
    p->row = b->row;
    atomic_init(&p->time, pack_time(b));
    atomic_init(&p->cseq, b->cseq);
    atomic_init(&p->lease_until, seconds_of(b->lease_until));
}

/* Where what each has alone begins: with one binding behind the key, else as these say. */
static uint32_t *places_of(const struct aor *a)
{
    return (uint32_t *)(void *)(bindings_of(a) + a->count);
}

static size_t places_size(size_t count)
{
    return count > 1 ? count * sizeof(uint32_t) : 0;
}

/* The block's size; 0 if it does not fit. */
static size_t block_size(struct slice key, const struct binding *values, size_t count)
{
    size_t size = sizeof(struct aor) + sizeof(struct packed_binding) * count + places_size(count) + key.len;

    if (count > UINT16_MAX || key.len > UINT16_MAX)
        return 0;
    for (size_t i = 0; i < count; i++) {
        if (!fits(&values[i]))
            return 0;
        size += own_size(&values[i]);
    }
    return size;
}

bool aor_can_hold(struct slice key, const struct binding *b)
{
    return block_size(key, b, 1) > 0;
}

static struct binding_common *common_of_place(const char *at)
{
    struct binding_common *c;

    take_bytes(&at, &c, sizeof c);
    return c;
}

static const char *own_of(const struct aor *a, unsigned index)
{
    return a->count > 1 ? a->memory + places_of(a)[index] : aor_key(a).ptr + a->key_len;
}

struct binding_common *aor_release(struct aor *a, struct binding_commons *commons)
{
    struct binding_common *gone = NULL;

    for (unsigned i = 0; i < a->count; i++)
        gone = binding_common_drop(commons, common_of_place(own_of(a, i)), gone);
    return gone;
}

void aor_give(struct blocks *memory, struct aor *a)
{
    if (a != NULL)
        blocks_give(memory, a, a->size);
}

void aor_free(struct blocks *memory, struct aor *a, struct binding_commons *commons)
{
    if (a == NULL)
        return;
    binding_common_free(aor_release(a, commons));
    aor_give(memory, a);
}

/* False without memory: then those before `a->count` are held. */
static bool fill(struct aor *a, struct binding_commons *commons, const struct binding *values, size_t count, char *at)
{
    for (size_t i = 0; i < count; i++) {
        const struct binding  *b = &values[i];
        struct binding_common *c = binding_common_hold(commons, &b->flow, b->user_agent, b->path);

        if (c == NULL) {
            for (unsigned held = 0; held < i; held++)
                binding_common_free(binding_common_drop(commons, common_of_place(own_of(a, held)), NULL));
            return false;
        }
        if (count > 1)
            places_of(a)[i] = (uint32_t)(at - a->memory);
        pack(&bindings_of(a)[i], b);
        put_own(&at, b, c);
    }
    assert(at == (char *)a + a->size);
    return true;
}

struct aor *aor_new(struct blocks *memory, struct binding_commons *commons, struct slice key,
                    const struct binding *values, size_t count)
{
    size_t      size = block_size(key, values, count);
    struct aor *a    = size > 0 ? blocks_take(memory, size) : NULL;
    char       *at;

    if (a == NULL)
        return NULL;
    *a = (struct aor){ .size = (uint32_t)size, .count = (uint16_t)count, .key_len = (uint16_t)key.len };
    at = (char *)places_of(a) + places_size(count);
    put_text(&at, key);
    if (!fill(a, commons, values, count, at)) {
        aor_give(memory, a);
        return NULL;
    }
    return a;
}

struct slice aor_key(const struct aor *a)
{
    return (struct slice){ (const char *)places_of(a) + places_size(a->count), a->key_len };
}

unsigned aor_count(const struct aor *a)
{
    return a->count;
}

size_t aor_size(const struct aor *a)
{
    return a != NULL ? blocks_size(a->size) + 2 * sizeof(struct rcu_entry *) : 0;
}

void aor_binding(const struct aor *a, unsigned index, struct binding *out)
{
    const struct packed_binding *p    = &bindings_of(a)[index];
    uint64_t                     time = atomic_load_explicit(&p->time, memory_order_relaxed);
    const char                  *at   = own_of(a, index), *texts;
    const struct binding_common *c    = common_of_place(at);
    size_t                       contact, params, call_id;

    at += sizeof c;
    out->row         = p->row;
    out->expires_at  = expires_of(time);
    out->lease_until = (uint64_t)atomic_load_explicit(&p->lease_until, memory_order_relaxed) * SECOND;
    out->cseq        = atomic_load_explicit(&p->cseq, memory_order_relaxed);
    out->q           = bits_of(time, Q_AT, Q_BITS);
    out->outbound    = bits_of(time, OUTBOUND_AT, 1);
    out->user_agent  = binding_common_user_agent(c);
    out->path        = binding_common_path(c);
    take_flow(&at, c, bits_of(time, FAMILY_AT, FAMILY_BITS), &out->flow);
    contact       = take_number(&at);
    params        = take_number(&at);
    call_id       = take_number(&at);
    texts         = at;
    out->contact  = take_text(&at, contact);
    out->params   = take_text(&at, params);
    out->call_id  = take_text(&at, call_id);
    out->instance = SLICE("");
    out->gruu     = 0;
    out->reg_id   = 0;
    if (bits_of(time, INSTANCE_AT, 1) != 0)
        take_instance(at, texts, out);
}

msec aor_expires_at(const struct aor *a, unsigned index)
{
    return expires_of(atomic_load_explicit(&bindings_of(a)[index].time, memory_order_relaxed));
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
    struct packed_binding *p    = &bindings_of(a)[index];
    uint64_t               time = atomic_load_explicit(&p->time, memory_order_relaxed) & ~TIME_MASK;

    atomic_store_explicit(&p->time, time | (expires_at < TIME_MASK ? expires_at : TIME_MASK), memory_order_relaxed);
    atomic_store_explicit(&p->cseq, cseq, memory_order_relaxed);
    atomic_store_explicit(&p->lease_until, seconds_of(lease_until), memory_order_relaxed);
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
