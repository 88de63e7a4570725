/* SPDX-License-Identifier: BSD-2-Clause */
/* log_level.h - how important a log line is, which part of the program it comes
 * from, and from which level on each part is heard.
 *
 * One `struct log_levels` is shared by all threads of a program.  Any thread may
 * change it at any time: a level is one byte, read and written whole, and no line
 * waits for it. */

#ifndef BASE_LOG_LEVEL_H
#define BASE_LOG_LEVEL_H

#include "base/slice.h"

#include <stdatomic.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING, LOG_ERROR };

enum log_part {
#define LOG_PART(NAME, name, help) LOG_PART_##NAME,
#include "base/log_parts.def"
    LOG_PARTS
};

struct log_levels {
    atomic_uchar of[LOG_PARTS];
};

/* Every part at `level`. */
void log_levels_init(struct log_levels *levels, enum log_level level);

/* One part by its name, or all of them (`part` NULL).  Returns 0, or -ERR_NOT_FOUND
 * for a part that does not exist. */
int log_levels_set(struct log_levels *levels, const char *part, enum log_level level);

static inline enum log_level log_levels_get(const struct log_levels *levels, enum log_part part)
{
    return (enum log_level)atomic_load_explicit(&levels->of[part], memory_order_relaxed);
}

const char *log_level_name(enum log_level level);
bool        log_level_parse(struct slice name, enum log_level *level); /* any case */

const char *log_part_name(enum log_part part);
const char *log_part_help(enum log_part part);
bool        log_part_parse(struct slice name, enum log_part *part); /* any case */

/* "debug" is for all parts, "transport=debug" for one.  False, and nothing is set, if
 * it is neither: `*why` then says what would be right. */
bool log_levels_assign(struct log_levels *levels, struct slice text, const char **why);
/* The second form alone. */
bool log_level_of_part_parse(struct slice text, enum log_part *part, enum log_level *level);

#endif
