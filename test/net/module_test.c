/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/module.h"

#include "support/test.h"

TEST(what_is_not_there_is_not_loaded)
{
    CHECK(module_load("ahoy_nothing.so") == NULL);
}

/* A name, never a path: the places are ours. */
TEST(a_path_is_not_loaded)
{
    CHECK(module_load("/lib/x86_64-linux-gnu/libm.so.6") == NULL);
    CHECK(module_load("../../../../lib/x86_64-linux-gnu/libm.so.6") == NULL);
    CHECK(module_load("libm.so.6") == NULL); /* not by the system's search path either */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_there_is_not_loaded),
        cmocka_unit_test(a_path_is_not_loaded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
