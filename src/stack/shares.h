/* SPDX-License-Identifier: BSD-2-Clause */
/* shares.h - how much each worker may take of what all may (`max_server_transactions`).
 *
 * The parts add up to the whole, or to what is in use if that is more.  What is in use is the greater of server and
 * client transactions, each by its own limit.  Spread, each has what it uses and an equal part of what is free;
 * gathered, the first has nearly all that is free, and others enough for what they still have in hand. */

#ifndef STACK_SHARES_H
#define STACK_SHARES_H

#include <stdbool.h>
#include <stdint.h>

enum { SHARES_WHOLE = 1 << 20 };

/* `used`: parts of SHARES_WHOLE, as are `shares`. */
void shares_out(const uint32_t *used, unsigned count, bool spread, uint32_t *shares);

#endif
