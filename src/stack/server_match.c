/* SPDX-License-Identifier: BSD-2-Clause */
/* Which server transaction a request belongs to (RFC 3261 17.2.3, 9.2). */
#include "stack/server_match.h"

static bool has_cookie(struct slice branch)
{
    struct slice cookie = SLICE(BRANCH_COOKIE);

    return branch.len > cookie.len && (memcmp(branch.ptr, cookie.ptr, sizeof BRANCH_COOKIE - 1) == 0 ||
                                       slice_eq_nocase((struct slice){ branch.ptr, cookie.len }, cookie));
}

/* What a peer may write a thousand times for as many transactions, with something else in what is compared, would have
 * them all in one place of the index: so that goes into the hash, too. */
uint64_t server_txn_hash(const struct stack *s, const struct message *m)
{
    uint64_t number = m->via.port;

    if (m->found_by != 0)
        return m->found_by;
    if (!has_cookie(m->via.branch)) {
        number = siphash13_key(&s->key, m->from_tag, m->uri_text, m->cseq.number);
        return siphash13_key(&s->key, m->via.text, m->call_id, number);
    }
    if (m->method == METHOD_OTHER)
        number = siphash13_key(&s->key, m->method_text, SLICE(""), number);
    return siphash13_key(&s->key, m->via.branch, m->via.host, number);
}

void server_txn_prefetch(const struct stack *s, struct message *request)
{
    request->found_by = server_txn_hash(s, request);
    hash_index_prefetch(&s->server_index, request->found_by);
}

/* RFC 3261 17.2.3, the second procedure: peers of RFC 2543. */
static bool legacy_matches(const struct server_txn *t, const struct message *m)
{
    const struct message *r = t->request;

    if (r == NULL || m->cseq.number != r->cseq.number || !slice_eq(m->call_id, r->call_id) ||
        !slice_eq(m->from_tag, r->from_tag) || !slice_eq(m->via.text, r->via.text) ||
        !slice_eq(m->uri_text, r->uri_text))
        return false;
    if (m->method == METHOD_ACK && slice_eq(m->to_tag, (struct slice){ t->tag, TAG_LENGTH }))
        return true;
    return slice_eq(m->to_tag, r->to_tag);
}

static bool key_matches(const struct server_txn *t, const struct message *m, enum method method, uint64_t hash)
{
    if (t->key.method != method)
        return false;
    if (t->woken)
        return t->hash == hash;
    if (t->key.method == METHOD_OTHER && t->request != NULL && !slice_eq(t->request->method_text, m->method_text))
        return false;
    if (t->key.legacy)
        return !has_cookie(m->via.branch) && legacy_matches(t, m);
    return slice_eq(t->key.branch, m->via.branch) && t->key.port == m->via.port &&
           slice_eq_nocase(t->key.host, m->via.host);
}

/* One whose machine has ended may still wait for whether its response can be sent: to
 * requests it is gone. */
struct server_found server_txn_find(const struct stack *s, const struct message *m, enum method method, uint64_t hash)
{
    struct hash_probe p = hash_index_probe(&s->server_index, hash);
    uint32_t          index;

    while (hash_index_next(&p, &index)) {
        void *object = id_at(&s->server_ids, index);

        if (object == NULL)
            continue;
        if (is_asleep(object) && server_asleep_matches(asleep_unmark(object), hash, method))
            return (struct server_found){ .asleep = asleep_unmark(object) };
        if (!is_asleep(object) && !server_txn_is_terminated(object) && key_matches(object, m, method, hash))
            return (struct server_found){ .awake = object };
    }
    return (struct server_found){ NULL, NULL };
}

bool server_txn_has_invite(const struct stack *s, const struct message *cancel)
{
    struct server_found found = server_txn_find(s, cancel, METHOD_INVITE, server_txn_hash(s, cancel));

    return found.awake != NULL || found.asleep != NULL;
}

void server_txn_keep_key(struct server_txn *t, const struct message *m)
{
    t->key = (struct server_key){
        .branch = { t->memory, m->via.branch.len },
        .host   = { t->memory + m->via.branch.len, m->via.host.len },
        .port   = m->via.port,
        .method = m->method,
        .legacy = !has_cookie(m->via.branch),
    };
    if (m->via.branch.len > 0)
        memcpy(t->memory, m->via.branch.ptr, m->via.branch.len);
    memcpy(t->memory + m->via.branch.len, m->via.host.ptr, m->via.host.len);
}

static bool find_named(struct stack *s, const struct message *cancel, enum method method, uint64_t hash,
                       struct cancelled *named)
{
    struct server_found   found = server_txn_find(s, cancel, method, hash);
    struct server_txn    *t     = found.awake;
    struct server_asleep *a     = found.asleep;

    if (t == NULL && a == NULL)
        return false;
    named->id        = t != NULL ? t->id : server_asleep_id(a);
    named->is_invite = method == METHOD_INVITE;
    if (t != NULL)
        memcpy(named->tag, server_tag(s, t->tag).ptr, TAG_LENGTH);
    else
        server_asleep_tag(s, a, named->tag);
    return true;
}

/* RFC 3261 9.2: whatever it names, it has that answered; only an INVITE is cancelled by it. */
struct cancelled server_txn_cancelled(struct stack *s, const struct message *cancel)
{
    uint64_t         hash  = server_txn_hash(s, cancel);
    struct cancelled named = { .id = 0 };
    bool             found = find_named(s, cancel, METHOD_INVITE, hash, &named);

    for (enum method method = METHOD_OTHER + 1; !found && method < METHOD_COUNT; method++)
        found = method != METHOD_CANCEL && find_named(s, cancel, method, hash, &named);
    return named;
}

void stack_server_set_owner(struct stack *s, object_id server_txn, object_id owner)
{
    struct server_txn *t = server_txn_of(s, server_txn);

    if (t != NULL)
        t->owner = owner;
}

object_id stack_server_owner(const struct stack *s, object_id server_txn)
{
    const struct server_txn *t = server_txn_of(s, server_txn);

    return t != NULL ? t->owner : 0;
}
