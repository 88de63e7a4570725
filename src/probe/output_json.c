/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/output.h"

#include "base/json_line.h"

static void put_text(struct json_line *j, const char *key, const char *text)
{
    if (text[0] != '\0')
        json_line_text(j, key, slice_from(text));
}

static void put_time(struct json_line *j, const char *key, msec time)
{
    if (time != NEVER)
        json_line_number(j, key, (int64_t)time);
}

static void put_times(struct json_line *j, const struct call_times *t)
{
    struct json_line inner = json_line_inner(j, "setup");

    put_time(&inner, "trying_ms", t->trying);
    put_time(&inner, "ringing_ms", t->ringing);
    put_time(&inner, "progress_ms", t->progress);
    put_time(&inner, "answered_ms", t->answered);
    put_time(&inner, "acked_ms", t->acked);
    put_time(&inner, "media_ms", t->media);
    json_line_end(&inner);
}

static void put_stream(struct json_line *list, const struct summary_stream *m)
{
    struct json_line j = json_line_item(list);

    json_line_text(&j, "codec", slice_from(m->codec));
    json_line_number(&j, "packets_sent", (int64_t)m->stats.packets_sent);
    json_line_number(&j, "packets_received", (int64_t)m->stats.packets_received);
    json_line_number(&j, "lost", (int64_t)m->stats.lost);
    json_line_number(&j, "late", (int64_t)m->stats.late);
    if (m->heard) {
        json_line_real(&j, "loss_percent", m->loss * 100);
        json_line_real(&j, "jitter_ms", m->stats.jitter);
        json_line_real(&j, "delay_ms", m->delay);
        json_line_real(&j, "mos", m->mos);
    }
    if (m->stats.round_trip >= 0)
        json_line_real(&j, "round_trip_ms", m->stats.round_trip);
    if (m->peer_loss >= 0)
        json_line_real(&j, "peer_loss_percent", m->peer_loss * 100);
    json_line_end(&j);
}

static void put_verdict(struct json_line *list, const struct verdict *v)
{
    struct json_line j = json_line_item(list);

    json_line_text(&j, "expect", v->expectation->text);
    json_line_bool(&j, "met", v->met);
    json_line_bool(&j, "warning", v->expectation->warning);
    json_line_text(&j, "measured", slice_from(v->measured));
    json_line_end(&j);
}

static void put_call(struct json_line *j, const struct summary *s)
{
    put_text(j, "call_id", s->call_id);
    if (s->status != 0)
        json_line_number(j, "status", s->status);
    put_text(j, "reason", s->reason);
    put_text(j, "reason_header", s->why);
    put_text(j, "warning", s->warning);
    if (s->has_retry_after)
        json_line_number(j, "retry_after", s->retry_after);
    json_line_bool(j, "answered", s->answered);
    if (s->state != SUMMARY_ENDED)
        return;
    json_line_text(j, "cause", slice_from(call_cause_name(s->cause)));
    json_line_text(j, "by", slice_from(call_side_name(s->side)));
    put_times(j, &s->times);
    json_line_number(j, "duration_ms", (int64_t)s->duration);
    json_line_text(j, "digits", slice_from(s->digits));
}

void output_json(struct buf *b, const struct outcome *o)
{
    const struct summary *s = o->summary;
    struct json_line      j = json_line_begin(b), list;

    json_line_text(&j, "event", SLICE("summary"));
    json_line_text(&j, "outcome", slice_from(outcome_grade_name(o->grade)));
    json_line_number(&j, "exit_code", o->exit_code);
    json_line_text(&j, "direction", s->outgoing ? SLICE("out") : SLICE("in"));
    json_line_text(&j, "peer", slice_from(s->peer));
    put_call(&j, s);
    list = json_line_list(&j, "streams");
    for (size_t i = 0; i < s->stream_count; i++)
        put_stream(&list, &s->streams[i]);
    json_line_list_end(&list);
    list = json_line_list(&j, "expectations");
    for (size_t i = 0; i < o->count; i++)
        put_verdict(&list, &o->verdicts[i]);
    json_line_list_end(&list);
    json_line_end(&j);
    buf_put_byte(b, '\n');
}
