/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/output.h"

#include "support/json_schema.h"
#include "support/sample_call.h"
#include "support/test.h"

#include <jansson.h>

static json_t *object_of(const struct summary *s, const char *expect, const char *warn, enum outcome_end end)
{
    const char *text = sample_output(output_json, s, expect, warn, end);
    char        memory[512];
    struct buf  why = BUF_ON(memory);
    json_t     *object;

    CHECK(strchr(text, '\n') == text + strlen(text) - 1);
    if (!json_schema_line_fits(json_schema_of_events(), slice_from(text), &why))
        fail_msg("%s: %s", text, buf_cstr(&why));
    object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    CHECK(object != NULL);
    return object;
}

static json_int_t number_of(const json_t *object, const char *key)
{
    CHECK(json_is_integer(json_object_get(object, key)));
    return json_integer_value(json_object_get(object, key));
}

static const char *text_of(const json_t *object, const char *key)
{
    CHECK(json_is_string(json_object_get(object, key)));
    return json_string_value(json_object_get(object, key));
}

TEST(an_answered_call_has_its_times_and_its_stream)
{
    struct summary s;
    json_t        *object, *stream;

    sample_answered(&s);
    object = object_of(&s, NULL, NULL, END_GOOD);
    CHECK_SLICE("summary", slice_from(text_of(object, "event")));
    CHECK_SLICE("ok", slice_from(text_of(object, "outcome")));
    CHECK_INT(0, number_of(object, "exit_code"));
    CHECK_INT(200, number_of(object, "status"));
    CHECK_INT(350, number_of(json_object_get(object, "setup"), "answered_ms"));
    CHECK_INT(20, number_of(json_object_get(object, "setup"), "ringing_ms"));
    CHECK(json_object_get(json_object_get(object, "setup"), "progress_ms") == NULL);
    CHECK_INT(10000, number_of(object, "duration_ms"));
    CHECK_SLICE("42#", slice_from(text_of(object, "digits")));
    stream = json_array_get(json_object_get(object, "streams"), 0);
    CHECK_INT(490, number_of(stream, "packets_received"));
    CHECK(json_real_value(json_object_get(stream, "loss_percent")) == 2);
    CHECK(json_real_value(json_object_get(stream, "mos")) > 4);
    json_decref(object);
}

TEST(conditions_are_objects_with_what_was_measured)
{
    struct summary s;
    json_t        *object, *list;

    sample_refused(&s, 486, "Busy \"Here\"\n");
    object = object_of(&s, "answered", "max-loss=1%", END_BAD);
    list   = json_object_get(object, "expectations");
    CHECK_INT(23, number_of(object, "exit_code"));
    CHECK_INT(2, json_array_size(list));
    CHECK(json_is_false(json_object_get(json_array_get(list, 0), "met")));
    CHECK_SLICE("no", slice_from(text_of(json_array_get(list, 0), "measured")));
    CHECK(json_is_true(json_object_get(json_array_get(list, 1), "warning")));
    CHECK_SLICE("Busy \"Here\"\n", slice_from(text_of(object, "reason")));
    json_decref(object);
}

TEST(the_schema_knows_each_member_and_which_are_always_there)
{
    char           memory[512];
    struct buf     why = BUF_ON(memory);
    struct summary s;
    json_t        *object;

    sample_answered(&s);
    object = object_of(&s, "answered", NULL, END_GOOD);
    json_object_del(object, "call_id");
    CHECK(json_schema_fits(json_schema_of_events(), object, &why));
    json_object_set_new(object, "mood", json_true());
    CHECK(!json_schema_fits(json_schema_of_events(), object, &why));
    json_object_del(object, "mood");
    json_object_del(object, "outcome");
    CHECK(!json_schema_fits(json_schema_of_events(), object, &why));
    json_decref(object);
}

TEST(a_call_that_was_not_tried_has_no_end)
{
    struct summary s;
    json_t        *object;

    sample_not_registered(&s, 403, "Forbidden");
    object = object_of(&s, NULL, NULL, END_BAD);
    CHECK(json_object_get(object, "cause") == NULL);
    CHECK_INT(403, number_of(object, "status"));
    json_decref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answered_call_has_its_times_and_its_stream),
        cmocka_unit_test(conditions_are_objects_with_what_was_measured),
        cmocka_unit_test(the_schema_knows_each_member_and_which_are_always_there),
        cmocka_unit_test(a_call_that_was_not_tried_has_no_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
