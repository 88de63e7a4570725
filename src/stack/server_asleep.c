/* SPDX-License-Identifier: BSD-2-Clause */
/* A server transaction that only waits: where its responses go and what the last of them says that its request does
 * not, one behind the other in one block.  Who repeats the request brings the rest along, and finds it by the hash of
 * branch and sent-by (RFC 3261 17.2.3), 64 bits under a key that no peer knows: neither is kept, but where a response
 * may have to find its own way to sent-by.  An INVITE that was accepted takes 56 bytes, a BYE twice that; awake they
 * are ten times as many. */
#include "stack/internal.h"
#include "stack/rest_of_response.h"

struct server_asleep {
    struct asleep     base;
    uint64_t          hash; /* see stack->server_index */
    struct peer_cells load;
    uint32_t          cell;
    uint16_t          response_len, port;
    uint8_t           host_len;
    bool              cut : 1;    /* the response is the rest of one               */
    bool              tagged : 1; /* one of our responses has needed a To tag      */
    char              memory[];   /* flow, host of a stream's peer, tag, response  */
};

static size_t head_size(const struct server_asleep *a)
{
    return offsetof(struct server_asleep, memory) + a->base.flow_len + a->host_len + (a->tagged ? TAG_LENGTH : 0);
}

bool server_asleep_is_invite(const struct server_asleep *a)
{
    return a->base.method == METHOD_INVITE;
}

object_id server_asleep_id(const struct server_asleep *a)
{
    return a->base.id;
}

struct flow server_asleep_flow(const struct server_asleep *a)
{
    return flow_unpack((const uint8_t *)a->memory);
}

static struct slice host_of(const struct server_asleep *a)
{
    return (struct slice){ a->memory + a->base.flow_len, a->host_len };
}

/* TAG_LENGTH letters, if it has them. */
static const char *own_tag(const struct server_asleep *a)
{
    return a->memory + a->base.flow_len + a->host_len;
}

/* RFC 3261 9.2: to whatever cancels it. */
void server_asleep_tag(const struct stack *s, const struct server_asleep *a, char tag[])
{
    if (a->tagged)
        memcpy(tag, own_tag(a), TAG_LENGTH);
    else
        random_letters(siphash(&s->key, (struct slice){ (const char *)&a->base.id, sizeof a->base.id }), tag);
}

static struct slice response_of(const struct server_asleep *a)
{
    return (struct slice){ (const char *)a + head_size(a), a->response_len };
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
           t->response_len <= UINT16_MAX && t->key.host.len <= UINT8_MAX;
}

static char *put(char *to, const void *from, size_t size)
{
    memcpy(to, from, size);
    return to + size;
}

/* Only the rest of its response, if the request is there.  Whoever wakes an INVITE may have none at hand. */
static void pack_response(const struct server_txn *t, const struct message *request, struct server_asleep *a, char *to,
                          struct server_asleep *block)
{
    size_t rest = 0;

    if (t->response_len == 0)
        return;
    if (request != NULL && !t->is_invite)
        rest = rest_cut(to, (struct slice){ t->response, t->response_len }, request);
    if (rest == 0) {
        memcpy(to, t->response, t->response_len);
        return;
    }
    a->cut          = true;
    a->response_len = (uint16_t)rest;
    asleep_line_trim(&t->stack->server_line, &a->base, block, head_size(a) + rest);
}

static struct server_asleep *pack(const struct server_txn *t, const struct message *request, msec end_at)
{
    uint8_t              flow[FLOW_PACK_MAX];
    struct server_asleep a = {
        .base = { .id = t->id, .method = (uint8_t)t->key.method, .flow_len = (uint8_t)flow_pack(&t->reply, flow) },
        .hash = t->hash,
        .load = t->load,
        .cell = t->cell,
        .response_len = (uint16_t)t->response_len,
        .port         = t->key.port,
        .host_len     = transport_is_reliable(t->reply.transport) ? (uint8_t)t->key.host.len : 0,
        .tagged       = t->tag[0] != '\0',
    };
    struct server_asleep *block =
        asleep_line_add(&t->stack->server_line, &a.base, end_at, head_size(&a) + t->response_len);
    char *at;

    if (block == NULL)
        return NULL;
    at = put(block->memory, flow, a.base.flow_len);
    if (a.host_len > 0)
        at = put(at, t->key.host.ptr, a.host_len);
    if (a.tagged)
        at = put(at, t->tag, TAG_LENGTH);
    pack_response(t, request, &a, at, block);
    memcpy(block, &a, offsetof(struct server_asleep, memory));
    return block;
}

bool server_txn_sleep(struct server_txn *t, const struct message *request)
{
    struct stack         *s = t->stack;
    struct server_asleep *a;

    if (!only_waits(t))
        return false;
    a = pack(t, request, t->is_invite ? ist_deadline(&t->machine.ist) : nist_deadline(&t->machine.nist));
    if (a == NULL)
        return false;
    world_take(s->world, ACCOUNT_SERVER_TRANSACTIONS, asleep_size(&a->base) + SERVER_ENTRY);
    id_replace(&s->server_ids, t->id, asleep_mark(a));
    server_txn_dispose(t);
    return true;
}

/* ---- what comes ---- */

bool server_asleep_matches(const struct server_asleep *a, uint64_t hash, enum method method)
{
    return a->base.method == method && a->hash == hash;
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
    if (a->tagged)
        memcpy(t->tag, own_tag(a), TAG_LENGTH);
    if (a->host_len > 0)
        memcpy(t->memory, host_of(a).ptr, a->host_len);
    t->key = (struct server_key){
        .host   = { t->memory, a->host_len },
        .port   = a->port,
        .method = (enum method)a->base.method,
    };
    unpack_machine(t, asleep_end_at(&t->stack->server_line, &a->base));
}

/* Another host that has seen the branch would have its own words sent to whom we have answered. */
static bool brings_the_lines(const struct server_asleep *a, const struct message *repeated)
{
    struct flow flow = server_asleep_flow(a);

    return repeated != NULL && address_eq_ip(&repeated->flow.remote, &flow.remote);
}

static bool keep_response(struct server_txn *t, const struct server_asleep *a, const struct message *repeated)
{
    struct gather response;

    if (a->response_len == 0)
        return true;
    gather_init(&response);
    if (!a->cut)
        gather_put(&response, response_of(a));
    else if (!brings_the_lines(a, repeated) || !rest_join(&response, response_of(a), repeated))
        return false;
    return gather_ok(&response) && server_txn_keep_response(t, &response);
}

struct server_txn *server_asleep_wake(struct stack *s, struct server_asleep *a, const struct message *repeated)
{
    struct server_txn *t = server_txn_block(s, 0, a->host_len);

    if (t == NULL)
        return NULL;
    unpack(t, a);
    if (!keep_response(t, a, repeated)) {
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
void server_asleep_end(struct stack *s, struct asleep *base, const struct asleep *next, bool quiet)
{
    const struct server_asleep *a  = CONTAINER_OF(base, struct server_asleep, base);
    object_id                   id = base->id;

    if (next != NULL)
        hash_index_prefetch(&s->server_index, CONTAINER_OF(next, struct server_asleep, base)->hash);
    if (id != 0) {
        hash_index_remove(&s->server_index, a->hash, id_index(id));
        id_remove(&s->server_ids, id);
        gauge_set(&s->world->counters.server_transactions, s->server_ids.used);
        peer_load_take(s->peer_load, a->load);
        server_txn_leaves(s, a->cell);
    }
    world_give(s->world, ACCOUNT_SERVER_TRANSACTIONS, asleep_size(base) + SERVER_ENTRY);
    if (id != 0 && !quiet)
        s->events->on_server_end(s->user, id, 0);
}
