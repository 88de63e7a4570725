/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/desk.h"

#include "console/phone_typed.h"
#include "support/alloc.h"
#include "support/json_schema.h"

#include <stdio.h>

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

static void note(struct actor *a, const json_t *object)
{
    const char *event = text_of(object, "event");

    if (strcmp(event, "result") == 0)
        actor_event(a, "result %s %s", text_of(object, "command"), text_of(object, "call"));
    if (strcmp(event, "error") == 0)
        actor_event(a, "error %s: %s", text_of(object, "command"), text_of(object, "reason"));
    if (strcmp(event, "played") == 0)
        actor_event(a, "played %s", text_of(object, "file"));
}

void desk_line(struct actor *a, struct desk_lines *lines, struct slice line)
{
    char       memory[512];
    struct buf why = BUF_ON(memory);
    json_t    *object;

    alloc_spare(true); /* what is tested may starve, who looks at it may not */
    if (lines->bad[0] == '\0' && !json_schema_line_fits(json_schema_of_events(), line, &why))
        snprintf(lines->bad, sizeof lines->bad, "told %.*s, which does not fit the schema: %s", SLICE_ARG(line),
                 buf_cstr(&why));
    object = json_loadb(line.ptr, line.len, 0, NULL);
    note(a, object);
    json_decref(object);
    alloc_spare(false);
}

static void give(struct phone_desk *d, struct actor *a, struct slice line)
{
    json_t *command;

    alloc_spare(true);
    command = json_loadb(line.ptr, line.len, 0, NULL);
    scenario_commanded(a, command);
    json_decref(command);
    alloc_spare(false);
    phone_desk_command(d, line);
}

bool desk_commands(struct phone_desk *d, struct actor *a, const struct statement *st)
{
    if (st->words.count > 3 || (st->words.count == 3) == (st->block_count > 0))
        return scenario_fail(a->scenario, "commands 'JSON', or a block of such lines");
    if (st->words.count == 3)
        give(d, a, slice_from(st->words.word[2]));
    for (size_t i = 0; i < st->block_count; i++)
        give(d, a, st->block[i]);
    return true;
}

bool desk_types(struct phone_desk *d, struct actor *a, const struct statement *st)
{
    struct phone_fault fault;
    json_t            *object = NULL;

    if (st->words.count == 3)
        object = phone_line_read(slice_from(st->words.word[2]), &fault);
    if (object == NULL)
        return scenario_fail(a->scenario, "types 'COMMAND ...'%s%s", st->words.count == 3 ? ": " : "",
                             st->words.count == 3 ? fault.reason : "");
    scenario_commanded(a, object);
    phone_desk_order(d, object);
    json_decref(object);
    return true;
}
