/* SPDX-License-Identifier: BSD-2-Clause */
/* A message that is read can be walked, and is the same after it was written;
 * one that is broken can be answered with a well-formed response. */
#include "base/limits.h"
#include "support/sip_walk.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct gather g;
static char          memory[4 * LIMIT_DATAGRAM];

static struct slice flatten(void)
{
    struct buf b = BUF_ON(memory);

    gather_flatten(&g, &b);
    return buf_ok(&b) && gather_ok(&g) ? buf_slice(&b) : SLICE("");
}

static void check_round_trip(const struct message *m)
{
    struct parse_fault fault;
    struct message    *again;
    struct slice       text;

    sip_rewrite(m, &g);
    text = flatten();
    if (text.len == 0)
        return;
    again = message_parse(text, &fault);
    if (again == NULL || !sip_same(m, again))
        abort();
    message_drop(again);
}

static void check_answer(struct slice bytes)
{
    struct parse_fault fault;
    struct message    *m = message_parse_broken(bytes, &fault), *answer;
    struct slice       text;

    if (m == NULL)
        return;
    gather_init(&g);
    m->flow.remote = address_v4(192, 0, 2, 1, 5060);
    write_response_head(&g, m, 400, SLICE(""), SLICE("t"));
    gather_body(&g, SLICE(""), SLICE(""));
    text = flatten();
    message_drop(m);
    answer = text.len == 0 ? NULL : message_parse(text, &fault);
    message_drop(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice       bytes = { (const char *)data, size };
    struct parse_fault fault;
    struct message    *m = message_parse(bytes, &fault);

    if (m == NULL && (fault.expected == NULL || fault.offset > size || fault.status < 400))
        abort();
    if (m != NULL) {
        sip_walk(m);
        check_round_trip(m);
        message_drop(m);
    }
    check_answer(bytes);
    return 0;
}
