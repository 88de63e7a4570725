/* SPDX-License-Identifier: BSD-2-Clause */
#include "rtp/packet.h"

#include "rtp/octets.h"

enum {
    VERSION_2     = 0x80, /* in the first two bits */
    VERSION_MASK  = 0xc0,
    PADDING_BIT   = 0x20,
    EXTENSION_BIT = 0x10,
    CSRC_MASK     = 0x0f,
    MARKER_BIT    = 0x80,
};

/* RFC 3550 5.1: SR to APP, seen as payload types with the marker bit. */
static bool is_rtcp_type(uint8_t second_byte)
{
    return second_byte >= 200 && second_byte <= 204;
}

/* Take `len` bytes off the front. */
static bool take(struct slice *rest, size_t len, struct slice *taken)
{
    if (rest->len < len)
        return false;
    *taken = (struct slice){ rest->ptr, len };
    rest->ptr += len;
    rest->len -= len;
    return true;
}

static bool parse_csrc(struct slice *rest, struct rtp_packet *out)
{
    struct slice list;

    if (!take(rest, (size_t)4 * out->csrc_count, &list))
        return false;
    for (unsigned i = 0; i < out->csrc_count; i++)
        out->csrc[i] = octets_32(list.ptr + (size_t)4 * i);
    return true;
}

/* RFC 3550 5.3.1. */
static bool parse_extension(struct slice *rest, struct rtp_packet *out)
{
    struct slice header;

    if (!take(rest, 4, &header))
        return false;
    out->extension_profile = octets_16(header.ptr);
    return take(rest, (size_t)4 * octets_16(header.ptr + 2), &out->extension);
}

/* The last byte counts the padding, itself included. */
static bool parse_padding(struct slice *rest, struct rtp_packet *out)
{
    if (rest->len == 0)
        return false;
    out->padding = (uint8_t)rest->ptr[rest->len - 1];
    if (out->padding == 0 || out->padding > rest->len)
        return false;
    rest->len -= out->padding;
    return true;
}

bool rtp_packet_parse(struct slice bytes, struct rtp_packet *out)
{
    struct slice header;
    uint8_t      first, second;

    *out = (struct rtp_packet){ 0 };
    if (!take(&bytes, RTP_HEADER, &header))
        return false;
    first  = (uint8_t)header.ptr[0];
    second = (uint8_t)header.ptr[1];
    if ((first & VERSION_MASK) != VERSION_2 || is_rtcp_type(second))
        return false;
    out->marker        = (second & MARKER_BIT) != 0;
    out->payload_type  = second & 0x7f;
    out->sequence      = octets_16(header.ptr + 2);
    out->timestamp     = octets_32(header.ptr + 4);
    out->ssrc          = octets_32(header.ptr + 8);
    out->csrc_count    = first & CSRC_MASK;
    out->has_extension = (first & EXTENSION_BIT) != 0;
    if (!parse_csrc(&bytes, out) || (out->has_extension && !parse_extension(&bytes, out)) ||
        ((first & PADDING_BIT) != 0 && !parse_padding(&bytes, out)))
        return false;
    out->payload = bytes;
    return true;
}

static void write_extension(struct buf *b, const struct rtp_packet *p)
{
    size_t words = p->extension.len / 4;

    if (p->extension.len % 4 != 0 || words > UINT16_MAX) {
        b->overflow = true;
        return;
    }
    put_octets_16(b, p->extension_profile);
    put_octets_16(b, (uint16_t)words);
    buf_put(b, p->extension);
}

static void write_padding(struct buf *b, uint8_t padding)
{
    for (unsigned i = 1; i < padding; i++)
        buf_put_byte(b, 0);
    if (padding > 0)
        buf_put_byte(b, (char)padding);
}

void rtp_packet_write(struct buf *b, const struct rtp_packet *p)
{
    unsigned csrc_count = p->csrc_count & CSRC_MASK;

    buf_put_byte(b, (char)(VERSION_2 | (p->padding > 0 ? PADDING_BIT : 0) | (p->has_extension ? EXTENSION_BIT : 0) |
                           (int)csrc_count));
    buf_put_byte(b, (char)((p->marker ? MARKER_BIT : 0) | (p->payload_type & 0x7f)));
    put_octets_16(b, p->sequence);
    put_octets_32(b, p->timestamp);
    put_octets_32(b, p->ssrc);
    for (unsigned i = 0; i < csrc_count; i++)
        put_octets_32(b, p->csrc[i]);
    if (p->has_extension)
        write_extension(b, p);
    buf_put(b, p->payload);
    write_padding(b, p->padding);
}

bool rtp_is_rtcp(struct slice bytes)
{
    return bytes.len >= 2 && ((uint8_t)bytes.ptr[0] & VERSION_MASK) == VERSION_2 && (uint8_t)bytes.ptr[1] >= 192 &&
           (uint8_t)bytes.ptr[1] <= 223;
}
