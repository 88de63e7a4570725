/* SPDX-License-Identifier: BSD-2-Clause */
/* log_parse.h - a line of the log read back: the opposite of log_record_write.
 *
 * What a journal puts before a line is stepped over: "<6>", and the date, host and
 * program of `journalctl -o short-iso`, whose date serves if the line has none. */

#ifndef BASE_LOG_PARSE_H
#define BASE_LOG_PARSE_H

#include "base/slice.h"

#include <stdint.h>

enum { LOG_FIELDS = 64 };

struct log_field {
    struct slice key, value;
};

struct log_fields {
    uint64_t         wall; /* ms since 1970; 0: the line does not say */
    size_t           count;
    struct log_field list[LOG_FIELDS]; /* time is not among them */
};

/* Read `line`, with or without its LF.  The fields borrow from it and from `memory`,
 * as many bytes, which takes values that had escapes.  False if it is no line of a log. */
bool log_parse(struct slice line, char *memory, struct log_fields *out);

/* The value of the first field with this key; empty if there is none. */
struct slice log_field(const struct log_fields *f, const char *key);

/* "2026-11-26T11:10:30.123Z", or with +01:00 or +0100 for Z; the fraction has any
 * number of digits or is missing.  All of `text`. */
bool log_time_parse(struct slice text, uint64_t *wall);

#endif
