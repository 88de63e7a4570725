/* SPDX-License-Identifier: BSD-2-Clause */
/* proxy.h - a request before it is forwarded: is it fit, and where does its own
 * Route send it (RFC 3261 16.3, 16.4; RFC 5393)?
 *
 * The order of calls: proxy_read_routes, whereupon the caller says which URIs
 * name this server; proxy_preprocess; policy.h decides; if that means forwarding,
 * proxy_validate, and forward.h writes the copy for each target. */

#ifndef ROUTE_PROXY_H
#define ROUTE_PROXY_H

#include "base/limits.h"
#include "base/siphash.h"
#include "route/reason.h"
#include "sip/message.h"
#include "sip/write.h"

/* May this request be forwarded (16.3 items 2-5)?  0, or the status to answer:
 * 416, 420 (add proxy_write_unsupported), 482, 483.  `key` is the one that
 * loop_mark_write is used with.  `sec_agree`: that extension is known (sec_agree.h). */
unsigned proxy_validate(const struct message *request, const struct hash_key *key, bool sec_agree, struct reason *why);

/* "Unsupported: ..." for the 420: all of Proxy-Require that is not known: known are sec-agree if it says so, and
 * privacy if it can be done (privacy.h). */
void proxy_write_unsupported(struct gather *g, const struct message *request, bool sec_agree);

/* The Route of a request, and what the caller must say about it. */
struct proxy_routes {
    struct name_addr value[LIMIT_ROUTE_SET];
    unsigned         count;
    struct slice     maddr; /* of the Request-URI, or empty */

    bool uri_is_us;              /* caller: the Request-URI's host and port are ours           */
    bool maddr_is_us;            /* caller: maddr is ours, and port and transport were the URI's */
    bool is_us[LIMIT_ROUTE_SET]; /* caller: host and port of value[i] are ours                 */
};

/* False if Route cannot be read or is longer than LIMIT_ROUTE_SET: 400.  The
 * caller's members are all false at first. */
bool proxy_read_routes(const struct message *request, struct proxy_routes *out);

/* The request as 16.4 leaves it. */
struct proxy_way {
    struct uri uri;         /* the Request-URI to go on with                                  */
    unsigned   first, last; /* what is left of the Route: value[first] .. value[last - 1]     */
    bool       own_route;   /* a value of ours was taken out                                  */
    struct uri own;         /* it; the last, if there were more: its user part is a token     */
    char       memory[512]; /* a Request-URI without its maddr                                */
};

/* Undo a strict router's rewriting, strip a maddr of ours, take our own values
 * from the top of the Route: all that stand together, for whether we wrote two because our
 * sides differ or the request came through us twice, each would only come back to us; the
 * last is of the side that the request goes to.  Borrows; `way` must not be moved.  False if the
 * Request-URI is too long to be rewritten: 414. */
bool proxy_preprocess(const struct message *request, const struct proxy_routes *routes, struct proxy_way *way);

/* RFC 5393 5.3: the Max-Breadth for each of `branches` parallel copies; 0 if the
 * request does not allow so many: 440. */
uint32_t proxy_breadth(const struct message *request, unsigned branches);

#endif
