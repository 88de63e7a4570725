/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/json_schema.h"

#include "console/phone_schema.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

struct check {
    const json_t *root;
    struct buf   *why;
};

static bool fits(struct check *c, const json_t *schema, const json_t *value);

static bool complain(struct check *c, const char *what, const char *name)
{
    buf_printf(c->why, "%s '%s'; ", what, name);
    return false;
}

static bool is_type(const char *type, const json_t *value)
{
    return (strcmp(type, "object") == 0 && json_is_object(value)) ||
           (strcmp(type, "array") == 0 && json_is_array(value)) ||
           (strcmp(type, "string") == 0 && json_is_string(value)) ||
           (strcmp(type, "integer") == 0 && json_is_integer(value)) ||
           (strcmp(type, "number") == 0 && json_is_number(value)) ||
           (strcmp(type, "boolean") == 0 && json_is_boolean(value)) ||
           (strcmp(type, "null") == 0 && json_is_null(value));
}

static bool check_type(struct check *c, const json_t *type, const json_t *value)
{
    if (json_is_string(type))
        return is_type(json_string_value(type), value) || complain(c, "not of type", json_string_value(type));
    for (size_t i = 0; i < json_array_size(type); i++)
        if (is_type(json_string_value(json_array_get(type, i)), value))
            return true;
    return complain(c, "of none of the", "types");
}

static bool check_pattern(struct check *c, const json_t *pattern, const json_t *value)
{
    regex_t regex;
    bool    good;

    if (!json_is_string(value))
        return true;
    if (regcomp(&regex, json_string_value(pattern), REG_EXTENDED | REG_NOSUB) != 0)
        return complain(c, "no pattern:", json_string_value(pattern));
    good = regexec(&regex, json_string_value(value), 0, NULL, 0) == 0;
    regfree(&regex);
    return good || complain(c, "does not fit", json_string_value(pattern));
}

static bool check_enum(struct check *c, const json_t *list, const json_t *value)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(json_array_get(list, i), (json_t *)(uintptr_t)value))
            return true;
    return complain(c, "none of the", "values");
}

static bool check_members(struct check *c, const json_t *schema, const json_t *value)
{
    const json_t *properties = json_object_get(schema, "properties"), *required = json_object_get(schema, "required");
    const char   *key;
    json_t       *member;

    if (!json_is_object(value))
        return true;
    for (size_t i = 0; i < json_array_size(required); i++)
        if (json_object_get(value, json_string_value(json_array_get(required, i))) == NULL)
            return complain(c, "lacks", json_string_value(json_array_get(required, i)));
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        const json_t *wanted = json_object_get(properties, key);

        if (wanted == NULL && json_is_false(json_object_get(schema, "additionalProperties")))
            return complain(c, "unknown member", key);
        if (wanted != NULL && !fits(c, wanted, member))
            return complain(c, "in", key);
    }
    return true;
}

static bool check_items(struct check *c, const json_t *items, const json_t *value)
{
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!fits(c, items, json_array_get(value, i)))
            return complain(c, "in an", "item");
    return true;
}

/* The reasons of those that do not fit are of no interest, unless none does. */
static bool check_one_of(struct check *c, const json_t *list, const json_t *value)
{
    size_t   before = c->why->len;
    unsigned count  = 0;

    for (size_t i = 0; i < json_array_size(list); i++)
        count += fits(c, json_array_get(list, i), value);
    if (count == 1)
        c->why->len = before;
    return count == 1 || complain(c, count == 0 ? "none fits of" : "more than one fits of", "oneOf");
}

static bool check_ref(struct check *c, const char *ref, const json_t *value)
{
    const json_t *defs = json_object_get(c->root, "$defs");
    const json_t *def  = strncmp(ref, "#/$defs/", 8) == 0 ? json_object_get(defs, ref + 8) : NULL;

    return def != NULL ? fits(c, def, value) : complain(c, "no", ref);
}

static bool check_word(struct check *c, const char *word, const json_t *argument, const json_t *schema,
                       const json_t *value)
{
    static const char *const others[] = {
        "$schema", "title", "description", "$defs", "required", "additionalProperties"
    };

    if (strcmp(word, "type") == 0)
        return check_type(c, argument, value);
    if (strcmp(word, "const") == 0)
        return json_equal((json_t *)(uintptr_t)argument, (json_t *)(uintptr_t)value) || complain(c, "another", "const");
    if (strcmp(word, "enum") == 0)
        return check_enum(c, argument, value);
    if (strcmp(word, "pattern") == 0)
        return check_pattern(c, argument, value);
    if (strcmp(word, "minimum") == 0)
        return json_number_value(value) >= json_number_value(argument) || complain(c, "below the", "minimum");
    if (strcmp(word, "maximum") == 0)
        return json_number_value(value) <= json_number_value(argument) || complain(c, "above the", "maximum");
    if (strcmp(word, "properties") == 0)
        return check_members(c, schema, value);
    if (strcmp(word, "items") == 0)
        return check_items(c, argument, value);
    if (strcmp(word, "oneOf") == 0)
        return check_one_of(c, argument, value);
    if (strcmp(word, "$ref") == 0)
        return check_ref(c, json_string_value(argument), value);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(word, others[i]) == 0)
            return true;
    return complain(c, "the schema knows the word", word);
}

static bool fits(struct check *c, const json_t *schema, const json_t *value)
{
    const char *word;
    json_t     *argument;

    json_object_foreach((json_t *)(uintptr_t)schema, word,
                        argument) if (!check_word(c, word, argument, schema, value)) return false;
    return true;
}

bool json_schema_fits(const json_t *schema, const json_t *value, struct buf *why)
{
    struct check c = { schema, why };

    return fits(&c, schema, value);
}

static const json_t *make(void (*write)(struct buf *b))
{
    char      *memory = malloc(PHONE_SCHEMA_MAX);
    struct buf b      = buf_on(memory, PHONE_SCHEMA_MAX);
    json_t    *schema;

    write(&b);
    schema = json_loadb(b.ptr, b.len, 0, NULL);
    free(memory);
    if (schema == NULL)
        abort();
    return schema;
}

const json_t *json_schema_of_events(void)
{
    static const json_t *schema;

    if (schema == NULL)
        schema = make(phone_schema_events);
    return schema;
}

const json_t *json_schema_of_commands(void)
{
    static const json_t *schema;

    if (schema == NULL)
        schema = make(phone_schema_commands);
    return schema;
}

bool json_schema_line_fits(const json_t *schema, struct slice line, struct buf *why)
{
    json_t *value = json_loadb(line.ptr, line.len, 0, NULL);
    bool    good  = value != NULL && json_schema_fits(schema, value, why);

    if (value == NULL)
        buf_printf(why, "not JSON");
    json_decref(value);
    return good;
}
