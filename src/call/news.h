/* SPDX-License-Identifier: BSD-2-Clause */
/* news.h - events that carry something: a text that came, the outcome of one that went, what a NOTIFY says.
 *
 * Accounts and calls note their events in a set; these wait in a queue, in the order in which they came, and
 * are told by the same timer.  What arrives is refused when the queue is full; what the phone owes its user has its
 * place reserved: the news of a text that is being sent is part of that text.  Not for anybody but call/. */

#ifndef CALL_NEWS_H
#define CALL_NEWS_H

#include "call/state.h"

struct news {
    struct link        link;
    struct phone_event event;
    struct message    *held;  /* what the slices of the event point into, or NULL */
    struct arena       arena; /* the others are copied here                       */
    void (*free)(struct news *n);
};

/* One of its own memory, which holds `m` (or NULL): fill its event and tell it, or news_drop.  NULL at the limit or
 * without memory. */
struct news *news_new(struct phone *p, enum phone_event_kind kind, struct message *m);
void         news_drop(struct news *n);

/* A part of something else: `free` is called once it has been told. */
void news_init(struct news *n, void (*free)(struct news *n));
void news_fini(struct news *n);

/* Who it is from or for; without memory the name is left out. */
void news_peer(struct news *n, const struct name_addr *peer);

/* It is told when the turn is over. */
void news_tell(struct phone *p, struct news *n);

/* phone.c: tell all that wait; forget them. */
void news_flush(struct phone *p);
void news_clear(struct phone *p);

#endif
