/* SPDX-License-Identifier: BSD-2-Clause */
/* multipart.h - a body of several parts, walked part by part (RFC 2046 5.1, RFC 5621 3, 4).
 *
 *     preamble: nobody's
 *     --simple                            the boundary of Content-Type, behind two hyphens
 *     Content-Type: application/sdp       headers of the part; none: text/plain
 *
 *     v=0 ...                             its content, up to the line end before the delimiter
 *     --simple
 *     ...
 *     --simple--                          the last delimiter: what stands behind is nobody's
 *
 * A line that only begins as the delimiter does is content: parts within parts may
 * have boundaries that begin with the outer one's.  Lines end with CRLF, or LF. */

#ifndef SIP_MULTIPART_H
#define SIP_MULTIPART_H

#include "base/slice.h"

/* A body, or a part of one. */
struct body_part {
    struct slice type;        /* Content-Type with its parameters; empty: there is none   */
    struct slice disposition; /* "session", "render": as written, else what the type has  */
    bool         optional;    /* handling=optional: whoever does not understand it passes it over */
    bool         encoded;     /* in a Content-Encoding or Content-Transfer-Encoding that must be undone */
    struct slice id;          /* Content-ID, without its brackets; or empty               */
    struct slice content;
};

struct multipart {
    struct slice boundary;
    const char  *at, *end; /* from where the next delimiter is looked for */
    bool         broken;   /* the walk ended at what is no multipart body */
};

/* What kind of multipart does this Content-Type say?  False: none, or without a boundary
 * as RFC 2046 5.1.1 wants it. */
bool multipart_kind(struct slice type, struct slice *kind, struct slice *boundary);

/* RFC 2387 3.2: which part of a multipart/related body is its root: the Content-ID, without its brackets.
 * Empty: the first one. */
struct slice multipart_root(struct slice type);

/* Walk the parts of `content`; borrows both.
 *
 *     struct multipart m = multipart_begin(boundary, content);
 *     while (multipart_next(&m, &part)) ...
 *
 * Then `m.broken` tells whether it ended at something else than its last delimiter: a
 * delimiter that is missing, headers that cannot be read or stand there twice. */
struct multipart multipart_begin(struct slice boundary, struct slice content);
bool             multipart_next(struct multipart *m, struct body_part *part);

/* "type/subtype", any case, whatever parameters stand behind it. */
bool content_type_is(struct slice value, struct slice type);
/* RFC 3261 20.11: session for application/sdp, render for everything else. */
struct slice content_disposition_of(struct slice type);
/* The value of a Content-Disposition; *part keeps what it had if it cannot be read. */
void content_read_disposition(struct slice value, struct body_part *part);

/* Does this Content-Transfer-Encoding leave all as it is (RFC 2045 6.2)? */
bool content_is_plain(struct slice transfer_encoding);

#endif
