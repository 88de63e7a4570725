/* SPDX-License-Identifier: BSD-2-Clause */
/* id.h - 64-bit names for objects that someone else may look up later.
 *
 *   63      56 55      48 47              24 23               0
 *  +----------+----------+------------------+------------------+
 *  |  worker  |   kind   |      index       |    generation    |
 *  +----------+----------+------------------+------------------+
 *
 * The generation is never 0, so id 0 names nothing.  A slot that is freed and
 * used again has another generation: a stale id finds NULL, never a stranger. */

#ifndef BASE_ID_H
#define BASE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t object_id;

enum id_kind {
    ID_SERVER_TXN = 1,
    ID_CLIENT_TXN,
    ID_CONNECTION,
    ID_DIALOG,
    ID_CALL,
    ID_CONTEXT, /* a proxy's response context */
    ID_QUERY,
    ID_STORE_WAIT,
    ID_ACCOUNT, /* of a phone */
    ID_TEXT,
    ID_SUBSCRIPTION,
    ID_PUBLICATION,
    ID_REFERRAL, /* what somebody outside of any call wants */
};

/* Slots come in segments, and go when all of one are free: the lowest that has room is filled first, so that what
 * remains of many objects is together.  Private to id.c, as all of it. */
enum {
    ID_INDEX_BITS    = 24,
    ID_MASK          = (1 << ID_INDEX_BITS) - 1,
    ID_SEGMENT_BITS  = 16,
    ID_SEGMENT_SLOTS = 1 << ID_SEGMENT_BITS,
    ID_SEGMENTS      = 1 << (ID_INDEX_BITS - ID_SEGMENT_BITS),
};

struct id_slot {
    void    *object;
    uint32_t generation;
    uint32_t next_free; /* in its segment */
};

struct id_segment {
    struct id_slot *slots; /* NULL: it has gone, or has not come yet */
    uint32_t        room;  /* slots there is memory for */
    uint32_t        begun; /* those that have ever been used; what is behind them is not initialised */
    uint32_t        used, first_free;
    uint32_t        passed; /* no slot that comes again has a generation up to this one */
    uint32_t        latest; /* the highest generation among the slots */
};

struct id_table {
    struct id_segment *segments;
    uint32_t           segment_count, used, limit;
    uint32_t           idle;                   /* an empty segment that is kept, or ID_SEGMENTS */
    uint64_t           open[ID_SEGMENTS / 64]; /* a bit for each that has a free place */
    uint16_t           prefix;                 /* of all its ids: worker and kind */
};

/* No memory is taken until the first id_add; at most `limit` objects. */
void id_table_init(struct id_table *t, uint8_t worker, enum id_kind kind, uint32_t limit);
void id_table_fini(struct id_table *t);

/* From now on at most so many; those that are more stay. */
void id_table_limit(struct id_table *t, uint32_t limit);

/* Where an object stands among those of its table: for a struct hash_index. */
static inline uint32_t id_index(object_id id)
{
    return (uint32_t)(id >> ID_INDEX_BITS) & ID_MASK;
}

/* Private to id.c and id_find. */
static inline struct id_slot *id_slot_of(const struct id_table *t, object_id id)
{
    uint32_t                 index = id_index(id);
    uint32_t                 place = index % ID_SEGMENT_SLOTS;
    const struct id_segment *s;

    if (id >> 48 != t->prefix || index >> ID_SEGMENT_BITS >= t->segment_count)
        return NULL;
    s = &t->segments[index >> ID_SEGMENT_BITS];
    if (place >= s->begun)
        return NULL;
    return s->slots[place].generation == (uint32_t)(id & ID_MASK) ? &s->slots[place] : NULL;
}

/* NULL: it has gone, or was never here. */
static inline void *id_find(const struct id_table *t, object_id id)
{
    const struct id_slot *slot = id_slot_of(t, id);

    return slot == NULL ? NULL : slot->object;
}

/* Whatever stands there now, or NULL. */
static inline void *id_at(const struct id_table *t, uint32_t index)
{
    uint32_t place = index % ID_SEGMENT_SLOTS, segment = index >> ID_SEGMENT_BITS;

    return segment < t->segment_count && place < t->segments[segment].begun ? t->segments[segment].slots[place].object
                                                                            : NULL;
}

/* Returns 0 at the limit or without memory. */
object_id id_add(struct id_table *t, void *object);
void      id_remove(struct id_table *t, object_id id);
/* It names this object from now on; nothing if it names none. */
void id_replace(struct id_table *t, object_id id, void *object);
/* For an object that may not know its id any more, looking at every slot: what it is, or 0; and away with it. */
object_id id_of(const struct id_table *t, const void *object);
void      id_forget(struct id_table *t, const void *object);

/* Walk all objects, in no order; the one that was given may be removed meanwhile:
 *
 *     for (uint32_t at = 0; (object = id_next(&t, &at)) != NULL;) */
void *id_next(const struct id_table *t, uint32_t *at);

/* For a struct table of objects found by an id: the ids of objects that live
 * together differ in the index, and a table looks at the low bits. */
static inline uint64_t id_hash(object_id id)
{
    id *= 0x9e3779b97f4a7c15u;
    return id ^ id >> 32;
}

static inline enum id_kind id_kind(object_id id)
{
    return (enum id_kind)(id >> 48 & 0xff);
}

static inline uint8_t id_worker(object_id id)
{
    return (uint8_t)(id >> 56);
}

#endif
