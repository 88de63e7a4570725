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

/* ---- what is said of it ---- */

struct said {
    unsigned    cause; /* a SIP status; 0: there is nothing to say */
    const char *text;
};

/* RFC 3326 3.2 has the first one. */
static struct said of_branch(const struct call *c, const struct fork *f)
{
    if (f->dropped)
        return (struct said){ 487, "Caller gave up" };
    return c->up != NULL ? (struct said){ 200, "Call completed elsewhere" }
                         : (struct said){ 488, "Not Acceptable Here" };
}

/* Who is called may have somebody else's number in his list of missed calls, or not: so a caller that gives up says
 * whether that was its user, or its time. */
static struct said of_call(const struct call *c)
{
    switch (c->cause) {
    case CALL_BAD_SDP:
        return (struct said){ 488, "Not Acceptable Here" };
    case CALL_NO_ACK:
        return (struct said){ 408, "No ACK" };
    case CALL_EXPIRED:
        return (struct said){ 408, "Session expired" };
    case CALL_LOCAL_FAULT:
        return (struct said){ 500, "Server Internal Error" };
    case CALL_CANCELLED:
        return c->reason.len > 0 ? (struct said){ 408, "Not answered in time" }
                                 : (struct said){ 487, "Caller gave up" };
    case CALL_REPLACED:
        return (struct said){ 200, "Replaced by another call" };
    case CALL_TRANSFERRED:
        return (struct said){ 200, "Transferred" };
    case CALL_LOST:
        return (struct said){ c->status, c->status == 408 ? "No response" : "No such call" };
    case CALL_NORMAL:
    case CALL_REFUSED:
    case CALL_TIMED_OUT:
    case CALL_UNREACHABLE:
    case CALL_ELSEWHERE:
        break;
    }
    return (struct said){ 0, "" };
}

void call_write_reason(const struct call *c, const struct fork *f, struct buf *b)
{
    struct said s = f != NULL && (f != c->up || f->dropped) ? of_branch(c, f) : of_call(c);

    if (s.cause != 0)
        buf_printf(b, "Reason: SIP;cause=%u;text=\"%s\"\r\n", s.cause, s.text);
}
