/* SPDX-License-Identifier: BSD-2-Clause */
/* resolver.h - names to records: the name servers are asked, we read, keep and share.
 *
 *   resolver_ask --> literal address, localhost, /etc/hosts ---+
 *        |--> cache of the process, still true ----------------+--> ready --(end of turn)--> fn
 *        |--> already being asked: wait with the others --+    |
 *        +--> name servers: 2 s, a second try of 4 s -----+----+--> cache
 *
 * No search domains: a name is what it says.  See net/local_name.h for what is
 * answered without a server.
 *
 * A question whose asker has gone is still answered, into the cache.  A failure is kept
 * too, for DNS_FAILURE seconds: a dead name server is not asked for each message.
 *
 * /etc/hosts and /etc/resolv.conf are looked at again, at most every RESOLVER_FILES ms
 * and only when something is asked; when one has changed, all that is kept is forgotten. */

#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include "net/dns_answer.h"
#include "net/loop.h"
#include "net/world.h"

struct name_cache;
struct resolver;

enum {
    RESOLVER_QUERIES = 16384, /* waiting at once, more: -ERR_LIMIT; open at the servers, more fail */
    RESOLVER_FILES   = 5000,  /* ms until the files may be looked at again    */
    RESOLVER_LINES   = 30000, /* ms from one line about failing servers to the next, by when they were asked */
};

enum dns_source { DNS_LOCAL, DNS_CACHE, DNS_SERVER };

/* What became of one question; its slices and records live until the callback returns. */
struct dns_report {
    struct slice             name;
    enum record_type         type;
    enum dns_source          source;
    const struct dns_answer *answer;
    unsigned                 timeouts; /* tries that met silence       */
    msec                     took;
};
typedef void dns_report_fn(void *owner, const struct dns_report *report);

struct resolver_options {
    const char        *servers;     /* "127.0.0.1:5353,[::1]:53"; NULL: those of /etc/resolv.conf */
    msec               timeout;     /* of the first try; 0: 2000                                  */
    size_t             query_limit; /* 0: RESOLVER_QUERIES                                        */
    struct name_cache *cache;       /* borrowed; NULL: one of its own                             */
    dns_report_fn     *on_report;   /* told of each question before its askers; NULL: nobody is   */
    void              *owner;       /* of on_report                                               */
};

/* Borrows `loop` and `w`.  NULL without memory or if `servers` makes no sense. */
struct resolver *resolver_new(struct loop *loop, struct world *w, const struct resolver_options *options);
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
