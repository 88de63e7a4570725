/* SPDX-License-Identifier: BSD-2-Clause */
/* summary.h - what one call came to, gathered from the events of its phone: who it
 * was, when what happened, how it ended and how it sounded.
 *
 *     summary_begin --> summary_note for each event --> expectation.h, output.h
 *
 * It owns its texts; what is longer than there is room for is cut. */

#ifndef PROBE_SUMMARY_H
#define PROBE_SUMMARY_H

#include "call/event.h"

enum { SUMMARY_TEXT = 256, SUMMARY_DIGITS = 64 };

struct summary_stream {
    char               codec[16];
    struct media_stats stats;
    bool               heard;     /* packets came; else the next four mean nothing       */
    double             loss;      /* of 1: what was sent to us and never came            */
    double             delay;     /* ms from mouth to ear: an estimate                    */
    double             mos;       /* rtp/quality.h                                        */
    double             peer_loss; /* of 1: what the peer missed of ours; negative: not known */
};

enum summary_state {
    SUMMARY_BEGUN,          /* no call has been tried             */
    SUMMARY_NOT_REGISTERED, /* nor will it: the account cannot register */
    SUMMARY_CALLING,
    SUMMARY_ENDED,
};

struct summary {
    enum summary_state state;
    bool               outgoing, rang, answered, heard;
    char               peer[SUMMARY_TEXT]; /* URI */
    char               call_id[SUMMARY_TEXT];
    unsigned           status; /* the final one: 200 if it was answered; 0: there was none */
    char               reason[SUMMARY_TEXT];
    enum call_cause    cause;
    enum call_side     side;
    int                error; /* as in the event */
    struct call_times  times;
    msec               duration;
    char               digits[SUMMARY_DIGITS + 1]; /* that the peer pressed */
    size_t             digit_count;
    char               why[SUMMARY_TEXT]; /* the Reason of the BYE or CANCEL: "Q.850 16 Normal call clearing"; or "" */
    char     warning[SUMMARY_TEXT];       /* of the refusal: "304 One or more media types not available"; or ""     */
    bool     has_retry_after;
    uint32_t retry_after; /* seconds */
    struct summary_stream streams[PHONE_STREAMS];
    size_t                stream_count;
};

/* `peer`: whom we call; empty: we wait, the first event of a call says who it is. */
void summary_begin(struct summary *s, struct slice peer, bool outgoing);
/* An event of this call, or one of its account before there is a call. */
void summary_note(struct summary *s, const struct phone_event *e);

/* From the first 18x to the answer, or NEVER. */
msec summary_ring_time(const struct summary *s);
/* To the first sign of the other side, be it ringing or an answer; or NEVER. */
msec summary_post_dial_delay(const struct summary *s);

#endif
