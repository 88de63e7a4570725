/* SPDX-License-Identifier: BSD-2-Clause */
/* forward.h - the copies that a proxy sends on: a request to one target
 * (RFC 3261 16.6), a response upstream (16.7).
 *
 * Header lines that we have no part in are borrowed from the received message as
 * they are, in their order, whether we could read them or not.  The stack adds
 * our Via and Record-Route. */

#ifndef ROUTE_FORWARD_H
#define ROUTE_FORWARD_H

#include "route/identity.h"
#include "route/proxy.h"

struct forward_target {
    struct slice      uri;    /* the Request-URI of the copy: way->uri.text, a contact, ...           */
    const struct uri *parsed; /* the same in its parts, from who has them; or NULL                   */
    struct slice      path;   /* Route values to go on top, a comma list: a binding's Path, a next
                               * hop "<sip:192.0.2.1;lr>"; may be empty                               */
    struct slice realm;       /* Proxy-Authorization for this realm is ours and ends here; or empty   */
    struct slice headers;     /* whole lines of its own, or empty                                     */
    bool         sec_agree;   /* sec-agree has been seen to, and ends here (RFC 3329 2.3.1) */
    uint32_t     breadth;     /* proxy_breadth(); 0: leave Max-Breadth as it is                       */

    struct identity_change identity; /* who has asked, and what is told of him */
};

struct forwarded {
    struct slice start_line;  /* with its CRLF                                    */
    struct uri   destination; /* what RFC 3263 is to resolve: topmost Route or Request-URI; sips if the latter is */
};

/* Put all headers but ours, and the body, into `g` (fresh from gather_init).
 * `out` and `g` borrow from request, routes, way and target, and `out` from `g`.
 * A strict router as the next hop is given what it wants (16.6 item 6).  Returns
 * 0, or the status to answer: 400 if the target or path cannot be read, 513 if
 * the copy is too large. */
unsigned forward_request(struct gather *g, const struct message *request, const struct proxy_routes *routes,
                         const struct proxy_way *way, const struct forward_target *target, struct forwarded *out);

/* Put a response into `g` without its topmost Via, with the challenges of the
 * `count` others after its own (16.7 items 3, 7 and 9), and what is told of who answers.  False if nothing would be
 * left of Via (the response was for us) or it is too large. */
bool forward_response(struct gather *g, const struct message *response, const struct message *const *others,
                      size_t count, const struct identity_change *identity);

#endif
