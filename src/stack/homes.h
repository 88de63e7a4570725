/* SPDX-License-Identifier: BSD-2-Clause */
/* homes.h - which worker acts on the messages of a call, and how that changes while calls are under way.
 *
 *     gathered   the first worker is home to all calls        a cell: some of all Call-IDs, by a keyed hash; what
 *     spread     worker (cell % workers) is                   belongs to one call is in one cell
 *
 * A change touches no call.  For each cell it makes one worker the former home and another the next:
 *
 *     has the former home adopted the change?   no: a message goes to the former home
 *     does anything of the cell live there?     yes: the same.  no: it goes to the next one
 *
 * Who has adopted a change opens nothing in a cell of which nothing lives with him and of which he is the former home.
 * So what others read there as empty, after they have seen that he has adopted, stays empty until the next change: they
 * need not ask him.  And so never two workers have parts of one cell, which would take that one opens while something
 * lives at the other:
 *
 *   - the next home opens only when it has seen the former one adopt, and then read its cell as empty: which is final;
 *   - the former home opens after it has adopted only where something lives with it, and until then only it does;
 *   - who acts by a change that is over already (he was held between reading and opening) has not adopted the later
 *     one, for which he is the former home, so nobody else opens there before he has; or is its next home, and what he
 *     read as empty is still empty: the other opens there only after having seen him adopt.
 *
 * Two messages of a new call that arrive at two workers are sent by each to the home it sees.  Whoever gets one asks
 * again before he acts, and hands it on to where it belongs by then.  What lives is a server transaction, asleep or
 * awake: all else that is kept of a call (what is forwarded, what waits for an answer of ENUM or of the store, copies
 * that came by another way) goes with one.
 *
 * Cells are many, so that a new call seldom meets another one in its own: of the transactions that sleep at one busy
 * worker about one is in each, so those of the former home empty within a minute or two.
 *
 * Only the first worker changes, only each worker adopts and opens for itself; any thread may look. */

#ifndef STACK_HOMES_H
#define STACK_HOMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct homes;

enum {
    HOMES_CELLS = 1 << 20,
    HOMES_MOST  = 255, /* so many in one cell are not counted any more: they stay where they are */
};

/* Spread.  NULL without memory. */
struct homes *homes_new(unsigned workers);
void          homes_free(struct homes *h);
/* Bytes of memory. */
size_t homes_size(void);

static inline uint32_t homes_cell(uint64_t hash)
{
    return (uint32_t)hash & (HOMES_CELLS - 1);
}

/* As it seems from outside. */
unsigned homes_look(const struct homes *h, uint32_t cell);
/* Worker `me` is about to act on a request: is it to, or who is?  It adopts what has changed. */
unsigned homes_decide(struct homes *h, unsigned me, uint32_t cell);
void     homes_adopt(struct homes *h, unsigned me);

/* Something of this cell begins to live with `me`, and ends. */
void homes_enter(struct homes *h, unsigned me, uint32_t cell);
void homes_leave(struct homes *h, unsigned me, uint32_t cell);

/* The first worker's own. */
void homes_change(struct homes *h, bool spread);
bool homes_are_spread(const struct homes *h);
/* Has it ever been changed? */
bool homes_have_changed(const struct homes *h);

#endif
