/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/accounts.h"

#include "support/test.h"

TEST(a_budget_has_the_accounts_of_the_table_by_their_names)
{
    struct budget b;

    accounts_init(&b, 1000);
    CHECK_INT(ACCOUNTS, budget_count(&b));
    assert_string_equal("messages", budget_figures(&b, ACCOUNT_MESSAGES).name);
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        assert_string_equal(account_table[i].name, budget_figures(&b, i).name);
        CHECK(strlen(account_table[i].help) > 0);
        CHECK_INT(0, budget_figures(&b, i).limit);
    }
    CHECK_INT(1000, budget_total(&b).limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_budget_has_the_accounts_of_the_table_by_their_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
