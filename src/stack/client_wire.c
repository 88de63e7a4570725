/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of a client transaction: the request with our Via and Record-Route.
 *
 * Who is reached by another transport, family, name or flow than who asked is told of both
 * (RFC 5658 5.1): two Record-Route values, the one that its reader is to use first on top.
 *
 *     alice -- TCP, 203.0.113.7 --> [proxy] -- UDP, 10.0.0.1 --> bob
 *
 *     Record-Route: <sip:USER@10.0.0.1;transport=udp;lr>         bob's side
 *     Record-Route: <sip:USER@203.0.113.7;transport=tcp;lr>      alice's, whose route set is
 *                                                                 the reverse
 */
#include "stack/internal.h"

#include "base/error.h"

enum { BRANCH_RANDOM = 8, VIA_ROOM = SENT_BY_TEXT + BRANCH_MAX + 64, ROUTE_ROOM = SENT_BY_TEXT + ROUTE_USER + 64 };

/* z9hG4bK [mark -] id random: the id finds the transaction, the random part keeps
 * a stranger from guessing it. */
static void make_branch(struct client_txn *t, struct slice mark)
{
    struct stack *s = t->stack;
    struct buf    b = BUF_ON(t->branch);

    buf_put(&b, SLICE(BRANCH_COOKIE));
    buf_put(&b, mark);
    if (!t->whole) {
        buf_put_byte(&b, '-');
        buf_put_hex64(&b, t->id);
        random_token(&s->world->random, &b, BRANCH_RANDOM);
    }
    t->branch_len = b.len;
}

static void renew_branch(struct client_txn *t)
{
    char memory[BRANCH_MAX];

    memcpy(memory, t->branch + sizeof BRANCH_COOKIE - 1, t->mark_len);
    make_branch(t, (struct slice){ memory, t->mark_len });
}

/* What stack_write_sent_by has written, in its parts; port 0: none. */
static struct slice split_sent_by(struct slice text, uint32_t *port)
{
    struct scan  s = scan_from(text);
    struct slice host;

    *port = 0;
    if (scan_host(&s, &host) && scan_byte(&s, ':') && scan_number(&s, UINT16_MAX, port))
        return host;
    return text;
}

static uint32_t sent_by_mark(const struct stack *s, struct slice host, uint32_t port)
{
    return (uint32_t)siphash_nocase(&s->key, host) + port;
}

/* The same address in other words. */
static bool means_sent_by(const struct client_txn *t, const struct via *via)
{
    char           memory[SENT_BY_TEXT];
    struct buf     b = BUF_ON(memory);
    struct address ours, theirs;
    uint32_t       port;
    struct slice   host;

    stack_write_sent_by(t->stack, &b, &t->flow);
    host = split_sent_by(buf_slice(&b), &port);
    return port == via->port && address_parse_ip(host, &ours) && address_parse_ip(via->host, &theirs) &&
           address_eq_ip(&ours, &theirs);
}

bool client_has_sent_by(const struct client_txn *t, const struct via *via)
{
    return sent_by_mark(t->stack, via->host, via->port) == t->sent_by || means_sent_by(t, via);
}

static void write_sent_by(struct client_txn *t, struct buf *b)
{
    size_t       mark = b->len;
    struct slice host;
    uint32_t     port;

    stack_write_sent_by(t->stack, b, &t->flow);
    host       = split_sent_by((struct slice){ b->ptr + mark, b->len - mark }, &port);
    t->sent_by = sent_by_mark(t->stack, host, port);
}

static void write_via(struct client_txn *t, struct buf *b)
{
    buf_put(b, SLICE("Via: SIP/2.0/"));
    buf_put(b, transport_name(t->flow.transport));
    buf_put_byte(b, ' ');
    write_sent_by(t, b);
    buf_put(b, SLICE(";branch="));
    buf_put(b, (struct slice){ t->branch, t->branch_len });
    buf_put(b, SLICE(";rport"));
    if (transport_takes_alias(t->stack, &t->flow))
        buf_put(b, SLICE(";alias"));
    buf_put(b, SLICE("\r\n"));
}

/* One side of Record-Route. */
struct side {
    const struct flow *flow;
    struct slice       user;
};

/* RFC 7118 5.2.1: secure or not, it is "ws".  RFC 5630 5.3 would have no "tls", but then who
 * is no phone of ours would come back by TCP or UDP; a sips URI says it by its scheme. */
static void write_transport(const struct client_txn *t, struct buf *b, enum transport transport)
{
    if (t->sips_route && transport == TRANSPORT_TLS)
        return;
    if (transport == TRANSPORT_WSS)
        transport = TRANSPORT_WS;
    buf_put(b, SLICE(";transport="));
    buf_put(b, transport_param(transport));
}

static void write_uri(struct client_txn *t, struct buf *b, const struct side *side, bool with_transport)
{
    buf_put(b, t->sips_route ? SLICE("<sips:") : SLICE("<sip:"));
    if (side->user.len > 0) {
        buf_put(b, side->user);
        buf_put_byte(b, '@');
    }
    stack_write_sent_by(t->stack, b, side->flow);
    if (with_transport)
        write_transport(t, b, side->flow->transport);
    buf_put(b, SLICE(";lr"));
}

static void write_side(struct client_txn *t, struct buf *b, const struct side *side, bool with_transport)
{
    buf_put(b, SLICE("Record-Route: "));
    write_uri(t, b, side, with_transport);
    buf_put(b, SLICE(">\r\n"));
}

/* The side of the registrar is enough: on the other one the token says by which flow. */
static void write_path(struct client_txn *t, struct buf *b)
{
    struct side down = { &t->flow, { t->text + t->text_len + t->user_up_len, t->user_down_len } };

    buf_put(b, SLICE("Path: "));
    write_uri(t, b, &down, transport_is_reliable(t->flow.transport));
    buf_put(b, SLICE(";ob>\r\n"));
}

static bool is_named_alike(const struct stack *s, const struct flow *a, const struct flow *b)
{
    char       one[SENT_BY_TEXT], other[SENT_BY_TEXT];
    struct buf first = BUF_ON(one), second = BUF_ON(other);

    stack_write_sent_by(s, &first, a);
    stack_write_sent_by(s, &second, b);
    return slice_eq(buf_slice(&first), buf_slice(&second));
}

static void write_record_route(struct client_txn *t, struct buf *b)
{
    const char *users = t->text + t->text_len;
    struct side up    = { &t->upstream, { users, t->user_up_len } };
    struct side down  = { &t->flow, { users + t->user_up_len, t->user_down_len } };

    if (!t->by_given_flow && t->user_located_len > 0) /* what names the flow that failed would lead to nobody */
        down.user = (struct slice){ down.user.ptr + t->user_down_len, t->user_located_len };
    if (t->upstream.transport == TRANSPORT_NONE ||
        (t->upstream.transport == t->flow.transport && slice_eq(up.user, down.user) &&
         is_named_alike(t->stack, up.flow, down.flow))) {
        write_side(t, b, &down, transport_is_reliable(t->upstream.transport));
        return;
    }
    write_side(t, b, &down, true);
    write_side(t, b, &up, true);
}

void client_drop_wire(struct client_txn *t)
{
    pool_give(&t->stack->world->pool, t->wire, t->wire_room);
    t->wire     = NULL;
    t->wire_len = t->wire_room = 0;
}

int client_make_wire(struct client_txn *t)
{
    size_t     room = t->text_len + VIA_ROOM + (t->record_route || t->path ? 2 * ROUTE_ROOM : 0);
    struct buf b;

    if (t->cancels == 0) /* a CANCEL has its INVITE's branch */
        renew_branch(t);
    client_drop_wire(t);
    t->wire = pool_take(&t->stack->world->pool, room);
    if (t->wire == NULL)
        return -ERR_NO_MEMORY;
    t->wire_room = room;
    b            = buf_on(t->wire, room);
    buf_put(&b, (struct slice){ t->text, t->start_len });
    write_via(t, &b);
    if (t->record_route)
        write_record_route(t, &b);
    if (t->path)
        write_path(t, &b);
    buf_put(&b, (struct slice){ t->text + t->start_len, t->text_len - t->start_len });
    t->wire_len = b.len;
    return buf_ok(&b) ? 0 : -ERR_TOO_LARGE;
}
