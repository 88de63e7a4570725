/* SPDX-License-Identifier: BSD-2-Clause */
/* why.h - why a call, or a registration, is as it is: short texts kept for events.  As state.h: for the
 * files of call/ alone. */

#ifndef CALL_WHY_H
#define CALL_WHY_H

#include "base/slice.h"

#include <stdint.h>

enum { REASON_MAX = 96 };

/* A short text of our own, cut if it is too long. */
struct reason {
    char   text[REASON_MAX];
    size_t len;
};

/* What a message said of why it came, for the event that tells of it (sip/reason.h). */
struct why {
    char          protocol[16]; /* of its Reason, a C string; empty: there was none */
    unsigned      cause;
    struct reason text;
    unsigned      warning_code; /* 0: there was no Warning     */
    struct reason warning;
    bool          has_retry_after;
    uint32_t      retry_after; /* seconds */
};

void         reason_set(struct reason *r, struct slice text);
struct slice reason_slice(const struct reason *r);

#endif
