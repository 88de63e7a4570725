/* SPDX-License-Identifier: BSD-2-Clause */
/* rtcp.h - control packets on the wire: SR, RR, SDES, BYE, APP and others, in
 * compounds (RFC 3550 6.1, 6.4-6.7, A.2).
 *
 *     if (rtcp_compound_valid(bytes))
 *         for (struct scan s = scan_from(bytes); rtcp_next(&s, &packet);) ...
 *
 * What a reader finds borrows the datagram. */

#ifndef RTP_RTCP_H
#define RTP_RTCP_H

#include "base/buf.h"
#include "base/scan.h"

enum { RTCP_SR = 200, RTCP_RR = 201, RTCP_SDES = 202, RTCP_BYE = 203, RTCP_APP = 204 };
enum { RTCP_SDES_CNAME = 1 };
enum { RTCP_COUNT_MAX = 31 };

struct rtcp_packet {
    uint8_t      type;
    uint8_t      count; /* the five bits: report blocks, chunks, sources, subtype */
    struct slice body;  /* after the first four bytes, without padding            */
};

struct rtcp_report { /* SR or RR */
    uint32_t ssrc;
    bool     is_sender;       /* SR: the four below are set           */
    uint64_t ntp;             /* seconds since 1900 in the upper half */
    uint32_t timestamp;       /* RTP time of `ntp`                    */
    uint32_t packets, octets; /* sent by ssrc so far                  */
    uint8_t  block_count;     /* see rtcp_block                       */
};

struct rtcp_block {
    uint32_t ssrc;             /* of whom it is about                              */
    uint8_t  fraction;         /* lost since the last report, of 256               */
    int32_t  lost;             /* in all; 24 bits with sign, clamped when written  */
    uint32_t highest_sequence; /* with the count of cycles above                   */
    uint32_t jitter;           /* timestamp units                                  */
    uint32_t last_sr;          /* middle 32 bits of the NTP time of the last SR, 0 */
    uint32_t delay;            /* since that came, in 1/65536 s                    */
};

/* A.2: version 2 throughout, SR or RR first without padding, padding only in the last,
 * and the lengths add up to the datagram. */
bool rtcp_compound_valid(struct slice bytes);

/* The next packet of a compound; false at its end or at what is malformed. */
bool rtcp_next(struct scan *s, struct rtcp_packet *out);

/* Is an SR or RR, whole? */
bool rtcp_report_parse(const struct rtcp_packet *p, struct rtcp_report *out);
/* Its i-th block, from 0; false past the last that is there. */
bool rtcp_block_parse(const struct rtcp_packet *p, unsigned i, struct rtcp_block *out);

/* An SDES item of a source; false if it is not there, whole. */
bool rtcp_sdes_item(const struct rtcp_packet *p, uint32_t ssrc, uint8_t item, struct slice *value);

/* Does this BYE name the source? */
bool rtcp_bye_names(const struct rtcp_packet *p, uint32_t ssrc);
/* Why; empty if it does not say. */
struct slice rtcp_bye_reason(const struct rtcp_packet *p);

/* Write one packet of a compound; the report goes first.  At most RTCP_COUNT_MAX
 * blocks; r->block_count is not read.  Check with buf_ok(). */
void rtcp_write_report(struct buf *b, const struct rtcp_report *r, const struct rtcp_block *blocks, size_t count);
/* SDES with one CNAME, cut at 255 bytes. */
void rtcp_write_cname(struct buf *b, uint32_t ssrc, struct slice cname);
/* `reason` may be empty; cut at 255 bytes. */
void rtcp_write_bye(struct buf *b, uint32_t ssrc, struct slice reason);

#endif
