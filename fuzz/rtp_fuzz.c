/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets, each behind a byte of length and one of time, through session, events and
 * jitter buffer. */
#include "rtp/event.h"
#include "rtp/jitter.h"
#include "rtp/session.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct receiver {
    struct rtp_session    session;
    struct jitter        *jitter;
    struct event_receiver events;
};

static void expect(bool holds)
{
    if (!holds)
        abort();
}

/* A packet that parses is written as it was, but for the bytes of the padding. */
static void write_back(const struct rtp_packet *p, struct slice bytes)
{
    char       memory[512];
    struct buf b = BUF_ON(memory);

    rtp_packet_write(&b, p);
    expect(buf_ok(&b) && b.len == bytes.len);
    expect(memcmp(b.ptr, bytes.ptr, bytes.len - p->padding) == 0);
}

static void receive(struct receiver *r, struct slice bytes, msec now)
{
    static const struct address from = { .ip = { 192, 0, 2, 1 }, .port = 4000, .family = FAMILY_4 };
    struct rtp_packet           p;
    struct event_heard          heard;
    unsigned                    actions;

    if (rtp_packet_parse(bytes, &p))
        write_back(&p, bytes);
    actions = rtp_session_receive(&r->session, bytes, &from, now, &p);
    if (actions & RTP_SOURCE_CHANGED)
        jitter_reset(r->jitter);
    if (!(actions & RTP_DELIVER))
        return;
    if (p.payload_type == 101)
        event_receiver_packet(&r->events, p.timestamp, p.payload, now, &heard);
    else
        jitter_push(r->jitter,
                    &(struct jitter_packet){ .timestamp    = p.timestamp,
                                             .duration     = (uint32_t)p.payload.len,
                                             .payload_type = p.payload_type,
                                             .marker       = p.marker,
                                             .payload      = p.payload },
                    now);
}

static void pass_time(struct receiver *r, msec now)
{
    char                memory[RTCP_COMPOUND_MAX];
    struct buf          b = BUF_ON(memory);
    struct jitter_piece piece;
    struct event_heard  heard;
    struct rtp_stats    stats;
    struct jitter_stats played;

    jitter_pull(r->jitter, now, &piece);
    expect(piece.duration > 0);
    event_receiver_timer(&r->events, now, &heard);
    rtp_session_report(&r->session, &b, now);
    expect(buf_ok(&b));
    rtp_session_stats(&r->session, &stats);
    jitter_stats(r->jitter, &played);
    expect(played.target_ms <= 200);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct random_seeded      seeded;
    struct rtp_session_config c = { .clock_rate = 8000, .bandwidth = 64000, .random = { random_seeded_fill, &seeded } };
    struct jitter_config      jc  = { .clock_rate = 8000, .piece = 160, .min_ms = 20, .max_ms = 200 };
    struct receiver           r   = { .jitter = jitter_new(&jc) };
    msec                      now = 1000;

    if (r.jitter == NULL)
        return 0;
    random_seed(&seeded, 1);
    rtp_session_init(&r.session, &c, now);
    event_receiver_init(&r.events, 8000);
    while (size >= 2) {
        size_t len = data[0] < size - 2 ? data[0] : size - 2;

        now += data[1];
        receive(&r, (struct slice){ (const char *)data + 2, len }, now);
        pass_time(&r, now);
        data += 2 + len;
        size -= 2 + len;
    }
    jitter_free(r.jitter);
    return 0;
}
