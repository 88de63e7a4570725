/* SPDX-License-Identifier: BSD-2-Clause */
/* list.h - doubly linked lists threaded through their members.
 *
 * A list is a ring around its head.  A link that is zeroed or unlinked belongs
 * to no list, and list_unlink of it does nothing. */

#ifndef BASE_LIST_H
#define BASE_LIST_H

#include "base/slice.h"

struct link {
    struct link *next, *prev;
};

static inline void list_init(struct link *head)
{
    head->next = head->prev = head;
}

static inline bool list_empty(const struct link *head)
{
    return head->next == head;
}

static inline bool link_in_list(const struct link *l)
{
    return l->next != NULL;
}

static inline void list_append(struct link *head, struct link *l)
{
    l->prev          = head->prev;
    l->next          = head;
    head->prev->next = l;
    head->prev       = l;
}

static inline void list_unlink(struct link *l)
{
    if (l->next == NULL)
        return;
    l->prev->next = l->next;
    l->next->prev = l->prev;
    l->next = l->prev = NULL;
}

/* The first link taken out of the list, or NULL. */
static inline struct link *list_shift(struct link *head)
{
    struct link *l = head->next;

    if (l == head)
        return NULL;
    list_unlink(l);
    return l;
}

/* All of `from` behind what is in `to`; `from` is empty then. */
static inline void list_move(struct link *from, struct link *to)
{
    if (list_empty(from))
        return;
    from->next->prev = to->prev;
    to->prev->next   = from->next;
    from->prev->next = to;
    to->prev         = from->prev;
    list_init(from);
}

/* `l` must not be unlinked in the body; the SAFE form allows it. */
#define LIST_EACH(l, head) for (struct link *l = (head)->next; l != (head); l = l->next)
#define LIST_EACH_SAFE(l, head)                                                                                        \
    for (struct link *l = (head)->next, *l##_next = l->next; l != (head); l = l##_next, l##_next = l->next)

#endif
