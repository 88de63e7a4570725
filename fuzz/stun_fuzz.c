/* SPDX-License-Identifier: BSD-2-Clause */
/* A STUN request is read without harm, and whatever is answered fits, is whole, and bears the request's
 * transaction and is read back; an answer is read without harm.  A flow token is read without harm, and what is read
 * writes the same token. */
#include "nat/stun.h"
#include "route/flow_token.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_answer(const struct buf *b, const struct stun_request *r)
{
    size_t len = (size_t)(unsigned char)b->ptr[2] << 8 | (unsigned char)b->ptr[3];

    if (!buf_ok(b) || b->len != STUN_HEAD + len || len % 4 != 0 || b->ptr[0] != 1 ||
        memcmp(b->ptr + 8, r->transaction, STUN_TRANSACTION) != 0)
        abort();
}

/* Whoever asked reads back where he was seen. */
static void check_read(const struct buf *b, const struct stun_request *r, const struct address *mapped)
{
    struct address seen = { .family = FAMILY_NONE };

    if (stun_read_reply(buf_slice(b), r->transaction, &seen) != STUN_SEEN || !address_eq(&seen, mapped))
        abort();
}

/* As an answer to a question that fits it. */
static void reply(struct slice bytes)
{
    struct address seen;

    if (bytes.len >= STUN_HEAD)
        (void)stun_read_reply(bytes, bytes.ptr + 8, &seen);
}

static void answer(struct slice bytes)
{
    char                memory[STUN_ANSWER_MAX];
    struct buf          b = BUF_ON(memory);
    struct stun_request r;
    struct address      mapped = { .family = bytes.len % 2 != 0 ? FAMILY_4 : FAMILY_6, .port = 5060 };

    switch (stun_read_request(bytes, &r)) {
    case STUN_DROP:
        return;
    case STUN_BINDING:
        stun_write_success(&b, &r, &mapped);
        check_read(&b, &r, &mapped);
        break;
    case STUN_REFUSE:
        if (r.unknown_count == 0 || r.unknown_count > STUN_UNKNOWN)
            abort();
        stun_write_unknown(&b, &r);
        break;
    }
    check_answer(&b, &r);
}

static void token(struct slice user)
{
    static const struct token_key key = { { 1, 2 }, 3 };
    char                          memory[FLOW_TOKEN];
    struct buf                    b = BUF_ON(memory);
    struct flow                   flow;

    if (flow_token_read(user, &key, &flow) == FLOW_TOKEN_GOOD &&
        (!flow_token_write(&b, &flow, &key) || !slice_eq(buf_slice(&b), user)))
        abort();
}

/* Past the MAC, which keeps others from getting this far. */
static void bytes_of_flow(struct slice bytes)
{
    char        memory[FLOW_BYTES];
    struct buf  b    = BUF_ON(memory);
    struct scan s    = scan_from(bytes);
    struct flow flow = { .transport = TRANSPORT_NONE };

    if (flow_bytes_take(&s, 3, &flow) == FLOW_TOKEN_GOOD &&
        (!flow_bytes_put(&b, &flow, 3) || !slice_eq(buf_slice(&b), slice_between(bytes.ptr, s.at))))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = { (const char *)data, size };

    answer(bytes);
    reply(bytes);
    token(bytes);
    bytes_of_flow(bytes);
    return 0;
}
