/* SPDX-License-Identifier: BSD-2-Clause */
#include "dialog/refusal.h"

#include <stddef.h>

static const struct refusal table[] = {
#define REFUSAL(status, outside, within) { status, OUTSIDE_##outside, WITHIN_##within },
#include "dialog/refusal.def"
#undef REFUSAL
};

enum { ROWS = sizeof table / sizeof *table };

static const struct refusal *find(unsigned status)
{
    for (unsigned i = 0; i < ROWS; i++)
        if (table[i].status == status)
            return &table[i];
    return NULL;
}

const struct refusal *refusal_of(unsigned status)
{
    const struct refusal *r = find(status);

    if (r == NULL)
        r = find(status / 100 * 100);
    return r != NULL ? r : find(400);
}

const struct refusal *refusal_at(unsigned n)
{
    return n < ROWS ? &table[n] : NULL;
}

const char *refusal_outside_text(enum refusal_outside outside)
{
    switch (outside) {
    case OUTSIDE_END:
        return "ends";
    case OUTSIDE_LAST:
        return "ends, wherever else it could go";
    case OUTSIDE_FOLLOW:
        return "goes to the addresses in Contact, best first";
    case OUTSIDE_PROVE:
        return "is placed again with the password";
    case OUTSIDE_WITHOUT_BODY:
        return "is placed again without a description; the callee makes one";
    case OUTSIDE_BY_ACCEPT:
        return "is placed again without a description, if Accept lists the type that it has";
    case OUTSIDE_WITH_EXTENSION:
        return "is placed again requiring what Require lists, if the phone knows all of it";
    case OUTSIDE_WITHOUT_EXTENSION:
        return "is placed again without what Unsupported lists";
    case OUTSIDE_LONGER:
        return "is placed again with the session interval of Min-SE";
    case OUTSIDE_LATER:
        return "is placed again after Retry-After, if that is short";
    }
    return "";
}

const char *refusal_within_text(enum refusal_within within)
{
    switch (within) {
    case WITHIN_KEEP:
        return "goes on as it was";
    case WITHIN_LOST:
        return "ends: the other side has no such call";
    case WITHIN_PROVE:
        return "is asked again with the password";
    case WITHIN_LONGER:
        return "is asked again with the session interval of Min-SE";
    case WITHIN_AGAIN:
        return "is asked again after a pause of its own";
    case WITHIN_LATER:
        return "is asked again after Retry-After, if that is short";
    }
    return "";
}
