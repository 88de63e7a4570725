/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/extensions.h"
#include "call/mesh.h"
#include "call/state.h"
#include "dialog/refusal.h"
#include "sip/reason.h"

#include <stdlib.h>

static bool next_target(struct call *c)
{
    struct slice target;

    while (elsewhere_next(&c->targets, &target))
        if (mesh_may_go_on(c, target)) {
            c->half.target = target;
            return true;
        }
    return false;
}

bool call_try_next_target(struct call *c)
{
    if (c->rounds >= ROUNDS_MAX || !next_target(c))
        return false;
    auth_begin(&c->auth);
    return call_send_invite(c) == 0;
}

/* ---- once more to the same ---- */

/* RFC 3261 8.1.3.5: what is too large is the description. */
static bool without_body(struct call *c)
{
    if (c->sdp == NULL)
        return false;
    free(c->sdp);
    c->sdp = NULL;
    negotiation_free(c->negotiation);
    c->negotiation = NULL;
    c->late_offer  = true;
    return call_send_invite(c) == 0;
}

/* Its Retry-After is waited for if that is short; the user can do so, too, and give up. */
static bool later(struct call *c, const struct message *response)
{
    uint32_t seconds;

    if (!message_retry_after(response, &seconds) || seconds > REFUSAL_LATER_SECONDS || c->later >= REFUSAL_LATER_TIMES)
        return false;
    c->later++;
    c->again_at = world_now(c->phone->world) + (msec)seconds * 1000;
    call_sound_pause(c);
    call_perform(c, 0, &(struct occasion){ 0 }); /* for its timer */
    return true;
}

/* RFC 3261 8.1.3.5: it should have stepped over what stands in Supported, but some do not.  What we require
 * ourselves is what the call is for. */
static bool without_extension(struct call *c, const struct message *response)
{
    unsigned set = c->phone->extensions & ~c->without;
    unsigned bad = extensions_named(set, response, HEADER_UNSUPPORTED);

    if (bad == 0 || (bad & c->required) != 0)
        return false;
    c->without |= bad;
    if (bad & EXTENSION_BIT(TIMER))
        session_timer_init(&c->refresh, 0, c->phone->config.min_se);
    return call_send_invite(c) == 0;
}

/* The type itself is taken there, so something else of the body is in the way: the callee can make it as it likes. */
static bool by_accept(struct call *c, const struct message *response)
{
    return message_accepts(response, SLICE("application/sdp")) && without_body(c);
}

/* RFC 3261 8.1.3.5, 21.4.16.  Who wants what he would not have before gets neither. */
static bool with_extension(struct call *c, const struct message *response)
{
    unsigned wanted = extensions_required(c->phone->extensions & ~c->without, METHOD_INVITE, response);

    if ((wanted & ~c->required) == 0)
        return false;
    c->required |= wanted;
    return call_send_invite(c) == 0;
}

static bool try_same(struct call *c, const struct message *response)
{
    if (c->rounds >= ROUNDS_MAX)
        return false;
    switch (refusal_of(response->status)->outside) {
    case OUTSIDE_PROVE:
        return auth_challenged(&c->auth, &c->account->secret, response) == AUTH_RETRY && call_send_invite(c) == 0;
    case OUTSIDE_WITHOUT_BODY:
        return without_body(c);
    case OUTSIDE_BY_ACCEPT:
        return by_accept(c, response);
    case OUTSIDE_WITH_EXTENSION:
        return with_extension(c, response);
    case OUTSIDE_LATER:
        return later(c, response);
    case OUTSIDE_LONGER:
        return session_timer_on_422(&c->refresh, response) && call_send_invite(c) == 0;
    case OUTSIDE_WITHOUT_EXTENSION:
        return without_extension(c, response);
    case OUTSIDE_END:
    case OUTSIDE_LAST:
    case OUTSIDE_FOLLOW:
        break;
    }
    return false;
}

bool call_try_again(struct call *c, const struct message *response)
{
    enum refusal_outside what = refusal_of(response->status)->outside;

    if (c->session.state == SESSION_CANCELLING || c->told_ended || what == OUTSIDE_LAST)
        return false;
    if (try_same(c, response))
        return true;
    if (what == OUTSIDE_FOLLOW)
        elsewhere_follow(&c->targets, &c->arena, response);
    return call_try_next_target(c);
}
