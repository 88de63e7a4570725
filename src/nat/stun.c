/* SPDX-License-Identifier: BSD-2-Clause */
#include "nat/stun.h"

enum { MAGIC = 0x2112a442, FINGERPRINT_XOR = 0x5354554e, FINGERPRINT_SIZE = 8 };

enum message_type { BINDING_REQUEST = 0x0001, BINDING_SUCCESS = 0x0101, BINDING_ERROR = 0x0111 };

/* RFC 5389 18.2; what is 0x8000 and above may be ignored by who does not know it. */
enum attribute {
    MAPPED_ADDRESS     = 0x0001,
    USERNAME           = 0x0006,
    MESSAGE_INTEGRITY  = 0x0008,
    ERROR_CODE         = 0x0009,
    UNKNOWN_ATTRIBUTES = 0x000a,
    REALM              = 0x0014,
    NONCE              = 0x0015,
    XOR_MAPPED_ADDRESS = 0x0020,
    OPTIONAL           = 0x8000,
    FINGERPRINT        = 0x8028,
};

/* ---- reading ---- */

static uint16_t number16(const char *p)
{
    return (uint16_t)((unsigned char)p[0] << 8 | (unsigned char)p[1]);
}

static uint32_t number32(const char *p)
{
    return (uint32_t)number16(p) << 16 | number16(p + 2);
}

/* CRC-32 of ITU V.42 (RFC 5389 15.5), four bits at a time. */
static uint32_t crc32_of(struct slice bytes)
{
    static const uint32_t table[16] = { 0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c };
    uint32_t              crc       = 0xffffffff;

    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= (unsigned char)bytes.ptr[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

static bool is_stun(struct slice bytes, enum message_type type)
{
    return bytes.len >= STUN_HEAD && bytes.len <= STUN_REQUEST_MAX && number16(bytes.ptr) == type &&
           number16(bytes.ptr + 2) == bytes.len - STUN_HEAD && bytes.len % 4 == 0 && number32(bytes.ptr + 4) == MAGIC;
}

/* Must be understood, and is. */
static bool is_known(uint16_t type)
{
    switch (type) {
    case MAPPED_ADDRESS:
    case USERNAME:
    case MESSAGE_INTEGRITY:
    case ERROR_CODE:
    case UNKNOWN_ATTRIBUTES:
    case REALM:
    case NONCE:
    case XOR_MAPPED_ADDRESS:
        return true;
    default:
        return type >= OPTIONAL;
    }
}

static void note_unknown(struct stun_request *r, uint16_t type)
{
    if (r->unknown_count < STUN_UNKNOWN)
        r->unknown[r->unknown_count++] = type;
}

/* It is the last attribute, over all that stands before it (15.5). */
static bool is_fingerprint_right(struct slice bytes, const char *at)
{
    return number16(at + 2) == 4 && at + FINGERPRINT_SIZE == bytes.ptr + bytes.len &&
           number32(at + 4) == (crc32_of(slice_between(bytes.ptr, at)) ^ FINGERPRINT_XOR);
}

/* Behind MESSAGE-INTEGRITY nothing counts but FINGERPRINT (15.4). */
static bool read_attributes(struct slice bytes, struct stun_request *r)
{
    const char *at = bytes.ptr + STUN_HEAD, *end = bytes.ptr + bytes.len;
    bool        sealed = false;

    while (at < end) {
        uint16_t type = number16(at); /* all is in fours, so a head is whole */
        size_t   size = 4 + ((size_t)number16(at + 2) + 3) / 4 * 4;

        if (size > (size_t)(end - at))
            return false;
        if (type == FINGERPRINT && !is_fingerprint_right(bytes, at))
            return false;
        r->fingerprint = r->fingerprint || type == FINGERPRINT;
        if (!sealed && !is_known(type))
            note_unknown(r, type);
        sealed = sealed || type == MESSAGE_INTEGRITY;
        at += size;
    }
    return true;
}

enum stun_verdict stun_read_request(struct slice bytes, struct stun_request *out)
{
    *out = (struct stun_request){ .fingerprint = false };
    if (!is_stun(bytes, BINDING_REQUEST))
        return STUN_DROP;
    memcpy(out->transaction, bytes.ptr + 8, STUN_TRANSACTION);
    if (!read_attributes(bytes, out))
        return STUN_DROP;
    return out->unknown_count > 0 ? STUN_REFUSE : STUN_BINDING;
}

/* ---- writing ---- */

static void put16(struct buf *b, unsigned number)
{
    buf_put_byte(b, (char)(number >> 8 & 0xff));
    buf_put_byte(b, (char)(number & 0xff));
}

static void put32(struct buf *b, uint32_t number)
{
    put16(b, number >> 16);
    put16(b, number & 0xffff);
}

/* `size` of the attributes, but for a FINGERPRINT. */
static void put_head(struct buf *b, enum message_type type, size_t size, const struct stun_request *r)
{
    put16(b, type);
    put16(b, (unsigned)(size + (r->fingerprint ? FINGERPRINT_SIZE : 0)));
    put32(b, MAGIC);
    buf_put(b, (struct slice){ r->transaction, STUN_TRANSACTION });
}

static void put_attribute(struct buf *b, enum attribute type, size_t size)
{
    put16(b, type);
    put16(b, (unsigned)size);
}

static void put_fingerprint(struct buf *b, const struct stun_request *r)
{
    uint32_t crc;

    if (!r->fingerprint)
        return;
    crc = crc32_of(buf_slice(b)) ^ FINGERPRINT_XOR;
    put_attribute(b, FINGERPRINT, 4);
    put32(b, crc);
}

/* 15.2: port and address are XORed with the cookie, and those of IPv6 with the transaction id too, for
 * translators change what looks like an address. */
static void put_mapped(struct buf *b, const struct stun_request *r, const struct address *mapped)
{
    size_t len = mapped->family == FAMILY_4 ? 4 : 16;

    put_attribute(b, XOR_MAPPED_ADDRESS, 4 + len);
    put16(b, mapped->family == FAMILY_4 ? 1 : 2);
    put16(b, mapped->port ^ MAGIC >> 16);
    for (size_t i = 0; i < len; i++)
        buf_put_byte(
            b, (char)(mapped->ip[i] ^ (i < 4 ? (MAGIC >> (24 - 8 * i) & 0xff) : (unsigned char)r->transaction[i - 4])));
}

void stun_write_success(struct buf *b, const struct stun_request *request, const struct address *mapped)
{
    put_head(b, BINDING_SUCCESS, mapped->family == FAMILY_4 ? 12 : 24, request);
    put_mapped(b, request, mapped);
    put_fingerprint(b, request);
}

void stun_write_unknown(struct buf *b, const struct stun_request *request)
{
    static const struct slice reason = SLICE_INIT("Unknown Attribute   "); /* 17 of it are the reason */
    size_t                    names  = (size_t)request->unknown_count * 2;

    put_head(b, BINDING_ERROR, 4 + 4 + reason.len + 4 + (names + 3) / 4 * 4, request);
    put_attribute(b, ERROR_CODE, 4 + 17);
    put32(b, 4 << 8 | 20);
    buf_put(b, reason);
    put_attribute(b, UNKNOWN_ATTRIBUTES, names);
    for (unsigned i = 0; i < request->unknown_count; i++)
        put16(b, request->unknown[i]);
    if (names % 4 != 0)
        put16(b, 0);
    put_fingerprint(b, request);
}

/* ---- who asks ---- */

void stun_write_request(struct buf *b, const char transaction[STUN_TRANSACTION])
{
    struct stun_request r = { .fingerprint = false };

    memcpy(r.transaction, transaction, STUN_TRANSACTION);
    put_head(b, BINDING_REQUEST, 0, &r);
}

/* The value of XOR-MAPPED-ADDRESS (15.2). */
static bool read_mapped(const char *value, size_t size, const char *transaction, struct address *mapped)
{
    size_t len = size == 8 ? 4 : 16;

    if ((size != 8 || value[1] != 1) && (size != 20 || value[1] != 2))
        return false;
    *mapped      = (struct address){ .family = size == 8 ? FAMILY_4 : FAMILY_6 };
    mapped->port = (uint16_t)(number16(value + 2) ^ MAGIC >> 16);
    for (size_t i = 0; i < len; i++)
        mapped->ip[i] = (unsigned char)((unsigned char)value[4 + i] ^
                                        (i < 4 ? (MAGIC >> (24 - 8 * i) & 0xff) : (unsigned char)transaction[i - 4]));
    return true;
}

static const char *find_mapped(struct slice bytes, size_t *value_size)
{
    const char *at = bytes.ptr + STUN_HEAD, *end = bytes.ptr + bytes.len;

    while (at < end) {
        size_t size = 4 + ((size_t)number16(at + 2) + 3) / 4 * 4;

        if (size > (size_t)(end - at))
            return NULL;
        if (number16(at) == XOR_MAPPED_ADDRESS) {
            *value_size = number16(at + 2);
            return at + 4;
        }
        at += size;
    }
    return NULL;
}

enum stun_reply stun_read_reply(struct slice bytes, const char transaction[STUN_TRANSACTION], struct address *mapped)
{
    struct stun_request r = { .fingerprint = false };
    const char         *value;
    size_t              size;
    bool                refused = is_stun(bytes, BINDING_ERROR);

    if (!(refused || is_stun(bytes, BINDING_SUCCESS)) || memcmp(bytes.ptr + 8, transaction, STUN_TRANSACTION) != 0 ||
        !read_attributes(bytes, &r))
        return STUN_STRANGE;
    if (refused)
        return STUN_REFUSED;
    value = find_mapped(bytes, &size);
    return value != NULL && read_mapped(value, size, transaction, mapped) ? STUN_SEEN : STUN_STRANGE;
}
