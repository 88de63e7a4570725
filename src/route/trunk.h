/* SPDX-License-Identifier: BSD-2-Clause */
/* trunk.h - neighbours who need no password: carriers, PBXs, other servers, known by where they send from or by
 * their certificate.
 *
 *     trunk "carrier" {
 *         address = {"192.0.2.0/24", "2001:db8::/32"}     one of these
 *         certificate = {"sip.carrier.example"}           and by TLS, as one of these, if any are given
 *         to = "sip:sip.carrier.example;transport=tls"    where routes send what is for "trunk:carrier"
 *         trusted = yes                                   it may speak in our users' names (RFC 3325)
 *         may_call = {"*.partner.example", "+49*"}        whom it reaches by way of us, besides our users
 *     }
 *
 * What a trunk may not: be relayed to who is not in may_call, and, unless trusted, be one of our users. */

#ifndef ROUTE_TRUNK_H
#define ROUTE_TRUNK_H

#include "base/prefix.h"
#include "sip/flow.h"
#include "sip/uri.h"

struct trunk {
    struct slice         name;
    unsigned             line; /* of the configuration */
    const struct prefix *networks;
    size_t               network_count;
    const struct slice  *certificates; /* SIP domains (RFC 5922) */
    size_t               certificate_count;
    struct slice         to; /* a sip or sips URI, or empty */
    bool                 trusted;
    const struct slice  *may_call;
    size_t               may_call_count;
};

/* Has the peer of `flow` proved to be this SIP domain? */
typedef bool trunk_proof_fn(void *arg, const struct flow *flow, struct slice domain);

/* The first that this flow comes from; NULL: none. */
const struct trunk *trunk_of_flow(const struct trunk *trunks, size_t count, const struct flow *flow,
                                  trunk_proof_fn *proves, void *arg);
/* The one with this name, or NULL. */
const struct trunk *trunk_by_name(const struct trunk *trunks, size_t count, struct slice name);
/* The first whose `to` has the host, or maddr, that this URI leads to, or whose networks hold it; NULL: none.  For what
 * is sent there. */
const struct trunk *trunk_of_uri(const struct trunk *trunks, size_t count, const struct uri *uri);

/* May it reach this URI by way of us?  `number` is that of the URI if it is we who say what becomes of it, else empty:
 * sip:+4930@other.test is what other.test makes of it. */
bool trunk_may_call(const struct trunk *t, const struct uri *uri, struct slice number);

#endif
