/* SPDX-License-Identifier: BSD-2-Clause */
/* accounts.h - the accounts of a server's budget (accounts.def).
 *
 * What is accounted for is what was asked of malloc: its own bookkeeping, the
 * program and its threads' stacks come on top. */

#ifndef BASE_ACCOUNTS_H
#define BASE_ACCOUNTS_H

#include "base/budget.h"

enum account_id {
#define ACCOUNT(id, name, help) ACCOUNT_##id,
#include "base/accounts.def"
#undef ACCOUNT
    ACCOUNTS
};

struct memory_account {
    const char *name, *help;
};

extern const struct memory_account account_table[ACCOUNTS];

/* A budget of `limit` bytes, not 0, with all of them. */
void accounts_init(struct budget *b, uint64_t limit);

#endif
