/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmd/route_print.h"

#include "cmd/json_out.h"

static void print_rule(FILE *out, const json_t *object)
{
    const char *rule = json_text_of(object, "rule");

    if (rule[0] != '\0')
        fprintf(out, "  [%s]", rule);
    fputc('\n', out);
}

void route_print_steps(FILE *out, const json_t *explanation, const char *indent)
{
    json_int_t left_out = json_integer_value(json_object_get(explanation, "steps_left_out"));
    json_t    *step;
    size_t     i;

    json_array_foreach(json_object_get(explanation, "steps"), i, step)
    {
        fprintf(out, "%s%s", indent, json_text_of(step, "text"));
        print_rule(out, step);
    }
    if (left_out > 0)
        fprintf(out, "%s... and %" JSON_INTEGER_FORMAT " more\n", indent, left_out);
}

void route_print_target(FILE *out, const json_t *target)
{
    const char *route = json_text_of(target, "route");

    fprintf(out, "%s", json_text_of(target, "uri"));
    if (route[0] != '\0')
        fprintf(out, "  Route: %s", route);
    if (json_text_of(target, "capabilities")[0] != '\0')
        fprintf(out, "  %s", json_text_of(target, "capabilities"));
    fprintf(out, "  q=%.3g  %s\n", json_number_value(json_object_get(target, "q")), json_text_of(target, "way"));
}

static void print_targets(FILE *out, const json_t *list, const char *indent)
{
    json_int_t last = 0;
    json_t    *target;
    size_t     i;

    json_array_foreach(list, i, target)
    {
        json_int_t  group = json_integer_value(json_object_get(target, "group"));
        const char *why   = json_text_of(target, "why");

        fprintf(out, "%s  %-5s ", indent, i == 0 ? "first" : group != last ? "then" : "and");
        route_print_target(out, target);
        if (why[0] != '\0') {
            fprintf(out, "%s        %s", indent, why);
            print_rule(out, target);
        }
        last = group;
    }
}

static void print_answer(FILE *out, const json_t *e, const char *indent)
{
    json_t *contact;
    size_t  i;

    fprintf(out, "%sanswered %" JSON_INTEGER_FORMAT " %s", indent, json_integer_value(json_object_get(e, "status")),
            json_text_of(e, "phrase"));
    if (json_text_of(e, "why")[0] != '\0')
        fprintf(out, ": %s", json_text_of(e, "why"));
    print_rule(out, e);
    json_array_foreach(json_object_get(e, "contacts"), i, contact)
        fprintf(out, "%s  Contact: %s\n", indent, json_string_value(contact));
}

void route_print_outcome(FILE *out, const json_t *explanation, const char *indent)
{
    const json_t *targets = json_object_get(explanation, "targets");
    size_t        count   = json_array_size(targets);

    if (json_object_get(explanation, "status") != NULL) {
        print_answer(out, explanation, indent);
    } else if (count == 0) {
        fprintf(out, "%staken by the registrar\n", indent);
    } else {
        fprintf(out, "%sforwarded to %zu target%s\n", indent, count, count == 1 ? "" : "s");
        print_targets(out, targets, indent);
    }
}
