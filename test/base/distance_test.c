/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/distance.h"

#include "support/test.h"

static unsigned between(const char *a, const char *b)
{
    return word_distance(test_guarded(slice_from(a)), test_guarded(slice_from(b)));
}

TEST(each_kind_of_mistake_counts_one)
{
    CHECK_INT(0, between("realm", "REALM"));
    CHECK_INT(1, between("relm", "realm"));
    CHECK_INT(1, between("realmm", "realm"));
    CHECK_INT(1, between("reelm", "realm"));
    CHECK_INT(1, between("relam", "realm"));
    CHECK_INT(5, between("", "realm"));
    CHECK_INT(5, between("realm", ""));
    CHECK_INT(3, between("kitten", "sitting"));
}

TEST(a_word_that_is_too_long_is_far_from_everything)
{
    CHECK_INT(DISTANCE_FAR, between("0123456789012345678901234567890123456789012345678", "x"));
    CHECK_INT(47, between("012345678901234567890123456789012345678901234567", "0"));
}

TEST(only_a_small_distance_is_a_typo)
{
    CHECK(distance_is_typo(1, SLICE("relm")));
    CHECK(distance_is_typo(3, SLICE("authentification")));
    CHECK(!distance_is_typo(3, SLICE("relm")));
    CHECK(!distance_is_typo(1, SLICE("x")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_mistake_counts_one),
        cmocka_unit_test(a_word_that_is_too_long_is_far_from_everything),
        cmocka_unit_test(only_a_small_distance_is_a_typo),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
