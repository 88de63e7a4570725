/* SPDX-License-Identifier: BSD-2-Clause */
/* lines.h - the header lines of a message, one after the other (RFC 3261 7.3).
 *
 * Lines end with CRLF; a bare LF is accepted, a bare CR is not, since peers
 * disagree on it.  A line that begins with SP or HTAB continues the one before.
 * What is kept between two lines are offsets, so that the message may be copied
 * once it is known how many there are: the fields are those of the copy then.  They are
 * still read where they were, since a processor waits for what it has just written: a
 * message took 36 ns of 430 longer. */

#ifndef SIP_LINES_H
#define SIP_LINES_H

#include "base/limits.h"
#include "sip/line_ends.h"
#include "sip/message.h"

struct lines {
    struct line_ends ends;
    const char      *copy;        /* where the fields found point                      */
    const uint32_t  *next, *last; /* those of ends.at that were not used               */
    uint32_t         at;          /* where the next line starts                        */
    uint32_t         start_end;   /* end of the start line, its line end not counted   */
    uint32_t         body;        /* when read: the first byte after the empty line,
                                     or the end of the text                            */
    unsigned most;                /* so many fields at most; LIMIT_HEADERS at most     */
    uint8_t  repeated;            /* when read: not 0 if a SINGLE header is there twice */
    bool     all_crlf;            /* when read: no field ends otherwise; false if nobody looked */
};

/* Begin to walk `text`, which begins with the start line, is shorter than 4 GB and
 * is borrowed.  The struct must stay where it is. */
void lines_start(struct lines *l, struct slice text);
/* Its bytes are here now, too: fields found from now on point there, but `text` is read until lines_read has
 * returned. */
void lines_move(struct lines *l, const char *bytes);

/* Read the fields into `headers`, which has room for l->most, link those of a kind by `first`, which has
 * HEADER_COUNT zeros, and return how many there are.  A malformed line is left out and the walk goes on; the first
 * thing wrong is described in `fault` (status 400, or 513 for more than LIMIT_HEADERS fields) unless that holds one
 * already. */
unsigned lines_read(struct lines *l, struct header *headers, uint8_t *first, struct parse_fault *fault);

/* Note what is wrong unless something was wrong before. */
void fault_set(struct parse_fault *fault, size_t offset, unsigned status, const char *expected);

#endif
