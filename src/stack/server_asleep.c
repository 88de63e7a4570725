/* SPDX-License-Identifier: BSD-2-Clause */
/* A server transaction that only waits: its key, where its responses go and the last of them,
 * one behind the other in one block.  An INVITE that was accepted takes 131 bytes, any other
 * request that much and its response; awake they are ten times as many. */
#include "stack/internal.h"

struct server_asleep {
    struct asleep     base;
    uint64_t          hash; /* see stack->server_index */
    uint32_t          response_len;
    struct peer_cells load;
    uint32_t          cell;
    uint16_t          branch_len, host_len, port;
    uint8_t           method, flow_len;
    char              tag[TAG_LENGTH];
    char              memory[]; /* branch, host, flow, response */
};

static size_t size_of(const struct server_asleep *a)
{
    return offsetof(struct server_asleep, memory) + a->branch_len + a->host_len + a->flow_len + a->response_len;
}

bool server_asleep_is_invite(const struct server_asleep *a)
{
    return a->method == METHOD_INVITE;
}

object_id server_asleep_id(const struct server_asleep *a)
{
    return a->base.id;
}

struct slice server_asleep_tag(const struct stack *s, struct server_asleep *a)
{
    return server_tag(s, a->tag);
}

static struct slice branch_of(const struct server_asleep *a)
{
    return (struct slice){ a->memory, a->branch_len };
}

static struct slice host_of(const struct server_asleep *a)
{
    return (struct slice){ a->memory + a->branch_len, a->host_len };
}

static const char *packed_flow(const struct server_asleep *a)
{
    return a->memory + a->branch_len + a->host_len;
}

struct flow server_asleep_flow(const struct server_asleep *a)
{
    return flow_unpack((const uint8_t *)packed_flow(a));
}

static struct slice response_of(const struct server_asleep *a)
{
    return (struct slice){ packed_flow(a) + a->flow_len, a->response_len };
}

/* ---- falling asleep ---- */

static bool has_ended_but_for_time(const struct server_txn *t)
{
    return t->is_invite ? t->machine.ist.state == IST_ACCEPTED : t->machine.nist.state == NIST_COMPLETED;
}

static bool only_waits(const struct server_txn *t)
{
    return has_ended_but_for_time(t) && t->answered && !t->woken && t->request == NULL && t->call_id == NULL &&
           t->failed == 0 && !t->lost && !t->abandoned && t->linger_until <= world_now(t->stack->world) &&
           t->way == NULL && !link_in_list(&t->on_connection) && !t->source_tried && !t->key.legacy &&
           t->key.branch.len <= UINT16_MAX && t->key.host.len <= UINT16_MAX;
}

static char *put(char *to, const void *from, size_t size)
{
    memcpy(to, from, size);
    return to + size;
}

static struct server_asleep *pack(const struct server_txn *t, msec end_at)
{
    uint8_t              flow[FLOW_PACK_MAX];
    struct server_asleep a = {
        .base         = { .id = t->id, .end_at = end_at },
        .hash         = t->hash,
        .response_len = (uint32_t)t->response_len,
        .load         = t->load,
        .cell         = t->cell,
        .branch_len   = (uint16_t)t->key.branch.len,
        .host_len     = (uint16_t)t->key.host.len,
        .port         = t->key.port,
        .method       = (uint8_t)t->key.method,
        .flow_len     = (uint8_t)flow_pack(&t->reply, flow),
    };
    struct server_asleep *block = asleep_line_room(&t->stack->server_line, size_of(&a));
    char                 *at;

    if (block == NULL)
        return NULL;
    memcpy(a.tag, t->tag, TAG_LENGTH);
    memcpy(block, &a, offsetof(struct server_asleep, memory));
    at = put(block->memory, t->memory, t->key.branch.len + t->key.host.len); /* see server_txn_keep_key */
    at = put(at, flow, a.flow_len);
    if (t->response_len > 0)
        put(at, t->response, t->response_len);
    return block;
}

bool server_txn_sleep(struct server_txn *t)
{
    struct stack         *s = t->stack;
    struct server_asleep *a;
    msec                  end_at;

    if (!only_waits(t))
        return false;
    end_at = t->is_invite ? ist_deadline(&t->machine.ist) : nist_deadline(&t->machine.nist);
    if (!asleep_line_takes(&s->server_line, end_at) || (a = pack(t, end_at)) == NULL)
        return false;
    world_take(s->world, ACCOUNT_SERVER_TRANSACTIONS, size_of(a) + SERVER_ENTRY);
    id_replace(&s->server_ids, t->id, asleep_mark(a));
    server_txn_dispose(t);
    asleep_line_add(&s->server_line, &a->base);
    return true;
}

/* ---- what comes ---- */

bool server_asleep_matches(const struct server_asleep *a, const struct message *m, enum method method)
{
    return a->method == method && slice_eq(branch_of(a), m->via.branch) && a->port == m->via.port &&
           slice_eq_nocase(host_of(a), m->via.host);
}

/* ---- waking ---- */

static void unpack_machine(struct server_txn *t, msec end_at)
{
    bool reliable = transport_is_reliable(t->reply.transport);

    if (t->is_invite)
        t->machine.ist = (struct ist){ .state      = IST_ACCEPTED,
                                       .reliable   = reliable,
                                       .answered   = true,
                                       .timers     = t->stack->timers,
                                       .resend_at  = NEVER,
                                       .resend_gap = t->stack->timers.t1,
                                       .end_at     = end_at };
    else
        t->machine.nist = (struct nist){ .state     = NIST_COMPLETED,
                                         .reliable  = reliable,
                                         .answered  = true,
                                         .timers    = t->stack->timers,
                                         .trying_at = NEVER,
                                         .end_at    = end_at };
}

static void unpack(struct server_txn *t, const struct server_asleep *a)
{
    t->id        = a->base.id;
    t->hash      = a->hash;
    t->is_invite = server_asleep_is_invite(a);
    t->answered  = true;
    t->woken     = true;
    t->load      = a->load;
    t->cell      = a->cell;
    t->reply     = server_asleep_flow(a);
    memcpy(t->tag, a->tag, TAG_LENGTH);
    memcpy(t->memory, a->memory, (size_t)a->branch_len + a->host_len);
    t->key = (struct server_key){
        .branch = { t->memory, a->branch_len },
        .host   = { t->memory + a->branch_len, a->host_len },
        .port   = a->port,
        .method = (enum method)a->method,
    };
    unpack_machine(t, a->base.end_at);
}

struct server_txn *server_asleep_wake(struct stack *s, struct server_asleep *a)
{
    struct server_txn *t = server_txn_block(s, a->branch_len, a->host_len);

    if (t == NULL)
        return NULL;
    unpack(t, a);
    if (!server_txn_keep_response(t, response_of(a))) {
        t->id = 0;
        server_txn_dispose(t);
        return NULL;
    }
    id_replace(&s->server_ids, t->id, t);
    a->base.id = 0; /* its block stays in the line */
    server_txn_rearm(t);
    return t;
}

/* The next one mostly ends now, too: asking for its line of the index is 4 % of the server's own code for a call, where
 * 10,000 end a second. */
void server_asleep_end(struct stack *s, struct asleep *base, bool quiet)
{
    struct server_asleep *a  = CONTAINER_OF(base, struct server_asleep, base);
    object_id             id = base->id;

    if (base->next != NULL)
        hash_index_prefetch(&s->server_index, CONTAINER_OF(base->next, struct server_asleep, base)->hash);
    if (id != 0) {
        hash_index_remove(&s->server_index, a->hash, id_index(id));
        id_remove(&s->server_ids, id);
        gauge_set(&s->world->counters.server_transactions, s->server_ids.used);
        peer_load_take(s->peer_load, a->load);
        server_txn_leaves(s, a->cell);
    }
    world_give(s->world, ACCOUNT_SERVER_TRANSACTIONS, size_of(a) + SERVER_ENTRY);
    if (id != 0 && !quiet)
        s->events->on_server_end(s->user, id, 0);
}
