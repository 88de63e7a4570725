/* SPDX-License-Identifier: BSD-2-Clause */
/* enum.h - from a telephone number to a SIP URI by the DNS (RFC 6116, RFC 3764).
 *
 * A machine as locate.h, with one question at a time, always for NAPTR:
 *
 *     action = enum_start(&e, &uri, suffix);
 *     while (action == ENUM_ASK)
 *         action = enum_answer(&e, ...what the DNS said of enum_question(&e)...);
 *     ENUM_DONE: enum_uri(&e);  ENUM_FAILED: e.error
 *
 * "+49 30 123" is asked for as 3.2.1.0.3.9.4.SUFFIX.  Of the records the first by
 * order and preference counts that is for E2U+sip and yields a sip or sips URI (if a sips
 * URI was asked for, a sips URI).  One without flags sends us on to another name; if nothing is found there, the next
 * record has its turn (5.2.1).  Such detours are ENUM_DEPTH deep at most, no name is asked for twice, and one lookup
 * asks ENUM_QUESTIONS.
 *
 * Asking tells the number to whoever runs the DNS. */

#ifndef LOCATE_ENUM_H
#define LOCATE_ENUM_H

#include "base/record.h"
#include "sip/uri.h"

enum { ENUM_DIGITS = 15, ENUM_TEXT = 256, ENUM_DEPTH = 5, ENUM_QUESTIONS = 8 };

enum enum_action { ENUM_ASK, ENUM_DONE, ENUM_FAILED };

/* What is still to be tried, the next one first. */
struct enum_step {
    bool     is_uri; /* the end of the way; else a name to be asked for */
    uint8_t  depth;  /* of the name: detours on the way to it           */
    uint16_t len;
    char     text[ENUM_TEXT];
};

struct enum_lookup {
    int error; /* ENUM_FAILED: -ERR_UNSUPPORTED (no such number), -ERR_NAME, -ERR_TIMEOUT or what
                * enum_answer was told */

    /* Private from here on. */
    char             number[ENUM_DIGITS + 2]; /* "+4930123", with a NUL */
    bool             secure;                  /* a sips URI was asked for                   */
    int              trouble;                 /* the first error that is not "no such name" */
    unsigned         asked, step_count;
    struct enum_step steps[ENUM_QUESTIONS];
    uint16_t         seen_len[ENUM_QUESTIONS];
    char             seen[ENUM_QUESTIONS][ENUM_TEXT]; /* the names that have been asked for */
};

/* The number of a tel URI, or of a sip or sips URI with user=phone, as "+4930123": only
 * a global one, which begins with '+'.  False if there is none. */
bool enum_number(const struct uri *uri, struct buf *out);

/* Fails with -ERR_UNSUPPORTED if there is no such number, -ERR_NAME if `suffix` is no
 * name.  Keeps copies. */
enum enum_action enum_start(struct enum_lookup *e, const struct uri *uri, struct slice suffix);

/* Of the records that NAPTR gave for it; see locate_answer. */
struct slice     enum_question(const struct enum_lookup *e);
enum enum_action enum_answer(struct enum_lookup *e, int error, const struct record *records, size_t count);

/* ENUM_DONE.  Lies in `e`. */
struct slice enum_uri(const struct enum_lookup *e);

#endif
