/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/outcome.h"

#include "base/duration.h"
#include "base/error.h"

const char *outcome_grade_name(enum outcome_grade grade)
{
    static const char *const names[] = { "ok", "warning", "critical", "unknown" };

    return names[grade];
}

static enum outcome_grade grade_of(const struct outcome *o, const struct summary *s, enum outcome_end end, bool doubt)
{
    if (end == END_INTERRUPTED)
        return OUTCOME_UNKNOWN;
    if (s->state == SUMMARY_BEGUN || s->state == SUMMARY_NOT_REGISTERED || o->unmet || (!o->judged && end == END_BAD))
        return OUTCOME_CRITICAL;
    return doubt ? OUTCOME_WARNING : OUTCOME_OK;
}

void outcome_judge(struct outcome *o, const struct summary *s, const struct expectations *e, enum outcome_end end)
{
    bool doubt = false;

    *o = (struct outcome){ .summary = s, .count = e->count };
    for (size_t i = 0; i < e->count; i++) {
        struct verdict *v = &o->verdicts[i];
        struct buf      b = BUF_ON(v->measured);

        v->expectation = &e->list[i];
        v->met         = expectation_is_met(v->expectation, s, &b);
        buf_cstr(&b);
        if (!v->expectation->warning)
            o->judged = true;
        if (!v->met && v->expectation->warning)
            doubt = true;
        else if (!v->met)
            o->unmet = true;
    }
    o->grade = grade_of(o, s, end, doubt);
}

/* ---- in words ---- */

static void say_status(struct buf *b, const struct summary *s)
{
    if (s->status != 0)
        buf_printf(b, " (%u %s)", s->status, s->reason);
    else if (s->reason[0] != '\0')
        buf_printf(b, " (%s)", s->reason);
    else if (s->error != 0)
        buf_printf(b, " (%s)", error_text(s->error));
}

static const char *end_of_answered(const struct summary *s)
{
    switch (s->cause) {
    case CALL_REPLACED:
        return "then another call took its place";
    case CALL_TRANSFERRED:
        return "then handed on";
    case CALL_NORMAL:
    case CALL_CANCELLED:
    case CALL_REFUSED:
    case CALL_ELSEWHERE:
        return s->side == SIDE_LOCAL ? "hung up here" : "hung up by the other side";
    case CALL_NO_ACK:
        return "but never acknowledged";
    case CALL_EXPIRED:
        return "then without a sign of life of the other side";
    case CALL_LOST:
    case CALL_TIMED_OUT:
    case CALL_UNREACHABLE:
        return "then lost by the other side";
    case CALL_BAD_SDP:
        return "but no sound could be agreed";
    case CALL_LOCAL_FAULT:
        return "then failed here";
    }
    return "";
}

static const char *end_of_unanswered(const struct summary *s)
{
    switch (s->cause) {
    case CALL_REPLACED:
        return "another call took its place";
    case CALL_NORMAL:
    case CALL_TRANSFERRED:
    case CALL_CANCELLED:
        return s->side == SIDE_LOCAL ? "not answered, given up here" : "given up by the caller";
    case CALL_REFUSED:
        return "refused";
    case CALL_TIMED_OUT:
        return "no response at all";
    case CALL_UNREACHABLE:
        return "unreachable";
    case CALL_ELSEWHERE:
        return "answered by another phone";
    case CALL_NO_ACK:
    case CALL_EXPIRED:
    case CALL_LOST:
        return "lost";
    case CALL_BAD_SDP:
        return "no sound could be agreed";
    case CALL_LOCAL_FAULT:
        return "failed here";
    }
    return "";
}

static void say_answered(struct buf *b, const struct summary *s)
{
    buf_put(b, SLICE("answered"));
    if (s->times.answered != NEVER) {
        buf_put(b, SLICE(" after "));
        duration_write(b, s->times.answered);
    }
    buf_put(b, SLICE(", up for "));
    duration_write(b, s->duration);
    buf_printf(b, ", %s", end_of_answered(s));
}

void outcome_write_headline(struct buf *b, const struct outcome *o)
{
    const struct summary *s = o->summary;

    if (s->state == SUMMARY_NOT_REGISTERED) {
        buf_put(b, SLICE("cannot register"));
        say_status(b, s);
    } else if (s->state != SUMMARY_ENDED) {
        buf_put(b, s->outgoing ? SLICE("no call was made") : SLICE("nobody has called"));
    } else if (s->answered) {
        say_answered(b, s);
    } else {
        buf_put(b, slice_from(end_of_unanswered(s)));
        if (s->cause != CALL_CANCELLED && s->cause != CALL_TIMED_OUT)
            say_status(b, s);
    }
}
