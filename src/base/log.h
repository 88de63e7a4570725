/* SPDX-License-Identifier: BSD-2-Clause */
/* log.h - one line per event: key=value, values quoted and cut where needed.
 *
 * A `struct log` belongs to whoever made it and is passed down; there is no
 * global one.  Lines below `level` cost one comparison.  Credentials, keys and
 * bodies of messages never go into a line. */

#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/buf.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING, LOG_ERROR };

typedef void log_sink_fn(void *arg, enum log_level level, struct slice line);

struct log {
    enum log_level level;
    log_sink_fn   *sink; /* NULL: nothing is written */
    void          *arg;
};

struct log_line {
    const struct log *log; /* NULL: below the level, puts do nothing */
    enum log_level    level;
    struct buf        text;
    char              memory[1024];
};

/* log_begin(..., "registrar", "binding_added"); log_slice(&l, "call", id); log_end(&l);
 * writes: level=info part=registrar event=binding_added call=... */
void log_begin(struct log_line *l, const struct log *log, enum log_level level, const char *part, const char *event);
void log_slice(struct log_line *l, const char *key, struct slice value); /* cut at 160 bytes, control bytes escaped */
void log_text(struct log_line *l, const char *key, const char *value);
void log_number(struct log_line *l, const char *key, int64_t value);
void log_end(struct log_line *l);

/* For a message to a person rather than a program: text= is all of it. */
void log_say(const struct log *log, enum log_level level, const char *part, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

const char *log_level_name(enum log_level level);
bool        log_level_parse(struct slice name, enum log_level *level);

#endif
