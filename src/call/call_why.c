/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/state.h"
#include "sip/reason.h"

/* Between quotes as it stands on the wire, or not. */
static void set_unquoted(struct reason *r, struct slice inner)
{
    char       text[4 * REASON_MAX];
    struct buf b = BUF_ON(text);

    if (inner.len > sizeof text)
        inner.len = sizeof text;
    buf_put_unquoted(&b, inner);
    reason_set(r, buf_slice(&b));
}

static void copy_protocol(struct why *w, struct slice protocol)
{
    size_t len = protocol.len < sizeof w->protocol ? protocol.len : sizeof w->protocol - 1;

    memcpy(w->protocol, protocol.ptr, len);
    w->protocol[len] = '\0';
}

void call_note_why(struct call *c, const struct message *m)
{
    struct why          *w = &c->why;
    struct reason_value  reason;
    struct warning_value warning;

    *w = (struct why){ 0 };
    if (message_reason(m, &reason)) {
        copy_protocol(w, reason.protocol);
        w->cause = reason.cause;
        set_unquoted(&w->text, reason.text);
    }
    if (message_warning(m, &warning)) {
        w->warning_code = warning.code;
        set_unquoted(&w->warning, warning.text);
    }
    w->has_retry_after = !m->is_request && message_retry_after(m, &w->retry_after);
}

/* What came with an earlier refusal says nothing of how the call ended afterwards. */
void call_fill_why(const struct call *c, struct phone_event *e)
{
    const struct why *w = &c->why;

    if (e->kind != PHONE_ENDED && e->kind != PHONE_UNCHANGED)
        return;
    if (e->kind == PHONE_ENDED && c->side != SIDE_REMOTE && c->cause != CALL_LOST)
        return;
    e->has_retry_after = w->has_retry_after;
    e->retry_after     = w->retry_after;
    e->warning_code    = w->warning_code;
    e->warning         = reason_slice(&w->warning);
    e->reason_protocol = slice_from(w->protocol);
    e->reason_cause    = w->cause;
    e->reason_text     = reason_slice(&w->text);
}

msec call_retry_after(const struct message *response)
{
    uint32_t seconds;

    return message_retry_after(response, &seconds) ? (msec)seconds * 1000 : NEVER;
}

/* RFC 3326 3.2 has the first one. */
void call_put_reason(const struct call *c, const struct fork *f, struct gather *g)
{
    if (f != c->up) {
        gather_header(g, HEADER_REASON, SLICE("SIP;cause=200;text=\"Call completed elsewhere\""));
        return;
    }
    switch (c->cause) {
    case CALL_BAD_SDP:
        gather_header(g, HEADER_REASON, SLICE("SIP;cause=488;text=\"Not Acceptable Here\""));
        return;
    case CALL_NO_ACK:
        gather_header(g, HEADER_REASON, SLICE("SIP;cause=408;text=\"No ACK\""));
        return;
    case CALL_EXPIRED:
        gather_header(g, HEADER_REASON, SLICE("SIP;cause=408;text=\"Session expired\""));
        return;
    case CALL_LOCAL_FAULT:
        gather_header(g, HEADER_REASON, SLICE("SIP;cause=500;text=\"Server Internal Error\""));
        return;
    case CALL_NORMAL:
    case CALL_REPLACED:
    case CALL_TRANSFERRED:
    case CALL_CANCELLED:
    case CALL_REFUSED:
    case CALL_TIMED_OUT:
    case CALL_UNREACHABLE:
    case CALL_ELSEWHERE:
    case CALL_LOST:
        return;
    }
}
