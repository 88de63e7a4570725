/* SPDX-License-Identifier: BSD-2-Clause */
/* lines.h - the header lines of a message found in one pass (RFC 3261 7.3).
 *
 * Lines end with CRLF; a bare LF is accepted, a bare CR is not, since peers
 * disagree on it.  A line that begins with SP or HTAB continues the one before.
 * Positions are offsets, so that a message may be copied after it was read. */

#ifndef SIP_LINES_H
#define SIP_LINES_H

#include "base/limits.h"
#include "sip/message.h"

struct line {
    enum header_id id;
    uint32_t       start, name_end;        /* the name as written            */
    uint32_t       value_start, value_end; /* trimmed; folds are inside      */
    uint32_t       end;                    /* past the (last) line end       */
};

struct lines {
    uint32_t    start_end; /* end of the start line, its line end not counted */
    uint32_t    body;      /* first byte after the empty line, or the end     */
    unsigned    count;
    struct line line[LIMIT_HEADERS];
};

/* Index `text`, which begins with the start line and is shorter than 4 GB.  A
 * malformed line is left out and the walk goes on; the first thing wrong is
 * described in `fault` (status 400, or 513 for more than LIMIT_HEADERS fields)
 * unless that holds one already, and false is returned. */
bool lines_index(struct lines *l, struct slice text, struct parse_fault *fault);

/* Note what is wrong unless something was wrong before. */
void fault_set(struct parse_fault *fault, size_t offset, unsigned status, const char *expected);

#endif
