/* SPDX-License-Identifier: BSD-2-Clause */
/* date.h - the time of day as SIP writes it (RFC 3261 20.17):
 *
 *     Sat, 13 Nov 2010 23:29:00 GMT                  English, GMT, whatever the locale */

#ifndef SIP_DATE_H
#define SIP_DATE_H

#include "base/buf.h"

#include <stdint.h>

/* `seconds` since 1970. */
void date_write(struct buf *b, uint64_t seconds);

enum { DATE_TEXT = 29 };
/* The text of the second that was asked for last: what says it in each answer makes it once a second. */
struct date_line {
    uint64_t seconds;
    bool     made;
    char     text[DATE_TEXT];
};
/* The same, lives until the next call with another second. */
struct slice date_text(struct date_line *line, uint64_t seconds);

#endif
