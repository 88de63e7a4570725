/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/merged.h"

uint64_t merged_mark(const struct hash_key *key, const struct message *request)
{
    if (request->to_tag.len > 0)
        return 0;
    return siphash13_key(key, request->call_id, request->from_tag, request->cseq.number) | 1; /* a tag is a token */
}

static size_t slot_of(uint64_t mark)
{
    return (size_t)(mark >> 32) % MERGED_SLOTS;
}

void merged_note(struct merged *m, uint64_t mark, object_id txn)
{
    if (mark != 0)
        m->slots[slot_of(mark)] = (struct merged_slot){ mark, txn };
}

bool merged_is_known(const struct merged *m, const struct stack *stack, uint64_t mark, object_id txn)
{
    const struct merged_slot *slot = &m->slots[slot_of(mark)];

    return mark != 0 && slot->mark == mark && slot->txn != txn && stack_server_lives(stack, slot->txn);
}
