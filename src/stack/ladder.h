/* SPDX-License-Identifier: BSD-2-Clause */
/* ladder.h - what several nodes saw of their messages, joined into one picture.
 *
 *     0.000  +0.000   alice              proxy               bob
 *                       │ INVITE ──────────►│                  │
 *     0.002  +0.002     │                   │ INVITE ─────────►│
 *     0.003  +0.001     │◄──── 100 Trying ──│                  │
 *     0.502  +0.499     │ INVITE ──────x    │                  │    lost
 *
 * A message that was sent and received is one arrow; one that a node sent to
 * another node of the picture, which never saw it, is lost.  A peer that keeps no
 * trace has a column named by its address.  Within the same millisecond a node's
 * own order holds, and nothing is received before it was sent. */

#ifndef STACK_LADDER_H
#define STACK_LADDER_H

#include "base/buf.h"

/* One message of a trace (trace.h) or a log (log_reader.h), which has no text.  The slices
 * are borrowed. */
struct sighting {
    uint64_t     t; /* ms */
    bool         sent;
    struct slice node, transport, local, remote, first, call_id, cseq, text;
    size_t       order; /* set by ladder_init: its place in the array as it was given */
};

/* "INVITE", or "180 Ringing". */
struct slice sighting_label(const struct sighting *s);

struct arrow {
    uint64_t               sent_at, received_at; /* the other one's time if a side is not known */
    unsigned               from, to;             /* columns                     */
    bool                   lost;
    struct slice           label; /* "INVITE", "180 Ringing"     */
    const struct sighting *sighting;
};

struct ladder {
    struct slice *columns; /* names, in order of appearance */
    unsigned      column_count;
    struct arrow *arrows; /* in the order in which things happened */
    size_t        count;
};

/* Borrows the sightings (in any order; they are sorted by time) and their text for
 * as long as the ladder lives.  0 or -ERR_NO_MEMORY. */
int  ladder_init(struct ladder *l, struct sighting *sightings, size_t count);
void ladder_fini(struct ladder *l);

enum ladder_style { LADDER_UNICODE, LADDER_ASCII };

/* The head line with the names, and the line of one arrow, each with its LF.  `b`
 * overflows if there are too many columns for it. */
void ladder_write_head(struct buf *b, const struct ladder *l);
void ladder_write_arrow(struct buf *b, const struct ladder *l, size_t i, enum ladder_style style);

#endif
