/* SPDX-License-Identifier: BSD-2-Clause */
/* resolver.h - names to records: c-ares asks, we read, keep and share.
 *
 *   resolver_ask --> literal address, localhost, /etc/hosts ---+
 *        |--> cache, fresh ------------------------------------+--> ready --(end of turn)--> fn
 *        |--> already being asked: wait with the others --+    |
 *        +--> c-ares: 2 s, a second try of 4 s -----------+----+
 *
 * No search domains: a name is what it says.  See net/local_name.h for what is
 * answered without a server.
 *
 * A question whose asker has gone is still answered, into the cache. */

#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include "net/loop.h"
#include "net/world.h"

struct resolver;

enum { RESOLVER_QUERIES = 16384 /* waiting at once; more: -ERR_LIMIT */ };

/* Borrows both.  `servers` is "127.0.0.1:5353,[::1]:53", or NULL for those of
 * /etc/resolv.conf; `timeout` is that of the first try, 0 for 2000 ms;
 * `query_limit` 0 is RESOLVER_QUERIES.  NULL
 * without memory or if `servers` makes no sense. */
struct resolver *resolver_new(struct loop *loop, struct world *w, const char *servers, msec timeout,
                              size_t query_limit);
/* Nobody is called. */
void resolver_free(struct resolver *r);

/* As world_resolve. */
int  resolver_ask(struct resolver *r, struct slice name, enum record_type type, resolve_fn *fn, void *owner,
                  struct query **out);
void query_cancel(struct query *q);

/* Hand out the answers that are ready. */
void resolver_deliver(struct resolver *r);
bool resolver_waiting(const struct resolver *r);

#endif
