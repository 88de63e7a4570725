/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/admin.h"

#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

static json_t *outcome;

static void finish(struct control_call *call, json_t *o)
{
    (void)call;
    outcome = o;
}

/* JSON-RPC 2.0, 4: names that begin with "rpc." are not ours. */
TEST(every_method_has_a_name_of_its_own_a_function_and_words_for_people)
{
    size_t                       count;
    const struct control_method *methods = admin_methods(&count);

    for (size_t i = 0; i < count; i++) {
        const struct control_method *m = &methods[i];

        CHECK(m->fn != NULL && m->summary != NULL && m->result != NULL);
        CHECK(strchr(m->name, '.') != NULL && strncmp(m->name, "rpc.", 4) != 0);
        CHECK(m->summary[strlen(m->summary) - 1] != '.');
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(m->name, methods[j].name);
        for (const struct control_param *p = m->params; p != NULL && p->name != NULL; p++)
            CHECK(p->help[0] != '\0');
    }
}

/* What must be given stands first, so that an array may leave out the rest. */
TEST(required_parameters_stand_first)
{
    size_t                       count;
    const struct control_method *methods = admin_methods(&count);

    for (size_t i = 0; i < count; i++)
        for (const struct control_param *p = methods[i].params; p != NULL && p->name != NULL; p++)
            CHECK(!p->required || p == methods[i].params || p[-1].required);
}

TEST(the_methods_are_told_by_a_method)
{
    struct control_call          call  = { finish };
    struct admin                 admin = { .arg = NULL };
    size_t                       count;
    const struct control_method *methods = admin_methods(&count);
    json_t                      *list, *one;
    size_t                       i;

    control_dispatch(methods, count, &admin, &call, "server.methods", NULL);
    list = json_object_get(json_object_get(outcome, "result"), "methods");
    CHECK_INT(count, json_array_size(list));
    json_array_foreach(list, i, one)
        CHECK_SLICE(methods[i].name, slice_from(json_string_value(json_object_get(one, "name"))));
    json_decref(outcome);
}

/* docs/control.md is made by tools/manual, which `check/manual` holds it to. */
TEST(the_document_names_every_method_and_parameter)
{
    size_t                       count, size;
    const struct control_method *methods = admin_methods(&count);
    char                        *text    = NULL, wanted[128];
    FILE                        *out     = open_memstream(&text, &size);

    admin_write_methods(out);
    fclose(out);
    for (size_t i = 0; i < count; i++) {
        snprintf(wanted, sizeof wanted, "### %s\n", methods[i].name);
        CHECK(strstr(text, wanted) != NULL);
        for (const struct control_param *p = methods[i].params; p != NULL && p->name != NULL; p++) {
            snprintf(wanted, sizeof wanted, "| `%s` | %s |", p->name, control_type_name(p->type));
            CHECK(strstr(text, wanted) != NULL);
        }
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_has_a_name_of_its_own_a_function_and_words_for_people),
        cmocka_unit_test(required_parameters_stand_first),
        cmocka_unit_test(the_methods_are_told_by_a_method),
        cmocka_unit_test(the_document_names_every_method_and_parameter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
