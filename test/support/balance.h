/* SPDX-License-Identifier: BSD-2-Clause */
/* balance.h - what was taken from a budget has been given back. */

#ifndef TEST_SUPPORT_BALANCE_H
#define TEST_SUPPORT_BALANCE_H

#include "base/accounts.h"

/* The name of an account with more, or less, than nothing in it, and how much; NULL: there is none. */
const char *balance_broken(struct budget *b, int64_t *bytes);

#endif
