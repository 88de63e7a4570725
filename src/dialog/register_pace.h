/* SPDX-License-Identifier: BSD-2-Clause */
/* register_pace.h - whether and when a REGISTER that failed is sent again (RFC 3261 10.2.4,
 * RFC 5626 4.5); `random` as in pace.h. */

#ifndef DIALOG_REGISTER_PACE_H
#define DIALOG_REGISTER_PACE_H

#include "base/msec.h"

#include <stdbool.h>

/* How long to wait after the n-th failure in a row (1, 2, ...): between half and all of
 * 30 s * 2^n, of 90 s * 2^n if another flow of the account lives (`backed_up`), at most half
 * an hour; and as long as Retry-After (seconds, 0: none) wants. */
msec register_back_off(unsigned failures, bool backed_up, uint32_t retry_after, uint32_t random);

/* Will the same REGISTER fare no better later?  What says nothing of this user or device is tried
 * again, and what comes with a Retry-After. */
bool register_is_final(unsigned status, uint32_t retry_after);

#endif
