/* SPDX-License-Identifier: BSD-2-Clause */
/* source.h - what a receiver keeps of one source: which sequence numbers are
 * valid, how many packets are missing, how much their arrival varies
 * (RFC 3550 A.1, A.3, A.8). */

#ifndef RTP_SOURCE_H
#define RTP_SOURCE_H

#include "base/msec.h"
#include "rtp/packet.h"
#include "rtp/rtcp.h"

enum {
    RTP_MIN_SEQUENTIAL = 2,    /* packets in sequence that make a source valid           */
    RTP_MAX_DROPOUT    = 3000, /* packets ahead that still count as lost ones in between */
    RTP_MAX_MISORDER   = 100,  /* packets behind that still count as late                */
};

/* All private; read with rtp_source_block and the functions below it. */
struct rtp_source {
    bool     known;
    uint32_t ssrc;
    msec     heard_at;
    uint16_t max_sequence;
    uint32_t cycles; /* 65536 for each time the sequence numbers wrapped */
    uint32_t base_sequence, bad_sequence, probation;
    uint32_t received, expected_prior, received_prior;
    uint64_t octets;
    bool     has_transit;
    uint32_t transit; /* arrival - timestamp, modulo 2^32 */
    uint64_t jitter;  /* timestamp units, scaled by 16    */
};

/* A source of which `first` is the first packet: on probation. */
void rtp_source_init(struct rtp_source *s, const struct rtp_packet *first);

/* Begin to count with this packet: the statistics of before are void. */
void rtp_source_restart(struct rtp_source *s, const struct rtp_packet *p);

/* Take a packet with this SSRC into account.  True if it is valid: the source has
 * shown RTP_MIN_SEQUENTIAL packets in sequence, and this one is not too far
 * from the others.  Late and repeated packets are valid. */
bool rtp_source_packet(struct rtp_source *s, const struct rtp_packet *p, uint32_t clock_rate, msec now);

/* Has a packet come since the last rtp_source_block? */
bool rtp_source_heard(const struct rtp_source *s);

uint64_t rtp_source_expected(const struct rtp_source *s);
int64_t  rtp_source_lost(const struct rtp_source *s); /* negative with duplicates */
uint32_t rtp_source_jitter(const struct rtp_source *s);

/* Fill a report block, all but last_sr and delay; starts the next interval of
 * `fraction` (A.3). */
void rtp_source_block(struct rtp_source *s, struct rtcp_block *out);

#endif
