/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/reliable.h"

#define RSEQ_FIRST_MAX 0x7fffffffu

static void rest(struct reliable_sender *s)
{
    s->resend_at = s->end_at = NEVER;
}

void reliable_begin(struct reliable_sender *s, msec t1, uint32_t random)
{
    *s = (struct reliable_sender){ .rseq = random % RSEQ_FIRST_MAX, .t1 = t1 };
    rest(s);
}

unsigned reliable_send(struct reliable_sender *s, bool described, msec now)
{
    if (s->unacked || s->closed)
        return 0;
    s->rseq++;
    s->begun     = true;
    s->unacked   = true;
    s->described = described;
    s->gap       = s->t1;
    s->resend_at = now + s->gap;
    s->end_at    = now + 64 * s->t1;
    return RELIABLE_SEND;
}

unsigned reliable_on_prack(struct reliable_sender *s, const struct rack *rack, uint32_t cseq)
{
    if (!s->unacked || rack->rseq != s->rseq || rack->cseq.number != cseq || rack->cseq.method != METHOD_INVITE)
        return RELIABLE_REPLY_481;
    s->unacked = false;
    rest(s);
    return RELIABLE_REPLY_200 | (s->closed ? 0u : RELIABLE_TELL_ACKED);
}

/* RFC 3262 3: the interval doubles without a limit. */
unsigned reliable_on_timer(struct reliable_sender *s, msec now)
{
    if (now >= s->end_at) {
        rest(s);
        return RELIABLE_TELL_LOST;
    }
    if (now < s->resend_at)
        return 0;
    s->gap *= 2;
    s->resend_at = now + s->gap;
    return RELIABLE_SEND;
}

msec reliable_deadline(const struct reliable_sender *s)
{
    return s->resend_at < s->end_at ? s->resend_at : s->end_at;
}

bool reliable_delays_2xx(const struct reliable_sender *s)
{
    return s->unacked && s->described;
}

void reliable_close(struct reliable_sender *s)
{
    s->closed = true;
    rest(s);
}

enum reliable_order reliable_receive(struct reliable_receiver *r, uint32_t rseq)
{
    if (rseq == 0)
        return RELIABLE_OUT_OF_ORDER;
    if (r->begun && rseq == r->rseq)
        return RELIABLE_REPEATED;
    if (r->begun && rseq - 1 != r->rseq)
        return RELIABLE_OUT_OF_ORDER;
    r->begun = true;
    r->rseq  = rseq;
    return RELIABLE_NEXT;
}
