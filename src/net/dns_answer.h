/* SPDX-License-Identifier: BSD-2-Clause */
/* dns_answer.h - a DNS message read into records (RFC 1035, 2181, 2308, 2782, 3403).
 *
 * c-ares 1.18 asks and retries, but its parsed SRV and NAPTR answers lack the
 * TTL; so the message itself is read here, with libresolv's cursor.
 *
 * Nothing is believed that was not asked for: the question must stand in the
 * message as it was put, and of the answer section only records count that belong
 * to the name or to what its aliases lead to.  The additional section is not read. */

#ifndef NET_DNS_ANSWER_H
#define NET_DNS_ANSWER_H

#include "base/arena.h"
#include "base/record.h"

enum {
    DNS_RECORDS  = 32,        /* of one answer; more are dropped            */
    DNS_ARENA    = 16 * 1024, /* what one answer may take                   */
    DNS_TTL_MAX  = 86400,     /* seconds that any answer is kept at most    */
    DNS_NEGATIVE = 3600,      /* the same for "there is none" (RFC 2308 5)  */
    DNS_FAILURE  = 5,         /* for "no server could tell" (RFC 2308 7)    */
    DNS_ALIASES  = 8,         /* CNAMEs followed within one answer          */
};

/* What came of a question. */
enum dns_outcome {
    DNS_ANSWERED,
    DNS_NO_RECORD, /* the name exists, with records of other types only    */
    DNS_NO_NAME,   /* NXDOMAIN, or no name at all                          */
    DNS_SILENT,    /* no server answered in time                           */
    DNS_FAILED,    /* SERVFAIL, REFUSED, a closed port: c-ares does not tell which */
    DNS_BROKEN,    /* what came makes no sense, or does not fit            */
    DNS_CIRCLE,    /* aliases in a circle, or more than DNS_ALIASES        */
    DNS_NO_MEMORY,
};

/* In words, for people. */
const char *dns_outcome_text(enum dns_outcome outcome);

struct dns_answer {
    enum dns_outcome     outcome;
    int                  error; /* 0, or -ERR_NAME: no such name, or -ERR_TIMEOUT: nobody could tell */
    uint32_t             ttl;   /* seconds for which this may be repeated; 0: not at all             */
    const struct record *records;
    size_t               count;
};

/* One without records; `error` follows from the outcome. */
struct dns_answer dns_answer_none(enum dns_outcome outcome, uint32_t ttl);

/* Read what `message` says of `name` and `type`.  Records and names go into
 * `arena`.  A record that makes no sense is passed over.  What is no answer to this
 * question is DNS_BROKEN, as is one that does not fit into the arena.
 * Every answer is kept for a while, failures for DNS_FAILURE. */
void dns_answer_parse(struct slice message, struct slice name, enum record_type type, struct arena *arena,
                      struct dns_answer *out);

/* The bytes that a copy takes, and the copy: `memory` is as large as that, and
 * aligned for a struct record. */
size_t            dns_answer_size(const struct dns_answer *a);
struct dns_answer dns_answer_copy(const struct dns_answer *a, void *memory);

#endif
