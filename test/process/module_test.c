/* SPDX-License-Identifier: BSD-2-Clause */
#include "process/module.h"

#include "support/test.h"

#include <stdlib.h>

static struct modules modules;

static volatile unsigned calls;

static void a_function_of_our_own(void)
{
    calls++; /* or it would be one byte long */
}

static const char *function_of(uintptr_t address)
{
    static char          memory[256];
    struct buf           b = BUF_ON(memory);
    const struct module *m = module_find(&modules, address);

    if (m != NULL)
        module_put_function(&modules, m, address, &b);
    return buf_cstr(&b);
}

TEST(a_function_of_the_program_is_found_by_any_address_in_it)
{
    uintptr_t start = (uintptr_t)a_function_of_our_own;

    modules_read(&modules);
    CHECK_SLICE("process_module_test", slice_from(module_find(&modules, start)->name));
    CHECK_SLICE(" function=a_function_of_our_own", slice_from(function_of(start)));
    CHECK_SLICE(" function=a_function_of_our_own", slice_from(function_of(start + 1)));
    CHECK_SLICE(" function=function_of", slice_from(function_of((uintptr_t)function_of)));
}

TEST(a_library_is_found_by_its_name)
{
    const struct module *m;

    modules_read(&modules);
    m = module_find(&modules, (uintptr_t)getenv);
    CHECK(m != NULL);
    CHECK(strstr(m->name, ".so") != NULL);
    CHECK_SLICE("", slice_from(function_of(m->start)));
}

TEST(an_address_of_nobody_is_nobodys)
{
    modules_read(&modules);
    CHECK(module_find(&modules, 16) == NULL);
    CHECK_SLICE("", slice_from(function_of(16)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_function_of_the_program_is_found_by_any_address_in_it),
        cmocka_unit_test(a_library_is_found_by_its_name),
        cmocka_unit_test(an_address_of_nobody_is_nobodys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
