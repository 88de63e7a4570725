/* SPDX-License-Identifier: BSD-2-Clause */
/* packet.h - one RTP packet on the wire (RFC 3550 5.1, 5.3.1; RFC 5761 4).
 *
 *   0               1               2               3
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *  |                           timestamp                           |
 *  |                             SSRC                              |
 *  | CSRC x CC | X: profile, length in words, extension | payload  | P: padding, its length in the last byte
 */

#ifndef RTP_PACKET_H
#define RTP_PACKET_H

#include "base/buf.h"

enum {
    RTP_HEADER   = 12, /* bytes before the CSRC list */
    RTP_CSRC_MAX = 15,
};

struct rtp_packet {
    bool         marker;
    uint8_t      payload_type; /* 0..127 */
    uint16_t     sequence;
    uint32_t     timestamp;
    uint32_t     ssrc;
    uint8_t      csrc_count;
    uint32_t     csrc[RTP_CSRC_MAX];
    bool         has_extension;
    uint16_t     extension_profile; /* "defined by profile", 0xBEDE for RFC 8285 */
    struct slice extension;         /* a multiple of four bytes                  */
    uint8_t      padding;           /* bytes of padding with its count, 0: none  */
    struct slice payload;           /* without padding                           */
};

/* Read a packet that fills `bytes`.  The slices borrow `bytes`.  False if the
 * version is not 2, if CSRC list, extension or padding do not fit, or if it
 * carries a payload type that RTCP would have with its marker bit (RFC 3550
 * A.1: 72 to 76 with the marker set are SR, RR, SDES, BYE and APP). */
bool rtp_packet_parse(struct slice bytes, struct rtp_packet *out);

/* Write a packet; check with buf_ok().  An extension whose length is no multiple
 * of four or more than 65535 words makes the buffer overflow. */
void rtp_packet_write(struct buf *b, const struct rtp_packet *p);

/* Is this a datagram of RTCP rather than RTP, on a port that carries both
 * (RFC 5761 4: packet type 192 to 223)? */
bool rtp_is_rtcp(struct slice bytes);

/* a - b modulo 2^16, 2^32, as signed distance. */
static inline int16_t sequence_distance(uint16_t a, uint16_t b)
{
    return (int16_t)(uint16_t)(a - b);
}

static inline int32_t timestamp_distance(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

#endif
