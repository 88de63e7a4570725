/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log.h"

#include "base/limits.h"
#include "base/scan.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

static const char *const level_names[] = { "debug", "info", "notice", "warning", "error" };
static const char        cut_mark[]    = " cut=yes";

const char *log_level_name(enum log_level level)
{
    return level_names[level];
}

bool log_level_parse(struct slice name, enum log_level *level)
{
    for (unsigned i = 0; i < sizeof level_names / sizeof *level_names; i++) {
        if (slice_eq_nocase(name, slice_from(level_names[i]))) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

/* What a reader of key=value can take without quotes. */
static bool is_plain(struct slice value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] <= ' ' || value.ptr[i] > '~' || strchr("\"=\\", value.ptr[i]) != NULL)
            return false;
    return value.len > 0;
}

/* One byte inside quotes: a line stays one line of printable ASCII. */
static void put_escaped(struct buf *b, char c)
{
    switch (c) {
    case '\n':
        buf_put(b, SLICE("\\n"));
        break;
    case '\r':
        buf_put(b, SLICE("\\r"));
        break;
    case '\t':
        buf_put(b, SLICE("\\t"));
        break;
    case '"':
    case '\\':
        buf_put_byte(b, '\\');
        buf_put_byte(b, c);
        break;
    default:
        if (c >= ' ' && c <= '~') {
            buf_put_byte(b, c);
        } else {
            buf_put(b, SLICE("\\x"));
            buf_put_hex(b, &c, 1);
        }
    }
}

/* " key=value" as a whole or, if it does not fit, not at all. */
static void put_pair(struct log_line *l, const char *key, struct slice value, size_t longest)
{
    struct buf *b    = &l->text;
    size_t      mark = b->len;
    bool        cut  = value.len > longest;

    if (l->log == NULL)
        return;
    if (cut)
        value.len = longest;
    if (b->len > 0)
        buf_put_byte(b, ' ');
    buf_put(b, slice_from(key));
    buf_put_byte(b, '=');
    if (is_plain(value) && !cut) {
        buf_put(b, value);
    } else {
        buf_put_byte(b, '"');
        for (size_t i = 0; i < value.len; i++)
            put_escaped(b, value.ptr[i]);
        buf_put(b, cut ? SLICE("...\"") : SLICE("\""));
    }
    if (!buf_ok(b))
        b->len = mark;
}

static void begin(struct log_line *l, const struct log *log, enum log_level level, const char *part)
{
    bool wanted = log != NULL && log->sink != NULL && level >= log->level;

    l->log   = wanted ? log : NULL;
    l->level = level;
    l->text  = buf_on(l->memory, sizeof l->memory - sizeof cut_mark);
    log_text(l, "level", level_names[level]);
    log_text(l, "part", part);
}

void log_begin(struct log_line *l, const struct log *log, enum log_level level, const char *part, const char *event)
{
    begin(l, log, level, part);
    log_text(l, "event", event);
}

void log_slice(struct log_line *l, const char *key, struct slice value)
{
    put_pair(l, key, value, LIMIT_LOG_VALUE);
}

void log_text(struct log_line *l, const char *key, const char *value)
{
    if (l->log != NULL)
        log_slice(l, key, slice_from(value));
}

void log_number(struct log_line *l, const char *key, int64_t value)
{
    char       memory[24];
    struct buf b = BUF_ON(memory);

    if (l->log == NULL)
        return;
    if (value < 0)
        buf_put_byte(&b, '-');
    buf_put_number(&b, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
    log_slice(l, key, buf_slice(&b));
}

void log_end(struct log_line *l)
{
    struct slice line;

    if (l->log == NULL)
        return;
    line = buf_slice(&l->text);
    if (!buf_ok(&l->text)) {
        memcpy(l->memory + line.len, cut_mark, sizeof cut_mark - 1);
        line.len += sizeof cut_mark - 1;
    }
    l->log->sink(l->log->arg, l->level, line);
}

void log_say(const struct log *log, enum log_level level, const char *part, const char *format, ...)
{
    struct log_line l;
    char            text[768];
    va_list         args;
    int             len;

    begin(&l, log, level, part);
    if (l.log == NULL)
        return;
    va_start(args, format);
    len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len >= 0)
        put_pair(&l, "text", slice_from(text), sizeof text);
    log_end(&l);
}
