/* SPDX-License-Identifier: BSD-2-Clause */
/* peek.h - what a log or a trace shows of any bytes that may be a message, well-formed
 * or not: nothing is validated, nothing allocated. */

#ifndef SIP_PEEK_H
#define SIP_PEEK_H

#include "base/log.h"

struct peek {
    struct slice first;   /* the first line                     */
    bool         is_sip;  /* it looks like a start line         */
    struct slice call_id; /* empty if there is none             */
    struct slice cseq;
};

/* Borrows `text`. */
struct peek peek_message(struct slice text);

/* Is it "name LWS : value"?  `value` comes trimmed. */
bool peek_header(struct slice line, struct slice name, struct slice *value);
/* One line with its line end, taken off `rest`, which is not empty. */
struct slice peek_line(struct slice *rest);
/* A message may come after empty lines (RFC 3261 7.5): they are not its end. */
struct slice peek_skip_empty_lines(struct slice text);

/* Does its Content-Length say where a datagram ends, so that whoever gets it discards what
 * follows (RFC 3261 18.3)?  A message without one ends with its datagram. */
bool peek_ends_by_length(struct slice datagram);

/* Text with SIP URIs in it, as it may stand in a log: a password in a URI becomes ***,
 * and so do its headers, which may hold anything (RFC 3261 19.1.1). */
void peek_write_masked(struct buf *b, struct slice text);
/* The same as a value of a line. */
void peek_log_masked(struct log_line *line, const char *key, struct slice text);

#endif
