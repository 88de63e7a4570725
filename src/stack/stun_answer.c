/* SPDX-License-Identifier: BSD-2-Clause */
/* Whoever speaks SIP with us by UDP may ask by STUN whether we are still there and see him where
 * he was (RFC 5626 5.4, 8).  It costs one datagram, which goes where the request came from, and
 * nothing is remembered; so it needs no limit but that of the socket's queue. */
#include "stack/internal.h"

#include "nat/stun.h"

static bool answer(const struct stun_request *request, enum stun_verdict verdict, const struct address *source,
                   struct buf *b)
{
    switch (verdict) {
    case STUN_DROP:
        return false;
    case STUN_BINDING:
        stun_write_success(b, request, source);
        break;
    case STUN_REFUSE:
        stun_write_unknown(b, request);
        break;
    }
    return buf_ok(b);
}

void stun_answer(struct stack *s, const struct flow *flow, struct slice bytes)
{
    struct counters    *counters = &s->world->counters;
    char                memory[STUN_ANSWER_MAX];
    struct buf          b = BUF_ON(memory);
    struct stun_request request;
    struct slice        text;
    enum stun_verdict   verdict = stun_read_request(bytes, &request);

    if (!answer(&request, verdict, &flow->remote, &b)) {
        counter_add(&counters->stun_dropped, 1);
        return;
    }
    counter_add(&counters->stun_answered, 1);
    text = buf_slice(&b);
    if (transport_send(s, flow, &text, 1) != 0)
        counter_add(&counters->transport_errors, 1);
}
