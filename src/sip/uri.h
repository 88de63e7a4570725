/* SPDX-License-Identifier: BSD-2-Clause */
/* uri.h - SIP, SIPS and tel URIs; any other scheme is kept opaque
 * (RFC 3261 19.1, RFC 3966). */

#ifndef SIP_URI_H
#define SIP_URI_H

#include "base/buf.h"
#include "base/scan.h"
#include "sip/flow.h"

enum uri_scheme { URI_OTHER, URI_SIP, URI_SIPS, URI_TEL };

struct uri {
    enum uri_scheme scheme;
    struct slice    text; /* all of it, as written                                 */
    struct slice    scheme_text;
    struct slice    host;     /* IPv6 keeps its brackets; empty for tel and others     */
    struct slice    user;     /* escapes kept; tel: the number; empty without userinfo */
    struct slice    password; /* "alice:secret@": what stands after the colon          */
    struct slice    params;   /* ";transport=tcp;lr" with the first ';', or empty      */
    struct slice    headers;  /* "?subject=x" with the '?', or empty                   */
    uint16_t        port;     /* 0 if absent                                           */
    bool            has_user; /* an '@' was there, even after an empty user            */
};

/* Read a URI.  Inside <> everything up to the '>' belongs to it; in a bare
 * addr-spec (`bare`) it ends before the first ',', ';' or '?' (RFC 3261 20.10).
 * The slices borrow the scanned text.  On failure `uri` is unspecified and the
 * cursor rests on the byte that did not fit. */
bool uri_scan(struct scan *s, bool bare, struct uri *uri);
/* One not bare, behind which `stop` may stand too: the ' ' of a request line. */
bool uri_scan_before(struct scan *s, char stop, struct uri *uri);
/* All of `text` is one URI (a Request-URI, a command's argument). */
bool uri_parse(struct slice text, struct uri *uri);

/* A parameter by name, any case; "%6C%72" is found as "lr".  `value` keeps its
 * escapes and is empty for a flag such as "lr". */
bool uri_param(const struct uri *uri, struct slice name, struct slice *value);
/* Does a parameter stand twice (RFC 3261 19.1.1: none may), or are there more than 32? */
bool uri_repeats_param(const struct uri *uri);
/* transport=...; TRANSPORT_NONE if absent or unknown. */
enum transport uri_transport(const struct uri *uri);

/* RFC 3261 19.1.4, the only place where URIs are compared; tel by RFC 3966 4,
 * hosts that are addresses as binary.  A URI with more than LIMIT_LIST
 * parameters or headers equals none. */
bool uri_eq(const struct uri *a, const struct uri *b);

/* The canonical key of an address-of-record (RFC 3261 10.3 step 5): scheme,
 * unescaped user, lower-case host, no parameters, port only if not the default;
 * "sip:alice@example.test".  sips is filed under sip: one user, one key. */
void uri_write_aor(struct buf *b, const struct uri *uri);

/* %XX resolved. */
void uri_write_unescaped(struct buf *b, struct slice escaped);
/* Bytes that a user part may not hold are written as %XX. */
void uri_write_user(struct buf *b, struct slice user);

#endif
