/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/trace_print.h"

#include "base/json_line.h"
#include "base/log_record.h"

#include <stdio.h>

enum { LINE_TEXT = 16 * 1024 };

static void print_buf(FILE *out, const struct buf *b)
{
    if (buf_ok(b))
        fwrite(b->ptr, 1, b->len, out);
}

static void print_line(FILE *out, struct buf *b)
{
    buf_put_byte(b, '\n');
    print_buf(out, b);
}

void trace_print_head(const struct ladder *l, const struct trace_style *style)
{
    char       memory[LINE_TEXT];
    struct buf b = BUF_ON(memory);

    if (style->json)
        return;
    ladder_write_head(&b, l);
    print_buf(style->out, &b);
}

static void print_json_arrow(FILE *out, const struct ladder *l, const struct arrow *a)
{
    char             memory[LINE_TEXT];
    struct buf       b = BUF_ON(memory);
    struct json_line j = json_line_begin(&b);

    json_line_number(&j, "t", (int64_t)a->sent_at);
    json_line_text(&j, "from", l->columns[a->from]);
    json_line_text(&j, "to", l->columns[a->to]);
    json_line_text(&j, "message", a->label);
    json_line_bool(&j, "lost", a->lost);
    json_line_number(&j, "travel_ms", (int64_t)a->received_at - (int64_t)a->sent_at);
    json_line_text(&j, "transport", a->sighting->transport);
    json_line_text(&j, "call_id", a->sighting->call_id);
    json_line_text(&j, "cseq", a->sighting->cseq);
    json_line_end(&j);
    print_line(out, &b);
}

void trace_print_arrow(const struct ladder *l, size_t i, const struct trace_style *style)
{
    char       memory[LINE_TEXT];
    struct buf b = BUF_ON(memory);

    if (style->json) {
        print_json_arrow(style->out, l, &l->arrows[i]);
        return;
    }
    ladder_write_arrow(&b, l, i, style->pens);
    print_buf(style->out, &b);
}

static void print_json_event(FILE *out, const struct log_event *e)
{
    char             memory[LINE_TEXT];
    struct buf       b = BUF_ON(memory);
    struct json_line j = json_line_begin(&b);

    json_line_number(&j, "t", (int64_t)e->t);
    json_line_text(&j, "part", e->part);
    json_line_text(&j, "event", e->event);
    json_line_text(&j, "level", e->level);
    json_line_text(&j, "call_id", e->call_id);
    json_line_text(&j, "text", e->text);
    json_line_end(&j);
    print_line(out, &b);
}

void trace_print_event(const struct log_event *e, uint64_t start, const struct trace_style *style)
{
    if (style->json) {
        print_json_event(style->out, e);
        return;
    }
    if (style->has_time)
        fprintf(style->out, "%8.3f          ", (double)((int64_t)e->t - (int64_t)start) / 1000);
    else
        fprintf(style->out, "%18s", "");
    fprintf(style->out, "%s %.*s: %.*s %.*s\n", style->pens == LADDER_ASCII ? "*" : "•", SLICE_ARG(e->part),
            SLICE_ARG(e->event), SLICE_ARG(e->text));
}

static void print_json_call(FILE *out, const struct log_call *c)
{
    char             memory[LINE_TEXT];
    struct buf       b = BUF_ON(memory);
    struct json_line j = json_line_begin(&b);

    json_line_text(&j, "call_id", c->call_id);
    json_line_number(&j, "t", (int64_t)c->t);
    json_line_text(&j, "method", c->method);
    json_line_text(&j, "outcome", c->outcome);
    json_line_number(&j, "messages", c->messages);
    json_line_number(&j, "events", c->events);
    json_line_end(&j);
    print_line(out, &b);
}

static void print_call(FILE *out, const struct log_call *c)
{
    char       time[32], id[1024];
    struct buf t = BUF_ON(time), text = BUF_ON(id);

    if (c->t != 0)
        log_time_write(&t, c->t);
    log_value_write(&text, c->call_id, false);
    fprintf(out, "%-24s  %-10.*s %-26.*s %5u %5u  %s\n", buf_cstr(&t), SLICE_ARG(c->method), SLICE_ARG(c->outcome),
            c->messages, c->events, buf_cstr(&text));
}

void trace_print_calls(const struct log_call *const *calls, size_t count, const struct trace_style *style)
{
    if (!style->json)
        fprintf(style->out, "%-24s  %-10s %-26s %5s %5s  %s\n", "first seen", "method", "outcome", "msgs", "other",
                "Call-ID");
    for (size_t i = 0; i < count; i++) {
        if (style->json)
            print_json_call(style->out, calls[i]);
        else
            print_call(style->out, calls[i]);
    }
}
