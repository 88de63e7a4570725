/* SPDX-License-Identifier: BSD-2-Clause */
#include "rtp/source.h"

enum { SEQUENCE_MOD = 65536, NO_BAD_SEQUENCE = SEQUENCE_MOD + 1 };

static void restart_sequence(struct rtp_source *s, uint16_t sequence)
{
    s->base_sequence  = sequence;
    s->max_sequence   = sequence;
    s->bad_sequence   = NO_BAD_SEQUENCE;
    s->cycles         = 0;
    s->received       = 0;
    s->received_prior = 0;
    s->expected_prior = 0;
    s->has_transit    = false;
}

void rtp_source_init(struct rtp_source *s, const struct rtp_packet *first)
{
    *s = (struct rtp_source){ .known = true, .ssrc = first->ssrc };
    restart_sequence(s, first->sequence);
    s->max_sequence = (uint16_t)(first->sequence - 1);
    s->probation    = RTP_MIN_SEQUENTIAL;
}

void rtp_source_restart(struct rtp_source *s, const struct rtp_packet *p)
{
    restart_sequence(s, p->sequence);
    s->received = 1;
    s->octets   = p->payload.len;
    s->jitter   = 0;
}

static bool prove(struct rtp_source *s, uint16_t sequence)
{
    bool in_sequence = sequence == (uint16_t)(s->max_sequence + 1);

    s->max_sequence = sequence;
    s->probation    = in_sequence ? s->probation - 1 : RTP_MIN_SEQUENTIAL - 1;
    if (s->probation > 0)
        return false;
    restart_sequence(s, sequence);
    return true;
}

/* A.1: ahead by a gap, behind by disorder, or somewhere else altogether; two
 * in sequence there mean that the source has started anew. */
static bool update_sequence(struct rtp_source *s, uint16_t sequence)
{
    uint16_t ahead = (uint16_t)(sequence - s->max_sequence);

    if (s->probation > 0)
        return prove(s, sequence);
    if (ahead < RTP_MAX_DROPOUT) {
        if (sequence < s->max_sequence)
            s->cycles += SEQUENCE_MOD;
        s->max_sequence = sequence;
        return true;
    }
    if (ahead > SEQUENCE_MOD - RTP_MAX_MISORDER)
        return true;
    if (sequence != s->bad_sequence) {
        s->bad_sequence = (uint16_t)(sequence + 1);
        return false;
    }
    restart_sequence(s, sequence);
    return true;
}

/* A.8; RFC 4733 2.5.2.2 wants packets that share a timestamp counted, too. */
static void update_jitter(struct rtp_source *s, uint32_t timestamp, uint32_t clock_rate, msec now)
{
    uint32_t transit = (uint32_t)(now * clock_rate / 1000) - timestamp;
    int64_t  change  = timestamp_distance(transit, s->transit);

    if (s->has_transit)
        s->jitter = s->jitter + (uint64_t)(change < 0 ? -change : change) - ((s->jitter + 8) >> 4);
    s->transit     = transit;
    s->has_transit = true;
}

bool rtp_source_packet(struct rtp_source *s, const struct rtp_packet *p, uint32_t clock_rate, msec now)
{
    s->heard_at = now;
    if (!update_sequence(s, p->sequence))
        return false;
    s->received++;
    s->octets += p->payload.len;
    update_jitter(s, p->timestamp, clock_rate, now);
    return true;
}

bool rtp_source_heard(const struct rtp_source *s)
{
    return s->known && s->probation == 0 && s->received != s->received_prior;
}

static uint32_t expected(const struct rtp_source *s)
{
    return s->cycles + s->max_sequence - s->base_sequence + 1;
}

uint64_t rtp_source_expected(const struct rtp_source *s)
{
    return s->known && s->probation == 0 ? expected(s) : 0;
}

int64_t rtp_source_lost(const struct rtp_source *s)
{
    return (int64_t)rtp_source_expected(s) - (int64_t)(rtp_source_expected(s) > 0 ? s->received : 0);
}

uint32_t rtp_source_jitter(const struct rtp_source *s)
{
    uint64_t jitter = s->jitter >> 4;

    return jitter > UINT32_MAX ? UINT32_MAX : (uint32_t)jitter;
}

/* Of what was expected since the last report, in 256ths. */
static uint8_t take_fraction(struct rtp_source *s)
{
    uint32_t expected_now = expected(s) - s->expected_prior;
    uint32_t received_now = s->received - s->received_prior;

    s->expected_prior += expected_now;
    s->received_prior += received_now;
    if (expected_now == 0 || received_now >= expected_now)
        return 0;
    /* All lost is 256, one more than fits; but then there is no report (6.4.1). */
    return (uint8_t)(((uint64_t)(expected_now - received_now) << 8) / expected_now);
}

void rtp_source_block(struct rtp_source *s, struct rtcp_block *out)
{
    int64_t lost = rtp_source_lost(s);

    *out = (struct rtcp_block){
        .ssrc             = s->ssrc,
        .lost             = lost > INT32_MAX ? INT32_MAX : (int32_t)lost,
        .highest_sequence = s->cycles + s->max_sequence,
        .jitter           = rtp_source_jitter(s),
        .fraction         = take_fraction(s),
    };
}
