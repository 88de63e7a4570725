/* SPDX-License-Identifier: BSD-2-Clause */
/* log_keep.h - a log whose lines a test reads. */

#ifndef TEST_SUPPORT_LOG_KEEP_H
#define TEST_SUPPORT_LOG_KEEP_H

#include "base/log.h"

struct log_keep {
    struct log        log;
    struct log_levels levels;
    size_t            len;
    char              text[1 << 20]; /* each line with its LF, and a NUL */
};

/* Everything from `level` on is kept; a test that fills the room fails. */
void log_keep_init(struct log_keep *k, enum log_level level);
/* Lines that hold `part`. */
unsigned log_keep_count(const struct log_keep *k, const char *part);
/* The first line that holds `part`, without its LF; empty if there is none. */
struct slice log_keep_line(const struct log_keep *k, const char *part);

#endif
