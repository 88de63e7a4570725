/* SPDX-License-Identifier: BSD-2-Clause */
/* log_writer.h - the one thread that makes log lines and writes them.
 *
 *   worker 0 ─► ring ─┐
 *   worker 1 ─► ring ─┼─► log_writer: oldest first, as text, many lines a write ─► log_output
 *   store    ─► ring ─┘
 *
 * Whoever logs copies a record into its own ring and never waits: no system call but
 * one to wake the writer when it sleeps, no lock, no memory asked for.  The first line
 * after a silence is written at once; then the writer rests for 20 ms, or until a ring is
 * half full, and writes together what has come.  What finds its ring full is dropped; the
 * writer says how many.  Under the journal a line begins with
 * its <priority> and has no time, as the journal has its own. */

#ifndef CONSOLE_LOG_WRITER_H
#define CONSOLE_LOG_WRITER_H

#include "base/log.h"

struct log_writer;

enum { LOG_RING_BYTES = 256 * 1024, LOG_SOURCES = 256 };

/* `path` NULL: stderr or the journal, see log_output.h; else a file.  `levels` is
 * borrowed, and may change.  `ring_bytes` is what each source may have waiting.
 * Returns 0, -ERR_NO_MEMORY, -ERR_LIMIT (threads, descriptors), or, with a file,
 * -ERR_NOT_FOUND, -ERR_PERMISSION or -ERR_IO; `problem` says it for people. */
int log_writer_start(const char *path, struct log_levels *levels, size_t ring_bytes, struct log_writer **out,
                     char *problem, size_t problem_size);
/* Writes what waits, waiting at most a few seconds for a reader that does not read.
 * Nobody may log any more.  NULL is fine. */
void log_writer_stop(struct log_writer *w);

/* A log for one thread of the program: `worker` counted from 1, 0 for a thread that
 * is none of the workers.  Lives as long as the writer.  Any thread may ask.  NULL
 * without memory or with more than LOG_SOURCES. */
struct log *log_writer_source(struct log_writer *w, unsigned worker);

/* As given: change them with log_levels_set, from any thread. */
struct log_levels *log_writer_levels(const struct log_writer *w);

/* The file has been renamed (logrotate): open it anew.  From any thread. */
void log_writer_reopen(struct log_writer *w);

/* For a handler of a crash, so async-signal-safe: the descriptor that lines go to, and
 * giving the writer up to `milliseconds` to write what waits; true if it has. */
int  log_writer_fd(const struct log_writer *w);
bool log_writer_settle(struct log_writer *w, unsigned milliseconds);

struct log_writer_counts {
    unsigned long long written; /* lines                                   */
    unsigned long long dropped; /* found a full ring                       */
    unsigned long long lost;    /* could not be written: disk full         */
};

/* Bytes of memory for its rings and what it is about to write; any thread. */
size_t log_writer_memory(const struct log_writer *w);

/* From any thread. */
struct log_writer_counts log_writer_count(const struct log_writer *w);

#endif
