/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/report.h"

#include "base/error.h"
#include "cmd/exit_code.h"
#include "console/phone_report.h"
#include "probe/output.h"

#include <stdio.h>

static const char *name_of(const struct phone_event *e, struct buf *b)
{
    if (e->peer_display.len > 0)
        buf_printf(b, "%.*s <%.*s>", SLICE_ARG(e->peer_display), SLICE_ARG(e->peer));
    else
        buf_put(b, e->peer);
    return buf_cstr(b);
}

/* ---- people ---- */

static void say_status(struct buf *b, const struct phone_event *e)
{
    if (e->status != 0)
        buf_printf(b, " (%u %.*s)", e->status, SLICE_ARG(e->reason));
    else if (e->reason.len > 0)
        buf_printf(b, " (%.*s)", SLICE_ARG(e->reason));
}

static const char *cause_text(const struct phone_event *e)
{
    switch (e->cause) {
    case CALL_NORMAL:
        return e->side == SIDE_LOCAL ? "hung up" : "the other side hung up";
    case CALL_CANCELLED:
        return e->side == SIDE_LOCAL ? "given up" : "the caller gave up";
    case CALL_REFUSED:
        return "refused";
    case CALL_TIMED_OUT:
        return "no response";
    case CALL_UNREACHABLE:
        return "unreachable";
    case CALL_NO_ACK:
        return "the answer was never acknowledged";
    case CALL_ELSEWHERE:
        return "answered by another phone";
    case CALL_EXPIRED:
        return "the other side has shown no sign of life";
    case CALL_LOST:
        return "the other side has lost the call";
    case CALL_BAD_SDP:
        return "no sound could be agreed";
    case CALL_REPLACED:
        return "another call has taken its place";
    case CALL_TRANSFERRED:
        return "handed on";
    case CALL_LOCAL_FAULT:
        return "failed here";
    }
    return "";
}

static void say_end(struct buf *b, const struct phone_event *e)
{
    const struct media_stats *s = &e->stats;

    buf_printf(b, "Ended: %s", cause_text(e));
    if (e->cause != CALL_NORMAL && e->cause != CALL_CANCELLED && e->cause != CALL_TIMED_OUT)
        say_status(b, e);
    if (e->warning.len > 0)
        buf_printf(b, ", \"%.*s\"", SLICE_ARG(e->warning));
    if (e->has_retry_after)
        buf_printf(b, ", try again in %u s", e->retry_after);
    if (e->reason_text.len > 0)
        buf_printf(b, ", %.*s", SLICE_ARG(e->reason_text));
    if (e->setup == NEVER)
        return;
    buf_printf(b, ", after %.1f s", (double)e->duration / 1000);
    if (e->has_stats)
        buf_printf(b, "; %llu packets sent, %llu received, %llu lost, jitter %.1f ms",
                   (unsigned long long)s->packets_sent, (unsigned long long)s->packets_received,
                   (unsigned long long)s->lost, s->jitter);
}

static void say_failed(struct buf *b, const struct phone_event *e)
{
    buf_printf(b, "Cannot register %.*s", SLICE_ARG(e->peer));
    say_status(b, e);
    if (e->retry_in == NEVER)
        buf_put(b, SLICE("; not tried again"));
    else
        buf_printf(b, "; next try in %llu s", (unsigned long long)(e->retry_in + 999) / 1000);
}

static void say_change(struct buf *b, const struct phone_event *e)
{
    unsigned on = 0;

    for (size_t i = 0; i < e->stream_count; i++)
        on += e->streams[i].on;
    buf_printf(b, "%s%s", e->held ? "On hold" : "Talking", e->held_by_peer ? ", held by the other side" : "");
    if (on != 1)
        buf_printf(b, ", %u streams", on);
}

static void say_waiting(struct buf *b, const struct phone_event *e)
{
    const struct message_counts *voice = &e->summary.of[MESSAGE_VOICE];

    buf_printf(b, "%s", e->summary.waiting ? "Messages wait" : "No new messages");
    if (voice->known)
        buf_printf(b, ": %u new, %u old", (unsigned)voice->new, (unsigned)voice->old);
}

static void say_unregistered(struct buf *b, const struct phone_event *e)
{
    if (e->expires == 0) {
        buf_printf(b, "Unregistered %.*s", SLICE_ARG(e->peer));
        return;
    }
    buf_printf(b, "Cannot unregister %.*s", SLICE_ARG(e->peer));
    say_status(b, e);
    buf_printf(b, "; the server forgets it in %u s", e->expires);
}

static void say_engaged(struct buf *b, const struct phone_event *e)
{
    const char *before = ": ";

    buf_printf(b, "%.*s %s", SLICE_ARG(e->peer), e->busy ? "is in a call" : "has no call");
    for (size_t i = 0; i < e->dialog_count; i++) {
        const struct phone_dialog *d = &e->dialogs[i];

        if (d->remote.len == 0 || slice_eq(d->state, SLICE("terminated")))
            continue;
        buf_printf(b, "%s%.*s with %.*s", before, SLICE_ARG(d->state), SLICE_ARG(d->remote));
        before = ", ";
    }
}

void report_write_human(struct buf *b, const struct phone_event *e)
{
    char       memory[512];
    struct buf name = BUF_ON(memory);

    switch (e->kind) {
    case PHONE_REGISTERED:
        buf_printf(b, "Registered %.*s for %u s", SLICE_ARG(e->peer), e->expires);
        return;
    case PHONE_REFRESHED:
        return;
    case PHONE_REGISTER_FAILED:
        say_failed(b, e);
        return;
    case PHONE_UNREGISTERED:
        say_unregistered(b, e);
        return;
    case PHONE_INCOMING:
        buf_printf(b, "Call from %s", name_of(e, &name));
        return;
    case PHONE_RINGING:
        buf_printf(b, "%s", e->status == 180 ? "Ringing" : "In progress");
        if (e->status != 180)
            say_status(b, e);
        return;
    case PHONE_EARLY_MEDIA:
        buf_put(b, SLICE("Sound before the answer"));
        return;
    case PHONE_ANSWERED:
        buf_printf(b, "Answered, %.*s", SLICE_ARG(e->codec));
        return;
    case PHONE_CHANGED:
        say_change(b, e);
        return;
    case PHONE_UNCHANGED:
        buf_put(b, SLICE("The change was refused"));
        say_status(b, e);
        return;
    case PHONE_MEDIA:
        buf_put(b, SLICE("Sound arrives"));
        return;
    case PHONE_NO_MEDIA:
        buf_put(b, SLICE("No sound arrives"));
        return;
    case PHONE_SOURCE_ENDED:
        buf_put(b, SLICE("All has been played"));
        return;
    case PHONE_DIGIT:
        buf_printf(b, "Digit %c", e->digit);
        return;
    case PHONE_REFERRED:
        buf_printf(b, "%s wants to have %.*s called%s", name_of(e, &name), SLICE_ARG(e->target),
                   e->asking        ? ""
                   : e->placed != 0 ? ": calling"
                                    : ", which cannot be");
        return;
    case PHONE_TRANSFER:
        buf_put(b, SLICE("Handing on"));
        say_status(b, e);
        return;
    case PHONE_TRANSFERRED:
        buf_put(b, SLICE("Handed on"));
        return;
    case PHONE_TRANSFER_FAILED:
        buf_put(b, SLICE("It could not be handed on"));
        say_status(b, e);
        return;
    case PHONE_CONFERENCE:
        if (e->member_count > 0)
            buf_printf(b, "%s is in a conference of %zu", name_of(e, &name), e->member_count + 1);
        else
            buf_printf(b, "%s is in no conference any more", name_of(e, &name));
        return;
    case PHONE_MESH:
        buf_printf(b, e->direct ? "%s and another member reach each other" : "%s and another member are mixed here",
                   name_of(e, &name));
        if (!e->direct)
            say_status(b, e);
        return;
    case PHONE_ASKED:
        buf_printf(b, "%s wants us to call %.*s", name_of(e, &name), SLICE_ARG(e->target));
        return;
    case PHONE_REFER:
        buf_printf(b, "%.*s calls", SLICE_ARG(e->peer));
        say_status(b, e);
        return;
    case PHONE_ENDED:
        say_end(b, e);
        return;
    case PHONE_MESSAGE:
        buf_printf(b, "%s: %.*s", name_of(e, &name), SLICE_ARG(e->body));
        return;
    case PHONE_MESSAGE_SENT:
        buf_printf(b, "%.*s %s it", SLICE_ARG(e->peer), e->status == 202 ? "will get" : "has");
        return;
    case PHONE_MESSAGE_FAILED:
        buf_printf(b, "%.*s did not get it", SLICE_ARG(e->peer));
        say_status(b, e);
        return;
    case PHONE_SUBSCRIBED:
        buf_printf(b, "%.*s of %.*s: %.*s", SLICE_ARG(e->package), SLICE_ARG(e->peer), SLICE_ARG(e->state));
        return;
    case PHONE_ENGAGED:
        say_engaged(b, e);
        return;
    case PHONE_FREE:
        buf_printf(b, "%.*s is free", SLICE_ARG(e->peer));
        return;
    case PHONE_PRESENCE:
        buf_printf(b, "%.*s is %s", SLICE_ARG(e->peer), e->open ? "there" : "away");
        if (e->note.len > 0)
            buf_printf(b, ": %.*s", SLICE_ARG(e->note));
        return;
    case PHONE_PUBLISHED:
        buf_printf(b, "Others see that %.*s is %s", SLICE_ARG(e->peer), e->open ? "there" : "away");
        return;
    case PHONE_UNPUBLISHED:
        buf_put(b, SLICE("Presence is no longer told"));
        return;
    case PHONE_PUBLISH_FAILED:
        buf_put(b, SLICE("Presence cannot be told"));
        say_status(b, e);
        return;
    case PHONE_WATCHER:
        buf_printf(b, "%s %s", name_of(e, &name),
                   e->asking ? "asks to see whether you are there" : "sees whether you are there");
        if (e->asking)
            buf_printf(b, "; watcher allow|block|refuse %.*s", SLICE_ARG(e->peer));
        return;
    case PHONE_NOTIFIED:
        return; /* what is known of it has an event of its own */
    case PHONE_WAITING:
        say_waiting(b, e);
        return;
    case PHONE_SUBSCRIPTION_ENDED:
        buf_printf(b, "%.*s of %.*s is no longer told", SLICE_ARG(e->package), SLICE_ARG(e->peer));
        say_status(b, e);
        return;
    case PHONE_EVENT_COUNT:
        return;
    }
}

/* A terminal must not be driven by what a peer put into its name. */
static void print_safe(FILE *out, struct slice text)
{
    char       memory[PHONE_REPORT_LINE];
    struct buf b = BUF_ON(memory); /* nothing grows by it */

    output_put_safe(&b, text, "");
    fprintf(out, "%.*s\n", SLICE_ARG(buf_slice(&b)));
}

void report_print(const struct phone_event *e, bool json, uint64_t wall)
{
    char       memory[PHONE_REPORT_LINE];
    struct buf b = BUF_ON(memory);

    report_write_human(&b, e);
    if (buf_ok(&b) && b.len > 0)
        print_safe(stderr, buf_slice(&b));
    if (!json)
        return;
    b = BUF_ON(memory);
    phone_report_write(&b, e, wall);
    if (!buf_ok(&b))
        return;
    fwrite(b.ptr, 1, b.len, stdout);
    fflush(stdout);
}

int report_exit_code(const struct phone_event *e, bool rang)
{
    switch (e->cause) {
    case CALL_NORMAL:
    case CALL_REPLACED:
    case CALL_TRANSFERRED:
        return EXIT_OK;
    case CALL_CANCELLED:
        return EXIT_NO_ANSWER;
    case CALL_REFUSED:
        return exit_code_of_status(e->status, rang);
    case CALL_TIMED_OUT:
        return EXIT_TIMED_OUT;
    case CALL_UNREACHABLE:
        return EXIT_UNREACHABLE;
    case CALL_BAD_SDP:
        return EXIT_NO_MEDIA;
    case CALL_ELSEWHERE:
        return EXIT_NO_ANSWER;
    case CALL_NO_ACK:
    case CALL_LOST:
    case CALL_EXPIRED:
        return EXIT_ERROR;
    case CALL_LOCAL_FAULT:
        return exit_code_of_error(e->error);
    }
    return EXIT_ERROR;
}

int report_registration_code(const struct phone_event *e)
{
    if (e->status != 0)
        return exit_code_of_status(e->status, false);
    return (int)exit_code_of_silence(e->error);
}
