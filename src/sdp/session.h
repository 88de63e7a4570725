/* SPDX-License-Identifier: BSD-2-Clause */
/* session.h - a session description: parsed, kept whole, written again
 * (RFC 8866; RFC 4566 and what phones really send are understood).
 *
 *   v=0                                    \
 *   o=alice 2890844526 1 IN IP4 192.0.2.1   | session: origin, name, lines[]
 *   s=-                                     |
 *   c=IN IP4 192.0.2.1                      |
 *   t=0 0                                  /
 *   m=audio 49170 RTP/AVP 0 101            \  media[0]: kind, port, protocol, formats, lines[]
 *   a=rtpmap:101 telephone-event/8000      /
 *   m=video 0 RTP/AVP 31                      media[1]
 *
 * Nothing here knows audio: kind, protocol and formats are text.  Every line that
 * is not v=, o=, s= or m= stays in `lines` of its section in its order, known
 * or not, so that what is read can be written.  attribute.h reads the meaning of
 * a= lines; a malformed attribute is no fault of the description. */

#ifndef SDP_SESSION_H
#define SDP_SESSION_H

#include "base/address.h"
#include "base/arena.h"

enum {
    SDP_BYTES_MAX   = 65535,
    SDP_LINES_MAX   = 1024,
    SDP_MEDIA_MAX   = 32,
    SDP_FORMATS_MAX = 128, /* of one m= line */
};

struct sdp_line {
    char         type;        /* 'a', 'b', 'c', 'i', ...                                   */
    struct slice text;        /* all after the '='                                         */
    struct slice name, value; /* of a= and b=: before and after the first ':'; else empty  */
    bool         has_value;   /* "a=x:" has an empty one, "a=x" none                        */
};

struct sdp_origin { /* RFC 8866 5.2 */
    struct slice username, session_id, version, net_type, address_type, address;
};

struct sdp_connection { /* RFC 8866 5.7 */
    struct slice   net_type, address_type;
    struct slice   host;    /* as written, without "/ttl/count"                    */
    struct address address; /* FAMILY_NONE if `host` is a name; port 0             */
    uint8_t        ttl;     /* IPv4 multicast; 0 if absent                         */
    uint32_t       count;   /* of consecutive multicast addresses, 1 if not said   */
};

struct sdp_media {                           /* RFC 8866 5.14 */
    struct slice                 kind;       /* "audio", "video", "message", "application", ... */
    uint16_t                     port;       /* 0: rejected, or not wanted                      */
    uint32_t                     port_count; /* "/2", else 1                                    */
    struct slice                 protocol;   /* "RTP/AVP", "TCP/MSRP", ...                      */
    struct slice                *formats;    /* none only if the port is 0                      */
    size_t                       format_count;
    const struct sdp_connection *connection; /* its own first, else the session's, else NULL    */
    struct sdp_line             *lines;
    size_t                       line_count;
};

struct sdp {
    struct sdp_origin      origin;
    struct slice           name;       /* s=, may be empty                   */
    struct slice           time;       /* the first t=, "0 0" if there is none */
    struct sdp_connection *connection; /* of the session, or NULL            */
    struct sdp_line       *lines;
    size_t                 line_count;
    struct sdp_media      *media;
    size_t                 media_count;
};

struct sdp_fault {
    size_t      offset;   /* from the start of the text                                      */
    const char *expected; /* "a port number after m=", static; NULL: out of memory (or arena) */
};

/* Read a description that fills `text`; lines end with CRLF, LF or the end.  What
 * is tolerated: no s=, no t=, an empty s=, lines of a section in any order,
 * unknown lines, blanks at line ends and empty lines after the last.  What is not:
 * anything but v=0 first, a missing or second o=, a NUL, a session-level or media
 * c= that cannot be read, an active stream without format, over a limit above.
 *
 * Borrows `text`; lists come from `arena`, and both must outlive `*out`.  False:
 * `*fault` says what was expected where. */
bool sdp_parse(struct slice text, struct arena *arena, struct sdp *out, struct sdp_fault *fault);

/* The value of a c= line. */
bool sdp_connection_parse(struct slice text, struct sdp_connection *out, struct sdp_fault *fault);

/* Write it, in order, with CRLF; what must be there and is not is added (s=-,
 * t=0 0, a format).  Check with buf_ok(). */
void sdp_write(struct buf *b, const struct sdp *sdp);

bool sdp_connection_is_multicast(const struct sdp_connection *c);
bool sdp_connection_is_internet(const struct sdp_connection *c); /* IN, and IP4 or IP6: an address or a name */

/* "IN IP4 192.0.2.1": the form of o= and c= for an address. */
void sdp_write_address(struct buf *b, const struct address *a);

#endif
