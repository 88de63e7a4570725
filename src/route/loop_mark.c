/* SPDX-License-Identifier: BSD-2-Clause */
/* SipHash-1-3 over the parts as they were received, in words of eight bytes: their lengths first, all in one word, so
 * that a text needs neither a length of its own nor a copy of its last bytes.  Who forges a mark gets his own request
 * refused and nothing else, so fewer rounds than those of a token are enough.  A mark for 1530 instructions now costs
 * 560, and there are three in a call. */
#include "route/loop_mark.h"

#include <endian.h>

struct lanes {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void turn(struct lanes *l)
{
    l->v0 += l->v1;
    l->v2 += l->v3;
    l->v1 = rotate(l->v1, 13) ^ l->v0;
    l->v3 = rotate(l->v3, 16) ^ l->v2;
    l->v0 = rotate(l->v0, 32);
    l->v2 += l->v1;
    l->v0 += l->v3;
    l->v1 = rotate(l->v1, 17) ^ l->v2;
    l->v3 = rotate(l->v3, 21) ^ l->v0;
    l->v2 = rotate(l->v2, 32);
}

static inline void absorb(struct lanes *l, uint64_t word)
{
    l->v3 ^= word;
    turn(l);
    l->v0 ^= word;
}

static inline uint64_t load8(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return le64toh(word);
}

static inline uint64_t load4(const char *at)
{
    uint32_t word;

    memcpy(&word, at, sizeof word);
    return le32toh(word);
}

/* Fewer than eight bytes: each is in the word, some twice; the length is known. */
static inline uint64_t load_short(struct slice text)
{
    if (text.len >= 4)
        return load4(text.ptr) | load4(text.ptr + text.len - 4) << 32;
    return (uint64_t)(unsigned char)text.ptr[0] | (uint64_t)(unsigned char)text.ptr[text.len / 2] << 8 |
           (uint64_t)(unsigned char)text.ptr[text.len - 1] << 16;
}

/* The last word may begin within the one before. */
static inline void add_text(struct lanes *l, struct slice text)
{
    const char *at = text.ptr;

    if (text.len < 8) {
        if (text.len > 0)
            absorb(l, load_short(text));
        return;
    }
    for (const char *last = text.ptr + text.len - 8; at < last; at += 8)
        absorb(l, load8(at));
    absorb(l, load8(text.ptr + text.len - 8));
}

static void add_header(struct lanes *l, const struct message *m, enum header_id id)
{
    for (const struct header *line = message_header(m, id); line != NULL; line = message_next(m, line)) {
        absorb(l, (uint64_t)id << 32 | line->value.len);
        add_text(l, line->value);
    }
}

/* RFC 3841: by these phones are chosen.  Mostly there are none. */
static void add_preferences(struct lanes *l, const struct message *m)
{
    add_header(l, m, HEADER_ACCEPT_CONTACT);
    add_header(l, m, HEADER_REJECT_CONTACT);
    add_header(l, m, HEADER_REQUEST_DISPOSITION);
}

static struct lanes begin(const struct hash_key *key, uint32_t cseq)
{
    const uint64_t k0 = key->k0, k1 = key->k1 ^ cseq;

    return (struct lanes){ k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u,
                           k1 ^ 0x7465646279746573u };
}

static uint64_t end(struct lanes *l)
{
    l->v2 ^= 0xff;
    for (int i = 0; i < 3; i++)
        turn(l);
    return l->v0 ^ l->v1 ^ l->v2 ^ l->v3;
}

/* No message is longer than sixteen bits say (LIMIT_MESSAGE). */
static void add_lengths(struct lanes *l, const struct message *m, struct slice to_tag)
{
    absorb(l, (uint64_t)m->uri_text.len | (uint64_t)m->from.uri.text.len << 16 | (uint64_t)m->call_id.len << 32 |
                  (uint64_t)m->from_tag.len << 48);
    absorb(l, to_tag.len);
}

static void write(struct buf *b, const struct message *request, struct slice to_tag, const struct hash_key *key)
{
    struct lanes l = begin(key, request->cseq.number);

    add_lengths(&l, request, to_tag);
    add_text(&l, request->uri_text);
    add_text(&l, request->from.uri.text);
    add_text(&l, request->call_id);
    add_text(&l, request->from_tag);
    add_text(&l, to_tag);
    add_header(&l, request, HEADER_ROUTE);
    add_header(&l, request, HEADER_PROXY_REQUIRE);
    add_preferences(&l, request);
    buf_put_hex64(b, end(&l));
}

void loop_mark_write(struct buf *b, const struct message *request, const struct hash_key *key)
{
    write(b, request, request->to_tag, key);
}

void loop_mark_write_first(struct buf *b, const struct message *request, const struct hash_key *key)
{
    write(b, request, SLICE(""), key);
}

/* Could it begin with a mark of ours?  Most branches could not, and their request need not be hashed. */
static bool has_mark(struct slice branch, const char **at)
{
    const size_t cookie = sizeof BRANCH_COOKIE - 1;

    if (branch.len < cookie + LOOP_MARK)
        return false;
    *at = branch.ptr + cookie;
    for (int i = 0; i < LOOP_MARK; i++)
        if (hex_value((*at)[i]) < 0)
            return false;
    return slice_eq_nocase((struct slice){ branch.ptr, cookie }, SLICE(BRANCH_COOKIE));
}

/* What a phone sends has one Via, which was read with the message. */
static bool has_other_vias(const struct message *request)
{
    const struct header *h = message_header(request, HEADER_VIA);

    return request->via.text.len != h->value.len || message_next(request, h) != NULL;
}

bool loop_mark_is_in(const struct message *request, const struct hash_key *key)
{
    char                 memory[LOOP_MARK];
    struct buf           mark = BUF_ON(memory);
    struct header_values v;
    struct via           via;
    const char          *at;

    if (!has_other_vias(request) && !has_mark(request->via.branch, &at))
        return false;
    v = message_values(request, HEADER_VIA);
    while (values_next_via(&v, &via)) {
        if (!has_mark(via.branch, &at))
            continue;
        if (mark.len == 0)
            loop_mark_write(&mark, request, key);
        if (memcmp(at, memory, LOOP_MARK) == 0)
            return true;
    }
    return false;
}
