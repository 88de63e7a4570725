/* SPDX-License-Identifier: BSD-2-Clause */
/* destination.h - patterns for where a request goes, as routes and trunks write them:
 *
 *     "other.test"   that domain          "*.test"   every name under it       "*"   whatever
 *     "+49*"         telephone numbers that begin so                           "+49301234"   this one
 */

#ifndef ROUTE_DESTINATION_H
#define ROUTE_DESTINATION_H

#include "base/slice.h"
#include "sip/uri.h"

#include <stdbool.h>

enum { DESTINATION_NUMBER = 32 }; /* digits of the longest, with the '+' */

/* Is `text` such a pattern?  And one for numbers? */
bool destination_is_pattern(struct slice text);
bool destination_is_number(struct slice pattern);

/* How well does `host` fit a pattern such as "a.test", "*.test", "*"?  0: not at all, else longer is
 * better, the whole name best.  With or without a dot at its end. */
size_t destination_fit(struct slice pattern, struct slice host);
/* The same for the number of a URI, "+4930123", and a pattern for such. */
size_t destination_number_fit(struct slice pattern, struct slice number);

/* The global number of a tel URI, or of a sip or sips URI whose user is one ("+" and digits), without visual separators
 * and parameters.  Empty if there is none, or it is too long. */
struct slice destination_number(const struct uri *uri, char memory[DESTINATION_NUMBER]);

/* Does the URI fit a pattern that is none for numbers?  "*" fits each; a domain the hosts of sip and sips URIs. */
bool destination_fits(struct slice pattern, const struct uri *uri);

#endif
