/* SPDX-License-Identifier: BSD-2-Clause */
/* lives_on.h - the calls that live in another cell (stack/homes.h) than the hash of their
 * Call-ID says.
 *
 * There are few, or none: an INVITE with Replaces or Join lives where the call does
 * that it names, and moves with it.  An entry lasts LIVES_ON ms from the last message of its call.  All
 * functions may be called from any thread; while there is no entry a look costs one
 * load. */

#ifndef STACK_LIVES_ON_H
#define STACK_LIVES_ON_H

#include "base/accounts.h"
#include "base/msec.h"
#include "base/siphash.h"

struct lives_on;

enum {
    LIVES_ON         = 3600000, /* ms */
    LIVES_ON_LIMIT   = 65536,   /* entries */
    LIVES_ON_CALL_ID = 512,     /* bytes: so much of a stranger's is kept */
};

/* Copies the key.  NULL without memory. */
struct lives_on *lives_on_new(const struct hash_key *key);
void             lives_on_free(struct lives_on *l);
/* Account for what is in it in `b`, which it borrows; before there is anything. */
void lives_on_account(struct lives_on *l, struct budget *b);

/* True and `*cell` if there is an entry. */
bool lives_on_find(struct lives_on *l, struct slice call_id, uint32_t *cell);

/* Make an entry, or move it, until `now` + LIVES_ON.  Returns 0, -ERR_LIMIT (of entries,
 * or of the Call-ID's length) or -ERR_NO_MEMORY. */
int lives_on_put(struct lives_on *l, struct slice call_id, uint32_t cell, msec now);

/* A message of this call has been seen. */
void lives_on_touch(struct lives_on *l, struct slice call_id, msec now);

size_t lives_on_count(const struct lives_on *l);

#endif
