/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/id.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 64, NO_SLOT = ID_SEGMENT_SLOTS, NO_SEGMENT = ID_SEGMENTS };

void id_table_init(struct id_table *t, uint8_t worker, enum id_kind kind, uint32_t limit)
{
    *t = (struct id_table){
        .idle   = NO_SEGMENT,
        .limit  = limit < ID_MASK ? limit : ID_MASK,
        .prefix = (uint16_t)(worker << 8 | (uint8_t)kind),
    };
}

void id_table_fini(struct id_table *t)
{
    for (uint32_t i = 0; i < t->segment_count; i++)
        free(t->segments[i].slots);
    free(t->segments);
    *t = (struct id_table){ .idle = NO_SEGMENT, .limit = t->limit, .prefix = t->prefix };
}

void id_table_limit(struct id_table *t, uint32_t limit)
{
    t->limit = limit < ID_MASK ? limit : ID_MASK;
}

/* ---- segments ---- */

static void set_open(struct id_table *t, uint32_t segment, bool open)
{
    uint64_t bit = UINT64_C(1) << segment % 64;

    t->open[segment / 64] = open ? t->open[segment / 64] | bit : t->open[segment / 64] & ~bit;
}

/* One more, that has no slots yet. */
static uint32_t add_segment(struct id_table *t)
{
    struct id_segment *segments;

    if (t->segment_count == ID_SEGMENTS)
        return NO_SEGMENT;
    segments = realloc(t->segments, (t->segment_count + 1) * sizeof *segments);
    if (segments == NULL)
        return NO_SEGMENT;
    segments[t->segment_count] = (struct id_segment){ .first_free = NO_SLOT };
    t->segments                = segments;
    set_open(t, t->segment_count, true);
    return t->segment_count++;
}

static uint32_t lowest_open(struct id_table *t)
{
    for (uint32_t i = 0; i < ID_SEGMENTS / 64; i++)
        if (t->open[i] != 0)
            return i * 64 + (uint32_t)__builtin_ctzll(t->open[i]);
    return add_segment(t);
}

static bool has_grown(struct id_segment *s)
{
    uint32_t        room  = s->room == 0 ? FIRST_SLOTS : 2 * s->room;
    struct id_slot *slots = realloc(s->slots, room * sizeof *slots);

    if (slots == NULL)
        return false;
    s->slots = slots;
    s->room  = room;
    return true;
}

/* A place in it that is free, or NO_SLOT without memory. */
static uint32_t take_place(struct id_segment *s)
{
    uint32_t place = s->first_free;

    if (place != NO_SLOT) {
        s->first_free = s->slots[place].next_free;
        return place;
    }
    if (s->begun == s->room && !has_grown(s))
        return NO_SLOT;
    s->slots[s->begun] = (struct id_slot){ .generation = s->passed + 1 };
    return s->begun++;
}

/* Its slots would begin anew: where half of all generations are used up they stay, so that none comes twice before all
 * others have. */
static void release(struct id_table *t, uint32_t segment)
{
    struct id_segment *s = &t->segments[segment];

    if (s->latest > ID_MASK / 2)
        return;
    free(s->slots);
    *s = (struct id_segment){ .first_free = NO_SLOT, .passed = s->latest, .latest = s->latest };
}

/* One that has become empty.  One of those is kept, the lowest: it will be needed first. */
static void note_idle(struct id_table *t, uint32_t segment)
{
    uint32_t other = t->idle;

    if (other == NO_SEGMENT || t->segments[other].used > 0 || other == segment) {
        t->idle = segment;
        return;
    }
    t->idle = segment < other ? segment : other;
    release(t, segment < other ? other : segment);
}

/* ---- ids ---- */

static object_id id_made(const struct id_table *t, uint32_t index)
{
    const struct id_segment *s = &t->segments[index >> ID_SEGMENT_BITS];

    return (uint64_t)t->prefix << 48 | (uint64_t)index << ID_INDEX_BITS | s->slots[index % ID_SEGMENT_SLOTS].generation;
}

object_id id_add(struct id_table *t, void *object)
{
    uint32_t           segment = t->used < t->limit ? lowest_open(t) : NO_SEGMENT, place;
    struct id_segment *s;

    if (segment == NO_SEGMENT)
        return 0;
    s     = &t->segments[segment];
    place = take_place(s);
    if (place == NO_SLOT)
        return 0;
    if (s->first_free == NO_SLOT && s->begun == ID_SEGMENT_SLOTS)
        set_open(t, segment, false);
    s->slots[place].object = object;
    s->used++;
    t->used++;
    return id_made(t, segment << ID_SEGMENT_BITS | place);
}

static void free_slot(struct id_table *t, uint32_t index)
{
    struct id_segment *s     = &t->segments[index >> ID_SEGMENT_BITS];
    uint32_t           place = index % ID_SEGMENT_SLOTS;
    struct id_slot    *slot  = &s->slots[place];

    if (slot->generation > s->latest)
        s->latest = slot->generation;
    slot->object     = NULL;
    slot->generation = slot->generation == ID_MASK ? 1 : slot->generation + 1;
    slot->next_free  = s->first_free;
    s->first_free    = place;
    set_open(t, index >> ID_SEGMENT_BITS, true);
    t->used--;
    if (--s->used == 0)
        note_idle(t, index >> ID_SEGMENT_BITS);
}

void id_remove(struct id_table *t, object_id id)
{
    struct id_slot *slot = id_slot_of(t, id);

    if (slot != NULL && slot->object != NULL)
        free_slot(t, id_index(id));
}

void id_replace(struct id_table *t, object_id id, void *object)
{
    struct id_slot *slot = id_slot_of(t, id);

    if (slot != NULL && slot->object != NULL)
        slot->object = object;
}

void *id_next(const struct id_table *t, uint32_t *at)
{
    for (uint32_t segment; (segment = *at >> ID_SEGMENT_BITS) < t->segment_count;) {
        const struct id_segment *s = &t->segments[segment];

        for (uint32_t place = *at % ID_SEGMENT_SLOTS; place < s->begun; place++)
            if (s->slots[place].object != NULL) {
                *at = (segment << ID_SEGMENT_BITS | place) + 1;
                return s->slots[place].object;
            }
        *at = (segment + 1) << ID_SEGMENT_BITS;
    }
    return NULL;
}

object_id id_of(const struct id_table *t, const void *object)
{
    const void *found;

    for (uint32_t at = 0; (found = id_next(t, &at)) != NULL;)
        if (found == object)
            return id_made(t, at - 1);
    return 0;
}

void id_forget(struct id_table *t, const void *object)
{
    id_remove(t, id_of(t, object));
}
