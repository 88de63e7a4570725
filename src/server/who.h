/* SPDX-License-Identifier: BSD-2-Clause */
/* who.h - whom a URI means: the user of that name in a domain of ours, or whose alias it
 * is, be it another name or a telephone number (RFC 3261 10.3 step 5, RFC 3966). */

#ifndef SERVER_WHO_H
#define SERVER_WHO_H

#include "server/internal.h"

/* Found: `id` is the user.  Unknown: `id` is the name as it is in the URI if that is in a
 * domain of ours, else empty.  A sip URI with user=phone is looked for as a name first,
 * then as a number.  `uri` need not be ours. */
enum user_state who_is(struct server *s, const struct uri *uri, struct user_id *id);
/* The same where it is known in which domain of ours the URI is; empty: in none, or a number. */
enum user_state who_is_in(struct server *s, const struct uri *uri, struct slice domain, struct user_id *id);

/* The name as it stands in the URI, whether or not there is such a user: `id` as who_is_in leaves it for one who is
 * unknown. */
void who_is_called(const struct uri *uri, struct slice domain, struct user_id *id);

/* The canonical key of an id's bindings, "sip:alice@example.com"; empty if its domain is
 * not ours (any more). */
struct slice who_key(struct server *s, const struct user_id *id, char memory[AOR_TEXT]);

/* May the URI mean somebody here: is it in a domain of ours, or a global number? */
bool who_may_be(struct server *s, const struct uri *uri);

#endif
