/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/buf.h"
#include "support/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

TEST(puts_follow_one_another)
{
    char       memory[64];
    struct buf b = BUF_ON(memory);

    buf_put(&b, SLICE("n="));
    buf_put_number(&b, 0);
    buf_put_byte(&b, ' ');
    buf_put_number(&b, UINT64_MAX);
    buf_put_byte(&b, ' ');
    buf_put_hex(&b, "\x00\xfe", 2);
    buf_put_byte(&b, ' ');
    buf_put_hex64(&b, 0x0123456789abcdefu);
    buf_printf(&b, " %d%%", 5);
    buf_put(&b, (struct slice){ NULL, 0 });
    CHECK(buf_ok(&b));
    CHECK_SLICE("n=0 18446744073709551615 00fe 0123456789abcdef 5%", buf_slice(&b));
    CHECK(strcmp(buf_cstr(&b), "n=0 18446744073709551615 00fe 0123456789abcdef 5%") == 0);
}

/* Into just as much room as it takes, into more, and into a byte less, which leaves nothing of it behind. */
static void check_number(uint64_t number)
{
    char       expected[24], memory[40];
    size_t     len   = (size_t)snprintf(expected, sizeof expected, "%" PRIu64, number);
    struct buf exact = buf_on(memory, len), wide = BUF_ON(memory), tight = buf_on(memory, len - 1);

    buf_put_number(&exact, number);
    CHECK(buf_ok(&exact));
    CHECK_SLICE(expected, buf_slice(&exact));
    buf_put_byte(&wide, '=');
    buf_put_number(&wide, number);
    buf_put_byte(&wide, ';');
    CHECK_INT(len + 2, wide.len);
    CHECK(memcmp(memory + 1, expected, len) == 0 && memory[len + 1] == ';');
    buf_put_number(&tight, number);
    CHECK(!buf_ok(&tight));
    CHECK_INT(0, tight.len);
}

TEST(numbers_of_any_length_are_decimal)
{
    for (uint64_t least = 1;; least *= 10) {
        check_number(least - 1);
        check_number(least);
        check_number(least + least / 7);
        if (least > UINT64_MAX / 10)
            break;
    }
    for (uint64_t number = 0; number < 30000; number++)
        check_number(number * 3331);
    check_number(UINT64_MAX);
}

/* Eight bytes at a time, or what is fewer; nothing is read or written beside them. */
TEST(hex_has_two_digits_for_each_byte)
{
    unsigned char bytes[70];
    char          text[2 * sizeof bytes + 1];

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)(i * 0x25 + 0x09);
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    }
    for (size_t len = 0; len <= sizeof bytes; len++) {
        struct slice guarded = test_guarded((struct slice){ (const char *)bytes, len });
        char        *memory  = malloc(2 * len + 1);
        struct buf   b       = buf_on(memory, 2 * len);

        memory[2 * len] = '!';
        buf_put_hex(&b, guarded.ptr, len);
        CHECK(buf_ok(&b) && slice_eq(buf_slice(&b), (struct slice){ text, 2 * len }) && memory[2 * len] == '!');
        free(memory);
    }
}

TEST(what_does_not_fit_writes_nothing_and_is_remembered)
{
    char       memory[4];
    struct buf b = BUF_ON(memory);

    buf_put(&b, SLICE("abc"));
    buf_put(&b, SLICE("de"));
    CHECK(!buf_ok(&b));
    buf_put_byte(&b, 'f'); /* would fit, but the text would have a hole */
    CHECK(!buf_ok(&b));
    CHECK_SLICE("abc", buf_slice(&b));
    CHECK(strcmp(buf_cstr(&b), "") == 0);
}

TEST(a_full_buffer_is_still_right)
{
    char       memory[4];
    struct buf b = BUF_ON(memory);

    buf_put(&b, SLICE("abcd"));
    CHECK(buf_ok(&b));
    CHECK_SLICE("abcd", buf_slice(&b));
    CHECK(strcmp(buf_cstr(&b), "") == 0); /* no room for the NUL */
    CHECK(!buf_ok(&b));
}

TEST(a_put_of_many_parts_is_whole_or_absent)
{
    char       memory[5];
    struct buf b = BUF_ON(memory);

    buf_put_byte(&b, 'x');
    buf_put_quoted(&b, SLICE("\"\"")); /* six bytes */
    CHECK(!buf_ok(&b));
    CHECK_SLICE("x", buf_slice(&b));

    b = BUF_ON(memory);
    buf_put_unquoted(&b, SLICE("abcdef"));
    CHECK(!buf_ok(&b));
    CHECK_SLICE("", buf_slice(&b));

    b = BUF_ON(memory);
    buf_put_hex(&b, "abc", 3);
    CHECK(!buf_ok(&b));
    CHECK_SLICE("", buf_slice(&b));

    b = BUF_ON(memory);
    buf_put_hex64(&b, 1);
    CHECK(!buf_ok(&b));
    CHECK_SLICE("", buf_slice(&b));

    b = BUF_ON(memory);
    buf_printf(&b, "%s", "abcde"); /* no byte for the NUL */
    CHECK(!buf_ok(&b));
    CHECK_SLICE("", buf_slice(&b));
}

TEST(quoting_and_its_reverse_give_the_same_text)
{
    char       quoted[64], plain[64];
    struct buf q = BUF_ON(quoted), p = BUF_ON(plain);

    buf_put_quoted(&q, SLICE("a \"b\" \\c"));
    CHECK_SLICE("\"a \\\"b\\\" \\\\c\"", buf_slice(&q));
    buf_put_unquoted(&p, slice_between(q.ptr + 1, q.ptr + q.len - 1));
    CHECK_SLICE("a \"b\" \\c", buf_slice(&p));
    buf_put_unquoted(&p, SLICE("\\"));
    CHECK_SLICE("a \"b\" \\c\\", buf_slice(&p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_follow_one_another),
        cmocka_unit_test(numbers_of_any_length_are_decimal),
        cmocka_unit_test(hex_has_two_digits_for_each_byte),
        cmocka_unit_test(what_does_not_fit_writes_nothing_and_is_remembered),
        cmocka_unit_test(a_full_buffer_is_still_right),
        cmocka_unit_test(a_put_of_many_parts_is_whole_or_absent),
        cmocka_unit_test(quoting_and_its_reverse_give_the_same_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
