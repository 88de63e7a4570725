/* SPDX-License-Identifier: BSD-2-Clause */
/* load_ahead.h - bindings on their way from the store to the location, some at a time: when one is put
 * in, what it will want of the table has been asked of memory while those before it were.
 *
 *     put --> | 7 | 6 | 5 | 4 | 3 | 2 | 1 | --> take, in the order of putting
 *               ^ location_prefetch
 *
 * With a million bindings the table is larger than the caches; each binding would wait for it. */

#ifndef SERVER_LOAD_AHEAD_H
#define SERVER_LOAD_AHEAD_H

#include "server/location.h"
#include "store/store.h"

enum { LOAD_AHEAD = 16, LOAD_AHEAD_TEXT = 16384 };

/* Set `location`, `take` and `arg`; the rest is zero. */
struct load_ahead {
    const struct location *location;
    void (*take)(void *arg, const struct stored_binding *b);
    void                 *arg;
    struct stored_binding waiting[LOAD_AHEAD];
    size_t                count, used; /* used: bytes of `text` */
    char                  text[LOAD_AHEAD_TEXT];
};

/* Copies, but for what is longer than LOAD_AHEAD_TEXT, which is taken at once, behind all before it. */
void load_ahead_put(struct load_ahead *a, const struct stored_binding *b);
/* Take what still waits. */
void load_ahead_end(struct load_ahead *a);

#endif
