/* SPDX-License-Identifier: BSD-2-Clause */
/* log.h - one line per event: key=value, values quoted and cut where needed.
 *
 *   struct log_line l;
 *
 *   if (!log_begin(&l, log, LOG_INFO, LOG_PART_REGISTRAR, "binding_added"))
 *       return;
 *   log_slice(&l, "call", call_id);
 *   log_end(&l);
 *
 * writes: level=info part=registrar event=binding_added call=...
 *
 * A `struct log` belongs to one thread and is passed down; there is no global one.
 * A line that nobody wants costs a load and a comparison.  A wanted one is either
 * copied into a ring, for another thread to write (console/log_writer.h), or handed
 * to a sink as text at once (phones, tests).  Events and keys are static strings.
 * Credentials, keys and bodies of messages never go into a line. */

#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/log_ring.h"

typedef void     log_sink_fn(void *arg, enum log_level level, struct slice line);
typedef uint64_t log_clock_fn(void); /* nanoseconds since 1970 */

struct log {
    struct log_levels *levels; /* NULL: every line is wanted; any thread may change them */
    log_sink_fn       *sink;   /* without a ring; NULL: nothing is written */
    void              *arg;
    struct log_ring   *ring;
    log_clock_fn      *clock;  /* NULL: lines have no time             */
    unsigned           worker; /* counted from 1; 0: not one of several */
};

struct log_line {
    const struct log  *log; /* NULL: not wanted, puts do nothing */
    struct log_record *record;
    uint64_t           memory[LOG_RECORD_MAX / sizeof(uint64_t)];
};

static inline bool log_wants(const struct log *log, enum log_level level, enum log_part part)
{
    return log != NULL && (log->levels == NULL || level >= log_levels_get(log->levels, part)) &&
           (log->ring != NULL || log->sink != NULL);
}

/* False if the line is not wanted: then nothing need follow, and may. */
bool log_begin_wanted(struct log_line *l, const struct log *log, enum log_level level, enum log_part part,
                      const char *event);

static inline bool log_begin(struct log_line *l, const struct log *log, enum log_level level, enum log_part part,
                             const char *event)
{
    l->log = NULL;
    return log_wants(log, level, part) && log_begin_wanted(l, log, level, part, event);
}

void log_slice(struct log_line *l, const char *key, struct slice value); /* cut at 160 bytes, control bytes escaped */
void log_text(struct log_line *l, const char *key, const char *value);
void log_number(struct log_line *l, const char *key, int64_t value);
void log_address(struct log_line *l, const char *key, const struct address *value); /* with its port */
void log_end(struct log_line *l);

/* For a message to a person rather than a program: text= is all of it. */
void log_say(const struct log *log, enum log_level level, enum log_part part, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
