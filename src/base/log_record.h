/* SPDX-License-Identifier: BSD-2-Clause */
/* log_record.h - a log line before it is text, and how it becomes text.
 *
 *   head | pair, value | pair, value | ...        all in one piece, 8-byte aligned
 *
 * Whoever has something to say only copies: keys and the event are pointers to
 * static strings, values are bytes.  Quotes, escapes, numbers, addresses and the date
 * are made when the record is written as a line, which another thread may do. */

#ifndef BASE_LOG_RECORD_H
#define BASE_LOG_RECORD_H

#include "base/address.h"
#include "base/log_level.h"

enum {
    LOG_RECORD_MAX = 1024, /* bytes of one record                                  */
    LOG_LINE_MAX   = 6144, /* of its line: each byte of a value may need four       */
    LOG_NO_WORKER  = 255,
};

struct log_record {
    uint32_t    size;   /* of the head and all pairs; a multiple of 8    */
    uint8_t     level;  /* enum log_level                                */
    uint8_t     part;   /* enum log_part                                 */
    uint8_t     worker; /* LOG_NO_WORKER: not one of several             */
    bool        cut;    /* a pair was left out: it had no room           */
    uint64_t    nsec;   /* since 1970; 0: not known                      */
    const char *event;  /* NULL: only pairs                              */
};

/* Begin a record in `memory`, LOG_RECORD_MAX bytes aligned to 8.  The puts append to
 * it; a pair that has no room is left out and `cut` set.  Keys must be static. */
struct log_record *log_record_begin(void *memory, enum log_level level, enum log_part part, const char *event);
void               log_record_put_text(struct log_record *r, const char *key, struct slice value, size_t longest);
void               log_record_put_number(struct log_record *r, const char *key, int64_t value);
void               log_record_put_address(struct log_record *r, const char *key, const struct address *value);

/* time=2026-11-26T11:10:30.123Z level=info part=proxy worker=0 event=forwarded call=...
 * without a line end; time only if it is wanted and known, worker only if there are
 * several.  What does not fit is left out, and cut=yes says so. */
void log_record_write(struct buf *b, const struct log_record *r, bool with_time);

/* One value as it stands in a line: bare, or quoted and escaped. */
void log_value_write(struct buf *b, struct slice value, bool cut);

/* "2026-11-26T11:10:30.123Z" */
void log_time_write(struct buf *b, uint64_t wall);

#endif
