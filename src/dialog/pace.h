/* SPDX-License-Identifier: BSD-2-Clause */
/* pace.h - when what has to be asked for again is asked for: in time before it ends, and later
 * and later after a failure (RFC 3261 10.2.4, RFC 5626 4.5).  For registrations, subscriptions
 * and publications.  `random` spreads those who began together: 32 bits, each as likely. */

#ifndef DIALOG_PACE_H
#define DIALOG_PACE_H

#include "base/msec.h"

enum { PACE_BASE = 30 /* seconds, RFC 5626 4.5: where nothing else works */ };

/* After how long to refresh what was granted for so many seconds: between 75 and 90 % of it, or
 * earlier, if there would be no time left to fail and try again, but not before half of it. */
msec pace_refresh_after(uint32_t granted, uint32_t random);

/* How long to wait after so many failures in a row: between half and all of base * 2^failures
 * seconds, at most half an hour; and as long as Retry-After (seconds, 0: none) wants. */
msec pace_back_off(unsigned failures, uint32_t base, uint32_t retry_after, uint32_t random);

#endif
