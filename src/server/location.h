/* SPDX-License-Identifier: BSD-2-Clause */
/* location.h - where every user of our domains is: the bindings of all
 * addresses-of-record, in RAM (RFC 3261 10).
 *
 * The location owns AORs and bindings.  An AOR exists while it has a binding.
 * Pointers are valid until the turn ends or the binding is changed; who needs one
 * for longer copies what it needs.  A binding whose time is up is removed by the
 * wheel, not by a scan; `on_expired` hears of it just before. */

#ifndef SERVER_LOCATION_H
#define SERVER_LOCATION_H

#include "base/table.h"
#include "net/world.h"
#include "sip/flow.h"

struct location;
struct aor;

struct binding {
    struct link  link; /* in its AOR, oldest first                                  */
    struct timer expiry;
    struct aor  *aor;
    uint64_t     row;     /* its key in the store                                      */
    struct slice contact; /* the URI as registered                                     */
    struct slice params;  /* Contact parameters to give back, but expires and q        */
    struct slice call_id;
    struct slice user_agent;
    struct slice path;
    struct flow  flow; /* where its REGISTER came from                              */
    uint32_t     cseq;
    unsigned     q;           /* thousandths                                               */
    msec         expires_at;  /* monotonic: what was acknowledged                          */
    uint64_t     lease_until; /* wall clock ms: up to here the store needs no new write    */
    uint64_t     stored_by;   /* number of the change that last wrote it to the store       */
    char         memory[];    /* what the slices point to                                  */
};

typedef void location_expired_fn(void *owner, const struct binding *b);

/* At most `limit` bindings.  NULL without memory. */
struct location *location_new(struct world *w, size_t limit);
void             location_free(struct location *l);
/* Who hears of expired bindings; nobody does before. */
void location_on_expired(struct location *l, location_expired_fn *fn, void *owner);

/* By the canonical key (uri_write_aor); NULL if nobody is registered. */
struct aor  *location_find(const struct location *l, struct slice key);
struct slice aor_key(const struct aor *a);
unsigned     aor_count(const struct aor *a);

/* for (b = aor_first(a); b != NULL; b = aor_next(a, b)) */
struct binding *aor_first(const struct aor *a);
struct binding *aor_next(const struct aor *a, const struct binding *b);

/* May so many more be added? */
bool location_has_room(const struct location *l, size_t count);

/* Add a binding under `key`, or put `values` in the place of `replaces` (which is
 * freed; its row stays).  Copies all slices of `values`; row 0 takes a new one,
 * and only that is held to the limit: a row from the store was promised before.
 * NULL without memory or at the limit: then nothing has changed. */
struct binding *location_put(struct location *l, struct slice key, const struct binding *values,
                             struct binding *replaces);
/* The same binding for longer: no memory is taken. */
void location_refresh(struct location *l, struct binding *b, msec expires_at, uint32_t cseq);
void location_remove(struct location *l, struct binding *b);

size_t   location_count(const struct location *l); /* bindings */
uint64_t location_next_row(struct location *l);

/* All bindings, in no order; `fn` must not change the location. */
void location_each(struct location *l, void (*fn)(void *arg, const struct binding *b), void *arg);

#endif
