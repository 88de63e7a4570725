/* SPDX-License-Identifier: BSD-2-Clause */
#include "call/packages.h"

#include "support/test.h"

/* RFC 6665 8.2.1: names are compared byte by byte. */
TEST(a_package_is_found_by_its_very_name)
{
    CHECK(package_find(SLICE("message-summary")) != NULL);
    CHECK(package_find(SLICE("Message-Summary")) == NULL);
    CHECK(package_find(SLICE("weather")) == NULL);
    CHECK(package_find(SLICE("")) == NULL);
}

/* RFC 3842 3.4, 3.5 */
TEST(a_package_says_what_it_takes_and_for_how_long)
{
    const struct package *p = package_find(SLICE("message-summary"));

    CHECK_SLICE("application/simple-message-summary", slice_from(p->accept));
    CHECK_INT(3600, p->expires);
    CHECK_INT(PHONE_WAITING, p->event);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_package_is_found_by_its_very_name),
        cmocka_unit_test(a_package_says_what_it_takes_and_for_how_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
