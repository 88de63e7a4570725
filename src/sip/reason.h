/* SPDX-License-Identifier: BSD-2-Clause */
/* reason.h - what a message says of why it was sent, and what would help: Reason (RFC 3326),
 * Warning (RFC 3261 20.43), Retry-After (20.33).
 *
 * All of it is for people and scripts: nothing in the protocol depends on it but the time of a
 * Retry-After.  What cannot be read is stepped over. */

#ifndef SIP_REASON_H
#define SIP_REASON_H

#include "sip/message.h"

/* SIP ;cause=200 ;text="Call completed elsewhere" */
struct reason_value {
    struct slice protocol; /* "SIP", "Q.850", ...                     */
    unsigned     cause;    /* 0: none is given                        */
    struct slice text;     /* between its quotes, escapes kept        */
};

/* 305 192.0.2.1:5060 "Incompatible media format" */
struct warning_value {
    unsigned     code; /* 100-999 */
    struct slice agent, text;
};

/* One value; on success the cursor stands behind it. */
bool reason_scan(struct scan *s, struct reason_value *out);
bool warning_scan(struct scan *s, struct warning_value *out);

/* The one of protocol SIP if there is one, else the first; false if there is none. */
bool message_reason(const struct message *m, struct reason_value *out);
/* Does one of them say that somebody else has answered (RFC 3326 3.1)? */
bool message_completed_elsewhere(const struct message *m);
/* The first one; false if there is none. */
bool message_warning(const struct message *m, struct warning_value *out);
/* "18000;duration=3600", "120 (at lunch)": the seconds; false if there are none. */
bool message_retry_after(const struct message *m, uint32_t *seconds);

#endif
