/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of a client transaction: the request with our Via and Record-Route.
 *
 *     | start line | head: Via, Record-Route, Path | the rest, as it was given | users |
 *     '- start_len -'---------- head_len ----------'                           '- of Record-Route
 *     '------------------------------ wire_len -------------------------------'
 *
 * It is written once, straight from what the user gave, when the first target is known at once; the
 * wire for another target is made of the one before, so no second copy is kept.
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

enum {
    VIA_ROOM   = SENT_BY_TEXT + BRANCH_MAX + 64,
    ROUTE_ROOM = SENT_BY_TEXT + ROUTE_USER + 64,
    HEAD_ROOM  = VIA_ROOM + 2 * ROUTE_ROOM
};

/* z9hG4bK [mark -] id random: the id finds the transaction, the random part keeps
 * a stranger from guessing it.  The mark stands there from the start. */
static void renew_branch(struct client_txn *t)
{
    struct stack *s = t->stack;
    struct buf    b = BUF_ON(t->branch);

    buf_put(&b, SLICE(BRANCH_COOKIE));
    b.len += t->mark_len;
    if (!t->whole) {
        buf_put_byte(&b, '-');
        buf_put_hex64(&b, t->id != 0 ? t->id : random_u64(&s->world->random)); /* nobody asks for what has no id */
        random_token(&s->world->random, &b, BRANCH_RANDOM);
    }
    t->branch_len = b.len;
}

/* The same address in other words. */
static bool means_sent_by(const struct sent_by *own, const struct via *via)
{
    struct slice   host = { own->text.ptr, own->host_len };
    struct address ours, theirs;

    return own->port == via->port && address_parse_ip(host, &ours) && address_parse_ip(via->host, &theirs) &&
           address_eq_ip(&ours, &theirs);
}

static bool is_written_alike(const struct sent_by *own, const struct via *via)
{
    return own->port == via->port && slice_eq((struct slice){ own->text.ptr, own->host_len }, via->host);
}

/* What the listener is called may have changed since: then the hash still says what it was. */
bool client_is_sent_by(const struct stack *s, uint32_t mark, const struct flow *flow, const struct via *via)
{
    char           memory[ADDRESS_TEXT];
    struct sent_by own = transport_sent_by(s, flow, memory);

    return (own.mark == mark && is_written_alike(&own, via)) || sent_by_mark(s, via->host, via->port) == mark ||
           means_sent_by(&own, via);
}

/* Byte for byte as it was sent: two thirds of the look at one less. */
static bool is_as_sent(const struct client_txn *t, const struct via *via)
{
    const char *end = via->text.ptr + via->text.len;

    return t->wire != NULL && t->sent_by_len > 0 && end - via->host.ptr > t->sent_by_len &&
           via->host.ptr[t->sent_by_len] == ';' &&
           memcmp(t->wire + t->start_len + t->sent_by_at, via->host.ptr, t->sent_by_len) == 0;
}

bool client_has_sent_by(const struct client_txn *t, const struct via *via)
{
    return is_as_sent(t, via) || client_is_sent_by(t->stack, t->sent_by, &t->flow, via);
}

static void write_sent_by(struct client_txn *t, struct buf *b)
{
    char           memory[ADDRESS_TEXT];
    struct sent_by own = transport_sent_by(t->stack, &t->flow, memory);

    t->sent_by     = own.mark;
    t->sent_by_at  = (uint16_t)b->len;
    t->sent_by_len = (uint16_t)own.text.len;
    buf_put(b, own.text);
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
    if (side->flow == &t->flow)
        buf_put(b, (struct slice){ b->ptr + t->sent_by_at, t->sent_by_len }); /* as in the Via before it */
    else
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

/* What stands before the '@' on each side; see struct outgoing. */
struct users {
    struct slice up, down, located;
};

static struct users users_of(const struct client_txn *t)
{
    const char *up, *down;

    if (t->wire == NULL)
        return (struct users){ t->out->user_up, t->out->user_down, t->out->user_located };
    up   = t->wire + t->wire_len;
    down = up + t->user_up_len;
    return (struct users){ { up, t->user_up_len },
                           { down, t->user_down_len },
                           { down + t->user_down_len, t->user_located_len } };
}

/* The side of the registrar is enough: on the other one the token says by which flow. */
static void write_path(struct client_txn *t, struct buf *b)
{
    struct side down = { &t->flow, users_of(t).down };

    buf_put(b, SLICE("Path: "));
    write_uri(t, b, &down, transport_is_reliable(t->flow.transport));
    buf_put(b, SLICE(";ob>\r\n"));
}

static bool is_named_alike(const struct stack *s, const struct flow *a, const struct flow *b)
{
    char           one[ADDRESS_TEXT], other[ADDRESS_TEXT], first[SENT_BY_TEXT];
    struct buf     kept = BUF_ON(first);
    struct sent_by name;

    if (a->listener == b->listener && address_eq(&a->local, &b->local) && !address_is_any(&a->local))
        return true;
    buf_put(&kept, transport_sent_by(s, a, one).text); /* its place may be taken by the other's */
    name = transport_sent_by(s, b, other);
    return slice_eq(buf_slice(&kept), name.text);
}

static void write_record_route(struct client_txn *t, struct buf *b)
{
    struct users users = users_of(t);
    struct side  up    = { &t->upstream, users.up };
    struct side  down  = { &t->flow, users.down };

    if (!t->by_given_flow && users.located.len > 0) /* what names the flow that failed would lead to nobody */
        down.user = users.located;
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

static size_t users_len(const struct client_txn *t)
{
    return (size_t)t->user_up_len + t->user_down_len + t->user_located_len;
}

/* A block of so many bytes, as text to be written; ptr NULL without memory. */
static struct buf wire_buf(const struct client_txn *t, size_t room)
{
    return buf_on(pool_take(&t->stack->world->pool, room), room);
}

static void take_wire(struct client_txn *t, const struct buf *b, size_t head_len)
{
    client_drop_wire(t);
    t->wire      = b->ptr;
    t->wire_room = b->cap;
    t->wire_len  = b->len - users_len(t);
    t->head_len  = head_len;
}

/* Of what the user has given: each byte is copied once. */
static int first_wire(struct client_txn *t, struct slice head)
{
    const struct outgoing *out = t->out;
    struct buf             b   = wire_buf(t, t->start_len + head.len + out->rest->total + users_len(t));

    if (b.ptr == NULL)
        return -ERR_NO_MEMORY;
    buf_put(&b, out->start_line);
    buf_put(&b, head);
    gather_flatten(out->rest, &b);
    if (users_len(t) > 0) {
        buf_put(&b, out->user_up);
        buf_put(&b, out->user_down);
        buf_put(&b, out->user_located);
    }
    take_wire(t, &b, head.len);
    return 0;
}

/* Of the wire for the target before. */
static int next_wire(struct client_txn *t, struct slice head)
{
    struct slice start = { t->wire, t->start_len };
    struct slice rest  = slice_between(t->wire + t->start_len + t->head_len, t->wire + t->wire_len + users_len(t));
    struct buf   b     = wire_buf(t, start.len + head.len + rest.len);

    if (b.ptr == NULL)
        return -ERR_NO_MEMORY;
    buf_put(&b, start);
    buf_put(&b, head);
    buf_put(&b, rest);
    take_wire(t, &b, head.len);
    return 0;
}

int client_keep_request(struct client_txn *t)
{
    t->sent_by_len = 0;
    return first_wire(t, SLICE(""));
}

int client_make_wire(struct client_txn *t)
{
    char       memory[HEAD_ROOM];
    struct buf head = BUF_ON(memory);

    if (t->wire == NULL && t->out == NULL) /* it could not be kept */
        return -ERR_NO_MEMORY;
    if (t->cancels == 0) /* a CANCEL has its INVITE's branch */
        renew_branch(t);
    write_via(t, &head);
    if (t->record_route)
        write_record_route(t, &head);
    if (t->path)
        write_path(t, &head);
    if (!buf_ok(&head))
        return -ERR_TOO_LARGE;
    return t->wire == NULL ? first_wire(t, buf_slice(&head)) : next_wire(t, buf_slice(&head));
}
