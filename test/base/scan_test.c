/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/scan.h"
#include "support/test.h"

#include <stdio.h>

static struct scan over(const char *text)
{
    return scan_from(test_guarded(slice_from(text)));
}

/* The law of scan.h, for whatever `call` wants but does not find. */
#define CHECK_STAYS(text, call)                                                                                        \
    do {                                                                                                               \
        struct scan s    = over(text);                                                                                 \
        const char *here = s.at;                                                                                       \
        CHECK(!(call));                                                                                                \
        CHECK(s.at == here);                                                                                           \
    } while (0)

TEST(what_is_not_found_leaves_the_cursor_alone)
{
    struct slice run;
    uint32_t     number;
    uint64_t     wide;

    CHECK_STAYS("", scan_byte(&s, 'a'));
    CHECK_STAYS("SI", scan_word(&s, SLICE("SIP")));
    CHECK_STAYS("SIq", scan_word(&s, SLICE("SIP")));
    CHECK_STAYS("sip", scan_exact(&s, SLICE("SIP")));
    CHECK_STAYS("", scan_token(&s, &run));
    CHECK_STAYS(";a", scan_token(&s, &run));
    CHECK_STAYS(";a", scan_until(&s, ";", &run));
    CHECK_STAYS("", scan_until(&s, ";", &run));
    CHECK_STAYS("[::1", scan_host(&s, &run));
    CHECK_STAYS("[]", scan_host(&s, &run));
    CHECK_STAYS("[::g]", scan_host(&s, &run));
    CHECK_STAYS("x", scan_number(&s, 10, &number));
    CHECK_STAYS("11", scan_number(&s, 10, &number));
    CHECK_STAYS("99999999999999999999", scan_number(&s, UINT32_MAX, &number));
    CHECK_STAYS("18446744073709551616", scan_number64(&s, UINT64_MAX, &wide));
    CHECK_STAYS("", scan_number64(&s, UINT64_MAX, &wide));
}

/* RFC 3261 25.1: token and word characters, LWS; every byte value. */
TEST(byte_classes_are_those_of_the_grammar)
{
    for (int i = 0; i < 256; i++) {
        char c     = (char)i;
        bool alnum = i < 128 && i > 0 && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", i);
        bool token = alnum || (i > 0 && i < 128 && strchr("-.!%*_+`'~", i) != NULL);

        CHECK_INT(alnum, is_alnum_byte(c));
        CHECK_INT(token, is_token_byte(c));
        CHECK_INT(i >= '0' && i <= '9', is_digit_byte(c));
    }
}

TEST(hex_digits_have_values_and_nothing_else_has)
{
    CHECK_INT(0, hex_value('0'));
    CHECK_INT(9, hex_value('9'));
    CHECK_INT(10, hex_value('a'));
    CHECK_INT(15, hex_value('F'));
    CHECK_INT(-1, hex_value('g'));
    CHECK_INT(-1, hex_value('@'));
    CHECK_INT(-1, hex_value('\0'));
    CHECK_INT(-1, hex_value((char)0xff));
}

TEST(an_absent_slice_scans_like_an_empty_one)
{
    struct scan s = scan_from((struct slice){ NULL, 0 });

    CHECK(scan_at_end(&s));
    CHECK(scan_lws(&s));
    CHECK_SLICE("", scan_rest(&s));
}

TEST(a_chain_reads_a_production)
{
    struct scan  s = over("sip/2.0 \t\r\n UDP;x");
    struct slice token;

    CHECK(scan_word(&s, SLICE("SIP")) && scan_byte(&s, '/') && scan_exact(&s, SLICE("2.0")) && scan_lws(&s) &&
          scan_token(&s, &token));
    CHECK_SLICE("UDP", token);
    CHECK_SLICE(";x", scan_rest(&s));
}

TEST(until_stops_at_the_first_stop_or_the_end)
{
    struct scan  s = over("ab;c,d");
    struct slice run;

    CHECK(scan_until(&s, ",;", &run));
    CHECK_SLICE("ab", run);
    CHECK(scan_byte(&s, ';') && scan_until(&s, "?", &run));
    CHECK_SLICE("c,d", run);
    CHECK(scan_at_end(&s));
}

/* RFC 3261 25.1: quoted-pair = "\" (%x00-09 / %x0B-0C / %x0E-7F). */
TEST(quoted_string_ends_at_the_unescaped_quote)
{
    struct scan  s = over("\"a \\\"b\\\\\" c");
    struct slice inner;

    CHECK(scan_quoted(&s, &inner));
    CHECK_SLICE("a \\\"b\\\\", inner);
    CHECK_SLICE(" c", scan_rest(&s));
}

TEST(a_quoted_string_without_end_is_none)
{
    struct slice inner;

    CHECK_STAYS("\"open", scan_quoted(&s, &inner));
    CHECK_STAYS("\"open\\", scan_quoted(&s, &inner));
    CHECK_STAYS("\"open\\\"", scan_quoted(&s, &inner));
    CHECK_STAYS("\"a\\\n\"", scan_quoted(&s, &inner));
    CHECK_STAYS("a", scan_quoted(&s, &inner));
    CHECK_STAYS("\"a\x01\"", scan_quoted(&s, &inner));
    CHECK_STAYS("\"a\x7f\"", scan_quoted(&s, &inner));
}

TEST(hosts_are_names_and_addresses_with_their_brackets)
{
    struct scan  s = over("a-1.example:5060 192.0.2.1 [2001:DB8::1]:9");
    struct slice host;

    CHECK(scan_host(&s, &host));
    CHECK_SLICE("a-1.example", host);
    CHECK(scan_exact(&s, SLICE(":5060 ")) && scan_host(&s, &host));
    CHECK_SLICE("192.0.2.1", host);
    CHECK(scan_lws(&s) && scan_host(&s, &host));
    CHECK_SLICE("[2001:DB8::1]", host);
    CHECK_SLICE(":9", scan_rest(&s));
}

TEST(numbers_reach_exactly_to_their_maximum)
{
    struct scan s = over("007 65535 4294967295 18446744073709551615");
    uint32_t    number;
    uint64_t    wide;

    CHECK(scan_number(&s, 7, &number) && scan_lws(&s));
    CHECK_INT(7, number);
    CHECK(scan_number(&s, UINT16_MAX, &number) && scan_lws(&s));
    CHECK_INT(65535, number);
    CHECK(scan_number(&s, UINT32_MAX, &number) && scan_lws(&s));
    CHECK(number == UINT32_MAX);
    CHECK(scan_number64(&s, UINT64_MAX, &wide) && scan_at_end(&s));
    CHECK(wide == UINT64_MAX);
}

/* Eight bytes are looked at together: as many digits as there are, with any byte behind them. */
TEST(number_in_a_padded_text_is_of_up_to_seven_digits_before_its_end)
{
    const char *text  = "1234567 00000000 70x................";
    uint32_t    value = 0;

    assert_ptr_equal(text + 7, scan_number_padded(text, text + 16, UINT32_MAX, &value));
    assert_int_equal(1234567, value);
    assert_ptr_equal(text + 3, scan_number_padded(text, text + 3, 123, &value));
    assert_int_equal(123, value);
    assert_null(scan_number_padded(text, text + 3, 122, &value));
    assert_null(scan_number_padded(text, text, UINT32_MAX, &value));
    assert_null(scan_number_padded(text + 7, text + 16, UINT32_MAX, &value));
    assert_null(scan_number_padded(text + 8, text + 16, UINT32_MAX, &value)); /* eight: left to scan_number */
    assert_ptr_equal(text + 19, scan_number_padded(text + 17, text + 20, 255, &value));
    assert_int_equal(70, value);
}

/* Every port as it is written, with zeros before it, and cut. */
TEST(port_in_a_padded_text_is_that_of_the_grammar_or_left_to_it)
{
    for (unsigned number = 0; number < 200000; number++)
        for (int zeros = 0; zeros < 3; zeros++) {
            char        text[40] = { 0 };
            size_t      len      = (size_t)snprintf(text, sizeof text, "%.*s%u;9999999999", zeros, "00", number) - 11;
            struct scan s        = scan_from((struct slice){ text, len });
            uint32_t    expected = 0;
            uint16_t    port     = 0;
            bool        found    = scan_number(&s, UINT16_MAX, &expected);
            const char *end      = scan_port_padded(text, text + len, &port);

            assert_true(end == NULL ? !found || len > 5 : found && end == text + len && port == expected);
            assert_null(scan_port_padded(text, text + len - 1, &port));
            assert_true(scan_port_padded(text, text + len + 3, &port) == end);
        }
}

TEST(text_is_padded_if_sixteen_bytes_behind_it_may_be_looked_at)
{
    char         bytes[40] = { 0 };
    struct slice text      = { bytes, 20 };
    struct scan  alone = scan_from(text), full = scan_within(text, bytes + 36),
                short_of_one = scan_within(text, bytes + 35);

    assert_true(scan_is_padded(&full));
    assert_false(scan_is_padded(&short_of_one));
    assert_false(scan_is_padded(&alone));
}

TEST(number_ends_at_any_byte_that_is_no_digit)
{
    static const char digits[] = "918273645546372819";

    for (size_t len = 0; len < sizeof digits; len++)
        for (unsigned byte = 0; byte < 256; byte++) {
            char        text[sizeof digits + 3];
            uint64_t    wide = 0, wanted = 0;
            struct scan s;

            memcpy(text, digits, len);
            memset(text + len, (int)byte, 2);
            text[len + 2] = '1';
            s             = scan_from(test_guarded((struct slice){ text, len + byte % 4 }));
            for (size_t i = 0; i < (size_t)(s.end - s.at) && is_digit_byte(text[i]); i++)
                wanted = wanted * 10 + (uint64_t)(text[i] - '0');
            if (byte >= '0' && byte <= '9')
                continue;
            CHECK_INT(len > 0, scan_number64(&s, UINT64_MAX, &wide));
            assert_true(wide == wanted);
            CHECK_INT(byte % 4, s.end - s.at);
        }
}

TEST(one_line_has_neither_controls_nor_line_ends)
{
    CHECK(scan_is_one_line(SLICE("")));
    CHECK(scan_is_one_line(SLICE("text/plain;\tcharset=\"utf-8\"")));
    CHECK(!scan_is_one_line(SLICE("a\r\nb")));
    CHECK(!scan_is_one_line(SLICE("a\n")));
    CHECK(!scan_is_one_line(SLICE("a\rb")));
    CHECK(!scan_is_one_line(SLICE("\x7f")));
    CHECK(!scan_is_one_line((struct slice){ "a\0b", 3 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_found_leaves_the_cursor_alone),
        cmocka_unit_test(byte_classes_are_those_of_the_grammar),
        cmocka_unit_test(hex_digits_have_values_and_nothing_else_has),
        cmocka_unit_test(an_absent_slice_scans_like_an_empty_one),
        cmocka_unit_test(a_chain_reads_a_production),
        cmocka_unit_test(until_stops_at_the_first_stop_or_the_end),
        cmocka_unit_test(quoted_string_ends_at_the_unescaped_quote),
        cmocka_unit_test(a_quoted_string_without_end_is_none),
        cmocka_unit_test(one_line_has_neither_controls_nor_line_ends),
        cmocka_unit_test(hosts_are_names_and_addresses_with_their_brackets),
        cmocka_unit_test(numbers_reach_exactly_to_their_maximum),
        cmocka_unit_test(number_in_a_padded_text_is_of_up_to_seven_digits_before_its_end),
        cmocka_unit_test(port_in_a_padded_text_is_that_of_the_grammar_or_left_to_it),
        cmocka_unit_test(text_is_padded_if_sixteen_bytes_behind_it_may_be_looked_at),
        cmocka_unit_test(number_ends_at_any_byte_that_is_no_digit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
