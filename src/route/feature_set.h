/* SPDX-License-Identifier: BSD-2-Clause */
/* feature_set.h - what a phone can do, and what a caller wishes it could (RFC 3840 5 and 9,
 * RFC 3841 7.2 and 8, RFC 2533).
 *
 *     ;audio;mobility="fixed";methods="INVITE,BYE";+rate="#>=8000";description="<PC>"
 *
 * is a conjunction of terms.  Each has the name of a feature tag and the values of it that will
 * do, any of them: tokens in any case, strings in this one, numbers and ranges of numbers, each of
 * them perhaps with a '!' that means everything else.  A name alone is the token TRUE.
 *
 * Two sets are compared term by term by the name.  What one has no term for is not known to it,
 * and so no contradiction. */

#ifndef ROUTE_FEATURE_SET_H
#define ROUTE_FEATURE_SET_H

#include "base/slice.h"

enum {
    FEATURES       = 24, /* terms of a set; those behind them are not read */
    FEATURE_VALUES = 64, /* values of all its terms together; as above     */
};

struct feature {
    struct slice name;  /* without the '+' and "sip."                                      */
    struct slice value; /* as it stands between the quotes                                 */
    bool         sip;   /* of the SIP tree: "audio" and "+sip.audio" are both "sip.audio"  */
    bool         bare;  /* there is no value: it is TRUE                                   */
};

struct feature_set {
    struct feature list[FEATURES];
    unsigned       count;
    unsigned       values;
    bool           broken; /* a term could not be read, or there were too many: it is not in the set */
};

/* Take the feature parameters out of the parameters of a Contact, an Accept-Contact or a
 * Reject-Contact (";a;b=c"); others are stepped over.  A tag that comes again is left out: base
 * tags go first (RFC 3841 7.2.3).  Borrows. */
void feature_set_read(struct slice params, struct feature_set *out);

/* Is this parameter's name that of a feature (RFC 3840 9)? */
bool feature_is_name(struct slice name);

/* Add ";name=value" to a set.  False, and `broken` is set, if it is no feature, its value cannot be
 * read, or there is no room.  Borrows. */
bool feature_set_add(struct feature_set *set, struct slice name, struct slice value);

struct feature_match {
    unsigned wanted;  /* terms of the caller's set                             */
    unsigned named;   /* of these, how many the phone says anything about      */
    unsigned matched; /* and of these, how many it does not contradict         */
};

/* How does a phone that can do `has` fit `wanted`?  It is a match (RFC 2533) if all that is named is
 * matched. */
struct feature_match feature_set_match(const struct feature_set *wanted, const struct feature_set *has);

#endif
