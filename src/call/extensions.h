/* SPDX-License-Identifier: BSD-2-Clause */
/* extensions.h - the option tags that the phone understands (RFC 3261 8.2.2.3, 19.2).
 *
 * All that is said of them comes from the rows of extensions.def: what Supported lists,
 * and what a Require may name.  A set has the bit EXTENSION_BIT(x) for each. */

#ifndef CALL_EXTENSIONS_H
#define CALL_EXTENSIONS_H

#include "sip/write.h"

enum extension {
#define EXTENSION(name, tag, announced, required) EXTENSION_##name,
#include "call/extensions.def"
#undef EXTENSION
    EXTENSION_COUNT
};

#define EXTENSION_BIT(name) (1u << EXTENSION_##name)
enum { EXTENSIONS_ALL = (1u << EXTENSION_COUNT) - 1 };

/* The tag, for message_lists and headers. */
struct slice extension_tag(enum extension e);

/* Write Supported with those of the set that belong into a message of this method, a request
 * or a response to one; no line if that are none. */
void extensions_put_supported(unsigned set, enum method method, struct gather *g);

/* Require with all of the set; no line if it is empty. */
void extensions_put_required(unsigned set, struct gather *g);

/* What Require of a response to a request of this method lists, if all of it is in the set and means something there;
 * else 0. */
unsigned extensions_required(unsigned set, enum method method, const struct message *response);

/* Those of the set that this header of the message names. */
unsigned extensions_named(unsigned set, const struct message *m, enum header_id header);

/* Does the request require anything that is not in the set, or that its method has no use for?
 * Then Unsupported is to be written with just those (RFC 3261 21.4.15). */
bool extensions_are_missing(unsigned set, const struct message *request);
void extensions_put_unsupported(unsigned set, const struct message *request, struct gather *g);

#endif
