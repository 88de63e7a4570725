/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/pattern.h"

#include "support/test.h"

static struct pattern *made(const char *text)
{
    char            memory[256];
    struct buf      why = BUF_ON(memory);
    struct pattern *p   = pattern_new(test_guarded(slice_from(text)), &why);

    if (p == NULL)
        fail_msg("%s", buf_cstr(&why));
    return p;
}

static enum pattern_result match(const char *pattern, const char *text)
{
    struct pattern     *p      = made(pattern);
    enum pattern_result result = pattern_match(p, test_guarded(slice_from(text)));

    pattern_free(p);
    return result;
}

static void check_replaced(const char *wanted, const char *pattern, const char *text, const char *replacement)
{
    struct pattern *p = made(pattern);
    char            memory[64], said[128];
    struct buf      out = BUF_ON(memory), why = BUF_ON(said);

    CHECK(pattern_can_replace(p, slice_from(replacement), &why));
    CHECK_INT(PATTERN_FITS, pattern_replace(p, test_guarded(slice_from(text)), slice_from(replacement), buf_put, &out));
    CHECK_SLICE(wanted, buf_slice(&out));
    pattern_free(p);
}

TEST(a_pattern_fits_a_text_as_a_whole)
{
    CHECK_INT(PATTERN_FITS, match("112|110", "110"));
    CHECK_INT(PATTERN_DIFFERS, match("112", "41121"));
    CHECK_INT(PATTERN_DIFFERS, match("112", "1121"));
    CHECK_INT(PATTERN_FITS, match("^00(\\d+)$", "0049"));
    CHECK_INT(PATTERN_DIFFERS, match("00(\\d+)", "00x"));
    CHECK_INT(PATTERN_FITS, match(".*", ""));
}

TEST(groups_stand_in_the_replacement)
{
    check_replaced("+49301", "00(\\d+)", "0049301", "+\\1");
    check_replaced("b-a", "(a)(b)", "ab", "\\2-\\1");
    check_replaced("ab!", "a(x)?b", "ab", "\\0!\\1");
    check_replaced("\\1", "ab", "ab", "\\\\1");
    check_replaced("", "ab", "ab", "");
}

TEST(a_replacement_may_name_no_group_that_the_pattern_lacks)
{
    struct pattern *p = made("(a)b");
    char            memory[128];
    struct buf      why = BUF_ON(memory);

    CHECK(!pattern_can_replace(p, SLICE("\\2"), &why));
    CHECK_SLICE("\\2: the pattern has 1 groups", buf_slice(&why));
    CHECK(!pattern_can_replace(p, SLICE("a\\"), &why));
    CHECK(!pattern_can_replace(p, SLICE("\\x"), &why));
    pattern_free(p);
}

/* The place stands with what is wrong. */
TEST(a_pattern_that_cannot_be_read_says_where)
{
    static const char *const bad[] = { "(a", "[", "a**", "\\C", "(*UTF)a", "" };
    char                     memory[256];

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf why = BUF_ON(memory);

        CHECK(pattern_new(test_guarded(slice_from(bad[i])), &why) == NULL);
        CHECK(why.len > 0);
        CHECK(i == 5 || slice_eq(slice_between(memory, memory + 13), SLICE("at character ")));
    }
}

/* The classic ways to burn a processor: each would take years. */
TEST(a_match_that_takes_too_long_is_given_up)
{
    char text[64];

    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    CHECK_INT(PATTERN_GAVE_UP, match("(a+)+[bc]", text));
    CHECK_INT(PATTERN_GAVE_UP, match("(a|aa)+[bc]", text));
    CHECK_INT(PATTERN_GAVE_UP, match("(a*)*[xy](a*)*[xy]", text));
    CHECK(match("((((((a*)*)*)*)*)*)*c", text) != PATTERN_FITS);
    CHECK(match("(?1)(a(?1)|b)", text) != PATTERN_FITS); /* recursion without end */
}

TEST(a_text_that_is_too_long_fits_nothing)
{
    char text[PATTERN_TEXT + 2];

    memset(text, '1', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    CHECK_INT(PATTERN_DIFFERS, match("1*", text));
    CHECK_INT(PATTERN_FITS, match("1*", text + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_fits_a_text_as_a_whole),
        cmocka_unit_test(groups_stand_in_the_replacement),
        cmocka_unit_test(a_replacement_may_name_no_group_that_the_pattern_lacks),
        cmocka_unit_test(a_pattern_that_cannot_be_read_says_where),
        cmocka_unit_test(a_match_that_takes_too_long_is_given_up),
        cmocka_unit_test(a_text_that_is_too_long_fits_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
