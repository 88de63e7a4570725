/* SPDX-License-Identifier: BSD-2-Clause */
#include "route/explain.h"
#include "support/test.h"

static struct explain explain;

static void steps_are_kept_in_order_with_their_rules(void **state)
{
    char rule[] = "ahoy.conf:41";

    (void)state;
    explain_init(&explain);
    explain_step(&explain, rule, "number rule '%s' matches", "emergency");
    memset(rule, 'x', sizeof rule - 1); /* it was copied */
    explain_step(&explain, NULL, "%u targets", 3u);
    CHECK_INT(2, explain.count);
    CHECK_SLICE("number rule 'emergency' matches", explain.steps[0].text);
    CHECK_SLICE("ahoy.conf:41", explain.steps[0].rule);
    CHECK_SLICE("3 targets", explain.steps[1].text);
    CHECK_INT(0, explain.steps[1].rule.len);
    CHECK_INT(0, explain.left_out);
}

static unsigned worked_out;

static unsigned work_out(void)
{
    return ++worked_out;
}

static void nobody_who_wants_to_know_costs_nothing(void **state)
{
    struct explain *nobody = NULL;

    (void)state;
    explain_step(nobody, "policy", "step %u", work_out());
    CHECK_INT(0, worked_out);
    explain_init(&explain);
    explain_step(&explain, "policy", "step %u", work_out());
    CHECK_INT(1, worked_out);
}

static void control_characters_of_a_peer_are_not_repeated(void **state)
{
    (void)state;
    explain_init(&explain);
    explain_step(&explain, "a\nb", "user '%s' of \xc3\xa9", "x\x1b[2J\r\ny\x7f");
    CHECK_SLICE("user 'x?[2J??y?' of \xc3\xa9", explain.steps[0].text);
    CHECK_SLICE("a?b", explain.steps[0].rule);
}

static void too_many_steps_are_counted_and_not_kept(void **state)
{
    (void)state;
    explain_init(&explain);
    for (int i = 0; i < EXPLAIN_STEPS + 7; i++)
        explain_step(&explain, "policy", "step %d", i);
    CHECK_INT(EXPLAIN_STEPS, explain.count);
    CHECK_INT(7, explain.left_out);
    CHECK_SLICE("step 0", explain.steps[0].text);
}

static void long_texts_are_cut_and_fill_the_memory_once(void **state)
{
    static char text[2 * EXPLAIN_LINE];

    (void)state;
    memset(text, 'a', sizeof text - 1);
    explain_init(&explain);
    for (int i = 0; i < 100; i++)
        explain_step(&explain, "", "%s", text);
    CHECK_INT(EXPLAIN_LINE - 1, explain.steps[0].text.len);
    CHECK_INT(EXPLAIN_SIZE / (EXPLAIN_LINE - 1), explain.count);
    CHECK_INT(100 - explain.count, explain.left_out);
    explain_step(&explain, "", "b"); /* a short one has room still */
    CHECK_INT(EXPLAIN_SIZE / (EXPLAIN_LINE - 1) + 1, explain.count);
}

static void a_place_names_the_file_if_it_is_known(void **state)
{
    char place[EXPLAIN_PLACE];

    (void)state;
    explain_init(&explain);
    assert_string_equal("line 41", explain_place(&explain, 41, place));
    explain.file = SLICE("ahoy.conf");
    assert_string_equal("ahoy.conf:41", explain_place(&explain, 41, place));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_kept_in_order_with_their_rules),
        cmocka_unit_test(nobody_who_wants_to_know_costs_nothing),
        cmocka_unit_test(control_characters_of_a_peer_are_not_repeated),
        cmocka_unit_test(too_many_steps_are_counted_and_not_kept),
        cmocka_unit_test(long_texts_are_cut_and_fill_the_memory_once),
        cmocka_unit_test(a_place_names_the_file_if_it_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
