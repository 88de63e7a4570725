/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/phone_command.h"

#include "base/distance.h"
#include "base/duration.h"
#include "base/scan.h"
#include "console/phone_report.h"
#include "console/phone_verbs.h"

#include <stdio.h>
#include <string.h>

enum { NUMBER_MAX = 1000000000, WAIT_MAX = 7 * 24 * 3600 * 1000 };

/* ---- the table ---- */

#define REQUIRED(name, type, meaning)                                                                                  \
    {                                                                                                                  \
        name, ARGUMENT_##type, PLACE_REQUIRED, meaning, NULL                                                           \
    }
#define REQUIRED_OF(name, choices, meaning)                                                                            \
    {                                                                                                                  \
        name, ARGUMENT_CHOICE, PLACE_REQUIRED, meaning, choices                                                        \
    }
#define PLACED(name, type, meaning)                                                                                    \
    {                                                                                                                  \
        name, ARGUMENT_##type, PLACE_OPTIONAL, meaning, NULL                                                           \
    }
#define PLACED_OF(name, choices, meaning)                                                                              \
    {                                                                                                                  \
        name, ARGUMENT_CHOICE, PLACE_OPTIONAL, meaning, choices                                                        \
    }
#define NAMED(name, type, meaning)                                                                                     \
    {                                                                                                                  \
        name, ARGUMENT_##type, PLACE_NAMED, meaning, NULL                                                              \
    }
#define NAMED_OF(name, choices, meaning)                                                                               \
    {                                                                                                                  \
        name, ARGUMENT_CHOICE, PLACE_NAMED, meaning, choices                                                           \
    }

static const struct phone_command commands[] = {
#define PHONE_COMMAND(name, key, summary, example, fits, ...)                                                          \
    { #name, key, summary, example, verb_##name, fits, { __VA_ARGS__ } },
#include "console/phone_commands.def"
#undef PHONE_COMMAND
};

const struct phone_command *phone_commands(size_t *count)
{
    *count = sizeof commands / sizeof *commands;
    return commands;
}

const struct phone_command *phone_command_find(struct slice name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (slice_eq(slice_from(commands[i].name), name))
            return &commands[i];
    return NULL;
}

const struct phone_command *phone_command_nearest(struct slice name)
{
    const struct phone_command *best     = NULL;
    unsigned                    best_far = DISTANCE_FAR;

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        unsigned far = word_distance(name, slice_from(commands[i].name));

        if (far < best_far) {
            best_far = far;
            best     = &commands[i];
        }
    }
    return best != NULL && distance_is_typo(best_far, slice_from(best->name)) ? best : NULL;
}

/* ---- forms ---- */

static void put_upper(struct buf *b, const char *name)
{
    for (; *name != '\0'; name++)
        buf_put_byte(b, *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A') : *name);
}

void phone_argument_form(const struct phone_argument *a, struct buf *b)
{
    if (a->type == ARGUMENT_CHOICE)
        buf_put(b, slice_from(a->choices));
    else
        put_upper(b, a->name);
}

void phone_command_form(const struct phone_command *c, struct buf *b)
{
    buf_put(b, slice_from(c->name));
    for (const struct phone_argument *a = c->arguments; a->name != NULL; a++) {
        if (a->type == ARGUMENT_SECRET)
            continue; /* not to be typed */
        buf_put(b, a->place == PLACE_REQUIRED ? SLICE(" ") : SLICE(" ["));
        if (a->place == PLACE_NAMED)
            buf_put(b, slice_from(a->name));
        if (a->place == PLACE_NAMED && a->type != ARGUMENT_FLAG)
            buf_put_byte(b, ' ');
        if (a->place != PLACE_NAMED || a->type != ARGUMENT_FLAG)
            phone_argument_form(a, b);
        if (a->place != PLACE_REQUIRED)
            buf_put_byte(b, ']');
    }
}

/* ---- values ---- */

static bool complain(struct phone_fault *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool complain(struct phone_fault *f, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(f->reason, sizeof f->reason, format, args);
    va_end(args);
    return false;
}

static bool read_number(const struct phone_argument *a, const json_t *value, uint64_t min, uint64_t max,
                        struct phone_value *v, struct phone_fault *f)
{
    json_int_t number = json_integer_value(value);

    if (!json_is_integer(value) || number < 0 || (uint64_t)number < min || (uint64_t)number > max)
        return complain(f, "'%s' wants a number from %llu to %llu", a->name, (unsigned long long)min,
                        (unsigned long long)max);
    v->number = (uint64_t)number;
    return true;
}

static bool read_duration(const struct phone_argument *a, const json_t *value, struct phone_value *v,
                          struct phone_fault *f)
{
    if (json_is_integer(value))
        return read_number(a, value, 0, WAIT_MAX, v, f);
    if (json_is_string(value) && duration_parse(slice_from(json_string_value(value)), WAIT_MAX, &v->number))
        return true;
    return complain(f, "'%s' wants a time: milliseconds as a number, or as text \"500ms\", \"2s\", \"3m\"", a->name);
}

static bool find_choice(const struct phone_argument *a, struct phone_value *v)
{
    struct scan  s = scan_from(slice_from(a->choices));
    struct slice word;

    for (v->number = 0; scan_until(&s, "|", &word); v->number++) {
        if (slice_eq(word, v->text))
            return true;
        (void)scan_byte(&s, '|');
    }
    return false;
}

bool phone_argument_has(const struct phone_argument *a, struct slice word)
{
    struct phone_value v = { .text = word };

    return find_choice(a, &v);
}

static bool read_choice(const struct phone_argument *a, struct phone_value *v, struct phone_fault *f)
{
    return find_choice(a, v) || complain(f, "'%s' is one of %s", a->name, a->choices);
}

static bool is_key(char c)
{
    return is_digit_byte(c) || c == '*' || c == '#' || (c >= 'A' && c <= 'D') || (c >= 'a' && c <= 'd');
}

static bool read_digits(const struct phone_argument *a, struct phone_value *v, struct phone_fault *f)
{
    for (size_t i = 0; i < v->text.len; i++)
        if (!is_key(v->text.ptr[i]))
            return complain(f, "'%s' wants keys: 0-9 * # A-D", a->name);
    return v->text.len > 0 || complain(f, "'%s' wants keys: 0-9 * # A-D", a->name);
}

/* Texts of one line: they may become part of headers. */
static bool read_text(const struct phone_argument *a, const json_t *value, struct phone_value *v, struct phone_fault *f)
{
    if (!json_is_string(value))
        return complain(f, "'%s' wants a text", a->name);
    v->text = (struct slice){ json_string_value(value), json_string_length(value) };
    for (size_t i = 0; i < v->text.len && a->type != ARGUMENT_REST; i++)
        if ((unsigned char)v->text.ptr[i] < ' ' || v->text.ptr[i] == 0x7f)
            return complain(f, "'%s' holds a control character", a->name);
    if (a->type == ARGUMENT_CHOICE)
        return read_choice(a, v, f);
    if (a->type == ARGUMENT_DIGITS)
        return read_digits(a, v, f);
    if (a->type == ARGUMENT_CALL && !(phone_handle_read(v->text, &v->call) && id_kind(v->call) == ID_CALL))
        return complain(f, "'%s' wants the name of a call, such as \"c1.1\"", a->name);
    return v->text.len > 0 || a->type == ARGUMENT_SECRET || a->type == ARGUMENT_REST ||
           complain(f, "'%s' is empty", a->name);
}

static bool read_value(const struct phone_argument *a, const json_t *value, struct phone_value *v,
                       struct phone_fault *f)
{
    v->given = true;
    switch (a->type) {
    case ARGUMENT_STATUS:
        return read_number(a, value, PHONE_STATUS_FIRST, PHONE_STATUS_LAST, v, f);
    case ARGUMENT_NUMBER:
        return read_number(a, value, 0, NUMBER_MAX, v, f);
    case ARGUMENT_DURATION:
        return read_duration(a, value, v, f);
    case ARGUMENT_FLAG:
        v->number = json_is_true(value);
        return json_is_boolean(value) || complain(f, "'%s' wants true or false", a->name);
    case ARGUMENT_TEXT:
    case ARGUMENT_REST:
    case ARGUMENT_ADDRESS:
    case ARGUMENT_ACCOUNT:
    case ARGUMENT_CALL:
    case ARGUMENT_DIGITS:
    case ARGUMENT_FILE:
    case ARGUMENT_CHOICE:
    case ARGUMENT_SECRET:
        return read_text(a, value, v, f);
    }
    return false;
}

/* ---- a command ---- */

json_t *phone_json_read(struct slice line, struct phone_fault *f)
{
    json_error_t fault;
    json_t      *object = json_loadb(line.ptr, line.len, JSON_REJECT_DUPLICATES, &fault);

    *f = (struct phone_fault){ 0 };
    if (json_is_object(object))
        return object;
    if (object != NULL)
        complain(f, "a command is a JSON object");
    else if (json_error_code(&fault) == json_error_out_of_memory)
        complain(f, "out of memory");
    else
        f->position = (size_t)fault.position, complain(f, "not JSON: there is a mistake at byte %d", fault.position);
    json_decref(object);
    return NULL;
}

static bool find_command(const json_t *object, struct phone_order *o, struct phone_fault *f)
{
    const char *name = json_string_value(json_object_get(object, "command"));

    if (name == NULL)
        return complain(f, "the object has no \"command\"");
    o->command = f->command = phone_command_find(slice_from(name));
    if (o->command != NULL)
        return true;
    f->command = phone_command_nearest(slice_from(name));
    if (f->command != NULL)
        return complain(f, "there is no command '%.40s'; did you mean '%s'?", name, f->command->name);
    return complain(f, "there is no command '%.40s'; 'help' lists them", name);
}

static bool is_member(const struct phone_command *c, const char *key)
{
    for (const struct phone_argument *a = c->arguments; a->name != NULL; a++)
        if (strcmp(a->name, key) == 0)
            return true;
    return strcmp(key, "command") == 0 || strcmp(key, "id") == 0;
}

bool phone_order_read(const json_t *object, struct phone_order *o, struct phone_fault *f)
{
    const json_t *id = json_object_get(object, "id");
    const char   *key;
    json_t       *value;

    *o = (struct phone_order){ 0 };
    *f = (struct phone_fault){ 0 };
    if (!find_command(object, o, f))
        return false;
    if (id != NULL && !json_is_integer(id) && !json_is_string(id))
        return complain(f, "'id' wants a whole number or a text");
    /* jansson's iterators want a pointer to what they do not change. */
    json_object_foreach((json_t *)object, key, value) if (!is_member(o->command, key)) return complain(
        f, "'%s' takes no '%.40s'", o->command->name, key);
    for (size_t i = 0; o->command->arguments[i].name != NULL; i++) {
        const struct phone_argument *a = &o->command->arguments[i];

        value = json_object_get(object, a->name);
        if (value == NULL && a->place == PLACE_REQUIRED)
            return complain(f, "'%s' is missing", a->name);
        if (value != NULL && !read_value(a, value, &o->values[i], f))
            return false;
    }
    return true;
}

const struct phone_value *phone_order_value(const struct phone_order *o, const char *name)
{
    static const struct phone_value none = { 0 };

    for (size_t i = 0; o->command->arguments[i].name != NULL; i++)
        if (strcmp(o->command->arguments[i].name, name) == 0)
            return &o->values[i];
    return &none;
}
