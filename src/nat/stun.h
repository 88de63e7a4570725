/* SPDX-License-Identifier: BSD-2-Clause */
/* stun.h - STUN Binding: "from where do you see me?" (RFC 5389; RFC 5626 8, RFC 8489).
 *
 *      0                   2                   4
 *     +--------------------+--------------------+--------------------+
 *     | 00 class and method| length of the rest | 21 12 A4 42        |
 *     +--------------------+--------------------+--------------------+
 *     | transaction id, 12 bytes: comes back in the response         |
 *     +--------------------------------------------------------------+
 *     | attributes: type 2, length 2, value, padded to 4 ...         |
 *
 * What a server needs that nobody logs in to: it looks at a request and says what to answer; and
 * what a phone needs to ask it.
 * The answer is small, goes where the request came from, and nothing is remembered. */

#ifndef NAT_STUN_H
#define NAT_STUN_H

#include "base/address.h"
#include "base/buf.h"

enum { STUN_HEAD = 20, STUN_TRANSACTION = 12, STUN_UNKNOWN = 8, STUN_REQUEST_MAX = 1024, STUN_ANSWER_MAX = 128 };

enum stun_verdict {
    STUN_DROP,    /* no STUN, or nothing that is to be answered: silence (RFC 5389 7.3, 7.3.2) */
    STUN_BINDING, /* stun_write_success                                                        */
    STUN_REFUSE,  /* it wants what we do not know: stun_write_unknown, a 420 (7.3.1)           */
};

struct stun_request {
    char     transaction[STUN_TRANSACTION];
    bool     fingerprint; /* the answer has one too (8)                        */
    uint16_t unknown[STUN_UNKNOWN];
    unsigned unknown_count; /* the first of them, if there are more            */
};

/* Could a datagram that begins so be STUN?  No message of SIP begins with such a byte (RFC 5626 8). */
static inline bool stun_is_it(struct slice bytes)
{
    return bytes.len > 0 && (unsigned char)bytes.ptr[0] <= 1;
}

/* Read a datagram.  A FINGERPRINT that is there has to be right.  Longer than STUN_REQUEST_MAX is dropped. */
enum stun_verdict stun_read_request(struct slice bytes, struct stun_request *out);

/* The answers; STUN_ANSWER_MAX bytes are enough for either. */
void stun_write_success(struct buf *b, const struct stun_request *request, const struct address *mapped);
void stun_write_unknown(struct buf *b, const struct stun_request *request);

/* ---- who asks ---- */

/* A request; STUN_ANSWER_MAX bytes are enough. */
void stun_write_request(struct buf *b, const char transaction[STUN_TRANSACTION]);

enum stun_reply {
    STUN_STRANGE, /* no answer to this request, or a broken one */
    STUN_SEEN,    /* `mapped` is where we were seen             */
    STUN_REFUSED, /* an error: whoever answers is alive, but will not say */
};

/* Read a datagram as the answer to the request of this transaction. */
enum stun_reply stun_read_reply(struct slice bytes, const char transaction[STUN_TRANSACTION], struct address *mapped);

#endif
