/* SPDX-License-Identifier: BSD-2-Clause */
/* ban_list.h - the bans of a server (stack/bans.h) with what keeps them: the store, the
 * clock, and who decides on them, an administrator or what a source has done.
 *
 *     ahoy ban add ----> ban_list_add ---+--> bans (in force at once, for all workers)
 *     a scanner -------> ban_list_earn --+--> store (known after a restart)
 *     once a second ---> ban_list_tick      ends those whose time is over, closes connections
 *
 * A ban that the store does not take is in force all the same, until a restart. */

#ifndef SERVER_BAN_LIST_H
#define SERVER_BAN_LIST_H

#include "base/prefix.h"
#include "server/server.h"
#include "server/shared.h"
#include "stack/bans.h"

/* Called once: 0, or -ERR_X: it is in force, or not any more, but that could not be stored. */
typedef void ban_done_fn(void *arg, int error);

/* For so many ms of the wall clock, 0: for ever.  Returns 0, and `done` is called when it is in
 * the store; or -ERR_X, and is not: -ERR_LIMIT, there are too many bans, or changes that wait
 * for the disk; -ERR_EXISTS, the whole of it may not be banned, by key `allow`. */
int ban_list_add(struct server *s, const struct prefix *network, msec span, struct slice reason, ban_done_fn *done,
                 void *arg);
/* -ERR_NOT_FOUND: it is not banned. */
int ban_list_remove(struct server *s, const struct prefix *network, ban_done_fn *done, void *arg);

/* Those in force at `wall`, by ban_list_wall the present time; as bans_each. */
uint64_t ban_list_wall(const struct server *s);
void     ban_list_each(struct server *s, uint64_t wall, void (*fn)(void *arg, const struct ban *ban), void *arg);

/* `source` has earned one by what it did; `by_datagrams`: it may not have been its own doing.  The
 * second one follows within a day is twice as long, and so on. */
void ban_list_earn(struct server *s, const struct address *source, bool by_datagrams, const char *why);

/* At the start, for each that the store holds. */
int ban_list_loaded(struct shared *s, const struct stored_ban *b, uint64_t wall);
/* When all of them are there.  0 or -ERR_NO_MEMORY. */
int ban_list_begin(struct shared *s, uint64_t wall);

/* Once a second, of each worker: what a reload says of `allow` is heeded, too. */
void ban_list_tick(struct server *s);

#endif
