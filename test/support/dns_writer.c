/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/dns_writer.h"

#include <stdlib.h>

enum { ANSWERS = 6, AUTHORITIES = 8, ADDITIONALS = 10, CLASS_IN = 1 }; /* offsets of the counts */

void dns_put8(struct dns_writer *w, unsigned value)
{
    if (w->len == sizeof w->bytes)
        abort();
    w->bytes[w->len++] = (uint8_t)value;
}

void dns_put16(struct dns_writer *w, unsigned value)
{
    dns_put8(w, value >> 8);
    dns_put8(w, value & 0xff);
}

void dns_put32(struct dns_writer *w, uint32_t value)
{
    dns_put16(w, value >> 16);
    dns_put16(w, value & 0xffff);
}

void dns_text(struct dns_writer *w, const char *text)
{
    dns_put8(w, (unsigned)strlen(text));
    for (; *text != '\0'; text++)
        dns_put8(w, (uint8_t)*text);
}

void dns_name(struct dns_writer *w, const char *name)
{
    while (*name != '\0') {
        size_t len = strcspn(name, ".");

        dns_put8(w, (unsigned)len);
        for (size_t i = 0; i < len; i++)
            dns_put8(w, (uint8_t)name[i]);
        name += len + (name[len] == '.');
    }
    dns_put8(w, 0);
}

void dns_pointer(struct dns_writer *w, size_t offset)
{
    dns_put16(w, 0xc000 | (unsigned)offset);
}

void dns_begin(struct dns_writer *w, uint16_t id, unsigned code, const char *name, unsigned type)
{
    w->len = 0;
    dns_put16(w, id);
    dns_put16(w, 0x8180 | code); /* response, recursion desired and available */
    dns_put16(w, 1);
    dns_put16(w, 0);
    dns_put32(w, 0);
    dns_name(w, name);
    dns_put16(w, type);
    dns_put16(w, CLASS_IN);
}

/* Returns where the length of the data stands. */
static size_t begin_record(struct dns_writer *w, const char *name, unsigned type, uint32_t ttl)
{
    dns_name(w, name);
    dns_put16(w, type);
    dns_put16(w, CLASS_IN);
    dns_put32(w, ttl);
    dns_put16(w, 0);
    return w->len - 2;
}

static void count_up(struct dns_writer *w, size_t at)
{
    if (++w->bytes[at + 1] == 0)
        w->bytes[at]++;
}

size_t dns_answer(struct dns_writer *w, const char *name, unsigned type, uint32_t ttl)
{
    count_up(w, ANSWERS);
    return begin_record(w, name, type, ttl);
}

size_t dns_authority(struct dns_writer *w, const char *name, unsigned type, uint32_t ttl)
{
    count_up(w, AUTHORITIES);
    return begin_record(w, name, type, ttl);
}

size_t dns_additional(struct dns_writer *w, const char *name, unsigned type, uint32_t ttl)
{
    count_up(w, ADDITIONALS);
    return begin_record(w, name, type, ttl);
}

void dns_end(struct dns_writer *w, size_t record)
{
    size_t len = w->len - record - 2;

    w->bytes[record]     = (uint8_t)(len >> 8);
    w->bytes[record + 1] = (uint8_t)len;
}

void dns_a(struct dns_writer *w, const char *name, uint32_t ttl, uint8_t last)
{
    size_t r = dns_answer(w, name, 1, ttl);

    dns_put32(w, 0xc0000200u | last);
    dns_end(w, r);
}

void dns_aaaa(struct dns_writer *w, const char *name, uint32_t ttl, uint8_t last)
{
    size_t r = dns_answer(w, name, 28, ttl);

    dns_put32(w, 0x20010db8);
    dns_put32(w, 0);
    dns_put32(w, 0);
    dns_put32(w, last);
    dns_end(w, r);
}

void dns_srv(struct dns_writer *w, const char *name, uint32_t ttl, const char *target, unsigned port)
{
    size_t r = dns_answer(w, name, 33, ttl);

    dns_put16(w, 10);
    dns_put16(w, 20);
    dns_put16(w, port);
    dns_name(w, target);
    dns_end(w, r);
}

void dns_cname(struct dns_writer *w, const char *name, uint32_t ttl, const char *target)
{
    size_t r = dns_answer(w, name, DNS_CNAME, ttl);

    dns_name(w, target);
    dns_end(w, r);
}

void dns_soa(struct dns_writer *w, const char *name, uint32_t ttl, uint32_t minimum)
{
    size_t r = dns_authority(w, name, DNS_SOA, ttl);

    dns_name(w, "ns.example");
    dns_name(w, "admin.example");
    for (unsigned i = 0; i < 4; i++)
        dns_put32(w, 3600);
    dns_put32(w, minimum);
    dns_end(w, r);
}

struct slice dns_bytes(const struct dns_writer *w)
{
    return (struct slice){ (const char *)w->bytes, w->len };
}
