/* SPDX-License-Identifier: BSD-2-Clause */
/* dns_answer.h - a DNS message read into records (RFC 1035, 2181, 2308, 2782, 3403).
 *
 * c-ares 1.18 asks and retries, but its parsed SRV and NAPTR answers lack the
 * TTL; so the message itself is read here, with libresolv's cursor. */

#ifndef NET_DNS_ANSWER_H
#define NET_DNS_ANSWER_H

#include "base/arena.h"
#include "base/record.h"

enum {
    DNS_RECORDS  = 32,        /* of one answer; more are dropped            */
    DNS_ARENA    = 16 * 1024, /* what one answer may take                   */
    DNS_TTL_MAX  = 86400,     /* seconds that any answer is kept at most    */
    DNS_NEGATIVE = 600,       /* the same for "there is none" (RFC 2308 5)  */
    DNS_ALIASES  = 8,         /* CNAMEs followed within one answer          */
};

struct dns_answer {
    int                  error; /* 0, or -ERR_NAME: no such name, or -ERR_TIMEOUT: the server failed */
    uint32_t             ttl;   /* seconds for which this may be repeated; 0: not at all             */
    const struct record *records;
    size_t               count;
};

/* Read what `message` says of `name` and `type`.  Records and names go into
 * `arena`.  A record that makes no sense is passed over.  Returns 0, -ERR_SYNTAX
 * (not a DNS response), or -ERR_LIMIT (the arena is full). */
int dns_answer_parse(struct slice message, struct slice name, enum record_type type, struct arena *arena,
                     struct dns_answer *out);

#endif
