/* SPDX-License-Identifier: BSD-2-Clause */
/* trace_file.h - the files that ahoy trace reads, line by line. */

#ifndef CMD_TRACE_FILE_H
#define CMD_TRACE_FILE_H

#include "base/slice.h"

/* One line, its end included if it has one; counted from 1.  An exit code: EXIT_OK to
 * go on. */
typedef int trace_line_fn(void *arg, const char *path, unsigned long number, struct slice line);

/* Give each line of `path` ("-": stdin) to `fn`.  Returns an exit code: that of `fn`, or
 * what was wrong with the file, which has been said after "ahoy `name`: ". */
int trace_file_read(const char *name, const char *path, trace_line_fn *fn, void *arg);

#endif
