/* SPDX-License-Identifier: BSD-2-Clause */
/* trace.h - every SIP message that a stack sends or receives, one JSON line each,
 * appended to a file; `ahoy trace` draws ladders from such files.
 *
 *   {"t":1732350000123,"node":"alice","dir":"out","transport":"UDP",
 *    "local":"127.0.0.1:5062","remote":"127.0.0.1:5060",
 *    "first":"REGISTER sip:example.test SIP/2.0","call_id":"...","cseq":"1 REGISTER","text":"..."}
 *
 * t is wall time in milliseconds.  What proves a password is masked: the values of
 * Authorization and Proxy-Authorization, and keys in SDP (a=crypto, k=).  Writing
 * is a write(2) to a local file for each message: for looking at calls, not for
 * production load.  Several programs may append to one file. */

#ifndef STACK_TRACE_H
#define STACK_TRACE_H

#include "stack/stack.h"

struct trace_writer;

/* Open `path` for appending, made with mode 0600 if it is new.  `node` names this
 * program in the ladder; copied.  Returns 0, -ERR_NOT_FOUND (no such folder),
 * -ERR_PERMISSION, -ERR_IO or -ERR_NO_MEMORY. */
int trace_open(struct world *w, const char *path, struct slice node, struct trace_writer **out);

/* Returns 0 or the first error of a write: -ERR_DISK_FULL, -ERR_IO, -ERR_NO_MEMORY.
 * NULL is fine. */
int trace_close(struct trace_writer *t);

/* What goes into stack_config.trace; for a NULL writer: off. */
struct stack_trace trace_hook(struct trace_writer *t);

/* The line for one message, with its LF; check with buf_ok(). */
void trace_write_line(struct buf *b, uint64_t wall_ms, struct slice node, bool sent, const struct flow *flow,
                      struct slice text);
/* `text` with its secrets replaced by "***". */
void trace_write_masked(struct buf *b, struct slice text);

#endif
