/* SPDX-License-Identifier: BSD-2-Clause */
/* websocket_upgrade.h - the opening handshake of a WebSocket for SIP, both sides
 * (RFC 6455 4, RFC 7118 4). */

#ifndef NET_WEBSOCKET_UPGRADE_H
#define NET_WEBSOCKET_UPGRADE_H

#include "base/buf.h"
#include "net/websocket.h"

enum {
    UPGRADE_ANSWER = 1024, /* more than any answer or request of ours needs */
    UPGRADE_NONCE  = 16,   /* bytes behind Sec-WebSocket-Key                */
    UPGRADE_HOST   = 300,  /* bytes of a host with its port                 */
};

/* Answer the head of a request, or the beginning of what is none, into `out`.
 * Returns 101, or the status it was refused with; `*why` is then a literal for the
 * log. */
unsigned upgrade_answer(struct slice head, const struct websocket_rules *rules, struct buf *out, const char **why);
/* The same where there is no head to look at: 400, 431. */
void upgrade_refuse(unsigned status, const char *why, struct buf *out);

/* The request of the other side.  `nonce` is UPGRADE_NONCE random bytes. */
void upgrade_ask(struct slice host, bool secure, const unsigned char *nonce, struct buf *out);
/* Does the head of the answer open the connection?  `*status` is what it says, 0 if it
 * is no HTTP; `*why` as above. */
bool upgrade_check(struct slice head, const unsigned char *nonce, unsigned *status, const char **why);

#endif
