/* SPDX-License-Identifier: BSD-2-Clause */
/* reason.h - why a decision is as it is: for the log, for `ahoy route`, and for
 * the reason phrase of a refusal. */

#ifndef ROUTE_REASON_H
#define ROUTE_REASON_H

struct reason {
    const char *text; /* "Max-Forwards is 0"; static                    */
    const char *rule; /* "RFC 3261 16.3 item 3", or "policy"; static    */
};

#define REASON(text, rule) ((struct reason){ (text), (rule) })

#endif
