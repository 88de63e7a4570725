/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log_level.h"

#include "base/error.h"
#include "base/scan.h"

static const char *const level_names[] = { "debug", "info", "notice", "warning", "error" };

static const char *const part_names[] = {
#define LOG_PART(NAME, name, help) name,
#include "base/log_parts.def"
};

static const char *const part_helps[] = {
#define LOG_PART(NAME, name, help) help,
#include "base/log_parts.def"
};

/* The place of `name` among `names`, or `count`. */
static unsigned find(const char *const *names, unsigned count, struct slice name)
{
    unsigned i = 0;

    while (i < count && !slice_eq_nocase(name, slice_from(names[i])))
        i++;
    return i;
}

const char *log_level_name(enum log_level level)
{
    return level_names[level];
}

bool log_level_parse(struct slice name, enum log_level *level)
{
    unsigned count = sizeof level_names / sizeof *level_names;
    unsigned i     = find(level_names, count, name);

    if (i < count)
        *level = (enum log_level)i;
    return i < count;
}

const char *log_part_name(enum log_part part)
{
    return part_names[part];
}

const char *log_part_help(enum log_part part)
{
    return part_helps[part];
}

bool log_part_parse(struct slice name, enum log_part *part)
{
    unsigned i = find(part_names, LOG_PARTS, name);

    if (i < LOG_PARTS)
        *part = (enum log_part)i;
    return i < LOG_PARTS;
}

static void set(struct log_levels *levels, unsigned part, enum log_level level)
{
    atomic_store_explicit(&levels->of[part], (unsigned char)level, memory_order_relaxed);
}

void log_levels_init(struct log_levels *levels, enum log_level level)
{
    for (unsigned i = 0; i < LOG_PARTS; i++)
        set(levels, i, level);
}

int log_levels_set(struct log_levels *levels, const char *part, enum log_level level)
{
    enum log_part one;

    if (part == NULL) {
        log_levels_init(levels, level);
        return 0;
    }
    if (!log_part_parse(slice_from(part), &one))
        return -ERR_NOT_FOUND;
    set(levels, one, level);
    return 0;
}

bool log_level_of_part_parse(struct slice text, enum log_part *part, enum log_level *level)
{
    struct scan  s = scan_from(text);
    struct slice name;

    return scan_until(&s, "=", &name) && scan_byte(&s, '=') && log_part_parse(name, part) &&
           log_level_parse(scan_rest(&s), level);
}

bool log_levels_assign(struct log_levels *levels, struct slice text, const char **why)
{
    enum log_part  part;
    enum log_level level;

    if (log_level_parse(text, &level)) {
        log_levels_init(levels, level);
        return true;
    }
    if (log_level_of_part_parse(text, &part, &level)) {
        set(levels, part, level);
        return true;
    }
    *why = "debug, info, notice, warning or error, or one of these for a part: transport=debug";
    return false;
}
