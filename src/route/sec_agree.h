/* SPDX-License-Identifier: BSD-2-Clause */
/* sec_agree.h - how a phone and its first hop agree on what protects them (RFC 3329), so
 * that nobody between them can make them take the weaker of two ways.
 *
 *     Require: sec-agree                       494, Security-Server: tls;q=0.9, digest...
 *     Security-Client: digest           -->
 *     Require: sec-agree
 *     Security-Verify: tls;q=0.9, digest... --> our list, unchanged: agreed
 *
 * Over TLS that is all.  Else what protects is digest, and the list itself is protected by
 * d-ver: the digest response with our list behind the digest-uri.  This file is the
 * calculation on lists; who checks d-ver has the password. */

#ifndef ROUTE_SEC_AGREE_H
#define ROUTE_SEC_AGREE_H

#include "sip/message.h"

enum sec_agreement {
    SEC_UNASKED,  /* nobody speaks of it                                                    */
    SEC_AGREED,   /* the list is ours, and the way is protected                             */
    SEC_BY_PROOF, /* the list is ours, if the credentials and `digest_verify` prove it      */
    SEC_WANTED,   /* 494 with Security-Server                                               */
    SEC_BEHIND,   /* 502: there is a hop before us, and it should have seen to it (2.3.2)   */
};

/* What the server offers, with q values that differ (2.2). */
struct sec_offer {
    struct slice text;   /* the value of Security-Server, with single spaces */
    bool         digest; /* it is part of it                                 */
};

/* Read what `request` asks for.  `digest_verify` borrows from it. */
enum sec_agreement sec_agree_read(const struct message *request, const struct sec_offer *offer,
                                  struct slice *digest_verify);

#endif
