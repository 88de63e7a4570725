/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bytes.h"
#include "support/alloc.h"
#include "support/test.h"

TEST(what_is_put_follows_what_was_there)
{
    struct bytes b = { 0 };

    CHECK_SLICE("", bytes_slice(&b));
    bytes_put(&b, SLICE("one, "));
    bytes_put(&b, SLICE(""));
    bytes_put(&b, SLICE("two"));
    CHECK_SLICE("one, two", bytes_slice(&b));
    bytes_clear(&b);
    CHECK_SLICE("", bytes_slice(&b));
    bytes_fini(&b);
    CHECK_INT(0, b.cap);
}

TEST(memory_grows_with_what_comes)
{
    struct bytes b = { 0 };

    for (unsigned i = 0; i < 5000; i++)
        bytes_put(&b, SLICE("x"));
    CHECK_INT(5000, b.len);
    CHECK_INT(8192, b.cap);
    for (unsigned i = 0; i < 5000; i++)
        CHECK_INT('x', b.ptr[i]);
    bytes_fini(&b);
}

TEST(what_was_reserved_is_put_without_asking_for_more)
{
    struct bytes b = { 0 };

    CHECK(bytes_reserve(&b, 3000));
    alloc_fail_at(1);
    for (unsigned i = 0; i < 3000; i++)
        bytes_put(&b, SLICE("x"));
    CHECK(!alloc_failed());
    alloc_fail_at(0);
    CHECK_INT(3000, b.len);
    bytes_fini(&b);
}

/* No text with a hole in it. */
TEST(without_memory_nothing_follows_until_it_is_cleared)
{
    struct bytes b = { 0 };

    bytes_put(&b, SLICE("kept"));
    alloc_fail_at(1);
    CHECK(!bytes_reserve(&b, 5000));
    alloc_fail_at(0);
    CHECK(b.failed);
    bytes_put(&b, SLICE("x"));
    CHECK_SLICE("kept", bytes_slice(&b));
    bytes_clear(&b);
    bytes_put(&b, SLICE("again"));
    CHECK_SLICE("again", bytes_slice(&b));
    bytes_fini(&b);
}

TEST(a_length_that_cannot_be_is_refused)
{
    struct bytes b = { 0 };

    CHECK(!bytes_reserve(&b, SIZE_MAX));
    CHECK(b.failed);
    bytes_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_follows_what_was_there),
        cmocka_unit_test(memory_grows_with_what_comes),
        cmocka_unit_test(what_was_reserved_is_put_without_asking_for_more),
        cmocka_unit_test(without_memory_nothing_follows_until_it_is_cleared),
        cmocka_unit_test(a_length_that_cannot_be_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
