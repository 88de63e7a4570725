/* SPDX-License-Identifier: BSD-2-Clause */
/* dns_hostile.h - a name server that misbehaves in a way that the name says.
 *
 * The first label that does not begin with "_" says how: "silent.test" is never answered,
 * "wrong-id.test" first with another id and a lie, then rightly.  The list is the table in
 * dns_hostile.c.  Every other name has an A record 192.0.2.1, an AAAA record 2001:db8::1
 * and, with "_" in front, an SRV record for one.test port 5070; what is a lie says 192.0.2.66. */

#ifndef TEST_SUPPORT_DNS_HOSTILE_H
#define TEST_SUPPORT_DNS_HOSTILE_H

#include "support/dns_server.h"

enum { HOSTILE_TRUTH = 1, HOSTILE_LIE = 66, HOSTILE_LATE = 16 };

struct dns_hostile {
    struct dns_server   server;
    const char         *always;             /* every name is treated as this label says; NULL: by its own */
    struct dns_question late[HOSTILE_LATE]; /* "late": not answered yet */
    unsigned            late_count;
};

/* False if there is no port to be had. */
bool dns_hostile_open(struct dns_hostile *h);
void dns_hostile_close(struct dns_hostile *h);
/* Answer now what was put off. */
void dns_hostile_answer_late(struct dns_hostile *h);

/* Misbehaviours by name, in turn; NULL after the last one. */
const char *dns_hostile_name(unsigned index);

#endif
