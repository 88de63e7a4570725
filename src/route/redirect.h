/* SPDX-License-Identifier: BSD-2-Clause */
/* redirect.h - whom a redirect server sends elsewhere, and where to (RFC 3261 8.3, 21.3).
 *
 *     redirect "carol@example.com" { status = 301  to = "sip:carol@example.net" }
 *     redirect "old.example"       { to = {"<sip:a.example>;q=0.7", "<sip:b.example>;q=0.3"} }
 *
 * A user's own rule goes before that of his domain; of domains, the one that fits best (destination_fit). */

#ifndef ROUTE_REDIRECT_H
#define ROUTE_REDIRECT_H

#include "sip/message.h"

enum { REDIRECT_CONTACTS = 16 }; /* of one rule */

struct redirect_rule {
    struct slice        user;   /* empty: everybody in the domain      */
    struct slice        domain; /* a pattern, as of a route            */
    unsigned            status; /* 300, 301, 302, 305 or 380           */
    const struct slice *to;     /* each as redirect_contact_parse likes it */
    size_t              to_count;
    struct slice        body_type, body; /* of a 380: what there is instead (21.3.5); or empty */
    unsigned            line;            /* of the configuration                               */
};

struct redirect_contact {
    struct uri uri;
    unsigned   q; /* thousandths */
};

/* "URI", or "<URI>;q=0.5", of any scheme.  Borrows. */
bool redirect_contact_parse(struct slice text, struct redirect_contact *out);

/* "carol@example.com" or "example.com" into user and domain.  False if the user is none. */
bool redirect_title_parse(struct slice title, struct slice *user, struct slice *domain);

/* The rule for this URI, or NULL. */
const struct redirect_rule *redirect_find(const struct redirect_rule *rules, size_t count, const struct uri *uri);

/* The URI of a Contact for who has asked for `asked`: a sip or sips URI without a user part takes his. */
void redirect_write_uri(struct buf *b, const struct uri *contact, const struct uri *asked);

/* Where each contact of the rule goes, the highest q first: `out` has room for REDIRECT_CONTACTS.  How many there are.
 */
size_t redirect_contacts(const struct redirect_rule *rule, struct redirect_contact out[]);

#endif
