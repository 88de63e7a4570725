/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/sample_call.h"

#include "support/test.h"

static struct phone_event event_of(enum phone_event_kind kind)
{
    return (struct phone_event){
        .kind     = kind,
        .call     = 1,
        .outgoing = true,
        .peer     = SLICE_INIT("sip:bob@example.test"),
        .call_id  = SLICE_INIT("3848276298220188511"),
        .codec    = SLICE_INIT("PCMU"),
        .setup    = NEVER,
        .times    = { 2, 20, NEVER, 350, 350, 380 },
    };
}

static void press(struct summary *s, char digit)
{
    struct phone_event e = event_of(PHONE_DIGIT);

    e.digit = digit;
    summary_note(s, &e);
}

void sample_answered(struct summary *s)
{
    struct phone_event e = event_of(PHONE_RINGING);

    summary_begin(s, SLICE("sip:bob@example.test"), true);
    summary_note(s, &e);
    e.kind = PHONE_ANSWERED;
    summary_note(s, &e);
    e.kind = PHONE_MEDIA;
    summary_note(s, &e);
    press(s, '4');
    press(s, '2');
    press(s, '#');
    e                      = event_of(PHONE_ENDED);
    e.cause                = CALL_NORMAL;
    e.side                 = SIDE_LOCAL;
    e.setup                = 350;
    e.duration             = 10000;
    e.stream_count         = 1;
    e.streams[0].codec     = SLICE("PCMU");
    e.streams[0].has_stats = true;
    e.streams[0].stats     = (struct media_stats){
            .packets_sent     = 500,
            .packets_received = 490,
            .lost             = 10,
            .jitter           = 1.5,
            .silent           = 12,
            .round_trip       = 4,
            .peer_lost        = 5,
            .buffered         = 40,
    };
    summary_note(s, &e);
}

void sample_refused(struct summary *s, unsigned status, const char *reason)
{
    struct phone_event e = event_of(PHONE_ENDED);

    summary_begin(s, SLICE("sip:bob@example.test"), true);
    e.cause  = CALL_REFUSED;
    e.side   = SIDE_REMOTE;
    e.status = status;
    e.reason = slice_from(reason);
    e.times  = (struct call_times){ NEVER, NEVER, NEVER, NEVER, NEVER, NEVER };
    summary_note(s, &e);
}

void sample_not_registered(struct summary *s, unsigned status, const char *reason)
{
    struct phone_event e = { .kind   = PHONE_REGISTER_FAILED,
                             .status = status,
                             .reason = slice_from(reason),
                             .peer   = SLICE_INIT("sip:alice@example.test") };

    summary_begin(s, SLICE("sip:bob@example.test"), true);
    summary_note(s, &e);
}

const char *sample_output(output_fn *write, const struct summary *s, const char *expect, const char *warn,
                          enum outcome_end end)
{
    static char              memory[OUTPUT_MAX];
    static struct outcome    outcome;
    struct buf               b = BUF_ON(memory);
    struct expectations      e = { .count = 0 };
    struct expectation_fault fault;

    CHECK(expect == NULL || expectations_add(&e, slice_from(expect), false, &fault));
    CHECK(warn == NULL || expectations_add(&e, slice_from(warn), true, &fault));
    outcome_judge(&outcome, s, &e, end);
    outcome.exit_code = outcome.unmet ? 23 : end == END_GOOD ? 0 : 10;
    write(&b, &outcome);
    CHECK(buf_ok(&b));
    return buf_cstr(&b);
}
