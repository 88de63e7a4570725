/* SPDX-License-Identifier: BSD-2-Clause */
/* identity.h - who has sent a message, as those say who trust each other (RFC 3325).
 *
 *     from                        to a trusted neighbour     to a user of ours, a stranger
 *     a trusted neighbour         what he asserts            the same, unless it is to be kept private
 *     a user who has proved it    what we assert             the same, unless it is to be kept private
 *     anybody else                nothing                    nothing
 *
 * What the others assert is taken off, whatever it is; and so is P-Preferred-Identity, which is meant for the first
 * proxy only (6).  Strangers are told only if the configuration says so, or if the user does (Privacy: none, 7).
 * Responses are treated as requests are (5), but that nobody who answers has proved who he is.
 *
 * A trust domain is this server and the neighbours that are configured as trusted.  Phones are not of it, for nobody
 * can know what they do with what they are told; but they are told, as they belong to those who have an account. */

#ifndef ROUTE_IDENTITY_H
#define ROUTE_IDENTITY_H

#include "base/buf.h"
#include "sip/message.h"

enum identity_side {
    IDENTITY_STRANGER,
    IDENTITY_USER,    /* a user of ours, or a phone of his */
    IDENTITY_TRUSTED, /* a neighbour that is trusted       */
};

/* The values of P-Asserted-Identity or P-Preferred-Identity (9.1). */
struct identity_values {
    bool             has_sip, has_tel;
    struct name_addr sip, tel; /* the first sip or sips URI, the first tel URI  */
    bool             tidy;     /* there is nothing else, and all could be read  */
};

/* False if there is neither. */
bool identity_read(const struct message *m, enum header_id id, struct identity_values *out);

/* What is known of a message, once for all its copies; it borrows from the message. */
struct identity {
    const struct message *message;
    enum identity_side    from;
    struct slice          lines; /* whole lines: what is asserted; or empty */
    bool                  keep;  /* it is what stands in the message        */
};

enum { IDENTITY_TEXT = 1024 };

/* Somebody's message.  Of a trusted neighbour: as it asserts; if that is more than may be asserted (9.1), the first
 * of each kind is written to `text`, or nothing if there is no room. */
void identity_of(struct identity *i, const struct message *m, enum identity_side from, struct buf *text);

/* May an identity be asserted in such a request (RFC 3325 9.1, RFC 5876 4.1)? */
bool identity_may_be_asserted(const struct message *request);

/* A sip URI, and a telephone number ("+49301234", or empty), of the user who has proved himself: written to `text`,
 * and asserted from now on. */
void identity_assert(struct identity *i, struct slice sip, struct slice number, struct buf *text);

/* What is different in a copy. */
struct identity_change {
    bool         drop_asserted, drop_preferred; /* these headers are left out */
    bool         drop_privacy;                  /* and this option tag of Proxy-Require (RFC 3323 5) */
    struct slice lines[2];                      /* whole lines that it gets, or empty */
};

/* The copy for one side.  `strangers`: they are told, too, unless it is to be kept private.  `preferred`:
 * P-Preferred-Identity goes on, to the proxy that it is for. */
struct identity_change identity_change(const struct identity *i, enum identity_side to, bool strangers, bool preferred);

#endif
