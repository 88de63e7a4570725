/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/report.h"

#include "base/error.h"
#include "cmd/exit_code.h"
#include "console/phone_report.h"

#include <stdio.h>

enum { LINE_MAX_BYTES = 128 * 1024 }; /* a text of 16 KiB, each byte of it escaped */

static const struct report_row events[] = {
    { "registered", "account, expires: for the first time, or again after a failure" },
    { "refreshed", "account, expires" },
    { "register_failed", "account, status, reason, retry_in_ms (null: it will not be tried again)" },
    { "unregistered", "account, status" },
    { "incoming", "referred_by: somebody calls" },
    { "ringing", "status, reason: a provisional response to a call of ours" },
    { "early_media", "sound may come before the answer" },
    { "answered", "codec" },
    { "changed", "held, held_by_peer, streams: the session was negotiated anew" },
    { "unchanged", "status, reason: the other side refused that" },
    { "media", "the first sound has arrived" },
    { "no_media", "no sound has arrived for 5 s" },
    { "source_ended", "the file of --play is at its end" },
    { "digit", "digit: the other side pressed a key" },
    { "referred", "target, referred_by, asking: the other side wants us to call somebody" },
    { "transfer", "status, reason: how far the other side is with the call that it was handed on to" },
    { "transferred", "status: it talks to somebody else now, and this call ends" },
    { "transfer_failed", "status, reason: nothing came of it, the call goes on" },
    { "ended", "cause, by, status, reason, setup_ms, duration_ms, media: the last event of a call" },
    { "message", "content_type, body: somebody says something, peer" },
    { "message_sent", "status: what was said has arrived at peer, or (202) waits for it" },
    { "message_failed", "status, reason" },
    { "subscribed", "package, state (pending or active), expires: what peer tells of is watched" },
    { "notified", "package, state, content_type, body (absent if empty): peer tells" },
    { "waiting", "waiting, voice_new, voice_old, voice_urgent: what is in the mailbox peer" },
    { "engaged", "busy: whether peer has a call" },
    { "free", "peer, who was waited for, has no call any more" },
    { "presence", "open, note, contact (each absent if not said): whether peer is there" },
    { "published", "open, note, expires: what others see of account" },
    { "unpublished", "they see nothing of it any more" },
    { "publish_failed", "status, reason, retry_in_ms (null: it will not be tried again)" },
    { "subscription_ended", "package, status, reason, retry_in_ms (null: it is over)" },
    { NULL, NULL },
};

static const struct report_row fields[] = {
    { "t", "milliseconds since 1970" },
    { "event", "one of the above" },
    { "call_id", "the Call-ID of the call or registration" },
    { "account", "the address that is registered" },
    { "direction", "out or in" },
    { "peer", "the URI of the other side; peer_name: the name it shows, if any" },
    { "target", "the URI of whom to call; asking: whether that is waiting for a word of ours" },
    { "referred_by", "the URI of who sent the caller here, as the caller says; nobody has proved it" },
    { "status", "a SIP status code; reason: its phrase, or what went wrong" },
    { "expires", "seconds" },
    { "flow",
      "which of the account's flows, 1 or 2; flows: so many are registered now; outbound: the registrar keeps it" },
    { "gruu", "the address of this very phone (RFC 5627); temp_gruu: one that does not tell whose it is" },
    { "package", "of events: presence, message-summary, dialog ..." },
    { "state", "pending, active or terminated: of the subscription" },
    { "waiting", "true: there are new messages; voice_new, voice_old, voice_urgent: so many, if that is told" },
    { "busy", "true: in a call" },
    { "open", "true: there, and ready to talk" },
    { "note", "a few words of his; contact: where he wants to be called" },
    { "content_type", "of body, which is its text in UTF-8" },
    { "codec", "PCMU or PCMA" },
    { "cause",
      "normal, cancelled, refused, timed_out, unreachable, no_ack, elsewhere, expired, lost, bad_sdp, replaced, "
      "transferred or local_fault" },
    { "by", "local, remote or network: who ended it" },
    { "warning", "what the Warning of a refusal says; warning_code: its number (RFC 3261 20.43)" },
    { "retry_after_s", "seconds, if a refusal says when to try again" },
    { "reason_cause",
      "the number in the Reason of a BYE or CANCEL; reason_protocol: SIP or Q.850; reason_text: its words" },
    { "setup_ms", "from the call to its answer; absent if it was not answered" },
    { "duration_ms", "from the answer to the end" },
    { "media", "packets_sent, packets_received, lost, late, concealed_ms, strangers, jitter_ms, round_trip_ms and "
               "peer_lost (absent if not known), local and remote address" },
    { "streams", "of each: index, kind (audio), codec, on (false: it is over) and does (sendrecv, sendonly, recvonly, "
                 "inactive: seen from here); at the end of a call that had several, its media, too" },
    { NULL, NULL },
};

static const char *name_of(const struct phone_event *e, struct buf *b)
{
    if (e->peer_display.len > 0)
        buf_printf(b, "%.*s <%.*s>", SLICE_ARG(e->peer_display), SLICE_ARG(e->peer));
    else
        buf_put(b, e->peer);
    return buf_cstr(b);
}

/* ---- JSON ---- */

static void put_address(struct json_line *j, const char *key, const struct address *a)
{
    char       text[ADDRESS_TEXT];
    struct buf b = BUF_ON(text);

    if (a->family == FAMILY_NONE)
        return;
    address_write(&b, a);
    json_line_text(j, key, buf_slice(&b));
}

static void put_stats(struct json_line *j, const struct media_stats *s)
{
    struct json_line m = json_line_inner(j, "media");

    json_line_number(&m, "packets_sent", (int64_t)s->packets_sent);
    json_line_number(&m, "packets_received", (int64_t)s->packets_received);
    json_line_number(&m, "lost", (int64_t)s->lost);
    json_line_number(&m, "late", (int64_t)s->late);
    json_line_number(&m, "concealed_ms", (int64_t)s->concealed);
    json_line_number(&m, "strangers", (int64_t)s->strangers);
    json_line_real(&m, "jitter_ms", s->jitter);
    if (s->round_trip >= 0)
        json_line_real(&m, "round_trip_ms", s->round_trip);
    if (s->peer_lost >= 0)
        json_line_number(&m, "peer_lost", s->peer_lost);
    put_address(&m, "local", &s->local);
    put_address(&m, "remote", &s->remote);
    json_line_end(&m);
}

static void put_refusal(struct json_line *j, const struct phone_event *e)
{
    if (e->warning_code != 0)
        json_line_number(j, "warning_code", e->warning_code);
    if (e->warning.len > 0)
        json_line_text(j, "warning", e->warning);
    if (e->has_retry_after)
        json_line_number(j, "retry_after_s", e->retry_after);
}

/* `figures`: of each that was, by then over. */
static void put_streams(struct json_line *j, const struct phone_event *e, bool figures)
{
    struct json_line list = json_line_list(j, "streams");

    for (size_t i = 0; i < e->stream_count; i++) {
        const struct phone_stream *s    = &e->streams[i];
        struct json_line           item = json_line_item(&list);

        json_line_number(&item, "index", s->index);
        json_line_text(&item, "kind", s->kind);
        json_line_text(&item, "codec", s->codec);
        json_line_bool(&item, "on", s->on);
        json_line_text(&item, "does", sdp_direction_name(s->direction));
        if (figures && s->has_stats)
            put_stats(&item, &s->stats);
        json_line_end(&item);
    }
    json_line_list_end(&list);
}

static void put_end(struct json_line *j, const struct phone_event *e)
{
    json_line_text(j, "cause", slice_from(call_cause_name(e->cause)));
    json_line_text(j, "by", slice_from(call_side_name(e->side)));
    if (e->reason_protocol.len > 0)
        json_line_text(j, "reason_protocol", e->reason_protocol);
    if (e->reason_cause != 0)
        json_line_number(j, "reason_cause", e->reason_cause);
    if (e->reason_text.len > 0)
        json_line_text(j, "reason_text", e->reason_text);
    if (e->setup != NEVER)
        json_line_number(j, "setup_ms", (int64_t)e->setup);
    json_line_number(j, "duration_ms", (int64_t)e->duration);
    if (e->has_stats)
        put_stats(j, &e->stats);
    if (e->stream_count > 1)
        put_streams(j, e, true);
}

static void put_registration(struct json_line *j, const struct phone_event *e)
{
    json_line_text(j, "account", e->peer);
    json_line_number(j, "flow", e->flow);
    json_line_number(j, "flows", e->flows);
    if (e->kind == PHONE_REGISTERED || e->kind == PHONE_REFRESHED) {
        json_line_number(j, "expires", e->expires);
        json_line_bool(j, "outbound", e->outbound);
    }
    if (e->gruu.len > 0)
        json_line_text(j, "gruu", e->gruu);
    if (e->temp_gruu.len > 0)
        json_line_text(j, "temp_gruu", e->temp_gruu);
    if (e->kind != PHONE_REGISTER_FAILED)
        return;
    if (e->retry_in == NEVER)
        json_line_null(j, "retry_in_ms");
    else
        json_line_number(j, "retry_in_ms", (int64_t)e->retry_in);
}

static void put_call(struct json_line *j, const struct phone_event *e)
{
    char digit[2] = { e->digit, '\0' };

    json_line_text(j, "direction", e->outgoing ? SLICE("out") : SLICE("in"));
    json_line_text(j, "peer", e->peer);
    if (e->peer_display.len > 0)
        json_line_text(j, "peer_name", e->peer_display);
    if (e->kind == PHONE_REFERRED) {
        json_line_text(j, "target", e->target);
        json_line_bool(j, "asking", e->asking);
    }
    if (e->referred_by.len > 0)
        json_line_text(j, "referred_by", e->referred_by);
    if (e->codec.len > 0)
        json_line_text(j, "codec", e->codec);
    if (e->kind == PHONE_DIGIT)
        json_line_text(j, "digit", slice_from(digit));
    if (e->kind == PHONE_CHANGED) {
        json_line_bool(j, "held", e->held);
        json_line_bool(j, "held_by_peer", e->held_by_peer);
        put_streams(j, e, false);
    }
    if (e->kind == PHONE_ENDED || e->kind == PHONE_UNCHANGED)
        put_refusal(j, e);
    if (e->kind == PHONE_ENDED)
        put_end(j, e);
}

static void put_summary(struct json_line *j, const struct message_summary *s)
{
    const struct message_counts *voice = &s->of[MESSAGE_VOICE];

    json_line_bool(j, "waiting", s->waiting);
    if (!voice->known)
        return;
    json_line_number(j, "voice_new", voice->new);
    json_line_number(j, "voice_old", voice->old);
    json_line_number(j, "voice_urgent", voice->new_urgent);
}

static void put_subscription(struct json_line *j, const struct phone_event *e)
{
    json_line_text(j, "package", e->package);
    if (e->state.len > 0)
        json_line_text(j, "state", e->state);
    if (e->kind == PHONE_SUBSCRIBED)
        json_line_number(j, "expires", e->expires);
    if (e->kind == PHONE_SUBSCRIPTION_ENDED && e->retry_in == NEVER)
        json_line_null(j, "retry_in_ms");
    else if (e->kind == PHONE_SUBSCRIPTION_ENDED)
        json_line_number(j, "retry_in_ms", (int64_t)e->retry_in);
    if (e->kind != PHONE_WAITING)
        return;
    put_summary(j, &e->summary);
}

static void put_presence(struct json_line *j, const struct phone_event *e)
{
    json_line_bool(j, "open", e->open);
    if (e->note.len > 0)
        json_line_text(j, "note", e->note);
    if (e->contact.len > 0)
        json_line_text(j, "contact", e->contact);
    if (e->kind == PHONE_PUBLISHED)
        json_line_number(j, "expires", e->expires);
}

static void put_news(struct json_line *j, const struct phone_event *e)
{
    json_line_text(j, "direction", e->outgoing ? SLICE("out") : SLICE("in"));
    json_line_text(j, "peer", e->peer);
    if (e->peer_display.len > 0)
        json_line_text(j, "peer_name", e->peer_display);
    if (e->content_type.len > 0) {
        json_line_text(j, "content_type", e->content_type);
        json_line_text(j, "body", e->body);
    }
    if (e->package.len > 0)
        put_subscription(j, e);
    if (e->kind == PHONE_ENGAGED)
        json_line_bool(j, "busy", e->busy);
    if (e->kind == PHONE_PRESENCE || e->kind == PHONE_PUBLISHED)
        put_presence(j, e);
    if (e->kind == PHONE_PUBLISH_FAILED && e->retry_in == NEVER)
        json_line_null(j, "retry_in_ms");
    else if (e->kind == PHONE_PUBLISH_FAILED)
        json_line_number(j, "retry_in_ms", (int64_t)e->retry_in);
}

void report_write_json(struct buf *b, const struct phone_event *e, uint64_t wall)
{
    struct json_line j = json_line_begin(b);
    bool has_status = e->kind == PHONE_TRANSFER || e->kind == PHONE_TRANSFERRED || e->kind == PHONE_TRANSFER_FAILED ||
                      e->kind == PHONE_RINGING || e->kind == PHONE_ENDED || e->kind == PHONE_UNCHANGED ||
                      e->kind == PHONE_REGISTER_FAILED || e->kind == PHONE_UNREGISTERED || e->kind > PHONE_ENDED;

    json_line_number(&j, "t", (int64_t)wall);
    json_line_text(&j, "event", slice_from(phone_event_name(e->kind)));
    json_line_text(&j, "call_id", e->call_id);
    if (has_status && e->status != 0)
        json_line_number(&j, "status", e->status);
    if (has_status && e->reason.len > 0)
        json_line_text(&j, "reason", e->reason);
    if (e->kind > PHONE_ENDED)
        put_news(&j, e);
    else if (e->call == 0)
        put_registration(&j, e);
    else
        put_call(&j, e);
    json_line_end(&j);
    buf_put_byte(b, '\n');
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
        buf_printf(b, "Unregistered %.*s", SLICE_ARG(e->peer));
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
        buf_printf(b, "%.*s %s", SLICE_ARG(e->peer), e->busy ? "is in a call" : "has no call");
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
    for (size_t i = 0; i < text.len; i++)
        fputc((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f ? '?' : text.ptr[i], out);
    fputc('\n', out);
}

void report_print(const struct phone_event *e, bool json, uint64_t wall)
{
    char       memory[LINE_MAX_BYTES];
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

const struct report_row *report_events(void)
{
    return events;
}

const struct report_row *report_fields(void)
{
    return fields;
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
    if (e->error == -ERR_PERMISSION || e->error == -ERR_SYNTAX) /* its certificate, or what it spoke instead of TLS */
        return EXIT_UNREACHABLE;
    return (int)exit_code_of_error(e->error);
}
