/* SPDX-License-Identifier: BSD-2-Clause */
/* write.h - a message on its way out: a list of slices, some borrowed from a
 * received message, some written new (RFC 3261 7).
 *
 * A `struct gather` borrows what is put into it; text written with
 * gather_printf-like calls lives in its own scratch buffer.  It stays valid until the
 * turn ends or its parts are flattened. */

#ifndef SIP_WRITE_H
#define SIP_WRITE_H

#include "base/buf.h"
#include "sip/message.h"

enum { GATHER_PARTS = 320, GATHER_SCRATCH = 16 * 1024 };

struct gather {
    struct slice parts[GATHER_PARTS];
    size_t       count;
    size_t       total; /* bytes in all parts */
    bool         overflow;
    struct buf   scratch;
    char         memory[GATHER_SCRATCH];
};

void gather_init(struct gather *g);

/* Borrow `text`; neighbours in memory are joined into one part. */
void gather_put(struct gather *g, struct slice text);
/* Write into scratch through g->scratch, then gather_written(g, mark) with the
 * mark taken before: puts what was written since. */
size_t gather_mark(const struct gather *g);
void   gather_written(struct gather *g, size_t mark);

/* "Name: value\r\n" */
void gather_header(struct gather *g, enum header_id id, struct slice value);
void gather_header_number(struct gather *g, enum header_id id, uint64_t value);
/* The line of `h` as it came, but ended by CRLF. */
void gather_line(struct gather *g, const struct header *h);
/* All lines with this id as they came, in order. */
void gather_copy(struct gather *g, const struct message *m, enum header_id id);
/* All Via lines of a received request, the top value completed with received and
 * rport (via_write_received). */
void gather_vias(struct gather *g, const struct message *request);
/* Content-Type (if type is not empty), Content-Length, the empty line, the body. */
void gather_body(struct gather *g, struct slice type, struct slice body);

/* False after any overflow: the message is too large. */
bool gather_ok(const struct gather *g);
/* Copy all parts into `b`. */
void gather_flatten(const struct gather *g, struct buf *b);

/* The start of every response (RFC 3261 8.2.6.2): status line, all Vias (the top
 * one with received and rport filled in), From, To with `to_tag` added if it has
 * none and the status is not 100, Call-ID, CSeq, and for 1xx and 2xx that make a
 * dialog the Record-Routes (12.1.1), for 100 the Timestamp (8.2.6.1).  The caller
 * adds headers, then gather_body.  `reason` may be empty: the default phrase is
 * used.  `request` may come from message_parse_broken. */
void write_response_head(struct gather *g, const struct message *request, unsigned status, struct slice reason,
                         struct slice to_tag);
/* The same for a 100 to a request that came `waited` milliseconds ago: the Timestamp tells it. */
void write_trying(struct gather *g, const struct message *request, uint32_t waited);

#endif
