/* SPDX-License-Identifier: BSD-2-Clause */
/* name_addr.h - "Alice" <sip:alice@example.test>;tag=1 : the form of From, To,
 * Contact, Route, Record-Route, Reply-To and others (RFC 3261 20.10, 25.1). */

#ifndef SIP_NAME_ADDR_H
#define SIP_NAME_ADDR_H

#include "sip/params.h"
#include "sip/uri.h"

struct name_addr {
    struct slice text;    /* the whole value as written                               */
    struct slice display; /* as written: a quoted-string keeps its quotes; may be ""  */
    struct uri   uri;
    struct slice params;    /* header parameters, ";tag=1" with the first ';', or empty */
    bool         bracketed; /* was written with <>                                      */
};

/* Read one value; stop before the ',' that starts the next.  Borrows.  On
 * failure `out` is unspecified and the cursor rests on the byte that did not
 * fit.  Display names without quotes may hold UTF-8. */
bool name_addr_scan(struct scan *s, struct name_addr *out);
/* The same for From and To: the first tag (empty if there is none) and how many there are are noted on the way. */
bool name_addr_scan_tag(struct scan *s, struct name_addr *out, struct slice *tag, unsigned *tags);

/* A whole value as nearly every From and To is: a name in quotes or none, a URI as nearly everyone writes it in <>, and
 * behind it nothing or a tag alone.  False for anything else, which may be an address, too.  RUN_PAD bytes behind it
 * may be looked at. */
bool name_addr_usual(struct slice value, struct name_addr *out, struct slice *tag);

/* A parameter of the header (not of the URI) by name, any case; a quoted value
 * comes without its quotes. */
bool name_addr_param(const struct name_addr *n, struct slice name, struct slice *value);

/* tag=..., or an empty slice.  False if there are two: other readers could take the other one (RFC 3261 7.3.1). */
bool name_addr_tag(const struct name_addr *n, struct slice *tag);

/* Contact (RFC 3261 20.10): expires in seconds, or `otherwise` if absent or not
 * a number; q in thousandths, 1000 if absent, false if malformed. */
uint32_t contact_expires(const struct name_addr *n, uint32_t otherwise);
bool     contact_q(const struct name_addr *n, unsigned *q);
/* The value of a q parameter. */
bool q_parse(struct slice text, unsigned *q);

#endif
