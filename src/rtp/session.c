/* SPDX-License-Identifier: BSD-2-Clause */
#include "rtp/session.h"

#include "rtp/rtcp.h"

static const uint64_t seconds_1900_to_1970 = 2208988800u;

enum {
    WIRE_OVERHEAD      = 28, /* UDP and IPv4: RFC 3550 6.2 counts them */
    FIRST_SIZE_GUESS   = 100,
    CONFLICT_INTERVALS = 10, /* 8.2: how long an address is remembered */
};

static uint64_t ntp_time(const struct rtp_session *s, msec now)
{
    uint64_t wall = s->wall_start + (now - s->started_at);

    return (wall / 1000 + seconds_1900_to_1970) << 32 | ((wall % 1000) << 32) / 1000;
}

static uint32_t random_32(const struct rtp_session *s)
{
    return (uint32_t)random_u64(&s->random);
}

/* 6.2, 6.3.1 and A.7, for the one or two members that we can have.  With so few
 * the senders' quarter of the bandwidth never binds. */
static msec draw_interval(const struct rtp_session *s)
{
    uint64_t members = s->remote.known && !s->remote_gone ? 2 : 1;
    uint64_t size    = s->rtcp_average_size / 16;
    uint64_t minimum = s->rtcp_initial ? RTCP_FIRST_REPORT : RTCP_MIN_INTERVAL;
    uint64_t wanted  = members * size * 8 * 20 * 1000 / s->bandwidth; /* 5 % of it */

    if (wanted < minimum)
        wanted = minimum;
    wanted = wanted * (500 + random_below(&s->random, 1001)) / 1000;
    return wanted * 100000 / 121828; /* e - 3/2 makes up for reconsideration */
}

static void schedule(struct rtp_session *s, msec now)
{
    s->rtcp_last_at = now;
    s->rtcp_next_at = s->bandwidth > 0 ? now + draw_interval(s) : NEVER;
}

static void average_size(struct rtp_session *s, size_t bytes)
{
    s->rtcp_average_size += (uint32_t)(bytes + WIRE_OVERHEAD) - s->rtcp_average_size / 16;
}

void rtp_session_init(struct rtp_session *s, const struct rtp_session_config *c, msec now)
{
    *s = (struct rtp_session){
        .random            = c->random,
        .clock_rate        = c->clock_rate,
        .bandwidth         = c->bandwidth,
        .cname_len         = c->cname.len < RTCP_CNAME_MAX ? c->cname.len : RTCP_CNAME_MAX,
        .wall_start        = c->wall_msec,
        .started_at        = now,
        .rtcp_average_size = 16 * FIRST_SIZE_GUESS,
        .rtcp_initial      = true,
    };
    if (s->cname_len > 0)
        memcpy(s->cname, c->cname.ptr, s->cname_len);
    s->ssrc            = random_32(s);
    s->sequence        = (uint16_t)random_32(s);
    s->timestamp_start = random_32(s);
    schedule(s, now);
}

void rtp_session_set_clock_rate(struct rtp_session *s, uint32_t clock_rate)
{
    if (s->clock_rate == clock_rate)
        return;
    s->clock_rate         = clock_rate;
    s->remote.has_transit = false;
    s->remote.jitter      = 0;
}

void rtp_session_forget_source(struct rtp_session *s)
{
    s->remote_gone     = true;
    s->candidate.known = false;
}

void rtp_session_send(struct rtp_session *s, const struct rtp_frame *frame, struct buf *out, msec now)
{
    struct rtp_packet p = {
        .marker       = frame->marker,
        .payload_type = frame->payload_type,
        .sequence     = s->sequence,
        .timestamp    = s->timestamp_start + frame->timestamp,
        .ssrc         = s->ssrc,
        .payload      = frame->payload,
    };

    rtp_packet_write(out, &p);
    if (!buf_ok(out))
        return;
    s->sequence++;
    s->last_timestamp = p.timestamp;
    s->last_sent_at   = now;
    s->sent_recently  = true;
    s->sr_packets++;
    s->sr_octets += (uint32_t)frame->payload.len;
    s->packets_sent++;
    s->octets_sent += frame->payload.len;
}

static struct rtp_conflict *find_conflict(struct rtp_session *s, const struct address *from)
{
    for (unsigned i = 0; i < s->conflict_count; i++)
        if (address_eq(&s->conflicts[i].from, from))
            return &s->conflicts[i];
    return NULL;
}

/* The oldest makes room. */
static void remember_conflict(struct rtp_session *s, const struct address *from, msec now)
{
    struct rtp_conflict *oldest = &s->conflicts[0];

    if (s->conflict_count < RTP_CONFLICTS_MAX) {
        oldest = &s->conflicts[s->conflict_count++];
    } else {
        for (unsigned i = 1; i < s->conflict_count; i++)
            if (s->conflicts[i].seen_at < oldest->seen_at)
                oldest = &s->conflicts[i];
    }
    *oldest = (struct rtp_conflict){ .from = *from, .seen_at = now };
}

/* 8.2: somebody uses our SSRC.  Once from an address it is a collision, and we
 * take another; again from there soon after, our own packets come back in a loop. */
static bool is_looped(struct rtp_session *s, const struct address *from, msec now)
{
    struct rtp_conflict *known = find_conflict(s, from);
    bool                 loop  = known != NULL && now - known->seen_at < (msec)CONFLICT_INTERVALS * RTCP_MIN_INTERVAL;

    if (known != NULL)
        known->seen_at = now;
    else
        remember_conflict(s, from, now);
    return loop;
}

static void change_ssrc(struct rtp_session *s)
{
    s->bye_due    = s->packets_sent > 0 || s->reports_sent > 0; /* 6.3.7: no BYE from who never spoke */
    s->old_ssrc   = s->ssrc;
    s->sr_packets = s->sr_octets = 0;
    do
        s->ssrc = random_32(s);
    while (s->ssrc == s->old_ssrc);
}

static unsigned on_current(struct rtp_session *s, const struct rtp_packet *p, msec now)
{
    if (rtp_source_packet(&s->remote, p, s->clock_rate, now))
        return RTP_DELIVER;
    s->dropped++;
    return 0;
}

static bool floor_is_free(const struct rtp_session *s, msec now)
{
    return !s->remote.known || s->remote_gone || now - s->remote.heard_at >= RTP_SOURCE_HOLD;
}

/* One candidate at a time: two that take turns would never be in sequence. */
static bool is_candidate(struct rtp_session *s, const struct rtp_packet *p, msec now)
{
    bool vacant = !s->candidate.known || now - s->candidate.heard_at >= RTP_SOURCE_HOLD;

    if (s->candidate.ssrc != p->ssrc && vacant)
        s->candidate.known = false;
    if (!s->candidate.known)
        rtp_source_init(&s->candidate, p);
    return s->candidate.ssrc == p->ssrc;
}

static unsigned on_newcomer(struct rtp_session *s, const struct rtp_packet *p, msec now)
{
    if (!is_candidate(s, p, now) || !rtp_source_packet(&s->candidate, p, s->clock_rate, now) ||
        !floor_is_free(s, now)) {
        s->dropped++;
        return 0;
    }
    s->remote = s->candidate;
    rtp_source_restart(&s->remote, p);
    s->candidate.known = false;
    s->remote_gone     = false;
    return RTP_DELIVER | RTP_SOURCE_CHANGED;
}

unsigned rtp_session_receive(struct rtp_session *s, struct slice bytes, const struct address *from, msec now,
                             struct rtp_packet *packet)
{
    unsigned actions = 0;

    if (!rtp_packet_parse(bytes, packet)) {
        s->dropped++;
        return 0;
    }
    if (packet->ssrc == s->ssrc) {
        if (is_looped(s, from, now)) {
            s->dropped++;
            return 0;
        }
        change_ssrc(s);
        actions |= RTP_COLLIDED;
    }
    if (s->remote.known && packet->ssrc == s->remote.ssrc)
        return actions | on_current(s, packet, now);
    return actions | on_newcomer(s, packet, now);
}

/* 6.4.1: A - LSR - DLSR, all in 1/65536 s.  A result in the "negative" half comes
 * from clocks that run a little apart: no time at all; far in it: nonsense. */
static void update_round_trip(struct rtp_session *s, const struct rtcp_block *block, msec now)
{
    uint32_t arrival = (uint32_t)(ntp_time(s, now) >> 16);
    int32_t  trip    = (int32_t)(arrival - block->last_sr - block->delay);

    if (block->last_sr == 0 || trip < -65536)
        return;
    s->round_trip     = trip < 0 ? 0 : (uint32_t)trip;
    s->has_round_trip = true;
}

static unsigned on_block(struct rtp_session *s, const struct rtcp_block *block, msec now)
{
    if (block->ssrc != s->ssrc)
        return 0;
    s->has_remote_report = true;
    s->remote_fraction   = block->fraction;
    s->remote_lost       = block->lost;
    s->remote_jitter     = block->jitter;
    s->reports_received++;
    update_round_trip(s, block, now);
    return RTP_REPORTED;
}

static unsigned on_report(struct rtp_session *s, const struct rtcp_packet *p, msec now)
{
    struct rtcp_report report;
    struct rtcp_block  block;
    unsigned           actions = 0;

    if (!rtcp_report_parse(p, &report))
        return 0;
    if (report.is_sender) {
        s->heard_sr_ssrc = report.ssrc;
        s->heard_sr      = (uint32_t)(report.ntp >> 16);
        s->heard_sr_at   = now;
    }
    for (unsigned i = 0; rtcp_block_parse(p, i, &block); i++)
        actions |= on_block(s, &block, now);
    return actions;
}

static unsigned on_bye(struct rtp_session *s, const struct rtcp_packet *p)
{
    if (!s->remote.known || s->remote_gone || !rtcp_bye_names(p, s->remote.ssrc))
        return 0;
    s->remote_gone = true;
    return RTP_BYE;
}

unsigned rtp_session_receive_rtcp(struct rtp_session *s, struct slice bytes, const struct address *from, msec now)
{
    struct scan        scan = scan_from(bytes);
    struct rtcp_packet p;
    struct rtcp_report first;
    unsigned           actions = 0;

    if (!rtcp_compound_valid(bytes)) {
        s->dropped++;
        return 0;
    }
    average_size(s, bytes.len);
    while (rtcp_next(&scan, &p)) {
        if (rtcp_report_parse(&p, &first) && first.ssrc == s->ssrc) {
            if (is_looped(s, from, now)) {
                s->dropped++;
                return actions;
            }
            change_ssrc(s);
            actions |= RTP_COLLIDED;
        }
        actions |= on_report(s, &p, now) | on_bye(s, &p);
    }
    return actions;
}

msec rtp_session_deadline(const struct rtp_session *s)
{
    return s->bye_due ? 0 : s->rtcp_next_at;
}

/* In 1/65536 s since the last SR of the source, the middle of its NTP time. */
static void fill_sr_times(const struct rtp_session *s, struct rtcp_block *block, msec now)
{
    if (s->heard_sr == 0 || s->heard_sr_ssrc != block->ssrc)
        return;
    block->last_sr = s->heard_sr;
    block->delay   = (uint32_t)((now - s->heard_sr_at) * 65536 / 1000);
}

/* SR if we sent since the last report or the one before (6.4), else RR; with a
 * block if the peer was heard since the last. */
static void write_report(struct rtp_session *s, struct buf *out, msec now)
{
    struct rtcp_report report  = { .ssrc = s->ssrc };
    bool               heard   = rtp_source_heard(&s->remote);
    struct rtcp_block  block   = { 0 };
    uint64_t           elapsed = now - s->last_sent_at;

    if (s->sent_recently || s->sent_before) {
        report.is_sender = true;
        report.ntp       = ntp_time(s, now);
        report.timestamp = s->last_timestamp + (uint32_t)(elapsed * s->clock_rate / 1000);
        report.packets   = s->sr_packets;
        report.octets    = s->sr_octets;
    }
    if (heard) {
        rtp_source_block(&s->remote, &block);
        fill_sr_times(s, &block, now);
    }
    rtcp_write_report(out, &report, &block, heard ? 1 : 0);
    rtcp_write_cname(out, s->ssrc, (struct slice){ s->cname, s->cname_len });
    s->sent_before   = s->sent_recently;
    s->sent_recently = false;
    s->reports_sent++;
}

static void write_bye_of(struct rtp_session *s, uint32_t ssrc, struct slice reason, struct buf *out)
{
    struct rtcp_report report = { .ssrc = ssrc };

    rtcp_write_report(out, &report, NULL, 0);
    rtcp_write_cname(out, ssrc, (struct slice){ s->cname, s->cname_len });
    rtcp_write_bye(out, ssrc, reason);
}

bool rtp_session_report(struct rtp_session *s, struct buf *out, msec now)
{
    msec reconsidered;

    if (s->bye_due) {
        s->bye_due = false;
        write_bye_of(s, s->old_ssrc, SLICE("SSRC collision"), out);
        return true;
    }
    if (now < s->rtcp_next_at)
        return false;
    reconsidered = s->rtcp_last_at + draw_interval(s);
    if (reconsidered > now) {
        s->rtcp_next_at = reconsidered;
        return false;
    }
    write_report(s, out, now);
    average_size(s, out->len);
    s->rtcp_initial = false;
    schedule(s, now);
    return true;
}

bool rtp_session_bye(struct rtp_session *s, struct buf *out, msec now)
{
    if (s->bandwidth == 0 || (s->packets_sent == 0 && s->reports_sent == 0))
        return false;
    write_report(s, out, now);
    rtcp_write_bye(out, s->ssrc, (struct slice){ NULL, 0 });
    s->rtcp_next_at = NEVER;
    return true;
}

static uint32_t units_to_usec(const struct rtp_session *s, uint32_t units)
{
    uint64_t usec = s->clock_rate > 0 ? (uint64_t)units * 1000000 / s->clock_rate : 0;

    return usec > UINT32_MAX ? UINT32_MAX : (uint32_t)usec;
}

void rtp_session_stats(const struct rtp_session *s, struct rtp_stats *out)
{
    *out = (struct rtp_stats){
        .ssrc                 = s->ssrc,
        .remote_ssrc          = s->remote.ssrc,
        .packets_sent         = s->packets_sent,
        .octets_sent          = s->octets_sent,
        .packets_received     = s->remote.received,
        .octets_received      = s->remote.octets,
        .packets_expected     = rtp_source_expected(&s->remote),
        .packets_lost         = rtp_source_lost(&s->remote),
        .jitter               = rtp_source_jitter(&s->remote),
        .jitter_usec          = units_to_usec(s, rtp_source_jitter(&s->remote)),
        .packets_dropped      = s->dropped,
        .has_remote_report    = s->has_remote_report,
        .remote_fraction_lost = s->remote_fraction,
        .remote_lost          = s->remote_lost,
        .remote_jitter_usec   = units_to_usec(s, s->remote_jitter),
        .has_round_trip       = s->has_round_trip,
        .round_trip_usec      = (uint32_t)((uint64_t)s->round_trip * 1000000 / 65536),
        .reports_sent         = s->reports_sent,
        .reports_received     = s->reports_received,
    };
}
