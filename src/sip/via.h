/* SPDX-License-Identifier: BSD-2-Clause */
/* via.h - the Via header field: one hop of a request's path (RFC 3261 20.42). */

#ifndef SIP_VIA_H
#define SIP_VIA_H

#include "base/buf.h"
#include "base/scan.h"
#include "sip/flow.h"

struct via {
    struct slice text;      /* the whole value as written                        */
    struct slice transport; /* "UDP", "TLS", ... as written                      */
    struct slice host;      /* sent-by host; an IPv6 address keeps its []        */
    struct slice branch;    /* transaction id; empty in an RFC 2543 request      */
    struct slice received;  /* received=192.0.2.1, else empty                    */
    struct slice maddr;
    uint32_t     ttl;         /* 0 if absent                                       */
    uint16_t     port;        /* sent-by port, host byte order; 0 if absent        */
    uint16_t     rport_value; /* rport=5061 in a response, else 0                  */
    bool         rport;       /* the sender asks for the source port, RFC 3581     */
    bool         alias;       /* its connection may be used the other way too, RFC 5923 */
};

/* RFC 3261 8.1.1.7: a branch that starts so is unique and names a transaction. */
#define BRANCH_COOKIE "z9hG4bK"

/* Read one Via value from the cursor; stop before the ',' that starts the next.
 *
 * The slices in `via` borrow the scanned text.  On failure the cursor rests on
 * the byte that did not fit, so `cursor - start` is the offset to report in a
 * 400 response; via->text then is what was good, and if via->host is not empty
 * that is enough to send this response. */
bool via_scan(struct scan *s, struct via *via);

/* A whole value as nearly every one is: "SIP/2.0/UDP host:port", and of parameters branch, rport and received.  False
 * for anything else, which may be a Via, too.  RUN_PAD bytes behind it may be looked at. */
bool via_usual(struct slice value, struct via *via);

/* The value with received= and rport= as RFC 3261 18.2.1 and RFC 3581 4 want
 * them for a request that came from `remote`: received if sent-by differs from
 * the source address or rport was asked for, rport filled in if asked for.
 * A received= that the sender wrote himself goes; parameters we do not know
 * stay. */
void via_write_received(struct buf *b, const struct via *via, const struct address *remote);

/* Where a response to this top Via of a request goes when it cannot use the
 * connection (RFC 3261 18.2.2, RFC 3581 4): false if only a host name is known,
 * which `host` then holds with `port`, 0 if none was written (so that SRV may be
 * asked, RFC 3263 5). */
bool via_response_address(const struct via *via, struct address *out, struct slice *host, uint16_t *port);

#endif
