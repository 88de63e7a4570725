/* SPDX-License-Identifier: BSD-2-Clause */
/* register_pace.h - when a REGISTER is sent again: in time before the binding ends, and
 * later and later after a failure (RFC 3261 10.2.4, RFC 5626 4.5).  `random` spreads those
 * who began together: 32 bits, each as likely. */

#ifndef DIALOG_REGISTER_PACE_H
#define DIALOG_REGISTER_PACE_H

#include "base/msec.h"

#include <stdbool.h>

/* After how long to refresh what was granted for so many seconds: between 75 and 90 % of it, or
 * earlier, if there would be no time left to fail and try again, but not before half of it. */
msec register_refresh_after(uint32_t granted, uint32_t random);

/* How long to wait after the n-th failure in a row (1, 2, ...): between half and all of
 * 30 s * 2^n, of 90 s * 2^n if another flow of the account lives (`backed_up`), at most half
 * an hour; and as long as Retry-After (seconds, 0: none) wants. */
msec register_back_off(unsigned failures, bool backed_up, uint32_t retry_after, uint32_t random);

/* Will the same REGISTER fare no better later?  What says nothing of this user or device is tried
 * again, and what comes with a Retry-After. */
bool register_is_final(unsigned status, uint32_t retry_after);

#endif
