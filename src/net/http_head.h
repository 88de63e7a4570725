/* SPDX-License-Identifier: BSD-2-Clause */
/* http_head.h - the head of an HTTP/1.1 message, read strictly (RFC 9112).
 *
 * Only as much of HTTP as opening a WebSocket needs: no bodies, no folded lines, no
 * bare LF, no version but 1.1.  What is strict here cannot be read in two ways by us
 * and by a proxy before us. */

#ifndef NET_HTTP_HEAD_H
#define NET_HTTP_HEAD_H

#include "base/slice.h"

enum {
    HTTP_HEAD_LIMIT = 8192, /* bytes of a head, with the empty line */
    HTTP_FIELDS     = 64,   /* fields in one                        */
};

struct http_field {
    struct slice name, value; /* the value without white space around it */
};

/* Borrows the text. */
struct http_head {
    struct slice      method, target; /* of a request  */
    unsigned          status;         /* of a response */
    struct http_field fields[HTTP_FIELDS];
    unsigned          count;
};

/* Where a head ends, empty line included, or 0 if it goes on.  The first `known`
 * bytes have been looked at before, without finding an end. */
size_t http_head_length(struct slice text, size_t known);

/* Can `text` still become a head?  It cannot with control characters or a bare LF:
 * TLS where HTTP should be is seen at its first byte. */
bool http_is_possible(struct slice text, size_t known);

/* A whole head.  Returns 0, or the status to answer it with: 400, 431 for too many
 * fields, 505 for another version of HTTP; then only the fields before the fault are there. */
unsigned http_parse_request(struct slice text, struct http_head *head);
bool     http_parse_response(struct slice text, struct http_head *head);

/* How often the field is there; `*value` is the first one's, or empty. */
unsigned http_find(const struct http_head *head, struct slice name, struct slice *value);
/* Does a comma list, over all fields of that name, hold `word`?  In any case if
 * `nocase`. */
bool http_list_has(const struct http_head *head, struct slice name, struct slice word, bool nocase);

#endif
