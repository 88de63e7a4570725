/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/dialog_token.h"

#include "base/hash.h"

enum { CONTACT = 4, WAY = FLOW_BYTES + CONTACT, TRUNK = 't' }; /* that is no hex digit */

uint32_t dialog_token_contact(const struct uri *contact, const struct token_key *key)
{
    struct slice gr;

    if (contact->params.len > 0 && uri_param(contact, SLICE("gr"), &gr))
        return DIALOG_TOKEN_WHOEVER;
    return (uint32_t)siphash_nocase(&key->key, contact->host) ^ contact->port;
}

bool dialog_token_leads_to(const struct way_back *way, const struct uri *uri, const struct token_key *key)
{
    return way->contact == DIALOG_TOKEN_WHOEVER || way->contact == dialog_token_contact(uri, key);
}

/* Another key than that of all else under it. */
static struct hash_key mac_key(const struct token_key *key)
{
    return (struct hash_key){ key->key.k0, ~key->key.k1 };
}

static void write_mac(struct buf *b, struct slice call_id, struct slice rest, const struct token_key *key)
{
    struct hash_key mac = mac_key(key);
    struct siphash  h;

    if (rest.len == 0) {
        buf_put_hex64(b, siphash(&mac, call_id));
        return;
    }
    siphash_init(&h, &mac);
    siphash_add(&h, call_id);
    siphash_add(&h, rest);
    buf_put_hex64(b, siphash_result(&h));
}

/* ---- the way back in bytes ---- */

static bool put_way(struct buf *b, const struct way_back *way, const struct token_key *key)
{
    bool put = flow_bytes_put(b, &way->flow, key->boot);

    for (unsigned i = CONTACT; put && i-- > 0;)
        buf_put_byte(b, (char)(way->contact >> 8 * i & 0xff));
    return put;
}

/* We have written it, says the MAC; but perhaps another version of us. */
static struct way_back take_way(struct slice bytes, const struct token_key *key)
{
    struct scan     s = scan_from(bytes);
    struct way_back w;
    enum flow_token found = flow_bytes_take(&s, key->boot, &w.flow);

    w.contact = 0;
    if (found != FLOW_TOKEN_GOOD || s.end - s.at != CONTACT)
        return (struct way_back){ .flow.transport = TRANSPORT_NONE };
    for (; s.at < s.end; s.at++)
        w.contact = w.contact << 8 | (uint8_t)*s.at;
    return w;
}

/* ---- the token ---- */

void dialog_token_write(struct buf *b, struct slice call_id, const struct way_back *way, const struct token_key *key)
{
    char       memory[WAY], digits[1 + 2 * WAY];
    struct buf bytes = BUF_ON(memory), text = BUF_ON(digits);

    if (way->trunk)
        buf_put_byte(&text, TRUNK);
    if (way->flow.transport != TRANSPORT_NONE && put_way(&bytes, way, key))
        buf_put_hex(&text, memory, bytes.len);
    write_mac(b, call_id, buf_slice(&text), key);
    buf_put(b, buf_slice(&text));
}

bool dialog_token_read(struct slice user, struct slice call_id, const struct token_key *key, struct way_back *way)
{
    char         memory[TOKEN_MAC], text[WAY];
    struct buf   mac = BUF_ON(memory), bytes = BUF_ON(text);
    struct slice rest = SLICE("");
    bool         trunk;

    *way = (struct way_back){ .flow.transport = TRANSPORT_NONE };
    if (user.len < TOKEN_MAC || user.len > DIALOG_TOKEN)
        return false;
    if (user.len > TOKEN_MAC)
        rest = slice_between(user.ptr + TOKEN_MAC, user.ptr + user.len);
    write_mac(&mac, call_id, rest, key);
    trunk = rest.len > 0 && *rest.ptr == TRUNK;
    if (trunk)
        rest = slice_between(rest.ptr + 1, rest.ptr + rest.len);
    if (!secret_eq(user.ptr, memory, TOKEN_MAC) || !token_take_hex(rest, &bytes))
        return false;
    if (rest.len > 0)
        *way = take_way(buf_slice(&bytes), key);
    way->trunk = trunk;
    return true;
}
