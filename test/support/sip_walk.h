/* SPDX-License-Identifier: BSD-2-Clause */
/* sip_walk.h - what every message of a corpus, a fuzzer's too, must survive. */

#ifndef TEST_SUPPORT_SIP_WALK_H
#define TEST_SUPPORT_SIP_WALK_H

#include "sip/framer.h"
#include "sip/write.h"

/* Read all values of all headers with every typed accessor.  What they find in
 * the wrong header is nonsense; that they end and stay inside is the point. */
void sip_walk(const struct message *m);

/* Write `m` again from its parts: start line, names, values, body. */
void sip_rewrite(const struct message *m, struct gather *g);

/* Do both say the same?  Prints the first difference. */
bool sip_same(const struct message *a, const struct message *b);

/* Frame `text` byte by byte, each byte alone in memory.  Returns what came
 * first, FRAMER_MORE if nothing; a message is copied into `out` (of its own
 * capacity, empty before). */
enum framer_result sip_frame_bytewise(struct slice text, struct buf *out, struct parse_fault *fault);

#endif
