/* SPDX-License-Identifier: BSD-2-Clause */
/* flow_token.h - a flow as the user part of a URI of ours: how an edge proxy tells the
 * registrar by which way a phone is reached (RFC 5626 5.2).
 *
 *     flow-  MAC  flow          16 hex digits, then the bytes of the flow in hex
 *
 * The MAC is under a key of this server's, which all workers have and the store keeps: nobody
 * else can make a token, or change one, and one that names two addresses (UDP) holds for as
 * long as the key does.  A stream is named by its connection, and what those are called holds for one life
 * of the process (`boot`): afterwards its token is stale.
 *
 * The bytes of the flow are also part of the tokens of dialogs (dialog_token.h). */

#ifndef ROUTE_FLOW_TOKEN_H
#define ROUTE_FLOW_TOKEN_H

#include "base/buf.h"
#include "base/scan.h"
#include "base/siphash.h"
#include "sip/flow.h"

struct token_key {
    struct hash_key key;
    uint32_t        boot;
};

enum { FLOW_TOKEN = 128 }; /* bytes of the longest, at most */

enum flow_token {
    FLOW_TOKEN_NONE,   /* it does not look like one                                        */
    FLOW_TOKEN_FORGED, /* it does, but we have not made it: 403 (RFC 5626 5.3.1)           */
    FLOW_TOKEN_STALE,  /* a stream of an earlier life: 430                                 */
    FLOW_TOKEN_GOOD,   /* whether the flow is still there shows when something goes by it  */
};

/* False, and nothing is written, for a flow that no token names: to a link-local address, or none. */
bool flow_token_write(struct buf *b, const struct flow *flow, const struct token_key *key);

/* `*flow` is set if it is GOOD. */
enum flow_token flow_token_read(struct slice user, const struct token_key *key, struct flow *flow);

/* ---- the parts, for the other tokens ---- */

enum { TOKEN_MAC = 16, FLOW_BYTES = 51 };

/* The flow in at most FLOW_BYTES bytes; false as above. */
bool flow_bytes_put(struct buf *b, const struct flow *flow, uint32_t boot);
/* What flow_bytes_put has written: GOOD, or STALE with no flow.  NONE, and the cursor is where it was, if
 * another version of us has. */
enum flow_token flow_bytes_take(struct scan *s, uint32_t boot, struct flow *flow);

/* The bytes that an even number of hex digits stand for; false if they do not, or are too many. */
bool token_take_hex(struct slice text, struct buf *bytes);

#endif
