/* SPDX-License-Identifier: BSD-2-Clause */
/* name_cache.h - what the DNS has said, for as long as it said; and what is
 * being asked, so that it is asked once.
 *
 * An entry is found by name and type.  While somebody holds it, it stays; at
 * CACHE_ENTRIES the one that has been unused for longest makes room. */

#ifndef NET_NAME_CACHE_H
#define NET_NAME_CACHE_H

#include "base/list.h"
#include "base/msec.h"
#include "base/random.h"
#include "base/table.h"
#include "net/dns_answer.h"

enum { CACHE_ENTRIES = 1024, CACHE_NAME = 256 };

struct name_entry {
    struct table_link  in_table;
    struct link        age; /* the least recently used first */
    struct name_cache *cache;
    unsigned           holders;
    bool               listed; /* in the table; else it goes with its last holder */
    bool               asking; /* the answer is still to come                     */
    msec               expires;
    struct link        waiters; /* of its user, net/resolver.c */
    size_t             size;    /* bytes, as name_cache.bytes has them */
    struct arena       arena;
    struct dns_answer  answer;
    enum record_type   type;
    char               name[CACHE_NAME]; /* ends with NUL */
};

struct name_cache {
    struct table    table;
    struct link     ages;
    struct hash_key key;
    size_t          count; /* entries listed */
    size_t          bytes; /* of all entries, with their answers */
};

/* Returns 0 or -ERR_NO_MEMORY. */
int name_cache_init(struct name_cache *c, const struct random *random);
/* Nobody may hold an entry any more. */
void name_cache_fini(struct name_cache *c);

/* A fresh entry, or one that is being asked for, held; or NULL. */
struct name_entry *name_cache_find(struct name_cache *c, struct slice name, enum record_type type, msec now);

/* A new one, held, `asking`; `listed` as said.  NULL if all entries are held or
 * memory is short.  `name` is shorter than CACHE_NAME. */
struct name_entry *name_cache_add(struct name_cache *c, struct slice name, enum record_type type, bool listed);

/* The answer is there.  One that must not be repeated is not found again. */
void name_entry_settle(struct name_entry *e, msec now);

void name_entry_hold(struct name_entry *e);
void name_entry_drop(struct name_entry *e);

#endif
