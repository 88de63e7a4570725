/* SPDX-License-Identifier: BSD-2-Clause */
/* The caller's PRACKs: which responses are acknowledged in which early dialog, and what they carry
 * (RFC 3262 4, 5). */
#include "base/error.h"
#include "call/state.h"

#include <stdlib.h>

static object_id send_prack(struct call *c, struct fork *f);

/* The answer to the offer that the PRACK had; anything else is no news: if nobody heard the PRACK, the callee gives up
 * by itself. */
static void take_answer(struct call *c, struct fork *f, const struct message *response)
{
    if (offer_reads(&f->rules, call_offer_state(c, f), IN_PRACK_2XX) != PART_ANSWER)
        return;
    if (response != NULL && response->status < 300 && call_take_answer(c, f, response, IN_PRACK_2XX) == 0)
        call_tell(c, PHONE_CHANGED);
    else
        negotiation_rollback(call_negotiation(c, f));
}

static void on_prack(const struct client_user *u, object_id txn, enum client_event event, struct message *response,
                     int detail)
{
    struct call *c = phone_find_call(u->self, u->owner);
    struct fork *f;

    (void)detail;
    if (c == NULL || u->index >= c->fork_count || (event == CLIENT_RESPONSE && response->status < 200))
        return;
    f = &c->forks[u->index];
    if (f->prack.txn != txn) /* of an earlier INVITE, or of an earlier response */
        return;
    if (event == CLIENT_RESPONSE && (response->status == 401 || response->status == 407) &&
        auth_challenged(&c->auth, &c->account->secret, response) == AUTH_RETRY && send_prack(c, f) != 0)
        return;
    f->prack.open = false;
    take_answer(c, f, event == CLIENT_RESPONSE ? response : NULL);
    if (c->wish_hold != f->hold && call_send_updates(c, false) > 0)
        call_perform(c, 0, &(struct occasion){ 0 });
}

static object_id send_prack(struct call *c, struct fork *f)
{
    struct client_user   user = { .fn = on_prack, .self = c->phone, .owner = c->id, .index = (unsigned)(f - c->forks) };
    struct gather       *g    = &c->phone->gather;
    struct slice         body = f->prack.sdp != NULL ? slice_from(f->prack.sdp) : SLICE("");
    struct request_start start;

    if (call_begin_within(c, f, METHOD_PRACK, body, &start) != 0)
        return 0;
    rack_put(g, f->prack.rseq, f->prack.cseq, METHOD_INVITE);
    gather_body(g, body.len > 0 ? SLICE("application/sdp") : SLICE(""), body);
    f->prack.txn  = call_send_within(c, f, METHOD_PRACK, &start, &user);
    f->prack.open = f->prack.txn != 0;
    return f->prack.txn;
}

/* RFC 3262 5: behind an answer the PRACK may have one more offer; that is the way to put a callee on hold who does not
 * take UPDATE. */
static struct slice offer_in_prack(struct call *c, struct fork *f)
{
    struct slice text = { NULL, 0 };

    if (c->wish_hold == f->hold || call_peer_allows(f, METHOD_UPDATE) ||
        offer_sends(&f->rules, call_offer_state(c, f), IN_PRACK) != PART_OFFER)
        return text;
    return call_offer_again(c, f, IN_PRACK, &text) == 0 ? text : (struct slice){ NULL, 0 };
}

void call_acknowledge(struct call *c, struct fork *f, const struct message *response, uint32_t rseq,
                      struct slice answer)
{
    struct slice body = answer.len > 0 ? answer : offer_in_prack(c, f);

    free(f->prack.sdp);
    f->prack.sdp = NULL;
    if (body.len > 0 && !call_set_sdp(&f->prack.sdp, body) && f->rules.carrier == IN_PRACK)
        negotiation_rollback(call_negotiation(c, f));
    f->prack.rseq = rseq;
    f->prack.cseq = response->cseq.number;
    auth_begin(&c->auth);
    (void)send_prack(c, f); /* at a limit the callee repeats its response, and then gives up */
}

bool call_is_reliable(const struct call *c, const struct message *response, uint32_t *rseq)
{
    return (c->phone->extensions & EXTENSION_BIT(100REL)) && response->status > 100 && response->to_tag.len > 0 &&
           message_lists(response, HEADER_REQUIRE, extension_tag(EXTENSION_100REL)) &&
           message_number(response, HEADER_RSEQ, rseq);
}
