/* SPDX-License-Identifier: BSD-2-Clause */
/* log_output.h - where log lines end: stderr, the journal, or a file.
 *
 * A disk that is full loses lines, never the program: what could not be written is
 * counted, and told as soon as something can be written again.  A stream whose reader
 * is slow is waited for, unless the end has come. */

#ifndef CONSOLE_LOG_OUTPUT_H
#define CONSOLE_LOG_OUTPUT_H

#include "base/log_level.h"

#include <stddef.h>
#include <stdint.h>

struct log_output {
    int                fd;   /* stays the same number all its life           */
    char              *path; /* NULL: stderr                                 */
    bool               journal;
    bool               regular;   /* a file: takes any amount at once             */
    bool               torn;      /* the last line written has no end             */
    unsigned long long lost;      /* lines since the last that was written        */
    int                lost_by;   /* errno of the first of them                   */
    int                interrupt; /* a descriptor: readable ends waiting for a slow reader; -1: none */
    bool               given_up;  /* the last while, after an interruption, is over: nothing is waited for any more */
};

/* `path` NULL: stderr, in the journal's form if stderr is connected to it (JOURNAL_STREAM
 * of sd-daemon(3)).  A new file has mode 0640.  Returns 0 or an errno. */
int  log_output_open(struct log_output *o, const char *path);
void log_output_close(struct log_output *o);

/* Open the file of this name anew: it has been renamed.  Returns 0 or an errno, and then
 * goes on with the old one. */
int log_output_reopen(struct log_output *o);

/* Write whole lines, each with its LF.  False if some were lost. */
bool log_output_write(struct log_output *o, struct slice lines);

/* "<6>" of sd-daemon(3). */
struct slice log_output_priority(enum log_level level);

#endif
