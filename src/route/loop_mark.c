/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts as they were received become one number (base/mix.h); what is shown is the SipHash of that.  SipHash-1-3
 * over all of them took 790 instructions of a request, this takes some 470, and there are three in a call. */
#include "route/loop_mark.h"

#include "base/mix.h"

static uint64_t add_lines(uint64_t sum, const struct message *m, const struct header *line, const struct hash_key *key)
{
    for (; line != NULL; line = message_next(m, line)) {
        sum = mix(sum, line->id, line->value.len, key);
        sum = mix_text(sum, line->value, key);
    }
    return sum;
}

static inline uint64_t add_header(uint64_t sum, const struct message *m, enum header_id id, const struct hash_key *key)
{
    return m->first[id] == 0 ? sum : add_lines(sum, m, message_header(m, id), key);
}

/* RFC 3841: by these phones are chosen.  Mostly there are none. */
static uint64_t add_preferences(uint64_t sum, const struct message *m, const struct hash_key *key)
{
    sum = add_header(sum, m, HEADER_ACCEPT_CONTACT, key);
    sum = add_header(sum, m, HEADER_REJECT_CONTACT, key);
    return add_header(sum, m, HEADER_REQUEST_DISPOSITION, key);
}

/* No message is longer than sixteen bits say (LIMIT_MESSAGE). */
static uint64_t begin(const struct message *m, struct slice to_tag, const struct hash_key *key)
{
    uint64_t lengths = (uint64_t)m->uri_text.len | (uint64_t)m->from.uri.text.len << 16 |
                       (uint64_t)m->call_id.len << 32 | (uint64_t)m->from_tag.len << 48;

    return mix(0, lengths, (uint64_t)m->cseq.number << 32 | to_tag.len, key);
}

static void write(struct buf *b, const struct message *request, struct slice to_tag, const struct hash_key *key)
{
    uint64_t sum = begin(request, to_tag, key);

    sum = mix_text(sum, request->uri_text, key);
    sum = mix_text(sum, request->from.uri.text, key);
    sum = mix_text(sum, request->call_id, key);
    sum = mix_text(sum, request->from_tag, key);
    sum = mix_text(sum, to_tag, key);
    sum = add_header(sum, request, HEADER_ROUTE, key);
    sum = add_header(sum, request, HEADER_PROXY_REQUIRE, key);
    sum = add_preferences(sum, request, key);
    buf_put_hex64(b, siphash13_words(key, &sum, 1));
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
