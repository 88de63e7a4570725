/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/prefer.h"

#include "route/explain.h"

static bool has_any(const struct message *request)
{
    return message_header(request, HEADER_ACCEPT_CONTACT) != NULL ||
           message_header(request, HEADER_REJECT_CONTACT) != NULL ||
           message_header(request, HEADER_REQUEST_DISPOSITION) != NULL;
}

static bool redirects(struct server *s, struct passage *p)
{
    static const struct policy_decision decision = {
        .kind   = POLICY_REDIRECT_BINDINGS,
        .status = 302,
        .why    = { "the caller asks to be redirected", "RFC 3841 9.1" },
    };

    if (!p->standing.authenticated && !s->config->redirect_server) {
        explain_step(p->explain, "RFC 3841 7.1", "redirect is asked for by somebody who is not told where phones are");
        return false;
    }
    answer_redirect(s, p, &decision);
    return true;
}

bool prefer_admits(struct server *s, struct passage *p)
{
    static const struct reason too_many = { "more preferences than this server looks at", "RFC 3841 11" };
    struct preferences         preferences;

    if (!has_any(p->request))
        return true;
    if (!preferences_read(p->request, &preferences)) {
        answer(s, p->txn, 403, &too_many);
        return false;
    }
    return (preferences.disposition & DISPOSITION_REDIRECT) == 0 || !redirects(s, p);
}

enum target_order prefer_targets(const struct passage *p, struct target_set *set, enum target_order usual)
{
    struct preferences preferences;

    if (set->count == 1 && !has_any(p->request)) /* nothing to choose from, and nothing that is asked for */
        return usual;
    if (!preferences_read(p->request, &preferences))
        return usual; /* prefer_admits has refused it; an ACK is not refused */
    preferences_apply(&preferences, set);
    return preferences_order(&preferences, usual);
}

bool prefer_rings_on(const struct passage *p)
{
    return (disposition_read(p->request) & DISPOSITION_NO_CANCEL) != 0;
}

bool prefer_follows(const struct passage *p)
{
    return (disposition_read(p->request) & DISPOSITION_NO_RECURSE) == 0;
}
