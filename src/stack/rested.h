/* SPDX-License-Identifier: BSD-2-Clause */
/* rested.h - servers that have just failed: they are tried last for a while (RFC 3263
 * 4.3, RFC 3261 21.5.4), so that not every request finds out anew.
 *
 * A target that fails rests for `rest`, for twice as long if it fails again when it
 * has hardly come back, up to REST_MAX; any response from it ends that.  Nothing is left
 * out: if all targets rest, all are tried in their order.
 *
 * One table for the workers of a process, of a fixed size: where it is full, the
 * rest that ends first is forgotten.  Times are those of the monotonic clock, which all
 * workers share.  All functions may be called from any thread. */

#ifndef STACK_RESTED_H
#define STACK_RESTED_H

#include "base/msec.h"
#include "base/siphash.h"
#include "locate/targets.h"

struct rested;

enum { REST_MAX = 300000 /* ms */, RESTED_SETS = 64, RESTED_WAYS = 4 };

/* Copies the key.  NULL without memory. */
struct rested *rested_new(const struct hash_key *key);
void           rested_free(struct rested *r);

/* `target` has failed: the first time it rests for `rest` ms.  Returns how long it rests
 * from now on, or 0 if it rested already (two workers may find out together). */
msec rested_add(struct rested *r, const struct target *target, msec rest, msec now);
/* It asked to be left alone for so long (503 with Retry-After); at most REST_MAX. */
msec rested_add_for(struct rested *r, const struct target *target, msec rest, msec now);
/* It answers.  True if it was known to have failed. */
bool rested_clear(struct rested *r, const struct target *target);

/* Those that rest go behind those that do not; else the order stays. */
void rested_order(struct rested *r, struct target *list, unsigned count, msec now);

/* How many have failed and not answered since. */
unsigned rested_count(const struct rested *r);

#endif
