/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log.h"

#include "base/limits.h"

#include <stdarg.h>
#include <stdio.h>

bool log_begin_wanted(struct log_line *l, const struct log *log, enum log_level level, enum log_part part,
                      const char *event)
{
    l->log          = log;
    l->record       = log_record_begin(l->memory, level, part, event);
    l->record->nsec = log->clock != NULL ? log->clock() : 0;
    if (log->worker > 0)
        l->record->worker = (uint8_t)(log->worker - 1);
    return true;
}

void log_slice(struct log_line *l, const char *key, struct slice value)
{
    if (l->log != NULL)
        log_record_put_text(l->record, key, value, LIMIT_LOG_VALUE);
}

void log_text(struct log_line *l, const char *key, const char *value)
{
    if (l->log != NULL)
        log_record_put_text(l->record, key, slice_from(value), LIMIT_LOG_VALUE);
}

void log_number(struct log_line *l, const char *key, int64_t value)
{
    if (l->log != NULL)
        log_record_put_number(l->record, key, value);
}

void log_address(struct log_line *l, const char *key, const struct address *value)
{
    if (l->log != NULL)
        log_record_put_address(l->record, key, value);
}

/* The same text that another thread would have made of it. */
static void write_now(const struct log *log, const struct log_record *r)
{
    char       memory[LOG_LINE_MAX];
    struct buf line = BUF_ON(memory);

    log_record_write(&line, r, true);
    log->sink(log->arg, (enum log_level)r->level, buf_slice(&line));
}

void log_end(struct log_line *l)
{
    if (l->log == NULL)
        return;
    if (l->log->ring != NULL)
        log_ring_put(l->log->ring, l->record); /* without room it is counted there */
    else
        write_now(l->log, l->record);
}

void log_say(const struct log *log, enum log_level level, enum log_part part, const char *format, ...)
{
    struct log_line l;
    char            text[768];
    va_list         args;
    int             len;

    if (!log_begin(&l, log, level, part, NULL))
        return;
    va_start(args, format);
    len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len >= 0)
        log_record_put_text(l.record, "text", slice_from(text), sizeof text);
    log_end(&l);
}
