/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/stateless.h"

#include "base/hash.h"
#include "route/loop_mark.h"

enum { LISTENERS = 16, HASH = 16, VIA_TEXT = 1024 };

static const struct slice sign = SLICE_INIT("-s");

/* What a CANCEL or an ACK may lack, so that they would not go with their INVITE. */
static bool asks_for_more(const struct message *request)
{
    static const enum header_id ids[] = { HEADER_PROXY_REQUIRE, HEADER_ACCEPT_CONTACT, HEADER_REJECT_CONTACT,
                                          HEADER_REQUEST_DISPOSITION };

    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (message_header(request, ids[i]) != NULL)
            return true;
    return false;
}

/* A maddr would lead elsewhere than to who has sent it. */
bool stateless_fits(const struct message *request)
{
    struct scan branch = scan_from(request->via.branch);

    return request->flow.transport == TRANSPORT_UDP && request->flow.listener < LISTENERS &&
           request->via.maddr.len == 0 && scan_word(&branch, SLICE(BRANCH_COOKIE)) &&
           request->method != METHOD_REGISTER && !asks_for_more(request);
}

/* Another use of the key than its others. */
static struct hash_key key_of(const struct hash_key *key)
{
    return (struct hash_key){ ~key->k0, key->k1 };
}

static void add_number(struct siphash *h, unsigned number)
{
    char text[] = { (char)(number >> 8 & 0xff), (char)(number & 0xff) };

    siphash_add(h, (struct slice){ text, sizeof text });
}

static void write_hash(struct buf *b, const struct via *via, unsigned listener, const struct hash_key *key)
{
    struct hash_key own = key_of(key);
    struct siphash  h;

    siphash_init(&h, &own);
    siphash_add(&h, via->branch);
    siphash_add(&h, via->host);
    siphash_add(&h, via->received);
    add_number(&h, via->port);
    add_number(&h, via->rport_value);
    add_number(&h, listener);
    buf_put_hex64(b, siphash_result(&h));
}

/* As it will stand in the copy: what comes back is read from there. */
static bool sent_via(const struct message *request, struct buf *text, struct via *via)
{
    struct scan s;

    via_write_received(text, &request->via, &request->flow.remote);
    s = scan_from(buf_slice(text));
    return buf_ok(text) && via_scan(&s, via);
}

void stateless_branch_write(struct buf *b, const struct message *request, const struct hash_key *key)
{
    static const char digits[] = "0123456789abcdef";
    char              memory[VIA_TEXT];
    struct buf        text = BUF_ON(memory);
    struct via        via;

    if (!sent_via(request, &text, &via)) {
        b->overflow = true;
        return;
    }
    loop_mark_write_first(b, request, key);
    buf_put(b, sign);
    buf_put_byte(b, digits[request->flow.listener % LISTENERS]);
    write_hash(b, &via, request->flow.listener, key);
}

/* The Via below ours. */
static bool second_via(const struct message *response, struct via *via)
{
    struct header_values v = message_values(response, HEADER_VIA);

    if (!values_next_via(&v, via))
        return false;
    return values_next_via(&v, via);
}

bool stateless_branch_read(const struct message *response, const struct hash_key *key, struct stateless_way *way)
{
    struct slice branch = response->via.branch, host;
    size_t       at     = sizeof BRANCH_COOKIE - 1 + LOOP_MARK;
    char         memory[HASH];
    struct buf   hash = BUF_ON(memory);
    struct via   via;
    uint16_t     port;
    int          listener;

    if (branch.len != sizeof BRANCH_COOKIE - 1 + STATELESS_BRANCH ||
        !slice_eq((struct slice){ branch.ptr + at, sign.len }, sign))
        return false;
    listener = hex_value(branch.ptr[at + sign.len]);
    if (listener < 0 || !second_via(response, &via))
        return false;
    write_hash(&hash, &via, (unsigned)listener, key);
    way->listener = (unsigned)listener;
    return secret_eq(branch.ptr + branch.len - HASH, memory, HASH) &&
           via_response_address(&via, &way->to, &host, &port);
}
