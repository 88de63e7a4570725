/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/log_keep.h"

#include "support/test.h"

static void keep(void *arg, enum log_level level, struct slice line)
{
    struct log_keep *k = arg;

    (void)level;
    CHECK(k->len + line.len + 2 <= sizeof k->text);
    memcpy(k->text + k->len, line.ptr, line.len);
    k->len += line.len;
    k->text[k->len++] = '\n';
    k->text[k->len]   = '\0';
}

void log_keep_init(struct log_keep *k, enum log_level level)
{
    log_levels_init(&k->levels, level);
    k->log     = (struct log){ .levels = &k->levels, .sink = keep, .arg = k };
    k->len     = 0;
    k->text[0] = '\0';
}

static struct slice line_from(const char *at)
{
    const char *end = strchr(at, '\n');

    return slice_between(at, end != NULL ? end : at + strlen(at));
}

static struct slice next_with(const char *at, const char *part)
{
    while (*at != '\0') {
        struct slice line = line_from(at);

        if (memmem(line.ptr, line.len, part, strlen(part)) != NULL)
            return line;
        at = line.ptr + line.len + 1;
    }
    return (struct slice){ "", 0 };
}

unsigned log_keep_count(const struct log_keep *k, const char *part)
{
    unsigned     count = 0;
    struct slice line  = next_with(k->text, part);

    for (; line.len > 0; line = next_with(line.ptr + line.len + 1, part))
        count++;
    return count;
}

struct slice log_keep_line(const struct log_keep *k, const char *part)
{
    return next_with(k->text, part);
}
