/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/user_name.h"

#include "support/test.h"

TEST(a_name_needs_no_escapes_in_a_uri)
{
    static const char *const bad[] = { "", "a b", "a@b", "a:b", "a/b", "a\"b", "a\nb", "a#b", "a%41", "\xc3\xa4" };
    char                     longest[USER_NAME_MAX + 1];

    memset(longest, 'a', sizeof longest);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!user_name_is_good(test_guarded(slice_from(bad[i]))));
    CHECK(user_name_is_good(SLICE("Alice-_.!~*'+9")));
    CHECK(user_name_is_good(test_guarded((struct slice){ longest, USER_NAME_MAX })));
    CHECK(!user_name_is_good(test_guarded((struct slice){ longest, USER_NAME_MAX + 1 })));
}

TEST(a_domain_is_a_host)
{
    CHECK(user_domain_is_good(SLICE("example.test")));
    CHECK(user_domain_is_good(SLICE("[2001:db8::1]")));
    CHECK(!user_domain_is_good(SLICE("")));
    CHECK(!user_domain_is_good(SLICE("a b")));
}

TEST(a_password_has_no_control_bytes)
{
    char longest[USER_PASSWORD_MAX + 1];

    memset(longest, 'a', sizeof longest);
    CHECK(user_password_is_good(SLICE("p\xc3\xa4ss word")));
    CHECK(!user_password_is_good(SLICE("")));
    CHECK(!user_password_is_good(SLICE("a\nb")));
    CHECK(!user_password_is_good(SLICE("a\x7f")));
    CHECK(user_password_is_good(test_guarded((struct slice){ longest, USER_PASSWORD_MAX })));
    CHECK(!user_password_is_good(test_guarded((struct slice){ longest, USER_PASSWORD_MAX + 1 })));
}

TEST(a_hash_has_as_many_digits_as_its_algorithm_gives)
{
    CHECK(user_ha1_is_good(SLICE(""), HASH_MD5));
    CHECK(user_ha1_is_good(SLICE("4842575394A190ef4c973253ba19099c"), HASH_MD5));
    CHECK(!user_ha1_is_good(SLICE("4842575394A190ef4c973253ba19099c"), HASH_SHA256));
    CHECK(!user_ha1_is_good(SLICE("4842575394A190ef4c973253ba19099g"), HASH_MD5));
}

static void check_number(const char *want, const char *text)
{
    char       memory[USER_NUMBER_MAX];
    struct uri uri;

    assert_true(uri_parse(slice_from(text), &uri));
    CHECK_SLICE(want, user_number(&uri, memory));
}

/* RFC 3966 5.1.5: without visual separators; "ext" and "isub" are part of the number, whatever
 * else there is is not. */
TEST(a_global_number_is_its_digits)
{
    check_number("+4930123", "tel:+4930123");
    check_number("+4930123", "TEL:+49-(30).123");
    check_number("+4930123", "tel:+4930123;tsp=example.test");
    check_number("", "tel:+4930123;ext=7");
    check_number("", "tel:+4930123;ISUB=7");
    check_number("", "tel:030123;phone-context=+49");
    check_number("", "tel:+1234567890123456");
    check_number("+123456789012345", "tel:+123456789012345");
    check_number("+4930123", "sip:+49-30-123@example.test;user=phone");
    check_number("+4930123", "sips:%2B4930123@example.test;user=PHONE");
    check_number("", "sip:+4930123;ext=7@example.test;user=phone");
    check_number("+4930123", "sip:+4930123;tsp=a.test@example.test;user=phone");
    check_number("", "sip:+4930123@example.test");
    check_number("", "sip:alice@example.test;user=phone");
    check_number("", "mailto:+4930123");
}

static void check_typed(const char *want, const char *text)
{
    char memory[USER_NUMBER_MAX];

    CHECK_SLICE(want, user_number_of_text(slice_from(text), memory));
}

TEST(a_number_may_be_typed_as_people_do)
{
    check_typed("+4930123", "+4930123");
    check_typed("+4930123", "tel:+49 (30) 123");
    check_typed("+4930123", "+49-30.123");
    check_typed("", "030 123");
    check_typed("", "");
    check_typed("", "alice");
    check_typed("", "+123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890");
}

/* By sha256sum and "openssl dgst -sha512-256" of "alice:example.test". */
TEST(the_hash_of_a_name_is_a_key_with_its_algorithm)
{
    struct hasher *h = hasher_new();
    char           memory[2][USER_KEY_MAX];
    struct slice   key;

    assert_non_null(h);
    key = user_hash_key(h, HASH_SHA256, SLICE("alice"), SLICE("example.test"), memory[0]);
    CHECK_SLICE("#26b0970ed38946a15ad0a66d2bd15594f732409d35ec92a1a8518e6ed0bb70d83", key);
    CHECK(user_hash_number(key) == UINT64_C(0x6b0970ed38946a15));
    key = user_hash_key(h, HASH_SHA512_256, SLICE("alice"), SLICE("example.test"), memory[0]);
    CHECK_SLICE("#5837e5c4945c92110effbba62bfdfc2668111cd02541b8def846d09e2f9749844", key);
    CHECK(slice_eq(key, user_hash_key_of_hex(HASH_SHA512_256,
                                             SLICE("837E5C4945c92110effbba62bfdfc2668111cd02541b8def846d09e2f9749844"),
                                             memory[1])));
    CHECK_SLICE("", user_hash_key_of_hex(HASH_MD5, SLICE("4842575394a190ef4c973253ba19099c"), memory[1]));
    CHECK_SLICE("", user_hash_key_of_hex(HASH_SHA256, SLICE(""), memory[1]));
    CHECK_SLICE("", user_hash_key_of_hex(HASH_SHA256, SLICE("4842575394a190ef4c973253ba19099c"), memory[1]));
    CHECK(!user_name_is_good(key));
    hasher_free(h);
}

static void check_alias(const char *domain, const char *name, const char *text)
{
    struct slice got_domain, got_name;
    char         number[USER_NUMBER_MAX];

    CHECK(user_alias_of_text(test_guarded(slice_from(text)), SLICE("a.test"), number, &got_domain, &got_name));
    CHECK_SLICE(domain, got_domain);
    CHECK_SLICE(name, got_name);
}

TEST(an_alias_is_a_number_or_a_name_with_or_without_its_domain)
{
    static const char *const bad[] = { "", "+", "+x", "tel:", "a b", "a@", "@b", "a@b@c" };
    struct slice             domain, name;
    char                     number[USER_NUMBER_MAX];

    check_alias("a.test", "sales", "sales");
    check_alias("b.test", "sales", "sales@b.test");
    check_alias("", "+4930123", "+49 (30) 1-23");
    check_alias("", "+4930123", "TEL:+4930123");
    check_alias("b.test", "+4930123", "+4930123@b.test");
    check_alias("a.test", "123", "123");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!user_alias_of_text(test_guarded(slice_from(bad[i])), SLICE("a.test"), number, &domain, &name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_needs_no_escapes_in_a_uri),
        cmocka_unit_test(a_domain_is_a_host),
        cmocka_unit_test(a_password_has_no_control_bytes),
        cmocka_unit_test(a_hash_has_as_many_digits_as_its_algorithm_gives),
        cmocka_unit_test(a_global_number_is_its_digits),
        cmocka_unit_test(a_number_may_be_typed_as_people_do),
        cmocka_unit_test(an_alias_is_a_number_or_a_name_with_or_without_its_domain),
        cmocka_unit_test(the_hash_of_a_name_is_a_key_with_its_algorithm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
