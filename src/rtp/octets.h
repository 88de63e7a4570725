/* SPDX-License-Identifier: BSD-2-Clause */
/* octets.h - numbers in network byte order. */

#ifndef RTP_OCTETS_H
#define RTP_OCTETS_H

#include "base/buf.h"

static inline uint16_t octets_16(const char *p)
{
    return (uint16_t)((uint8_t)p[0] << 8 | (uint8_t)p[1]);
}

static inline uint32_t octets_32(const char *p)
{
    return (uint32_t)octets_16(p) << 16 | octets_16(p + 2);
}

static inline void put_octets_16(struct buf *b, uint16_t value)
{
    const char bytes[2] = { (char)(value >> 8), (char)value };

    buf_put(b, (struct slice){ bytes, sizeof bytes });
}

static inline void put_octets_32(struct buf *b, uint32_t value)
{
    const char bytes[4] = { (char)(value >> 24), (char)(value >> 16), (char)(value >> 8), (char)value };

    buf_put(b, (struct slice){ bytes, sizeof bytes });
}

#endif
