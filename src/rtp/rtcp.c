/* SPDX-License-Identifier: BSD-2-Clause */
#include "rtp/rtcp.h"

#include "rtp/octets.h"

enum {
    VERSION_2      = 0x80,
    VERSION_MASK   = 0xc0,
    PADDING_BIT    = 0x20,
    COUNT_MASK     = 0x1f,
    HEADER         = 4,
    SENDER_INFO    = 20,
    BLOCK          = 24,
    LOST_MAX       = 0x7fffff, /* 24 bits with sign */
    LOST_MIN       = -0x800000,
    SDES_VALUE_MAX = 255,
};

/* Everything but the count of the first byte, read once. */
static bool next_packet(struct scan *s, struct rtcp_packet *out, bool *padded)
{
    struct slice rest = scan_rest(s);
    size_t       len, padding = 0;

    if (rest.len < HEADER || ((uint8_t)rest.ptr[0] & VERSION_MASK) != VERSION_2)
        return false;
    len = (size_t)4 * octets_16(rest.ptr + 2) + HEADER;
    if (rest.len < len)
        return false;
    *padded = ((uint8_t)rest.ptr[0] & PADDING_BIT) != 0;
    if (*padded) {
        padding = (uint8_t)rest.ptr[len - 1];
        if (padding == 0 || padding % 4 != 0 || padding > len - HEADER)
            return false;
    }
    out->type  = (uint8_t)rest.ptr[1];
    out->count = (uint8_t)rest.ptr[0] & COUNT_MASK;
    out->body  = (struct slice){ rest.ptr + HEADER, len - HEADER - padding };
    s->at += len;
    return true;
}

bool rtcp_next(struct scan *s, struct rtcp_packet *out)
{
    bool padded;

    return next_packet(s, out, &padded);
}

bool rtcp_compound_valid(struct slice bytes)
{
    struct scan        s = scan_from(bytes);
    struct rtcp_packet p;
    bool               padded;

    if (!next_packet(&s, &p, &padded) || padded || (p.type != RTCP_SR && p.type != RTCP_RR))
        return false;
    while (!padded && !scan_at_end(&s))
        if (!next_packet(&s, &p, &padded))
            return false;
    return scan_at_end(&s);
}

static size_t blocks_at(const struct rtcp_packet *p)
{
    return p->type == RTCP_SR ? 4 + SENDER_INFO : 4;
}

bool rtcp_report_parse(const struct rtcp_packet *p, struct rtcp_report *out)
{
    const char *at = p->body.ptr;

    *out = (struct rtcp_report){ 0 };
    if ((p->type != RTCP_SR && p->type != RTCP_RR) || p->body.len < blocks_at(p) + (size_t)BLOCK * p->count)
        return false;
    out->ssrc        = octets_32(at);
    out->is_sender   = p->type == RTCP_SR;
    out->block_count = p->count;
    if (out->is_sender) {
        out->ntp       = (uint64_t)octets_32(at + 4) << 32 | octets_32(at + 8);
        out->timestamp = octets_32(at + 12);
        out->packets   = octets_32(at + 16);
        out->octets    = octets_32(at + 20);
    }
    return true;
}

static int32_t signed_24(uint32_t bits)
{
    return (int32_t)(bits ^ 0x800000) - 0x800000;
}

bool rtcp_block_parse(const struct rtcp_packet *p, unsigned i, struct rtcp_block *out)
{
    size_t      start = blocks_at(p) + (size_t)BLOCK * i;
    const char *at;

    if (i >= p->count || p->body.len < start + BLOCK)
        return false;
    at   = p->body.ptr + start;
    *out = (struct rtcp_block){
        .ssrc             = octets_32(at),
        .fraction         = (uint8_t)at[4],
        .lost             = signed_24(octets_32(at + 4) & 0xffffff),
        .highest_sequence = octets_32(at + 8),
        .jitter           = octets_32(at + 12),
        .last_sr          = octets_32(at + 16),
        .delay            = octets_32(at + 20),
    };
    return true;
}

/* One item of a chunk: false at the chunk's end (a zero) or if it is cut off. */
static bool next_item(struct scan *s, uint8_t *type, struct slice *value)
{
    struct slice rest = scan_rest(s);

    if (rest.len < 2 || rest.ptr[0] == 0 || rest.len < 2U + (uint8_t)rest.ptr[1])
        return false;
    *type  = (uint8_t)rest.ptr[0];
    *value = (struct slice){ rest.ptr + 2, (uint8_t)rest.ptr[1] };
    s->at += 2 + value->len;
    return true;
}

/* A chunk's list ends with a zero and is padded to 32 bits with more (6.5). */
static bool skip_chunk_end(struct scan *s, const char *start)
{
    if (!scan_byte(s, '\0'))
        return false;
    while ((s->at - start) % 4 != 0)
        if (!scan_byte(s, '\0'))
            return false;
    return true;
}

bool rtcp_sdes_item(const struct rtcp_packet *p, uint32_t ssrc, uint8_t item, struct slice *value)
{
    struct scan s = scan_from(p->body);
    uint8_t     type;

    if (p->type != RTCP_SDES)
        return false;
    for (unsigned chunk = 0; chunk < p->count; chunk++) {
        bool wanted;

        if (scan_rest(&s).len < 4)
            return false;
        wanted = octets_32(s.at) == ssrc;
        s.at += 4;
        while (next_item(&s, &type, value))
            if (wanted && type == item)
                return true;
        if (!skip_chunk_end(&s, p->body.ptr))
            return false;
    }
    return false;
}

bool rtcp_bye_names(const struct rtcp_packet *p, uint32_t ssrc)
{
    if (p->type != RTCP_BYE || p->body.len < (size_t)4 * p->count)
        return false;
    for (size_t i = 0; i < p->count; i++)
        if (octets_32(p->body.ptr + 4 * i) == ssrc)
            return true;
    return false;
}

struct slice rtcp_bye_reason(const struct rtcp_packet *p)
{
    size_t at = (size_t)4 * p->count;

    if (p->type != RTCP_BYE || p->body.len <= at || p->body.len < at + 1 + (uint8_t)p->body.ptr[at])
        return (struct slice){ NULL, 0 };
    return (struct slice){ p->body.ptr + at + 1, (uint8_t)p->body.ptr[at] };
}

/* `len` bytes follow these four; a multiple of four. */
static void write_header(struct buf *b, unsigned count, uint8_t type, size_t len)
{
    buf_put_byte(b, (char)(VERSION_2 | (count & COUNT_MASK)));
    buf_put_byte(b, (char)type);
    put_octets_16(b, (uint16_t)(len / 4));
}

static void write_block(struct buf *b, const struct rtcp_block *r)
{
    int32_t lost = r->lost > LOST_MAX ? LOST_MAX : r->lost < LOST_MIN ? LOST_MIN : r->lost;

    put_octets_32(b, r->ssrc);
    put_octets_32(b, (uint32_t)r->fraction << 24 | ((uint32_t)lost & 0xffffff));
    put_octets_32(b, r->highest_sequence);
    put_octets_32(b, r->jitter);
    put_octets_32(b, r->last_sr);
    put_octets_32(b, r->delay);
}

void rtcp_write_report(struct buf *b, const struct rtcp_report *r, const struct rtcp_block *blocks, size_t count)
{
    if (count > RTCP_COUNT_MAX)
        count = RTCP_COUNT_MAX;
    write_header(b, (unsigned)count, r->is_sender ? RTCP_SR : RTCP_RR,
                 4 + (r->is_sender ? (size_t)SENDER_INFO : 0) + BLOCK * count);
    put_octets_32(b, r->ssrc);
    if (r->is_sender) {
        put_octets_32(b, (uint32_t)(r->ntp >> 32));
        put_octets_32(b, (uint32_t)r->ntp);
        put_octets_32(b, r->timestamp);
        put_octets_32(b, r->packets);
        put_octets_32(b, r->octets);
    }
    for (size_t i = 0; i < count; i++)
        write_block(b, &blocks[i]);
}

static struct slice cut(struct slice text)
{
    return text.len > SDES_VALUE_MAX ? (struct slice){ text.ptr, SDES_VALUE_MAX } : text;
}

static void write_zeros(struct buf *b, size_t count)
{
    while (count-- > 0)
        buf_put_byte(b, 0);
}

void rtcp_write_cname(struct buf *b, uint32_t ssrc, struct slice cname)
{
    size_t used, len;

    cname = cut(cname);
    used  = 4 + 2 + cname.len;
    len   = (used + 1 + 3) / 4 * 4; /* at least one zero ends the chunk */
    write_header(b, 1, RTCP_SDES, len);
    put_octets_32(b, ssrc);
    buf_put_byte(b, RTCP_SDES_CNAME);
    buf_put_byte(b, (char)cname.len);
    buf_put(b, cname);
    write_zeros(b, len - used);
}

void rtcp_write_bye(struct buf *b, uint32_t ssrc, struct slice reason)
{
    size_t used = 4, len;

    reason = cut(reason);
    if (reason.len > 0)
        used += 1 + reason.len;
    len = (used + 3) / 4 * 4;
    write_header(b, 1, RTCP_BYE, len);
    put_octets_32(b, ssrc);
    if (reason.len > 0) {
        buf_put_byte(b, (char)reason.len);
        buf_put(b, reason);
    }
    write_zeros(b, len - used);
}
