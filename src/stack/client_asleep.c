/* SPDX-License-Identifier: BSD-2-Clause */
/* A client transaction that only waits.  Its id is in its branch and leads to it.  Behind that stand the letters that
 * were drawn for it: who knows those knows the branch. */
#include "stack/internal.h"

struct client_asleep {
    struct asleep base;
    char          drawn[BRANCH_RANDOM]; /* the end of its branch */
    uint32_t      sent_by;
    uint8_t       branch_len;
    bool          tells;    /* a user, who hears of further 2xx */
    char          memory[]; /* the user, if it tells; flow */
};

enum { USER_AT = sizeof(struct client_asleep) }; /* from the start: aligned for a struct client_user */

static size_t flow_at(const struct client_asleep *a)
{
    return a->tells ? USER_AT + sizeof(struct client_user) : offsetof(struct client_asleep, memory);
}

static size_t size_of(const struct client_asleep *a)
{
    return flow_at(a) + a->base.flow_len;
}

static struct client_user *user_of(struct client_asleep *a)
{
    return (struct client_user *)(void *)((char *)a + USER_AT);
}

struct flow client_asleep_flow(const struct client_asleep *a)
{
    return flow_unpack((const uint8_t *)a + flow_at(a));
}

/* ---- falling asleep ---- */

/* An INVITE whose CANCEL lives leads the responses of that to it. */
static bool only_waits(const struct client_txn *t)
{
    if (!t->started || !t->final || t->failed != 0 || t->lookup != NULL || t->call_id != NULL)
        return false;
    if (t->kind == CLIENT_INVITE)
        return t->machine.ict.state == ICT_ACCEPTED && t->cancel == 0;
    return t->kind == CLIENT_OTHER && t->machine.nict.state == NICT_COMPLETED;
}

static struct client_asleep *pack(const struct client_txn *t, struct asleep_line *line, msec end_at)
{
    uint8_t              flow[FLOW_PACK_MAX];
    struct client_asleep a = {
        .base       = { .id = t->id, .method = (uint8_t)t->method, .flow_len = (uint8_t)flow_pack(&t->flow, flow) },
        .sent_by    = t->sent_by,
        .branch_len = (uint8_t)t->branch_len,
        .tells      = t->kind == CLIENT_INVITE,
    };
    struct client_asleep *block = asleep_line_add(line, &a.base, end_at, size_of(&a));

    if (block == NULL)
        return NULL;
    memcpy(a.drawn, t->branch + t->branch_len - BRANCH_RANDOM, BRANCH_RANDOM);
    memcpy(block, &a, offsetof(struct client_asleep, memory));
    memcpy((char *)block + flow_at(&a), flow, a.base.flow_len);
    if (a.tells)
        *user_of(block) = t->user;
    return block;
}

bool client_txn_sleep(struct client_txn *t)
{
    struct stack         *s    = t->stack;
    struct asleep_line   *line = t->kind == CLIENT_INVITE ? &s->client_line : &s->client_short_line;
    struct client_asleep *a;

    if (!only_waits(t))
        return false;
    a = pack(t, line, t->kind == CLIENT_INVITE ? ict_deadline(&t->machine.ict) : nict_deadline(&t->machine.nict));
    if (a == NULL)
        return false;
    world_take(s->world, ACCOUNT_CLIENT_TRANSACTIONS, asleep_size(&a->base) + INDEX_ENTRY);
    id_replace(&s->client_ids, t->id, asleep_mark(a));
    client_txn_dispose(t);
    return true;
}

/* ---- what comes ---- */

static bool has_branch(const struct client_asleep *a, struct slice branch)
{
    return branch.len == a->branch_len && memcmp(branch.ptr + branch.len - BRANCH_RANDOM, a->drawn, BRANCH_RANDOM) == 0;
}

bool client_asleep_match(struct stack *s, struct client_asleep *a, struct message *response)
{
    struct flow flow;

    if (a->base.method != response->cseq.method || !has_branch(a, response->via.branch))
        return false;
    flow = client_asleep_flow(a);
    if (!client_is_sent_by(s, a->sent_by, &flow, &response->via)) { /* RFC 3261 18.1.2 */
        counter_add(&s->world->counters.stray_responses, 1);
        return true;
    }
    if (a->tells && response->status >= 200 && response->status < 300 && user_of(a)->fn != NULL) {
        struct client_user user = *user_of(a);

        user.fn(&user, a->base.id, CLIENT_RESPONSE, response, 0);
    }
    return true;
}

void client_asleep_tell(struct client_asleep *a, const struct client_user *user)
{
    if (a->tells)
        *user_of(a) = *user;
}

void client_asleep_end(struct stack *s, struct asleep *base, const struct asleep *next, bool quiet)
{
    (void)next;
    (void)quiet; /* nobody hears of it in any case */
    id_remove(&s->client_ids, base->id);
    gauge_set(&s->world->counters.client_transactions, s->client_ids.used);
    world_give(s->world, ACCOUNT_CLIENT_TRANSACTIONS, asleep_size(base) + INDEX_ENTRY);
}
