/* SPDX-License-Identifier: BSD-2-Clause */
#include "sip/instance.h"

#include "support/test.h"

TEST(the_instance_is_what_stands_between_the_quotes)
{
    struct slice params = test_guarded(SLICE(";q=1;+SIP.instance=\"<urn:uuid:1>\";reg-id=2"));

    CHECK_SLICE("<urn:uuid:1>", instance_of(params));
    CHECK_SLICE("", instance_of(test_guarded(SLICE(";+sip.instance"))));
    CHECK_SLICE("", instance_of(test_guarded(SLICE(";sip.instance=\"<x>\""))));
}

static uint32_t reg_id(const char *params)
{
    uint32_t number = 77;
    bool     good   = reg_id_of(test_guarded(slice_from(params)), &number);

    CHECK(good == (number > 0));
    return number;
}

/* RFC 5626 11.1: 1 to 2^31-1. */
TEST(a_reg_id_is_a_number_above_0_and_below_2_to_the_31)
{
    CHECK_INT(1, reg_id(";reg-id=1"));
    CHECK_INT(7, reg_id(";a=b;REG-ID=007"));
    CHECK_INT(INT32_MAX, reg_id(";reg-id=2147483647"));
    CHECK_INT(0, reg_id(";reg-id=2147483648"));
    CHECK_INT(0, reg_id(";reg-id=99999999999999999999"));
    CHECK_INT(0, reg_id(";reg-id=0"));
    CHECK_INT(0, reg_id(";reg-id=-1"));
    CHECK_INT(0, reg_id(";reg-id=1x"));
    CHECK_INT(0, reg_id(";reg-id=\"\""));
    CHECK_INT(0, reg_id(";reg-id"));
    CHECK_INT(0, reg_id(";reg=1"));
}

static bool same(const char *a, const char *b)
{
    bool equal = instance_eq(test_guarded(slice_from(a)), slice_from(b));

    CHECK(equal == instance_eq(slice_from(b), test_guarded(slice_from(a))));
    return equal;
}

/* RFC 2141 5, RFC 4122 3; RFC 5626 4.1 says to compare so. */
TEST(an_instance_is_compared_as_a_urn)
{
    CHECK(same("<urn:uuid:00AB>", "<urn:uuid:00AB>"));
    CHECK(same("<urn:uuid:00AB>", "<URN:UUID:00ab>"));
    CHECK(!same("<urn:uuid:00AB>", "<urn:uuid:00AC>"));
    CHECK(!same("<urn:uuid:00AB>", "<urn:uuid:00ABC>"));
    CHECK(same("<urn:imei:90420156-025763-0>", "<URN:IMEI:90420156-025763-0>"));
    CHECK(!same("<urn:foo:a>", "<urn:foo:A>"));
    CHECK(same("<urn:foo:a%2c>", "<urn:foo:a%2C>"));
    CHECK(!same("<urn:foo:a%2cd>", "<urn:foo:a%2cD>"));
    CHECK(!same("<urn:foo:a,>", "<urn:foo:a%2c>"));
    CHECK(!same("<x:uuid:a>", "<x:uuid:A>"));
    CHECK(!same("abc", "ABC"));
    CHECK(!same("<urn:uuid", "<urn:UUID"));
    CHECK(!same("", "a"));
    CHECK(same("", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_instance_is_what_stands_between_the_quotes),
        cmocka_unit_test(a_reg_id_is_a_number_above_0_and_below_2_to_the_31),
        cmocka_unit_test(an_instance_is_compared_as_a_urn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
