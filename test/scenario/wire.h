/* SPDX-License-Identifier: BSD-2-Clause */
/* wire.h - SIP messages as an onlooker reads them, and patterns for them.
 *
 * On purpose this does not use src/sip: what is under test must not judge
 * itself, and malformed messages must be readable too.
 *
 * A pattern is  WHAT [CONDITION ...]:
 *     INVITE   180   200 INVITE   4xx   any
 * and each condition one word:
 *     Contact             the header is there (names start with a capital)
 *     Contact~sip:alice   and holds the text
 *     CSeq="1 INVITE"     its value is exactly this
 *     Via*2               it has that many values, comma lists counted
 *     !Route              it is absent; so with each of the others
 *     uri~bob  reason~text  body~m=audio     parts that are not headers */

#ifndef TEST_SCENARIO_WIRE_H
#define TEST_SCENARIO_WIRE_H

#include "base/buf.h"
#include "base/slice.h"

enum { PATTERN_CONDITIONS = 12 };

struct pattern {
    const char *method;   /* NULL: any   */
    unsigned    status;   /* 0: a request; 100 to 699 */
    bool        is_class; /* status is 100, 200, ...: the whole class */
    bool        any;
    const char *condition[PATTERN_CONDITIONS];
    unsigned    condition_count;
};

/* Read as many of the words as make a pattern; returns how many were used, 0 if
 * none.  Borrows the words. */
unsigned pattern_parse(struct pattern *p, const char *const *words);
/* `why` may be NULL; else it is told what did not fit. */
bool pattern_matches(const struct pattern *p, struct slice message, struct buf *why);
void pattern_write(const struct pattern *p, struct buf *b);

/* Does this look like a SIP message (and not like RTP, STUN or garbage)? */
bool wire_is_sip(struct slice text);
/* "INVITE" of a request, or its three digits of a response. */
struct slice wire_what(struct slice message);
unsigned     wire_status(struct slice message); /* 0: a request */
struct slice wire_method(struct slice message); /* a response's: from its CSeq */
struct slice wire_uri(struct slice message);
/* Value number `n` (from 0) among the lines with this name (long or compact,
 * any case), trimmed; false if there are fewer. */
bool wire_header(struct slice message, const char *name, unsigned n, struct slice *value);
/* Parameter ";name=value" of a header value. */
bool         wire_param(struct slice value, const char *name, struct slice *out);
struct slice wire_body(struct slice message);

#endif
