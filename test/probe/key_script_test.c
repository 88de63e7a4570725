/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/key_script.h"

#include "support/test.h"

static struct key_script script;
static struct key_fault  fault;

static bool parse(const char *text)
{
    return key_script_parse(test_guarded(slice_from(text)), &script, &fault);
}

TEST(keys_and_pauses_come_in_order)
{
    CHECK(key_script_parse(SLICE("1,pause:500ms,42#"), &script, &fault));
    CHECK_INT(3, script.count);
    CHECK_SLICE("1", script.steps[0].keys);
    CHECK_INT(0, script.steps[1].keys.len);
    CHECK_INT(500, script.steps[1].pause);
    CHECK_SLICE("42#", script.steps[2].keys);
}

TEST(keys_alone_are_a_script)
{
    CHECK(key_script_parse(SLICE("*0123456789#AbCd"), &script, &fault));
    CHECK_INT(1, script.count);
    CHECK_INT(16, script.steps[0].keys.len);
}

TEST(a_step_lasts_as_long_as_its_keys_or_its_pause)
{
    CHECK(parse("123,pause:2"));
    CHECK_INT(3 * KEY_SCRIPT_KEY, key_step_length(&script.steps[0]));
    CHECK_INT(2000, key_step_length(&script.steps[1]));
}

TEST(a_long_run_of_keys_is_cut_into_steps)
{
    CHECK(parse("1234567890123456789012345678901234567890"));
    CHECK_INT(2, script.count);
    CHECK_INT(KEY_SCRIPT_RUN, script.steps[0].keys.len);
    CHECK_INT(40 - KEY_SCRIPT_RUN, script.steps[1].keys.len);
}

TEST(what_is_wrong_is_told_with_its_place)
{
    static const struct {
        const char *text, *expected;
        size_t      at;
    } rows[] = {
        { "", "a key of 0-9 * # A-D, or pause:500ms", 0 },
        { "1,", "a key of 0-9 * # A-D, or pause:500ms", 2 },
        { "12x", "a key of 0-9 * # A-D, or a comma", 2 },
        { "1,,2", "a key of 0-9 * # A-D, or pause:500ms", 2 },
        { "1,pause:soon", "a duration of at most 1h like 500ms or 2s", 8 },
        { "pause:2h", "a duration of at most 1h like 500ms or 2s", 6 },
        { "1 2", "a key of 0-9 * # A-D, or a comma", 1 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK(!parse(rows[i].text));
        CHECK_INT(rows[i].at, fault.at);
        CHECK_SLICE(rows[i].expected, slice_from(fault.expected));
    }
}

TEST(too_many_steps_are_refused)
{
    char text[2 * KEY_SCRIPT_STEPS + 2] = "";

    for (size_t i = 0; i <= KEY_SCRIPT_STEPS; i++) {
        text[2 * i]     = '1';
        text[2 * i + 1] = i < KEY_SCRIPT_STEPS ? ',' : '\0';
    }
    CHECK(!parse(text));
    CHECK_SLICE("no more steps", slice_from(fault.expected));
    text[2 * KEY_SCRIPT_STEPS - 1] = '\0';
    CHECK(parse(text));
}

TEST(expected_keys_have_nothing_between_them)
{
    CHECK(keys_are_good(SLICE("9")));
    CHECK(keys_are_good(SLICE("12#*aD")));
    CHECK(!keys_are_good(SLICE("")));
    CHECK(!keys_are_good(SLICE("1,2")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_pauses_come_in_order),
        cmocka_unit_test(keys_alone_are_a_script),
        cmocka_unit_test(a_step_lasts_as_long_as_its_keys_or_its_pause),
        cmocka_unit_test(a_long_run_of_keys_is_cut_into_steps),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(too_many_steps_are_refused),
        cmocka_unit_test(expected_keys_have_nothing_between_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
