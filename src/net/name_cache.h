/* SPDX-License-Identifier: BSD-2-Clause */
/* name_cache.h - what the DNS has said, for as long as it said; shared by all
 * workers of a process.
 *
 *     worker 0, its resolver --+                       +-- shard 0: mutex, table, ages
 *     worker 1, its resolver --+--> struct name_cache --+-- shard 1
 *                              +                       +-- ...
 *
 * Answers are copied in and out, so nobody holds what another may throw away, and a
 * mutex is held for one look into a table.  At the limit of entries, or of bytes, the
 * entry that has been unused for longest makes room, in its shard.
 *
 * What is being asked is each resolver's own affair: two workers may ask the same
 * question at the same time, and the later answer replaces the earlier one. */

#ifndef NET_NAME_CACHE_H
#define NET_NAME_CACHE_H

#include "base/budget.h"
#include "base/msec.h"
#include "base/random.h"
#include "net/dns_answer.h"

enum {
    NAME_CACHE_ENTRIES     = 4096, /* unless told otherwise                   */
    NAME_CACHE_SHARDS      = 16,
    NAME_CACHE_ENTRY_BYTES = 1024, /* of an entry, on an average of its shard */
};

struct name_cache;

/* For `entries` answers, 0: NAME_CACHE_ENTRIES; never fewer than one for each shard.
 * `budget`, which is borrowed and may be NULL, accounts for them under "names".  NULL
 * without memory. */
struct name_cache *name_cache_new(size_t entries, const struct random *random, struct budget *budget);
void               name_cache_free(struct name_cache *c); /* NULL is fine */

/* The following from any thread. */

/* What is known and still true at `now`, copied into `arena`; its TTLs are what is left
 * of them.  False if nothing is known, or without memory. */
bool name_cache_get(struct name_cache *c, struct slice name, enum record_type type, msec now, struct arena *arena,
                    struct dns_answer *out);
/* Keep a copy for `answer->ttl` seconds, in place of what was known.  Not kept is one that
 * must not be repeated (ttl 0), that is larger than a shard, or for which there is no memory. */
void name_cache_put(struct name_cache *c, struct slice name, enum record_type type, msec now,
                    const struct dns_answer *answer);
/* All of it: what it was learnt from has changed. */
void name_cache_forget(struct name_cache *c);

size_t name_cache_count(struct name_cache *c);
size_t name_cache_bytes(struct name_cache *c);

#endif
