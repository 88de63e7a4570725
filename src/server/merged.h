/* SPDX-License-Identifier: BSD-2-Clause */
/* merged.h - which REGISTERs came another way already (RFC 3261 8.2.2.2).
 *
 * A request that was forked on its way comes once for each branch, in as many transactions, with the same
 * From tag, Call-ID and CSeq.  The first is carried out.  The table is small and forgets: of two that
 * meet in one slot it knows the later one.  Who is not recognised here is refused for his CSeq. */

#ifndef SERVER_MERGED_H
#define SERVER_MERGED_H

#include "base/siphash.h"
#include "sip/message.h"
#include "stack/stack.h"

enum { MERGED_SLOTS = 4096 };

struct merged {
    struct merged_slot {
        uint64_t  mark;
        object_id txn;
    } slots[MERGED_SLOTS]; /* zeroed by its owner */
};

/* What its copies have in common, or 0 if it belongs to a dialog. */
uint64_t merged_mark(const struct hash_key *key, const struct message *request);
/* The request of `txn` is being carried out.  One that is begun is noted once. */
void merged_note(struct merged *m, uint64_t mark, object_id txn);
/* Is it that of another transaction which is not over? */
bool merged_is_known(const struct merged *m, const struct stack *stack, uint64_t mark, object_id txn);

#endif
