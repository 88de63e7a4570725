/* SPDX-License-Identifier: BSD-2-Clause */
/* third_party.h - who may register somebody else (RFC 3261 10.2, 10.3 step 4).
 *
 *     "assistant@example.com boss@example.com"      one user
 *     "pbx@example.com *@example.com"               all of a domain
 *     "admin@example.com *"                         everybody
 *
 * Users are compared byte by byte, domains in any case. */

#ifndef ROUTE_THIRD_PARTY_H
#define ROUTE_THIRD_PARTY_H

#include "base/slice.h"

#include <stdbool.h>

/* A user of a domain.  Of `whom`, the user "*" is each one, and so is the domain "*". */
struct third_party_user {
    struct slice user, domain;
};

struct third_party {
    struct third_party_user who, whom;
};

/* Read one rule.  Borrows `text`. */
bool third_party_parse(struct slice text, struct third_party *out);

/* Does one of these rules let `who` register `whom`?  What cannot be read lets nobody. */
bool third_party_allows(const struct slice *rules, size_t count, struct third_party_user who,
                        struct third_party_user whom);

#endif
