/* SPDX-License-Identifier: BSD-2-Clause */
/* The callee's answer: the 2xx, what it describes, and what it waits for. */
#include "base/error.h"
#include "call/state.h"

#include <stdlib.h>

/* ---- responses ---- */

struct gather *call_begin_response(struct call *c, unsigned status)
{
    struct gather *g = &c->phone->gather;

    gather_init(g);
    write_response_head(g, c->invite, status, SLICE(""), c->local_tag);
    call_put_headers(c, g);
    return g;
}

/* The same each time (13.3.1.4), so it is written from what is kept. */
void call_send_2xx(struct call *c)
{
    struct gather *g;

    if (c->invite == NULL)
        return;
    g = call_begin_response(c, 200);
    session_timer_write_answer(&c->refresh, g);
    if (c->sdp != NULL)
        gather_body(g, SLICE("application/sdp"), slice_from(c->sdp));
    else
        gather_body(g, SLICE(""), SLICE(""));
    stack_respond(c->phone->stack, c->server_txn, 200, g);
}

/* ---- the description of a 2xx ---- */

int call_write_description(struct call *c)
{
    struct slice text = { NULL, 0 };
    int          error;

    if (c->negotiation == NULL)
        c->negotiation = call_new_negotiation(c);
    if (c->negotiation == NULL)
        return -ERR_NO_MEMORY;
    if (message_has_sdp(c->invite))
        error = call_make_answer(c, c->negotiation, &text);
    else
        error = call_make_offer(c, c->negotiation, &text);
    if (error == 0 && !call_set_sdp(&c->sdp, text))
        error = -ERR_NO_MEMORY;
    return error;
}

/* ---- answering ---- */

/* RFC 3262 5, and the same for an UPDATE of ours: a 2xx comes behind what is open. */
static bool answer_must_wait(const struct call *c)
{
    return reliable_delays_2xx(&c->reliable) || call_offer_state(c, c->up) == NEGOTIATION_OFFER_SENT;
}

/* What a preview has said is said once more; what has arrived already is not. */
static int describe_2xx(struct call *c, enum offer_part part)
{
    int error;

    c->offer_in_2xx = part == PART_OFFER;
    if (part == PART_NONE) {
        free(c->sdp);
        c->sdp = NULL;
        return 0;
    }
    if (part == PART_ANSWER && call_offer_state(c, c->up) == NEGOTIATION_STABLE)
        return 0;
    error = call_sound_open(c);
    if (error == 0)
        error = call_write_description(c);
    return error == 0 && part == PART_ANSWER ? call_sound_start(c, c->negotiation) : error;
}

static int answer_now(struct call *c)
{
    enum offer_part part  = offer_sends(&c->up->rules, call_offer_state(c, c->up), IN_2XX);
    int             error = describe_2xx(c, part);

    if (error != 0) {
        call_refuse_for(c, error);
        return error;
    }
    offer_note(&c->up->rules, true, IN_2XX, part);
    offer_on_2xx(&c->up->rules);
    c->answered_at = world_now(c->phone->world);
    call_note_time(c, &c->times.answered);
    c->ring_again_at = c->ring_until = NEVER;
    dialog_confirm(c->up->dialog, NULL);
    session_timer_accept(&c->refresh, c->invite, c->answered_at);
    call_perform(c, session_answer(&c->session, c->answered_at), &(struct occasion){ 0 });
    return 0;
}

bool call_resume_answer(struct call *c)
{
    if (!c->answer_waits || answer_must_wait(c))
        return false;
    c->answer_waits = false;
    (void)answer_now(c); /* a fault has been told */
    return true;
}

int call_answer(struct phone *p, object_id id)
{
    int          error;
    struct call *c = call_find_ringing(p, id, &error);

    if (error != 0)
        return error;
    if (!answer_must_wait(c))
        return answer_now(c);
    c->answer_waits  = true;
    c->ring_again_at = NEVER;
    return 0;
}
