/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/explain.h"

#include <stdarg.h>
#include <stdio.h>

void explain_init(struct explain *e)
{
    e->count = e->left_out = 0;
    e->used                = 0;
    e->file                = SLICE("");
}

const char *explain_place(const struct explain *e, unsigned line, char text[EXPLAIN_PLACE])
{
    if (e->file.len > 0)
        snprintf(text, EXPLAIN_PLACE, "%.*s:%u", SLICE_ARG(e->file), line);
    else
        snprintf(text, EXPLAIN_PLACE, "line %u", line);
    return text;
}

/* UTF-8 stays as it is. */
static void make_plain(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            text[i] = '?';
}

static struct slice keep(struct explain *e, struct slice text)
{
    char *copy = e->memory + e->used;

    memcpy(copy, text.ptr, text.len);
    make_plain(copy, text.len);
    e->used += text.len;
    return (struct slice){ copy, text.len };
}

void explain_add(struct explain *e, const char *rule, const char *format, ...)
{
    char                 text[EXPLAIN_LINE];
    struct slice         from = rule != NULL ? slice_from(rule) : SLICE("");
    struct explain_step *step;
    va_list              args;
    int                  len;

    va_start(args, format);
    len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len < 0)
        len = 0;
    if ((size_t)len >= sizeof text)
        len = sizeof text - 1;
    if (e->count == EXPLAIN_STEPS || (size_t)len + from.len > sizeof e->memory - e->used) {
        e->left_out++;
        return;
    }
    step       = &e->steps[e->count++];
    step->text = keep(e, (struct slice){ text, (size_t)len });
    step->rule = keep(e, from);
}
