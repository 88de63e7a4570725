/* SPDX-License-Identifier: BSD-2-Clause */
#include "stack/rehearsal.h"

#include "base/error.h"
#include "stack/internal.h"

void stack_rehearse(struct stack *s, struct rehearsal *r)
{
    s->rehearsal = r;
    if (r == NULL)
        return;
    r->status     = 0;
    r->answer.len = 0;
}

struct message *rehearsal_request(const struct stack *s, object_id server_txn)
{
    return server_txn == REHEARSED && s->rehearsal != NULL ? s->rehearsal->request : NULL;
}

/* A later answer takes the place of an earlier one, a provisional of none. */
int rehearsal_respond(struct stack *s, object_id server_txn, unsigned status, const struct gather *response)
{
    struct rehearsal *r = s->rehearsal;

    if (server_txn != REHEARSED || r == NULL || r->status >= 200)
        return -ERR_CLOSED;
    if (!gather_ok(response))
        return -ERR_TOO_LARGE;
    if (status < 200)
        return 0;
    r->status = status;
    gather_flatten(response, &r->answer);
    return 0;
}

int stack_assume(struct stack *s, enum transport transport, const struct address *local, struct slice advertise,
                 unsigned *index)
{
    struct socket_entry *e = &s->sockets[s->socket_count];

    if (s->socket_count == STACK_LISTENERS)
        return -ERR_LIMIT;
    if (advertise.len >= sizeof e->advertise)
        return -ERR_TOO_LARGE;
    *e = (struct socket_entry){
        .stack = s, .transport = transport, .requested = *local, .local = *local, .state = SOCKET_OPEN
    };
    stack_listener_advertise(s, s->socket_count, advertise);
    if (e->local.port == 0)
        e->local.port = transport_default_port(transport);
    e->wildcard = address_is_any(local);
    *index      = s->socket_count++;
    return 0;
}

static void put_place(struct buf *b, enum transport transport, const struct address *address)
{
    buf_put(b, transport_param(transport));
    buf_put_byte(b, ' ');
    address_write(b, address);
}

static void put_targets(struct stack *s, struct locate *l, struct buf *b)
{
    rested_order(s->rested, l->targets.list, l->targets.count, world_now(s->world));
    for (unsigned i = 0; i < l->targets.count; i++) {
        buf_put(b, i > 0 ? SLICE(", then ") : SLICE(""));
        put_place(b, l->targets.list[i].transport, &l->targets.list[i].address);
    }
}

static void put_questions(struct locate *l, struct buf *b)
{
    unsigned number, count = 0;

    buf_put(b, SLICE("the DNS would be asked for "));
    while (locate_next(l, &number)) {
        struct locate_question q = locate_question(l, number);

        buf_put(b, count++ > 0 ? SLICE(" and ") : SLICE(""));
        buf_put(b, slice_from(record_type_text(q.type)));
        buf_put(b, SLICE(" of "));
        buf_put(b, q.name);
    }
}

void stack_tell_way(struct stack *s, const struct outgoing *out, struct buf *b)
{
    struct locate l;

    if (out->flow != NULL) {
        put_place(b, out->flow->transport, &out->flow->remote);
        buf_put(b, out->flow_only ? SLICE(", the flow it came by, and no other way") : SLICE(", the flow it came by"));
        return;
    }
    switch (locate_start(&l, out->destination, transport_set(s), transport_families(s), &s->world->random)) {
    case LOCATE_DONE:
        put_targets(s, &l, b);
        break;
    case LOCATE_ASK:
        put_questions(&l, b);
        break;
    case LOCATE_FAILED:
        buf_put(b, SLICE("no way: "));
        buf_put(b, slice_from(error_text(l.error)));
        break;
    }
}
