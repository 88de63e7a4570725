/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/id.h"

#include <stdlib.h>

enum { INDEX_BITS = ID_INDEX_BITS, MASK = ID_MASK, FIRST_SLOTS = 64 };

#define NO_SLOT UINT32_MAX

void id_table_init(struct id_table *t, uint8_t worker, enum id_kind kind, uint32_t limit)
{
    *t = (struct id_table){
        .first_free = NO_SLOT,
        .limit      = limit < MASK ? limit : MASK,
        .worker     = worker,
        .kind       = (uint8_t)kind,
    };
}

void id_table_fini(struct id_table *t)
{
    free(t->slots);
    t->slots      = NULL;
    t->slot_count = t->used = 0;
    t->first_free           = NO_SLOT;
}

static bool grow(struct id_table *t)
{
    uint32_t        count = t->slot_count == 0 ? FIRST_SLOTS : 2 * t->slot_count;
    struct id_slot *slots;

    if (count > t->limit)
        count = t->limit;
    if (count == t->slot_count || (slots = realloc(t->slots, count * sizeof *slots)) == NULL)
        return false;
    for (uint32_t i = count; i-- > t->slot_count;) {
        slots[i]      = (struct id_slot){ .generation = 1, .next_free = t->first_free };
        t->first_free = i;
    }
    t->slots      = slots;
    t->slot_count = count;
    return true;
}

void id_table_limit(struct id_table *t, uint32_t limit)
{
    t->limit = limit < MASK ? limit : MASK;
}

object_id id_add(struct id_table *t, void *object)
{
    struct id_slot *slot;
    uint32_t        index;

    if (t->used >= t->limit || (t->first_free == NO_SLOT && !grow(t)))
        return 0;
    index         = t->first_free;
    slot          = &t->slots[index];
    t->first_free = slot->next_free;
    slot->object  = object;
    t->used++;
    return (uint64_t)t->worker << 56 | (uint64_t)t->kind << 48 | (uint64_t)index << INDEX_BITS | slot->generation;
}

static void free_slot(struct id_table *t, struct id_slot *slot)
{
    slot->object     = NULL;
    slot->generation = slot->generation == MASK ? 1 : slot->generation + 1;
    slot->next_free  = t->first_free;
    t->first_free    = (uint32_t)(slot - t->slots);
    t->used--;
}

void id_remove(struct id_table *t, object_id id)
{
    struct id_slot *slot = id_slot_of(t, id);

    if (slot != NULL && slot->object != NULL)
        free_slot(t, slot);
}

void id_replace(struct id_table *t, object_id id, void *object)
{
    struct id_slot *slot = id_slot_of(t, id);

    if (slot != NULL && slot->object != NULL)
        slot->object = object;
}

void id_forget(struct id_table *t, const void *object)
{
    for (uint32_t i = 0; i < t->slot_count; i++)
        if (t->slots[i].object == object)
            free_slot(t, &t->slots[i]);
}
