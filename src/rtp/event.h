/* SPDX-License-Identifier: BSD-2-Clause */
/* event.h - telephone events, the digits of a keypad as RTP packets
 * (RFC 4733 2.3, 2.5).
 *
 *  sending, one packet each interval in place of audio, all with the timestamp
 *  of the start:
 *
 *      M d=160   d=320   d=480 ... d=N E   d=N E   d=N E   (gap)  M d=160 ...
 *
 *  receiving: packets with one timestamp are one event; its end is the first
 *  packet with E, or EVENT_RECEIVE_TIMEOUT without any packet of it. */

#ifndef RTP_EVENT_H
#define RTP_EVENT_H

#include "base/buf.h"
#include "base/msec.h"

enum {
    EVENT_PAYLOAD         = 4,
    EVENT_QUEUE           = 64, /* digits that wait to be sent                      */
    EVENT_END_PACKETS     = 3,  /* RFC 4733 2.5.1.4                                  */
    EVENT_GAP_MSEC        = 60, /* silence between digits                            */
    EVENT_MIN_MSEC        = 40, /* shorter digits are not recognised by many peers   */
    EVENT_MAX_MSEC        = 60000,
    EVENT_RECEIVE_TIMEOUT = 200,  /* ms without a packet: the event has ended (2.5.2.2) */
    EVENT_STALE           = 2000, /* ms after which a packet cannot belong to an event that has ended */
    EVENT_NONE            = 255,
};

/* The payload (RFC 4733 2.3). */
struct event_payload {
    uint8_t  event; /* 0..9 digits, 10 *, 11 #, 12..15 A..D, 16 flash */
    bool     end;
    uint8_t  volume;   /* -dBm0, 0..63 */
    uint16_t duration; /* timestamp units */
};

/* The first of the (possibly several, 2.5.1.5) events; false if shorter than four bytes. */
bool event_payload_parse(struct slice payload, struct event_payload *out);
void event_payload_write(struct buf *b, const struct event_payload *p);

/* '0'-'9', '*', '#', 'A'-'D' (any case), '!' for flash; EVENT_NONE and '\0' for anything else. */
uint8_t event_from_digit(char digit);
char    event_to_digit(uint8_t event);

/* Sending.  Fields are private. */
struct event_sender {
    uint32_t clock_rate;
    uint32_t interval; /* timestamp units between packets */
    uint8_t  volume;
    struct event_wait {
        uint8_t  event;
        uint32_t duration; /* timestamp units */
    } queue[EVENT_QUEUE];
    unsigned queue_first, queue_count;

    bool     active;
    bool     first; /* the next packet carries the marker                 */
    uint8_t  event;
    uint32_t start;    /* timestamp of this segment: the one in the packets  */
    uint32_t left;     /* duration of the event from `start` on              */
    uint32_t reported; /* of it, in the last packet                          */
    unsigned finals;   /* times the last packet of the segment has been sent */
    bool     in_gap;   /* no new event before gap_until                      */
    uint32_t gap_until;
};

struct event_packet {
    bool     marker;
    uint32_t timestamp; /* of the RTP packet: when the event, or this segment of it, began */
    char     bytes[EVENT_PAYLOAD];
};

/* `interval` is the packet interval in timestamp units (ptime), > 0. */
void event_sender_init(struct event_sender *s, uint32_t clock_rate, uint32_t interval);

/* Queue a digit; `duration_ms` is brought into EVENT_MIN_MSEC..EVENT_MAX_MSEC.
 * Returns 0, -ERR_LIMIT if the queue is full, -ERR_UNSUPPORTED if it is no digit. */
int event_sender_push(struct event_sender *s, char digit, unsigned duration_ms);

/* Forget what waits, end what is being sent at once (its three last packets are
 * still due). */
void event_sender_stop(struct event_sender *s);

/* Nothing waits and nothing is being sent. */
bool event_sender_idle(const struct event_sender *s);

/* Once per interval; `timestamp` is that of the audio packet now due.  True: send
 * `out` instead of audio (2.5.1.2).  False: send audio. */
bool event_sender_next(struct event_sender *s, uint32_t timestamp, struct event_packet *out);

/* Receiving.  Fields are private. */
struct event_receiver {
    uint32_t clock_rate;
    bool     active;   /* an event has begun and not ended              */
    bool     finished; /* its end is known and is still to be told      */
    bool     has_last; /* event, segment and duration are of some event */
    uint8_t  event;
    uint32_t earlier;  /* duration of the segments before               */
    uint32_t segment;  /* timestamp of the current (or last) segment    */
    uint16_t duration; /* the longest seen in this segment              */
    msec     heard_at;
};

enum event_action {
    EVENT_ENDED = 1 << 0, /* see `ended`: happens first when both are set */
    EVENT_BEGAN = 1 << 1, /* see `began`                                  */
};

struct event_heard {
    struct event_digit {
        uint8_t  event;
        char     digit;       /* '\0' if it is no digit   */
        uint32_t duration_ms; /* in `ended`; 0 in `began` */
    } ended, began;
};

/* Also when the RTP source has changed: another source, other timestamps. */
void event_receiver_init(struct event_receiver *r, uint32_t clock_rate);

/* A packet of the telephone-event payload type came, in any order, maybe again.
 * Returns a set of event_action: each event begins once and ends once.  An event
 * of which this, the first packet seen, is already the last, begins now and ends
 * with the next call of any of the two functions (the deadline is now). */
unsigned event_receiver_packet(struct event_receiver *r, uint32_t timestamp, struct slice payload, msec now,
                               struct event_heard *out);

/* Time passed: EVENT_ENDED if the last packets of an event were all lost. */
unsigned event_receiver_timer(struct event_receiver *r, msec now, struct event_heard *out);
msec     event_receiver_deadline(const struct event_receiver *r); /* NEVER if no event runs */

#endif
