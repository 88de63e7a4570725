/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/exchange.h"

#include "base/duration.h"
#include "base/error.h"

#include <stdio.h>
#include <string.h>

/* ---- the tables ---- */

#define OF_REGISTER(kind) ((kind) == EXCHANGE_REGISTER)
#define OF_MESSAGE(kind)  ((kind) == EXCHANGE_MESSAGE)
#define OF_ANY(kind)      true

/* A row of the other kind has no place in a table: the preprocessor leaves it out. */
#define REGISTER_ROWS_REGISTER(...) { __VA_ARGS__ },
#define REGISTER_ROWS_MESSAGE(...)
#define REGISTER_ROWS_ANY(...) { __VA_ARGS__ },
#define MESSAGE_ROWS_REGISTER(...)
#define MESSAGE_ROWS_MESSAGE(...) { __VA_ARGS__ },
#define MESSAGE_ROWS_ANY(...)     { __VA_ARGS__ },

#define LAST                                                                                                           \
    {                                                                                                                  \
        NULL, TEST_IS, NULL, FIGURE_FLAG, NULL                                                                         \
    }

static const struct finding_rule register_rules[] = {
#define RULE(kind, form, test, figure, unit, meaning)                                                                  \
    REGISTER_ROWS_##kind(form, TEST_##test, figure, FIGURE_##unit, meaning)
#include "probe/exchange.def"
#undef RULE
    LAST
};

static const struct finding_rule message_rules[] = {
#define RULE(kind, form, test, figure, unit, meaning)                                                                  \
    MESSAGE_ROWS_##kind(form, TEST_##test, figure, FIGURE_##unit, meaning)
#include "probe/exchange.def"
#undef RULE
    LAST
};

const struct finding_kind *exchange_kind(enum exchange_kind kind)
{
    static const struct finding_kind kinds[] = {
        [EXCHANGE_REGISTER] = { "register", "REGISTER", register_rules },
        [EXCHANGE_MESSAGE]  = { "message", "MESSAGE", message_rules },
    };

    return &kinds[kind];
}

/* ---- the schema ---- */

#define KEY_FLAG(name)    name, "\"type\":\"boolean\""
#define KEY_CODE(name)    name, "\"type\":\"integer\""
#define KEY_COUNT(name)   name, "\"type\":\"integer\""
#define KEY_SECONDS(name) name, "\"type\":\"integer\""
#define KEY_MS(name)      name "_ms", "\"type\":\"integer\""

const struct output_object *exchange_json_object(void)
{
    static const char                 text[]    = "\"type\":\"string\"";
    static const struct output_member members[] = {
        { "probe", "\"enum\":[\"register\",\"message\"]", "which command it is of", true },
        { "outcome", text, "ok, warning, critical or unknown", true },
        { "exit_code", "\"type\":\"integer\"", "of the command", true },
        { "target", text, "the address of the account, or of who was to get the text", true },
        { "summary", text, "one sentence", true },
#define FIGURE(of, name, unit, condition, value, help) { KEY_##unit(name), help, false },
#include "probe/exchange.def"
#undef FIGURE
        { "expectations", "\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/summary_expectation\"}",
          "what was expected, in the order given", true },
        { NULL, NULL, NULL, false },
    };
    static const struct output_object object = { "probe", "the outcome of ahoy register or message, by --output json",
                                                 members };

    return &object;
}

/* ---- events ---- */

void exchange_init(struct exchange *e, enum exchange_kind kind, struct slice target)
{
    *e = (struct exchange){ .kind = kind, .took = NEVER };
    snprintf(e->target, sizeof e->target, "%.*s", SLICE_ARG(target));
}

void exchange_begin(struct exchange *e, msec now)
{
    e->begun = true;
    e->began = now;
}

static void succeed(struct exchange *e, const struct phone_event *event, msec now)
{
    e->status    = event->status != 0 ? event->status : 200;
    e->error     = 0;
    e->reason[0] = '\0';
    if (!e->ever) {
        e->took = now - e->began;
        e->tries++;
    }
    e->done = e->ever = true;
    e->expires        = event->expires;
    e->flows          = event->flows;
}

/* A refusal is an answer, too, as long as none has been better. */
static void fail(struct exchange *e, const struct phone_event *event, msec now)
{
    e->status = event->error == 0 ? event->status : 0; /* one of our own stands for the silence */
    e->error  = event->error;
    snprintf(e->reason, sizeof e->reason, "%.*s", SLICE_ARG(event->reason));
    e->lost += e->done;
    if (!e->ever) {
        e->took = e->status != 0 ? now - e->began : NEVER;
        e->tries++;
    }
    e->done = false;
}

void exchange_note(struct exchange *e, const struct phone_event *event, msec now)
{
    bool registers = e->kind == EXCHANGE_REGISTER;

    if (registers && (event->kind == PHONE_REGISTERED || event->kind == PHONE_REFRESHED))
        succeed(e, event, now);
    if (!registers && event->kind == PHONE_MESSAGE_SENT)
        succeed(e, event, now);
    if (!registers && event->kind == PHONE_MESSAGE_FAILED)
        fail(e, event, now);
    if (event->kind != PHONE_REGISTER_FAILED || event->flows > 0 || (!registers && e->begun))
        return;
    e->unregistered = !registers;
    fail(e, event, now);
}

void exchange_give_up(struct exchange *e)
{
    e->error = -ERR_TIMEOUT;
}

/* ---- the finding ---- */

static void put_figures(const struct exchange *e, struct finding *f)
{
#define FIGURE(of, name, unit, condition, value, help)                                                                 \
    if (OF_##of(e->kind) && (condition))                                                                               \
        finding_figure(f, (struct figure){ name, help, FIGURE_##unit, (double)(value) });
#include "probe/exchange.def"
#undef FIGURE
}

static void say_why(struct buf *b, const struct exchange *e)
{
    if (e->status != 0)
        buf_printf(b, " (%u %s)", e->status, e->reason);
    else if (e->reason[0] != '\0')
        buf_printf(b, " (%s)", e->reason);
    else if (e->error != 0)
        buf_printf(b, " (%s)", error_text(e->error));
}

static const char *failure_of(const struct exchange *e)
{
    if (e->unregistered)
        return "cannot register";
    if (e->kind == EXCHANGE_MESSAGE)
        return e->begun ? "not delivered" : "nothing was sent";
    return e->lost > 0 ? "registered, and lost again" : e->begun ? "not registered" : "nothing was sent";
}

static void say_success(struct buf *b, const struct exchange *e)
{
    if (e->kind == EXCHANGE_REGISTER)
        buf_put(b, SLICE("registered"));
    else
        buf_put(b, e->status == 202 ? SLICE("kept for later") : SLICE("delivered"));
    buf_put(b, SLICE(" after "));
    duration_write(b, e->took);
    if (e->tries > 1)
        buf_printf(b, " and %u tries", e->tries);
    if (e->kind == EXCHANGE_REGISTER)
        buf_printf(b, ", for %u s", e->expires);
    if (e->lost > 0)
        buf_printf(b, ", meanwhile lost %u time%s", e->lost, e->lost == 1 ? "" : "s");
}

void exchange_find(const struct exchange *e, struct finding *f, char headline[EXCHANGE_HEADLINE])
{
    struct buf b = buf_on(headline, EXCHANGE_HEADLINE);

    finding_begin(f, exchange_kind(e->kind), slice_from(e->target));
    if (e->done) {
        say_success(&b, e);
    } else {
        buf_put(&b, slice_from(failure_of(e)));
        say_why(&b, e);
    }
    f->headline = slice_from(buf_cstr(&b));
    if (e->begun && !e->unregistered)
        put_figures(e, f);
}
