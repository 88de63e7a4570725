/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/prefix.h"

enum { BITS_4 = 32, BITS_6 = 128, HOST_6 = 64 };

static unsigned bits_of(const struct address *a)
{
    return a->family == FAMILY_6 ? BITS_6 : BITS_4;
}

/* Without what stands behind so many bits. */
static void cut(uint8_t ip[16], unsigned bits)
{
    unsigned whole = bits / 8;

    if (bits >= BITS_6)
        return;
    ip[whole] = (uint8_t)(ip[whole] & (0xff00U >> bits % 8));
    memset(ip + whole + 1, 0, 16 - 1 - whole);
}

struct prefix prefix_of(const struct address *a, unsigned bits)
{
    struct prefix n = { .address = *a, .bits = bits < bits_of(a) ? bits : bits_of(a) };

    n.address.port  = 0;
    n.address.scope = 0;
    cut(n.address.ip, n.bits);
    return n;
}

struct prefix prefix_of_host(const struct address *a)
{
    return prefix_of(a, a->family == FAMILY_6 ? HOST_6 : BITS_4);
}

bool prefix_parse(struct slice text, struct prefix *out)
{
    const char    *slash   = memchr(text.ptr, '/', text.len);
    struct slice   ip      = slash != NULL ? slice_between(text.ptr, slash) : text;
    struct scan    digits  = scan_from(slash != NULL ? slice_between(slash + 1, text.ptr + text.len) : SLICE("128"));
    uint32_t       bits    = 0;
    struct address address = { 0 };
    bool           good    = address_parse_ip(ip, &address);

    /* "::ffff:192.0.2.0/120" would mean other bits than it says. */
    good = good && scan_number(&digits, BITS_6, &bits) && scan_at_end(&digits) &&
           (slash == NULL ||
            (bits <= bits_of(&address) && (address.family == FAMILY_6 || memchr(ip.ptr, ':', ip.len) == NULL)));
    *out = good ? prefix_of(&address, bits) : (struct prefix){ .bits = 0 };
    return good;
}

static bool share(const struct address *a, const struct address *b, unsigned bits)
{
    unsigned whole = bits / 8;

    return a->family == b->family && memcmp(a->ip, b->ip, whole) == 0 &&
           (bits % 8 == 0 || ((a->ip[whole] ^ b->ip[whole]) & (0xff00U >> bits % 8) & 0xff) == 0);
}

bool prefix_has(const struct prefix *n, const struct address *a)
{
    return share(&n->address, a, n->bits);
}

bool prefix_covers(const struct prefix *n, const struct prefix *inner)
{
    return inner->bits >= n->bits && share(&n->address, &inner->address, n->bits);
}

int prefix_compare(const struct prefix *a, const struct prefix *b)
{
    int order = (int)a->address.family - (int)b->address.family;

    if (order == 0)
        order = memcmp(a->address.ip, b->address.ip, sizeof a->address.ip);
    return order != 0 ? order : (int)a->bits - (int)b->bits;
}

void prefix_write(struct buf *b, const struct prefix *n)
{
    char         memory[ADDRESS_TEXT];
    struct buf   ip = BUF_ON(memory);
    struct slice text;

    address_write_ip(&ip, &n->address);
    text = buf_slice(&ip);
    if (text.len > 2 && text.ptr[0] == '[')
        text = (struct slice){ text.ptr + 1, text.len - 2 };
    buf_put(b, text);
    if (n->bits == bits_of(&n->address))
        return;
    buf_put_byte(b, '/');
    buf_put_number(b, n->bits);
}
