/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/control_params.h"

#include <stdio.h>
#include <string.h>

struct problem {
    char  *text;
    size_t size;
};

const char *control_type_name(enum control_type type)
{
    switch (type) {
    case CONTROL_TEXT:
        return "text";
    case CONTROL_INTEGER:
        return "integer";
    case CONTROL_NUMBER:
        return "number";
    case CONTROL_BOOLEAN:
        return "boolean";
    case CONTROL_LIST:
        return "list";
    }
    return "?";
}

static const struct control_param *find(const struct control_method *method, const char *name)
{
    for (const struct control_param *p = method->params; p != NULL && p->name != NULL; p++)
        if (strcmp(p->name, name) == 0)
            return p;
    return NULL;
}

static size_t count_of(const struct control_method *method)
{
    size_t count = 0;

    for (const struct control_param *p = method->params; p != NULL && p->name != NULL; p++)
        count++;
    return count;
}

static bool is_of_type(const json_t *value, enum control_type type)
{
    switch (type) {
    case CONTROL_TEXT:
        return json_is_string(value);
    case CONTROL_INTEGER:
        return json_is_integer(value);
    case CONTROL_NUMBER:
        return json_is_number(value);
    case CONTROL_BOOLEAN:
        return json_is_boolean(value);
    case CONTROL_LIST:
        return json_is_array(value);
    }
    return false;
}

static bool is_in_range(const struct control_param *p, const json_t *value)
{
    double number = json_number_value(value);

    if (p->type == CONTROL_INTEGER)
        return json_integer_value(value) >= p->minimum && json_integer_value(value) <= p->maximum;
    return p->type != CONTROL_NUMBER || (number >= (double)p->minimum && number <= (double)p->maximum);
}

static bool value_fits(const struct control_param *p, const json_t *value, const struct problem *problem)
{
    if (is_of_type(value, p->type) && is_in_range(p, value))
        return true;
    if (p->type == CONTROL_INTEGER || p->type == CONTROL_NUMBER)
        snprintf(problem->text, problem->size,
                 "parameter '%s' is of type %s, %" JSON_INTEGER_FORMAT " to %" JSON_INTEGER_FORMAT, p->name,
                 control_type_name(p->type), p->minimum, p->maximum);
    else
        snprintf(problem->text, problem->size, "parameter '%s' is of type %s", p->name, control_type_name(p->type));
    return false;
}

static bool is_complete(const struct control_method *method, const json_t *named, const struct problem *problem)
{
    for (const struct control_param *p = method->params; p != NULL && p->name != NULL; p++) {
        if (!p->required || json_object_get(named, p->name) != NULL)
            continue;
        snprintf(problem->text, problem->size, "parameter '%s' is missing", p->name);
        return false;
    }
    return true;
}

static bool take_named(const struct control_method *method, const json_t *params, json_t *named,
                       const struct problem *problem)
{
    const char *name;
    json_t     *value;

    json_object_foreach((json_t *)params, name, value)
    {
        const struct control_param *p = find(method, name);

        if (p == NULL)
            snprintf(problem->text, problem->size, "%s has no parameter '%.64s'", method->name, name);
        if (p == NULL || !value_fits(p, value, problem) || json_object_set(named, name, value) != 0)
            return false;
    }
    return true;
}

static bool take_positions(const struct control_method *method, const json_t *params, json_t *named,
                           const struct problem *problem)
{
    if (json_array_size(params) > count_of(method)) {
        snprintf(problem->text, problem->size, "%s has %zu parameters", method->name, count_of(method));
        return false;
    }
    for (size_t i = 0; i < json_array_size(params); i++) {
        json_t *value = json_array_get(params, i);

        if (!value_fits(&method->params[i], value, problem) ||
            json_object_set(named, method->params[i].name, value) != 0)
            return false;
    }
    return true;
}

json_t *control_params(const struct control_method *method, const json_t *params, char *problem, size_t problem_size)
{
    struct problem why   = { problem, problem_size };
    json_t        *named = json_object();
    bool           fits  = named != NULL;

    problem[0] = '\0';
    if (fits && params != NULL)
        fits = json_is_array(params) ? take_positions(method, params, named, &why)
                                     : take_named(method, params, named, &why);
    if (fits && is_complete(method, named, &why))
        return named;
    json_decref(named);
    return NULL;
}
