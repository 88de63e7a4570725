/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/flow_token.h"

#include "base/hash.h"

enum { HEAD = 3, STREAM = 12 };

static const struct slice prefix = SLICE_INIT("flow-");

/* ---- a flow in bytes ---- */

static void put_number(struct buf *b, uint64_t number, unsigned bytes)
{
    while (bytes-- > 0)
        buf_put_byte(b, (char)(number >> 8 * bytes & 0xff));
}

static uint64_t take_number(struct scan *s, unsigned bytes)
{
    uint64_t number = 0;

    for (; bytes > 0 && s->at < s->end; bytes--)
        number = number << 8 | (uint8_t)*s->at++;
    return number;
}

static size_t ip_length(uint8_t family)
{
    return family == FAMILY_4 ? 4 : 16;
}

static void put_address(struct buf *b, const struct address *a)
{
    buf_put(b, (struct slice){ (const char *)a->ip, ip_length(a->family) });
    put_number(b, a->port, 2);
}

static struct address take_address(struct scan *s, uint8_t family)
{
    struct address a = { .family = family };

    for (size_t i = 0; i < ip_length(family); i++)
        a.ip[i] = (uint8_t)take_number(s, 1);
    a.port = (uint16_t)take_number(s, 2);
    return a;
}

static bool can_be_written(const struct flow *f)
{
    return f->transport != TRANSPORT_NONE && f->local.family == f->remote.family && f->remote.family != FAMILY_NONE &&
           f->remote.scope == 0 && f->local.scope == 0;
}

bool flow_bytes_put(struct buf *b, const struct flow *f, uint32_t boot)
{
    if (!can_be_written(f))
        return false;
    put_number(b, f->transport, 1);
    put_number(b, f->listener > 0xff ? 0xff : f->listener, 1);
    put_number(b, f->remote.family, 1);
    put_address(b, &f->local);
    put_address(b, &f->remote);
    if (!transport_is_reliable(f->transport))
        return true;
    put_number(b, boot, 4);
    put_number(b, f->connection, 8);
    return true;
}

static bool is_whole(const struct scan *s)
{
    size_t         len = (size_t)(s->end - s->at);
    enum transport transport;
    size_t         wanted;

    if (len <= HEAD || (s->at[2] != FAMILY_4 && s->at[2] != FAMILY_6))
        return false;
    transport = (enum transport)s->at[0];
    if (transport < TRANSPORT_UDP || transport > TRANSPORT_WSS)
        return false;
    wanted = HEAD + 2 * (ip_length((uint8_t)s->at[2]) + 2);
    return len >= wanted + (transport_is_reliable(transport) ? STREAM : 0);
}

enum flow_token flow_bytes_take(struct scan *s, uint32_t boot, struct flow *flow)
{
    *flow = (struct flow){ .transport = TRANSPORT_NONE };
    if (!is_whole(s))
        return FLOW_TOKEN_NONE;
    flow->transport = (enum transport)take_number(s, 1);
    flow->listener  = (unsigned)take_number(s, 1);
    flow->remote    = (struct address){ .family = (uint8_t)take_number(s, 1) };
    flow->local     = take_address(s, flow->remote.family);
    flow->remote    = take_address(s, flow->remote.family);
    if (!transport_is_reliable(flow->transport))
        return FLOW_TOKEN_GOOD;
    if (take_number(s, 4) == boot) {
        flow->connection = take_number(s, 8);
        return FLOW_TOKEN_GOOD;
    }
    take_number(s, 8);
    *flow = (struct flow){ .transport = TRANSPORT_NONE };
    return FLOW_TOKEN_STALE;
}

bool token_take_hex(struct slice text, struct buf *bytes)
{
    if (text.len % 2 != 0)
        return false;
    for (size_t i = 0; i < text.len / 2; i++) {
        int high = hex_value(text.ptr[2 * i]), low = hex_value(text.ptr[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        buf_put_byte(bytes, (char)(high << 4 | low));
    }
    return buf_ok(bytes);
}

/* ---- the token ---- */

/* Another key than that of the tokens of dialogs, so that neither stands for the other. */
static void write_mac(struct buf *b, struct slice digits, const struct token_key *key)
{
    struct hash_key mac = { ~key->key.k0, ~key->key.k1 };

    buf_put_hex64(b, siphash(&mac, digits));
}

bool flow_token_write(struct buf *b, const struct flow *flow, const struct token_key *key)
{
    char       memory[FLOW_BYTES], text[2 * FLOW_BYTES];
    struct buf bytes = BUF_ON(memory), digits = BUF_ON(text);

    if (!flow_bytes_put(&bytes, flow, key->boot))
        return false;
    buf_put_hex(&digits, memory, bytes.len);
    buf_put(b, prefix);
    write_mac(b, buf_slice(&digits), key);
    buf_put(b, buf_slice(&digits));
    return buf_ok(b);
}

/* Ours, says the MAC; but perhaps of another version of us, and then it leads nowhere any more. */
static enum flow_token read_bytes(struct slice bytes, const struct token_key *key, struct flow *flow)
{
    struct scan     s     = scan_from(bytes);
    enum flow_token found = flow_bytes_take(&s, key->boot, flow);

    if (found != FLOW_TOKEN_NONE && scan_at_end(&s))
        return found;
    *flow = (struct flow){ .transport = TRANSPORT_NONE };
    return FLOW_TOKEN_STALE;
}

enum flow_token flow_token_read(struct slice user, const struct token_key *key, struct flow *flow)
{
    char         memory[TOKEN_MAC], text[FLOW_BYTES];
    struct buf   mac = BUF_ON(memory), bytes = BUF_ON(text);
    struct scan  s = scan_from(user);
    struct slice digits;

    *flow = (struct flow){ .transport = TRANSPORT_NONE };
    if (!scan_exact(&s, prefix))
        return FLOW_TOKEN_NONE;
    if (s.end - s.at <= TOKEN_MAC)
        return FLOW_TOKEN_FORGED;
    digits = slice_between(s.at + TOKEN_MAC, s.end);
    write_mac(&mac, digits, key);
    if (!secret_eq(s.at, memory, TOKEN_MAC) || !token_take_hex(digits, &bytes))
        return FLOW_TOKEN_FORGED;
    return read_bytes(buf_slice(&bytes), key, flow);
}
