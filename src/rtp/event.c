/* SPDX-License-Identifier: BSD-2-Clause */
#include "rtp/event.h"

#include "base/error.h"
#include "rtp/octets.h"
#include "rtp/packet.h"

enum {
    END_BIT        = 0x80,
    VOLUME_MASK    = 0x3f,
    SEGMENT_MAX    = 0xffff, /* what the duration field can say, 2.5.1.3 */
    DEFAULT_VOLUME = 10,     /* -dBm0                                     */
};

static const char digits[] = "0123456789*#ABCD!";

bool event_payload_parse(struct slice payload, struct event_payload *out)
{
    if (payload.len < EVENT_PAYLOAD)
        return false;
    out->event    = (uint8_t)payload.ptr[0];
    out->end      = ((uint8_t)payload.ptr[1] & END_BIT) != 0;
    out->volume   = (uint8_t)payload.ptr[1] & VOLUME_MASK;
    out->duration = octets_16(payload.ptr + 2);
    return true;
}

void event_payload_write(struct buf *b, const struct event_payload *p)
{
    buf_put_byte(b, (char)p->event);
    buf_put_byte(b, (char)((p->end ? END_BIT : 0) | (p->volume & VOLUME_MASK)));
    put_octets_16(b, p->duration);
}

uint8_t event_from_digit(char digit)
{
    char        upper = digit >= 'a' && digit <= 'd' ? (char)(digit - 'a' + 'A') : digit;
    const char *found = upper == '\0' ? NULL : strchr(digits, upper);

    return found == NULL ? EVENT_NONE : (uint8_t)(found - digits);
}

char event_to_digit(uint8_t event)
{
    return event < sizeof digits - 1 ? digits[event] : '\0';
}

static uint32_t units(uint32_t clock_rate, unsigned ms)
{
    return (uint32_t)((uint64_t)ms * clock_rate / 1000);
}

void event_sender_init(struct event_sender *s, uint32_t clock_rate, uint32_t interval)
{
    *s = (struct event_sender){ .clock_rate = clock_rate, .interval = interval, .volume = DEFAULT_VOLUME };
}

int event_sender_push(struct event_sender *s, char digit, unsigned duration_ms)
{
    uint8_t event = event_from_digit(digit);

    if (event == EVENT_NONE)
        return -ERR_UNSUPPORTED;
    if (s->queue_count == EVENT_QUEUE)
        return -ERR_LIMIT;
    if (duration_ms < EVENT_MIN_MSEC)
        duration_ms = EVENT_MIN_MSEC;
    if (duration_ms > EVENT_MAX_MSEC)
        duration_ms = EVENT_MAX_MSEC;
    s->queue[(s->queue_first + s->queue_count++) % EVENT_QUEUE] =
        (struct event_wait){ .event = event, .duration = units(s->clock_rate, duration_ms) };
    return 0;
}

void event_sender_stop(struct event_sender *s)
{
    s->queue_count = 0;
    if (s->active)
        s->left = s->reported > 0 ? s->reported : s->interval;
}

bool event_sender_idle(const struct event_sender *s)
{
    return !s->active && s->queue_count == 0;
}

static bool begin(struct event_sender *s, uint32_t timestamp)
{
    if (s->in_gap && timestamp_distance(timestamp, s->gap_until) < 0)
        return false;
    s->in_gap = false;
    if (s->queue_count == 0)
        return false;
    s->active      = true;
    s->first       = true;
    s->event       = s->queue[s->queue_first].event;
    s->left        = s->queue[s->queue_first].duration;
    s->start       = timestamp;
    s->reported    = 0;
    s->finals      = 0;
    s->queue_first = (s->queue_first + 1) % EVENT_QUEUE;
    s->queue_count--;
    return true;
}

/* After the third final packet: the next segment, which runs already, or a pause. */
static void finish_segment(struct event_sender *s)
{
    if (s->left > SEGMENT_MAX) {
        s->start += SEGMENT_MAX;
        s->left -= SEGMENT_MAX;
        s->reported = 0;
        s->finals   = 0;
        return;
    }
    s->active    = false;
    s->in_gap    = true;
    s->gap_until = s->start + s->left + units(s->clock_rate, EVENT_GAP_MSEC);
}

/* A packet covers the time up to the next one, like one of audio. */
static void advance(struct event_sender *s, uint32_t timestamp)
{
    uint32_t limit = s->left < SEGMENT_MAX ? s->left : SEGMENT_MAX;
    uint32_t spent = timestamp + s->interval - s->start;

    if (spent > limit)
        spent = limit;
    if (spent > s->reported)
        s->reported = spent;
    if (s->reported == limit)
        s->finals++;
}

bool event_sender_next(struct event_sender *s, uint32_t timestamp, struct event_packet *out)
{
    struct buf           b = BUF_ON(out->bytes);
    struct event_payload payload;

    if (!s->active && !begin(s, timestamp))
        return false;
    advance(s, timestamp);
    payload     = (struct event_payload){ .event = s->event, .volume = s->volume, .duration = (uint16_t)s->reported };
    payload.end = s->reported == s->left;
    out->marker = s->first;
    out->timestamp = s->start;
    event_payload_write(&b, &payload);
    s->first = false;
    if (s->finals == EVENT_END_PACKETS)
        finish_segment(s);
    return true;
}

void event_receiver_init(struct event_receiver *r, uint32_t clock_rate)
{
    *r = (struct event_receiver){ .clock_rate = clock_rate };
}

static unsigned end_event(struct event_receiver *r, struct event_heard *out)
{
    uint64_t total = (uint64_t)r->earlier + r->duration;

    out->ended = (struct event_digit){
        .event       = r->event,
        .digit       = event_to_digit(r->event),
        .duration_ms = r->clock_rate > 0 ? (uint32_t)(total * 1000 / r->clock_rate) : 0,
    };
    r->active   = false;
    r->finished = false;
    return EVENT_ENDED;
}

static unsigned begin_event(struct event_receiver *r, uint32_t timestamp, const struct event_payload *p, msec now,
                            struct event_heard *out)
{
    r->active   = true;
    r->has_last = true;
    r->finished = p->end;
    r->event    = p->event;
    r->earlier  = 0;
    r->segment  = timestamp;
    r->duration = p->duration;
    r->heard_at = now;
    out->began  = (struct event_digit){ .event = p->event, .digit = event_to_digit(p->event) };
    return EVENT_BEGAN;
}

/* 2.5.2.2: reports of an event that has been heard are ignored; but a sender may
 * start its timestamps anew after a while. */
static bool is_old(const struct event_receiver *r, uint32_t timestamp, msec now)
{
    int32_t distance = timestamp_distance(timestamp, r->segment);

    if (!r->has_last || distance > 0)
        return false;
    return distance == 0 || now - r->heard_at < EVENT_STALE;
}

/* A packet of the event that runs, in its segment or the next (2.5.2.3). */
static unsigned continue_event(struct event_receiver *r, uint32_t timestamp, const struct event_payload *p, msec now,
                               struct event_heard *out)
{
    if (timestamp != r->segment) {
        r->earlier += SEGMENT_MAX;
        r->segment  = timestamp;
        r->duration = 0;
    }
    if (p->duration > r->duration)
        r->duration = p->duration;
    r->heard_at = now;
    return p->end || r->finished ? end_event(r, out) : 0;
}

unsigned event_receiver_packet(struct event_receiver *r, uint32_t timestamp, struct slice payload, msec now,
                               struct event_heard *out)
{
    struct event_payload p;
    unsigned             actions = 0;
    uint32_t             ahead   = timestamp - r->segment;

    *out = (struct event_heard){ 0 };
    if (!event_payload_parse(payload, &p))
        return 0;
    if (r->active && p.event == r->event && (ahead == 0 || ahead == SEGMENT_MAX))
        return continue_event(r, timestamp, &p, now, out);
    if (is_old(r, timestamp, now))
        return r->finished ? end_event(r, out) : 0;
    if (r->active)
        actions = end_event(r, out);
    return actions | begin_event(r, timestamp, &p, now, out);
}

msec event_receiver_deadline(const struct event_receiver *r)
{
    if (!r->active)
        return NEVER;
    return r->finished ? r->heard_at : r->heard_at + EVENT_RECEIVE_TIMEOUT;
}

unsigned event_receiver_timer(struct event_receiver *r, msec now, struct event_heard *out)
{
    *out = (struct event_heard){ 0 };
    return now >= event_receiver_deadline(r) ? end_event(r, out) : 0;
}
