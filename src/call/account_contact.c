/* SPDX-License-Identifier: BSD-2-Clause */
/* What an account writes into Contact: an address of ours, what a NAT makes of it, or a GRUU. */
#include "call/state.h"

enum { TEXT_MAX = 1024 };

/* What a Contact says of how it is to be reached.  By TLS "sips" says it all; transport=tls is
 * no longer written in its favour (RFC 3261 26.2.2), but without it a sip URI would be UDP's.
 * RFC 7118 5.2: "ws", secure or not. */
static struct slice contact_params(enum transport transport, bool secure)
{
    switch (transport) {
    case TRANSPORT_TCP:
        return SLICE(";transport=tcp");
    case TRANSPORT_TLS:
        return secure ? SLICE("") : SLICE(";transport=tls");
    case TRANSPORT_WS:
    case TRANSPORT_WSS:
        return SLICE(";transport=ws");
    case TRANSPORT_NONE:
    case TRANSPORT_UDP:
        break;
    }
    return SLICE("");
}

static struct slice write_contact(const struct account_flow *f, struct arena *arena, const struct address *at,
                                  enum transport transport, bool secure, struct slice user, struct slice more)
{
    const struct account *a = f->account;
    char                  text[TEXT_MAX];
    struct buf            b = BUF_ON(text);

    if (f->outside.family != FAMILY_NONE && address_eq_ip(at, &f->path.local))
        at = &f->outside;
    buf_put(&b, secure ? SLICE("<sips:") : SLICE("<sip:"));
    if (user.len > 0) {
        buf_put(&b, user);
        buf_put_byte(&b, '@');
    }
    if (transport == TRANSPORT_WS || transport == TRANSPORT_WSS)
        buf_put(&b, stack_nobody(a->phone->stack));
    else
        address_write(&b, at);
    buf_put(&b, contact_params(transport, secure));
    buf_put(&b, more);
    buf_put_byte(&b, '>');
    return arena_copy(arena, buf_slice(&b));
}

struct slice account_contact(const struct account_flow *f, struct arena *arena, const struct address *at,
                             enum transport transport, bool secure)
{
    return write_contact(f, arena, at, transport, secure, f->account->contact_user, SLICE(""));
}

/* RFC 5627 4.3: with sips it is the same GRUU. */
static struct slice gruu_contact(struct slice gruu, struct arena *arena, bool secure)
{
    char       text[TEXT_MAX];
    struct buf b = BUF_ON(text);
    struct uri uri;

    if (!uri_parse(gruu, &uri))
        return (struct slice){ NULL, 0 };
    buf_put(&b, secure ? SLICE("<sips") : SLICE("<"));
    buf_put(&b, secure ? slice_between(uri.scheme_text.ptr + uri.scheme_text.len, gruu.ptr + gruu.len) : gruu);
    buf_put_byte(&b, '>');
    return buf_ok(&b) ? arena_copy(arena, buf_slice(&b)) : (struct slice){ NULL, 0 };
}

struct slice account_dialog_contact(const struct account *a, struct arena *arena, const struct address *at,
                                    enum transport transport, bool secure, bool anonymous)
{
    const struct account_flow    *f      = account_way(a);
    const struct register_answer *answer = &f->registration.answer;
    struct slice                  gruu   = anonymous ? answer->temp_gruu : answer->pub_gruu;

    if (gruu.len > 0)
        gruu = gruu_contact(gruu, arena, secure);
    if (gruu.len > 0)
        return gruu;
    return write_contact(f, arena, at, transport, secure, anonymous ? SLICE("") : a->contact_user,
                         account_flow_out(a) != NULL ? SLICE(";ob") : SLICE(""));
}
