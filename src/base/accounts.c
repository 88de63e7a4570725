/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/accounts.h"

const struct memory_account account_table[ACCOUNTS] = {
#define ACCOUNT(id, name, help) { name, help },
#include "base/accounts.def"
#undef ACCOUNT
};

_Static_assert((int)ACCOUNTS <= (int)BUDGET_ACCOUNTS, "a budget has room for all accounts");

void accounts_init(struct budget *b, uint64_t limit)
{
    budget_init(b, limit);
    for (unsigned i = 0; i < ACCOUNTS; i++)
        (void)budget_open(b, account_table[i].name, 0);
}
