/* SPDX-License-Identifier: BSD-2-Clause */
/* Whoever speaks SIP with us by UDP may ask by STUN whether we are still there and see him where
 * he was (RFC 5626 5.4, 8).  It costs one datagram, which goes where the request came from, and
 * nothing is remembered; so it needs no limit but that of the socket's queue.  A phone asks so itself. */
#include "stack/internal.h"

#include "base/error.h"
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

int stack_ask_stun(struct stack *s, const struct flow *flow, const char transaction[STUN_TRANSACTION])
{
    char         memory[STUN_ANSWER_MAX];
    struct buf   b = BUF_ON(memory);
    struct slice text;

    if (flow->transport != TRANSPORT_UDP)
        return -ERR_UNSUPPORTED;
    stun_write_request(&b, transaction);
    text = buf_slice(&b);
    return transport_send(s, flow, &text, 1);
}

void stack_on_stun(struct stack *s, stack_stun_fn *fn, void *user)
{
    s->on_stun   = fn;
    s->stun_user = user;
}

void stun_answer(struct stack *s, const struct flow *flow, struct slice bytes)
{
    struct counters    *counters = &s->world->counters;
    char                memory[STUN_ANSWER_MAX];
    struct buf          b = BUF_ON(memory);
    struct stun_request request;
    struct slice        text;
    enum stun_verdict   verdict = stun_read_request(bytes, &request);

    if (verdict == STUN_DROP && s->on_stun != NULL && bytes.ptr[0] == 1) {
        s->on_stun(s->stun_user, flow, bytes);
        return;
    }
    if (!answer(&request, verdict, &flow->remote, &b)) {
        counter_add(&counters->stun_dropped, 1);
        return;
    }
    counter_add(&counters->stun_answered, 1);
    text = buf_slice(&b);
    if (transport_send(s, flow, &text, 1) != 0)
        counter_add(&counters->transport_errors, 1);
}
