/* SPDX-License-Identifier: BSD-2-Clause */
/* post_world.h - a world with a clock that stands still, a seeded random source
 * and posts; no network.  For what needs no more: the store, users, the control
 * socket. */

#ifndef TEST_SUPPORT_POST_WORLD_H
#define TEST_SUPPORT_POST_WORLD_H

#include "net/world.h"

struct post_world;

struct post_world *post_world_new(void);
/* Runs what is still posted, then frees. */
void post_world_free(struct post_world *p);

struct world *post_world_of(struct post_world *p);
/* Milliseconds since 1970 from now on. */
void post_world_set_wall(struct post_world *p, uint64_t wall);
/* The next `count` posts are refused with -ERR_LIMIT. */
void post_world_refuse(struct post_world *p, unsigned count);

/* Run posted functions until `*flag`, at most 10 s of real time; false then. */
bool post_world_run_until(struct post_world *p, const bool *flag);
/* Run what is posted now. */
void post_world_drain(struct post_world *p);

#endif
