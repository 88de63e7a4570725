/* SPDX-License-Identifier: BSD-2-Clause */
/* binding_journal.h - the last changes of bindings, for `ahoy binding watch`: a subscriber of
 * binding_event.h that keeps what it is told, numbered, until newer ones need the room.
 *
 *     numbers   ... 4098 4099  4100  4101 ...      a reader asks for what is behind the
 *                  kept  kept  lost  kept           number it had last, and hears how many
 *                                                   it has missed
 *
 * Refreshes are kept only while somebody asks for them: they are nearly all that
 * happens, and nothing has changed by them. */

#ifndef SERVER_BINDING_JOURNAL_H
#define SERVER_BINDING_JOURNAL_H

#include "server/binding_event.h"

enum {
    BINDING_JOURNAL_ROOM    = 4096,
    BINDING_JOURNAL_LISTENS = 30000, /* ms; who wants refreshes asks again within it */
};

struct binding_journal;

/* Subscribes to `e`, which it borrows.  NULL without memory or above the limit of those. */
struct binding_journal *binding_journal_new(struct binding_events *e);
/* When no worker turns any more, before `e`. */
void binding_journal_free(struct binding_journal *j);

typedef void binding_journal_fn(void *arg, const struct binding_notice *n);

/* What came of reading. */
struct binding_page {
    uint64_t next;   /* the number to go on from                                        */
    uint64_t missed; /* that came after `since` and are not there any more, or never were */
};

/* Give `fn` up to `limit` that came after number `since`, in their order; it must not
 * call back.  A number that is still to come was another life's of the server: then, all
 * there are.  Any thread. */
struct binding_page binding_journal_read(struct binding_journal *j, uint64_t since, size_t limit,
                                         binding_journal_fn *fn, void *arg);
/* The newest number. */
uint64_t binding_journal_last(struct binding_journal *j);
/* Refreshes are wanted too for BINDING_JOURNAL_LISTENS from `wall` on (ms since 1970). */
void binding_journal_want_refreshes(struct binding_journal *j, uint64_t wall);

#endif
