/* SPDX-License-Identifier: BSD-2-Clause */
/* dns_writer.h - DNS responses for tests, byte by byte (RFC 1035 4).
 *
 * Names are written without compression unless dns_pointer is used.  Whatever
 * does not fit is a fault of the test and ends it. */

#ifndef TEST_SUPPORT_DNS_WRITER_H
#define TEST_SUPPORT_DNS_WRITER_H

#include "base/slice.h"

#include <stdint.h>

enum { DNS_SOA = 6, DNS_CNAME = 5 };

struct dns_writer {
    uint8_t bytes[65535];
    size_t  len;
};

/* Header and question; `code` is the RCODE. */
void dns_begin(struct dns_writer *w, uint16_t id, unsigned code, const char *name, unsigned type);

void dns_put8(struct dns_writer *w, unsigned value);
void dns_put16(struct dns_writer *w, unsigned value);
void dns_put32(struct dns_writer *w, uint32_t value);
void dns_name(struct dns_writer *w, const char *name);
void dns_pointer(struct dns_writer *w, size_t offset);
void dns_text(struct dns_writer *w, const char *text); /* a character-string */

/* A record of the answer, authority or additional section; what is put between the
 * two calls is its data. */
size_t dns_answer(struct dns_writer *w, const char *name, unsigned type, uint32_t ttl);
size_t dns_authority(struct dns_writer *w, const char *name, unsigned type, uint32_t ttl);
size_t dns_additional(struct dns_writer *w, const char *name, unsigned type, uint32_t ttl);
void   dns_end(struct dns_writer *w, size_t record);

void dns_a(struct dns_writer *w, const char *name, uint32_t ttl, uint8_t last);    /* 192.0.2.last    */
void dns_aaaa(struct dns_writer *w, const char *name, uint32_t ttl, uint8_t last); /* 2001:db8::last */
void dns_srv(struct dns_writer *w, const char *name, uint32_t ttl, const char *target, unsigned port);
void dns_cname(struct dns_writer *w, const char *name, uint32_t ttl, const char *target);
void dns_soa(struct dns_writer *w, const char *name, uint32_t ttl, uint32_t minimum);

struct slice dns_bytes(const struct dns_writer *w);

#endif
