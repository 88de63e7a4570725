/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/event.h"

static const struct slice reason_names[END_REASON_COUNT] = {
    [END_DEACTIVATED] = SLICE_INIT("deactivated"), [END_PROBATION] = SLICE_INIT("probation"),
    [END_REJECTED] = SLICE_INIT("rejected"),       [END_TIMEOUT] = SLICE_INIT("timeout"),
    [END_GIVEUP] = SLICE_INIT("giveup"),           [END_NORESOURCE] = SLICE_INIT("noresource"),
    [END_INVARIANT] = SLICE_INIT("invariant"),
};

/* "token ;a=b;c" and nothing behind it. */
static bool scan_value(struct slice text, struct slice *token, struct slice *params)
{
    struct scan s = scan_from(text);

    return scan_lws(&s) && scan_token(&s, token) && params_scan(&s, params) && scan_lws(&s) && scan_at_end(&s);
}

bool event_of(const struct message *m, struct event *out)
{
    const struct header *h = message_header(m, HEADER_EVENT);

    *out = (struct event){ 0 };
    if (h == NULL || !scan_value(h->value, &out->name, &out->params))
        return false;
    out->has_id = params_find(out->params, SLICE("id"), &out->id);
    return true;
}

bool event_eq(const struct event *a, const struct event *b)
{
    return slice_eq(a->name, b->name) && a->has_id == b->has_id && (!a->has_id || slice_eq(a->id, b->id));
}

static enum end_reason reason_of(struct slice text)
{
    for (unsigned r = END_UNKNOWN + 1; r < END_REASON_COUNT; r++)
        if (slice_eq_nocase(text, reason_names[r]))
            return (enum end_reason)r;
    return END_UNKNOWN;
}

static enum subscription_phase phase_of(struct slice token)
{
    if (slice_eq_nocase(token, SLICE("pending")))
        return PHASE_PENDING;
    return slice_eq_nocase(token, SLICE("terminated")) ? PHASE_TERMINATED : PHASE_ACTIVE;
}

bool subscription_state_of(const struct message *m, struct subscription_state *out)
{
    const struct header *h = message_header(m, HEADER_SUBSCRIPTION_STATE);
    struct slice         token, params, value;

    *out = (struct subscription_state){ 0 };
    if (h == NULL || !scan_value(h->value, &token, &params))
        return false;
    out->phase       = phase_of(token);
    out->has_expires = params_find(params, SLICE("expires"), &value) && delta_seconds_parse(value, &out->expires);
    out->has_retry_after =
        params_find(params, SLICE("retry-after"), &value) && delta_seconds_parse(value, &out->retry_after);
    if (params_find(params, SLICE("reason"), &value)) {
        out->reason_text = value;
        out->reason      = reason_of(value);
    }
    return true;
}

struct slice end_reason_name(enum end_reason reason)
{
    return reason < END_REASON_COUNT && reason != END_UNKNOWN ? reason_names[reason] : SLICE("");
}
