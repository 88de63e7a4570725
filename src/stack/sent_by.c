/* SPDX-License-Identifier: BSD-2-Clause */
/* What we are called in Via and Record-Route: the name that a listener is advertised by, or the
 * address that a message leaves from.
 *
 * Each message needs it several times and it hardly ever changes, so a listener keeps the text for some
 * addresses of ours.  Writing it for each took 2,500 of a call's instructions, looking it up 300. */
#include "stack/internal.h"

uint32_t sent_by_mark(const struct stack *s, struct slice host, uint32_t port)
{
    return (uint32_t)siphash13_nocase(&s->key, host) + port;
}

struct sent_by sent_by_of(const struct stack *s, struct slice text)
{
    struct sent_by own = { .text = text, .host_len = text.len };
    struct scan    at  = scan_from(text);
    struct slice   host;

    if (scan_host(&at, &host) && scan_byte(&at, ':') && scan_number(&at, UINT16_MAX, &own.port))
        own.host_len = host.len;
    else
        own.port = 0;
    own.mark = sent_by_mark(s, (struct slice){ text.ptr, own.host_len }, own.port);
    return own;
}

static void write_address(struct buf *b, const struct address *local)
{
    if (local->port != 0)
        address_write(b, local);
    else
        address_write_ip(b, local);
}

static struct sent_by of_address(const struct stack *s, const struct address *local, char memory[ADDRESS_TEXT])
{
    struct buf b = buf_on(memory, ADDRESS_TEXT);

    write_address(&b, local);
    return sent_by_of(s, buf_slice(&b));
}

/* Of the listener; found there, or written there in the place of another. */
static struct sent_by kept(struct stack *s, struct socket_entry *e, const struct address *local)
{
    struct sent_by_entry *name = &e->names[local->ip[local->family == FAMILY_4 ? 3 : 15] % SENT_BYS];

    if (!address_eq(&name->local, local)) {
        name->local   = *local;
        name->sent_by = of_address(s, local, name->text);
    }
    return name->sent_by;
}

struct sent_by transport_sent_by(const struct stack *s, const struct flow *flow, char memory[ADDRESS_TEXT])
{
    const struct socket_entry *e = flow->transport != TRANSPORT_NONE ? transport_entry(s, flow) : NULL;
    struct address             local;

    if (e == NULL && (flow->transport == TRANSPORT_WS || flow->transport == TRANSPORT_WSS))
        return sent_by_of(s, stack_nobody(s));
    if (e == NULL)
        return of_address(s, &flow->local, memory);
    if (e->advertise_len > 0)
        return e->advertised;
    if (e->udp != NULL && !e->wildcard) /* it leaves from there, whatever a flow of old says */
        return kept((struct stack *)s, (struct socket_entry *)e, &e->local);
    local      = flow->local;
    local.port = e->local.port;
    if (address_is_any(&local))
        transport_source(s, &flow->remote, &local);
    local.port = e->local.port;
    return kept((struct stack *)s, (struct socket_entry *)e, &local);
}

void stack_write_sent_by(const struct stack *s, struct buf *b, const struct flow *flow)
{
    char memory[ADDRESS_TEXT];

    buf_put(b, transport_sent_by(s, flow, memory).text);
}
