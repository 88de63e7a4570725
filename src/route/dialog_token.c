/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/dialog_token.h"

enum { MAC = 16, WAY = (DIALOG_TOKEN - MAC) / 2, WAY_HEAD = 3, CONTACT = 4, STREAM = 12 };

uint32_t dialog_token_contact(const struct uri *contact, const struct token_key *key)
{
    return (uint32_t)siphash_nocase(&key->key, contact->host) ^ contact->port;
}

/* The key of all else under it: no CSeq number makes it that of a mark (proxy_write_mark). */
static struct hash_key mac_key(const struct token_key *key)
{
    return (struct hash_key){ key->key.k0, ~key->key.k1 };
}

static void write_mac(struct buf *b, struct slice call_id, struct slice way, const struct token_key *key)
{
    struct hash_key mac = mac_key(key);
    struct siphash  h;

    if (way.len == 0) {
        buf_put_hex64(b, siphash(&mac, call_id));
        return;
    }
    siphash_init(&h, &mac);
    siphash_add(&h, call_id);
    siphash_add(&h, way);
    buf_put_hex64(b, siphash_result(&h));
}

/* ---- the way back in bytes ---- */

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

static void put_way(struct buf *b, const struct way_back *way, const struct token_key *key)
{
    const struct flow *f = &way->flow;

    put_number(b, f->transport, 1);
    put_number(b, f->listener > 0xff ? 0xff : f->listener, 1);
    put_number(b, f->remote.family, 1);
    put_address(b, &f->local);
    put_address(b, &f->remote);
    put_number(b, way->contact, 4);
    if (!transport_is_reliable(f->transport))
        return;
    put_number(b, key->boot, 4);
    put_number(b, f->connection, 8);
}

/* We have written it, says the MAC; but perhaps another version of us. */
static bool is_whole(struct slice bytes)
{
    enum transport transport = TRANSPORT_NONE;
    size_t         len       = 0;

    if (bytes.len > WAY_HEAD && (bytes.ptr[2] == FAMILY_4 || bytes.ptr[2] == FAMILY_6)) {
        transport = (enum transport)bytes.ptr[0];
        len       = WAY_HEAD + 2 * (ip_length((uint8_t)bytes.ptr[2]) + 2) + CONTACT;
    }
    if (transport < TRANSPORT_UDP || transport > TRANSPORT_WSS)
        return false;
    return bytes.len == len + (transport_is_reliable(transport) ? STREAM : 0);
}

static struct way_back take_way(struct slice bytes, const struct token_key *key)
{
    struct scan     s = scan_from(bytes);
    struct way_back w = { .flow.transport = TRANSPORT_NONE };

    if (!is_whole(bytes))
        return w;
    w.flow.transport = (enum transport)take_number(&s, 1);
    w.flow.listener  = (unsigned)take_number(&s, 1);
    w.flow.remote    = (struct address){ .family = (uint8_t)take_number(&s, 1) };
    w.flow.local     = take_address(&s, w.flow.remote.family);
    w.flow.remote    = take_address(&s, w.flow.remote.family);
    w.contact        = (uint32_t)take_number(&s, 4);
    if (!transport_is_reliable(w.flow.transport))
        return w;
    if (take_number(&s, 4) != key->boot)
        return (struct way_back){ .flow.transport = TRANSPORT_NONE };
    w.flow.connection = take_number(&s, 8);
    return w;
}

static bool take_hex(struct slice text, char bytes[WAY])
{
    if (text.len % 2 != 0 || text.len / 2 > WAY)
        return false;
    for (size_t i = 0; i < text.len / 2; i++) {
        int high = hex_value(text.ptr[2 * i]), low = hex_value(text.ptr[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        bytes[i] = (char)(high << 4 | low);
    }
    return true;
}

/* ---- the token ---- */

void dialog_token_write(struct buf *b, struct slice call_id, const struct way_back *way, const struct token_key *key)
{
    char       memory[WAY], digits[2 * WAY];
    struct buf bytes = BUF_ON(memory), text = BUF_ON(digits);

    if (way != NULL && can_be_written(&way->flow)) {
        put_way(&bytes, way, key);
        buf_put_hex(&text, memory, bytes.len);
    }
    write_mac(b, call_id, buf_slice(&text), key);
    buf_put(b, buf_slice(&text));
}

bool dialog_token_read(struct slice user, struct slice call_id, const struct token_key *key, struct way_back *way)
{
    char         memory[MAC], bytes[WAY];
    struct buf   mac  = BUF_ON(memory);
    struct slice rest = SLICE("");

    *way = (struct way_back){ .flow.transport = TRANSPORT_NONE };
    if (user.len < MAC || user.len > DIALOG_TOKEN)
        return false;
    if (user.len > MAC)
        rest = slice_between(user.ptr + MAC, user.ptr + user.len);
    write_mac(&mac, call_id, rest, key);
    if (!slice_eq((struct slice){ user.ptr, MAC }, buf_slice(&mac)) || !take_hex(rest, bytes))
        return false;
    if (rest.len > 0)
        *way = take_way((struct slice){ bytes, rest.len / 2 }, key);
    return true;
}
