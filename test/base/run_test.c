/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/run.h"
#include "support/test.h"

static const uint8_t classes[] = { RUN_HOST, RUN_URI, RUN_BARE, RUN_NAME, RUN_VALUE, RUN_TEXT, RUN_QUOTED };

/* What the comment of run.h promises, said again. */
static bool belongs(unsigned char c, uint8_t class)
{
    bool uri = c > ' ' && strchr("\"<>\x7f", c) == NULL;

    switch (class) {
    case RUN_HOST:
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               (c != '\0' && strchr("-._", c) != NULL);
    case RUN_URI:
        return uri;
    case RUN_BARE:
        return uri && strchr(",;?", c) == NULL;
    case RUN_NAME:
        return uri && strchr(",;=", c) == NULL;
    case RUN_VALUE:
        return uri && strchr(",;", c) == NULL;
    case RUN_PART:
        return uri && strchr("%?@", c) == NULL;
    case RUN_QUOTED:
        return c >= ' ' && strchr("\"\\\x7f", c) == NULL;
    default:
        return c > ' ';
    }
}

/* `run_end` with its class known, as its users have it. */
static const char *end_of(const char *at, const char *end, const char *readable, uint8_t class)
{
    switch (class) {
    case RUN_HOST:
        return readable == NULL ? run_end(at, end, RUN_HOST) : run_end_in(at, end, readable, RUN_HOST);
    case RUN_URI:
        return readable == NULL ? run_end(at, end, RUN_URI) : run_end_in(at, end, readable, RUN_URI);
    case RUN_BARE:
        return readable == NULL ? run_end(at, end, RUN_BARE) : run_end_in(at, end, readable, RUN_BARE);
    case RUN_NAME:
        return readable == NULL ? run_end(at, end, RUN_NAME) : run_end_in(at, end, readable, RUN_NAME);
    case RUN_VALUE:
        return readable == NULL ? run_end(at, end, RUN_VALUE) : run_end_in(at, end, readable, RUN_VALUE);
    case RUN_PART:
        return readable == NULL ? run_end(at, end, RUN_PART) : run_end_in(at, end, readable, RUN_PART);
    case RUN_QUOTED:
        return readable == NULL ? run_end(at, end, RUN_QUOTED) : run_end_in(at, end, readable, RUN_QUOTED);
    default:
        return readable == NULL ? run_end(at, end, RUN_TEXT) : run_end_in(at, end, readable, RUN_TEXT);
    }
}

/* Each byte at each place of texts of each length up to more than two vectors, with the
 * text against a page that cannot be read. */
TEST(both_ways_stop_at_the_same_byte)
{
    char  bytes[40];
    char *text;

    memset(bytes, 'a', sizeof bytes);
    text = (char *)(uintptr_t)test_guarded((struct slice){ bytes, sizeof bytes }).ptr;
    for (size_t len = 1; len <= sizeof bytes; len++)
        for (size_t place = 0; place < len; place++)
            for (unsigned c = 0; c < 256; c++) {
                char *at = text + sizeof bytes - len;

                at[place] = (char)c;
                for (size_t k = 0; k < sizeof classes; k++) {
                    const char *want = belongs((unsigned char)c, classes[k]) ? at + len : at + place;

                    assert_ptr_equal(want, end_of(at, at + len, NULL, classes[k]));
                    assert_ptr_equal(want, end_of(at, at + len, at + len, classes[k]));
                    assert_ptr_equal(want, run_walk(at, at + len, classes[k]));
                }
                at[place] = 'a';
            }
}

/* What is behind the end is looked at, but no part of the run; a page that cannot be read is behind `readable`. */
TEST(run_in_a_longer_text_ends_where_it_is_told_to)
{
    enum { TEXT = 70 };
    char        bytes[TEXT];
    const char *text;

    memset(bytes, 'a', sizeof bytes);
    text = test_guarded((struct slice){ bytes, sizeof bytes }).ptr;
    for (size_t from = 0; from <= TEXT; from++)
        for (size_t to = from; to <= TEXT; to++)
            for (size_t k = 0; k < sizeof classes; k++)
                assert_ptr_equal(text + to, end_of(text + from, text + to, text + TEXT, classes[k]));
}

#define PADDED(name)                                                                                                   \
    case name:                                                                                                         \
        return run_end_padded(at, end, name)
static const char *end_of_padded(const char *at, const char *end, uint8_t class)
{
    switch (class) {
        PADDED(RUN_HOST);
        PADDED(RUN_URI);
        PADDED(RUN_BARE);
        PADDED(RUN_NAME);
        PADDED(RUN_VALUE);
        PADDED(RUN_PART);
        PADDED(RUN_QUOTED);
    default:
        return run_end_padded(at, end, RUN_TEXT);
    }
}

/* RUN_PAD bytes behind the end are looked at, and no more: a page that cannot be read is behind them. */
TEST(run_in_a_padded_text_ends_at_its_stop_or_its_end)
{
    enum { TEXT = 3 * RUN_PAD };
    char  bytes[TEXT];
    char *text;

    memset(bytes, 'a', sizeof bytes);
    text = (char *)(uintptr_t)test_guarded((struct slice){ bytes, sizeof bytes }).ptr;
    for (size_t from = 0; from <= TEXT - RUN_PAD; from++)
        for (size_t to = from; to <= TEXT - RUN_PAD; to++)
            for (size_t k = 0; k < sizeof classes; k++) {
                assert_ptr_equal(text + to, end_of_padded(text + from, text + to, classes[k]));
                for (size_t stop = from; stop < to + 2; stop++) {
                    text[stop] = '\0';
                    assert_ptr_equal(text + (stop < to ? stop : to), end_of_padded(text + from, text + to, classes[k]));
                    text[stop] = 'a';
                }
            }
}

/* Two bytes that are not plain, each of any value at any place. */
TEST(value_ends_where_a_run_of_its_class_does)
{
    char  bytes[3 * RUN_PAD];
    char *text, *end;

    memset(bytes, 'a', sizeof bytes);
    text = (char *)(uintptr_t)test_guarded((struct slice){ bytes, sizeof bytes }).ptr;
    end  = text + 2 * RUN_PAD;
    for (char *one = text; one < end + 2; one++)
        for (char *two = one; two < end + 2; two += 5)
            for (unsigned c = 0; c < 256; c++) {
                *one = (char)c;
                *two = two == one ? (char)c : "=,"[c & 1];
                assert_ptr_equal(run_end_padded(text, end, RUN_VALUE), run_value_padded(text, end));
                *one = *two = 'a';
            }
}

TEST(empty_run_ends_where_it_starts)
{
    struct slice nothing = test_guarded(SLICE(""));

    assert_ptr_equal(nothing.ptr, run_end(nothing.ptr, nothing.ptr, RUN_URI));
    assert_null(run_find(nothing.ptr, nothing.ptr, 'a'));
}

TEST(byte_is_found_at_every_place)
{
    for (size_t len = 1; len < 40; len++) {
        char         bytes[40];
        struct slice text;

        memset(bytes, 'x', sizeof bytes);
        text = test_guarded((struct slice){ bytes, len });
        assert_null(run_find(text.ptr, text.ptr + len, '?'));
        for (size_t place = len; place-- > 0;) { /* a later one is there, too */
            ((char *)(uintptr_t)text.ptr)[place] = '?';
            assert_ptr_equal(text.ptr + place, run_find(text.ptr, text.ptr + len, '?'));
        }
    }
}

static void check_uri(struct slice text, uint8_t class)
{
    struct run_uri walked = { NULL, NULL, NULL }, found;

    found = class == RUN_URI ? run_uri(text.ptr, text.ptr + text.len, RUN_URI)
                             : run_uri(text.ptr, text.ptr + text.len, RUN_BARE);
    run_uri_walk(&walked, text.ptr, text.ptr + text.len, class);
    assert_ptr_equal(walked.end, found.end);
    assert_ptr_equal(walked.at_sign, found.at_sign);
    assert_ptr_equal(walked.escape, found.escape);
}

/* What stands behind the end of the URI is not of it, though it was looked at. */
TEST(marks_of_a_uri_are_the_first_ones_inside_it)
{
    static const char bytes[] = "a@%>;?x";
    char              text[40];

    for (unsigned seed = 0; seed < 20000; seed++) {
        size_t   len  = seed % (sizeof text + 1);
        unsigned next = seed;

        memset(text, 'x', sizeof text);
        for (int i = 0; i < 6; i++) {
            next                            = next * 1103515245u + 12345u;
            text[(next >> 8) % sizeof text] = bytes[(next >> 16) % (sizeof bytes - 1)];
        }
        check_uri((struct slice){ text, len }, RUN_URI);
        check_uri((struct slice){ text, len }, RUN_BARE);
    }
}

/* In place of each of eight digits stands each byte. */
TEST(hexadecimal_digits_of_either_case_are_a_number)
{
    static const char digits[] = "0123456789abcdef";
    uint32_t          number;

    CHECK(word_hex(word_load("0123abCD"), &number));
    CHECK_INT(0x0123abcd, number);
    CHECK(word_hex(word_load("FfEe9876"), &number));
    CHECK_INT(0xffee9876, number);
    for (unsigned place = 0; place < 8; place++)
        for (unsigned c = 0; c < 256; c++) {
            char        text[] = "00000000";
            const char *digit  = strchr(digits, c >= 'A' && c <= 'F' ? (int)(c | 0x20) : (int)c);
            bool        is_one = c != 0 && digit != NULL;

            text[place] = (char)c;
            CHECK_INT(is_one, word_hex(word_load(text), &number));
            if (is_one)
                CHECK_INT((uint32_t)(digit - digits) << 4 * (7 - place), number);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_stop_at_the_same_byte),
        cmocka_unit_test(run_in_a_longer_text_ends_where_it_is_told_to),
        cmocka_unit_test(run_in_a_padded_text_ends_at_its_stop_or_its_end),
        cmocka_unit_test(value_ends_where_a_run_of_its_class_does),
        cmocka_unit_test(empty_run_ends_where_it_starts),
        cmocka_unit_test(byte_is_found_at_every_place),
        cmocka_unit_test(marks_of_a_uri_are_the_first_ones_inside_it),
        cmocka_unit_test(hexadecimal_digits_of_either_case_are_a_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
