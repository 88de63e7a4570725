/* SPDX-License-Identifier: BSD-2-Clause */
/* event.h - the headers Event and Subscription-State (RFC 6665 8.2, 8.4).
 *
 *     Event: presence;id=7
 *     Subscription-State: terminated;reason=probation;retry-after=60
 *
 * All slices borrow from what was read. */

#ifndef SIP_EVENT_H
#define SIP_EVENT_H

#include "sip/message.h"

struct event {
    struct slice name; /* "presence", "presence.winfo"                   */
    struct slice id;
    bool         has_id;
    struct slice params; /* all of them, from the first ';', or empty    */
};

/* The Event of a message: false if there is none, or it cannot be read. */
bool event_of(const struct message *m, struct event *out);
/* Names and ids byte by byte; no other parameter matters (8.2.1). */
bool event_eq(const struct event *a, const struct event *b);

enum subscription_phase { PHASE_ACTIVE, PHASE_PENDING, PHASE_TERMINATED };

/* Why it was terminated (4.1.3). */
enum end_reason {
    END_UNKNOWN, /* none was given, or one that we do not know */
    END_DEACTIVATED,
    END_PROBATION,
    END_REJECTED,
    END_TIMEOUT,
    END_GIVEUP,
    END_NORESOURCE,
    END_INVARIANT,
    END_REASON_COUNT
};

struct subscription_state {
    enum subscription_phase phase;
    enum end_reason         reason;
    struct slice            reason_text; /* as written, or empty */
    bool                    has_expires, has_retry_after;
    uint32_t                expires, retry_after; /* seconds */
};

/* The Subscription-State of a message.  False if there is none or it cannot be read: a NOTIFY without it
 * deserves a 400.  A substate that is not known counts as active (8.4 lets others define them: who sends one has
 * not ended). */
bool subscription_state_of(const struct message *m, struct subscription_state *out);

struct slice end_reason_name(enum end_reason reason); /* "timeout"; empty for END_UNKNOWN */

#endif
