/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/control_params.h"

#include "support/test.h"

static const struct control_param params[] = {
    { "name", CONTROL_TEXT, true, 0, 0, "a text" },
    { "count", CONTROL_INTEGER, false, 1, 10, "an integer" },
    { "q", CONTROL_NUMBER, false, 0, 1, "a number" },
    { "all", CONTROL_BOOLEAN, false, 0, 0, "yes or no" },
    { .name = NULL },
};

static const struct control_method method  = { .name = "m", .params = params };
static const struct control_method without = { .name = "n", .params = NULL };

static void check_good(const struct control_method *m, const char *text, const char *want)
{
    char    problem[256];
    json_t *given  = text == NULL ? NULL : json_loads(text, 0, NULL);
    json_t *wanted = json_loads(want, 0, NULL);
    json_t *got    = control_params(m, given, problem, sizeof problem);

    CHECK_SLICE("", slice_from(problem));
    CHECK(json_equal(wanted, got));
    json_decref(given);
    json_decref(wanted);
    json_decref(got);
}

static void check_bad(const struct control_method *m, const char *text, const char *want)
{
    char    problem[256];
    json_t *given = text == NULL ? NULL : json_loads(text, 0, NULL);

    CHECK(control_params(m, given, problem, sizeof problem) == NULL);
    CHECK_SLICE(want, slice_from(problem));
    json_decref(given);
}

TEST(parameters_that_fit_come_by_name)
{
    check_good(&method, "{\"name\":\"a\"}", "{\"name\":\"a\"}");
    check_good(&method, "{\"all\":false,\"q\":0.5,\"count\":10,\"name\":\"\"}",
               "{\"all\":false,\"q\":0.5,\"count\":10,\"name\":\"\"}");
    check_good(&method, "{\"name\":\"a\",\"q\":1}", "{\"name\":\"a\",\"q\":1}");
    check_good(&without, NULL, "{}");
    check_good(&without, "{}", "{}");
}

/* JSON-RPC 2.0, 4.2: by position. */
TEST(an_array_is_taken_in_the_order_of_the_table)
{
    check_good(&method, "[\"a\",2]", "{\"name\":\"a\",\"count\":2}");
    check_good(&without, "[]", "{}");
    check_bad(&method, "[\"a\",2,0,true,1]", "m has 4 parameters");
    check_bad(&method, "[]", "parameter 'name' is missing");
    check_bad(&method, "[1]", "parameter 'name' is of type text");
    check_bad(&without, "[1]", "n has 0 parameters");
}

TEST(an_unknown_name_is_refused)
{
    check_bad(&method, "{\"name\":\"a\",\"nmae\":\"b\"}", "m has no parameter 'nmae'");
    check_bad(&without, "{\"x\":1}", "n has no parameter 'x'");
}

TEST(what_must_be_given_is_asked_for)
{
    check_bad(&method, NULL, "parameter 'name' is missing");
    check_bad(&method, "{}", "parameter 'name' is missing");
}

TEST(a_wrong_type_or_a_number_out_of_range_is_refused)
{
    check_bad(&method, "{\"name\":3}", "parameter 'name' is of type text");
    check_bad(&method, "{\"name\":null}", "parameter 'name' is of type text");
    check_bad(&method, "{\"name\":\"a\",\"count\":0}", "parameter 'count' is of type integer, 1 to 10");
    check_bad(&method, "{\"name\":\"a\",\"count\":11}", "parameter 'count' is of type integer, 1 to 10");
    check_bad(&method, "{\"name\":\"a\",\"count\":2.0}", "parameter 'count' is of type integer, 1 to 10");
    check_bad(&method, "{\"name\":\"a\",\"count\":\"2\"}", "parameter 'count' is of type integer, 1 to 10");
    check_bad(&method, "{\"name\":\"a\",\"q\":1.5}", "parameter 'q' is of type number, 0 to 1");
    check_bad(&method, "{\"name\":\"a\",\"all\":1}", "parameter 'all' is of type boolean");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_that_fit_come_by_name),
        cmocka_unit_test(an_array_is_taken_in_the_order_of_the_table),
        cmocka_unit_test(an_unknown_name_is_refused),
        cmocka_unit_test(what_must_be_given_is_asked_for),
        cmocka_unit_test(a_wrong_type_or_a_number_out_of_range_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
