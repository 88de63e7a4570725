/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/phone_schema.h"

#include "base/json_line.h"
#include "console/phone_command.h"
#include "console/phone_report.h"
#include "probe/exchange.h"
#include "probe/output_json.h"

static void begin(struct buf *b, const char *title, const char *description)
{
    buf_printf(b,
               "{\n\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\n\"title\":\"%s\",\n"
               "\"description\":\"%s\",\n",
               title, description);
}

/* "key":{"type":...,"description":"..."} */
static void put_property(struct buf *b, const struct phone_field_row *f)
{
    json_line_put_string(b, slice_from(f->key));
    buf_printf(b, ":{%s,\"description\":", f->schema);
    json_line_put_string(b, slice_from(f->meaning));
    buf_put_byte(b, '}');
}

/* ---- events ---- */

static void put_properties(struct buf *b, const unsigned char list[PHONE_ROW_FIELDS])
{
    for (size_t i = 0; i < PHONE_ROW_FIELDS && list[i] != FIELD_NONE; i++) {
        buf_put(b, SLICE(",\n    "));
        put_property(b, phone_report_field((enum phone_field)list[i]));
    }
}

static void put_row(struct buf *b, const char *name, const struct phone_report_row *row)
{
    buf_printf(b, "  \"%s\":{\"type\":\"object\",\"description\":", name);
    json_line_put_string(b, slice_from(row->meaning));
    buf_printf(b,
               ",\"properties\":{\n    \"t\":{\"type\":\"integer\",\"description\":\"milliseconds since 1970\"},\n"
               "    \"event\":{\"const\":\"%s\"}",
               name);
    put_properties(b, row->always);
    put_properties(b, row->maybe);
    buf_put(b, SLICE("},\n    \"required\":[\"t\",\"event\""));
    for (size_t i = 0; i < PHONE_ROW_FIELDS && row->always[i] != FIELD_NONE; i++)
        buf_printf(b, ",\"%s\"", phone_report_field((enum phone_field)row->always[i])->key);
    buf_put(b, SLICE("],\"additionalProperties\":false}"));
}

static void put_members(struct buf *b, const char *name, const struct phone_member_row *rows)
{
    buf_printf(b, "  \"%s\":{\"type\":\"object\",\"properties\":{\n    ", name);
    for (const struct phone_member_row *m = rows; m->field.key != NULL; m++) {
        buf_put(b, m == rows ? SLICE("") : SLICE(",\n    "));
        put_property(b, &m->field);
    }
    buf_put(b, SLICE("},\n    \"required\":["));
    for (const struct phone_member_row *m = rows; m->field.key != NULL; m++)
        if (m->always)
            buf_printf(b, "%s\"%s\"", m == rows ? "" : ",", m->field.key);
    buf_put(b, SLICE("],\"additionalProperties\":false}"));
}

/* What the commands say in the end, which is no event of the phone: it has no "t". */
static void put_summary(struct buf *b, const struct output_object *o, bool is_line)
{
    buf_printf(b, "  \"%s\":{\"type\":\"object\",\"description\":", o->name);
    json_line_put_string(b, slice_from(o->meaning));
    buf_put(b, SLICE(",\"properties\":{\n    "));
    if (is_line)
        buf_printf(b, "\"event\":{\"const\":\"%s\"},\n    ", o->name);
    for (const struct output_member *m = o->members; m->key != NULL; m++) {
        buf_put(b, m == o->members ? SLICE("") : SLICE(",\n    "));
        put_property(b, &(struct phone_field_row){ m->key, m->schema, m->meaning });
    }
    buf_printf(b, "},\n    \"required\":[%s", is_line ? "\"event\"" : "");
    for (const struct output_member *m = o->members, *last = NULL; m->key != NULL; m++) {
        if (!m->always)
            continue;
        buf_printf(b, "%s\"%s\"", is_line || last != NULL ? "," : "", m->key);
        last = m;
    }
    buf_put(b, SLICE("],\"additionalProperties\":false}"));
}

void phone_schema_events(struct buf *b)
{
    begin(b, "Events of ahoy's phone",
          "One line of what ahoy phone, call, answer, register, message and watch print with --json. Fields and events "
          "may be added, "
          "none changes its meaning.");
    buf_put(b, SLICE("\"oneOf\":[\n"));
    for (unsigned i = 0; i < PHONE_REPORT_ROWS; i++)
        buf_printf(b, "  {\"$ref\":\"#/$defs/%s\"},\n", phone_report_name(i));
    buf_printf(b, "  {\"$ref\":\"#/$defs/%s\"},\n", output_json_objects()->name);
    buf_printf(b, "  {\"$ref\":\"#/$defs/%s\"}", exchange_json_object()->name);
    buf_put(b, SLICE("],\n\"$defs\":{\n"));
    for (unsigned i = 0; i < PHONE_REPORT_ROWS; i++) {
        put_row(b, phone_report_name(i), phone_report_row(i));
        buf_put(b, SLICE(",\n"));
    }
    put_members(b, "media_stats", phone_report_media());
    buf_put(b, SLICE(",\n"));
    put_members(b, "stream", phone_report_stream());
    buf_put(b, SLICE(",\n"));
    put_members(b, "dialog", phone_report_dialog());
    for (const struct output_object *o = output_json_objects(); o->name != NULL; o++) {
        buf_put(b, SLICE(",\n"));
        put_summary(b, o, o == output_json_objects());
    }
    buf_put(b, SLICE(",\n"));
    put_summary(b, exchange_json_object(), true);
    buf_put(b, SLICE("}}\n"));
}

/* ---- commands ---- */

static void put_choices(struct buf *b, const char *choices)
{
    buf_put(b, SLICE("\"enum\":[\""));
    for (; *choices != '\0'; choices++)
        buf_put(b, *choices == '|' ? SLICE("\",\"") : (struct slice){ choices, 1 });
    buf_put(b, SLICE("\"]"));
}

static void put_type(struct buf *b, const struct phone_argument *a)
{
    switch (a->type) {
    case ARGUMENT_STATUS:
        buf_printf(b, "\"type\":\"integer\",\"minimum\":%d,\"maximum\":%d", PHONE_STATUS_FIRST, PHONE_STATUS_LAST);
        return;
    case ARGUMENT_NUMBER:
        buf_put(b, SLICE("\"type\":\"integer\",\"minimum\":0"));
        return;
    case ARGUMENT_DURATION:
        buf_put(b, SLICE("\"type\":[\"integer\",\"string\"]"));
        return;
    case ARGUMENT_FLAG:
        buf_put(b, SLICE("\"type\":\"boolean\""));
        return;
    case ARGUMENT_CHOICE:
        put_choices(b, a->choices);
        return;
    case ARGUMENT_CALL:
        buf_printf(b, "%s", phone_report_field(FIELD_CALL)->schema);
        return;
    case ARGUMENT_DIGITS:
        buf_put(b, SLICE("\"type\":\"string\",\"pattern\":\"^[0-9*#A-Da-d]+$\""));
        return;
    case ARGUMENT_TEXT:
    case ARGUMENT_REST:
    case ARGUMENT_ADDRESS:
    case ARGUMENT_ACCOUNT:
    case ARGUMENT_FILE:
    case ARGUMENT_SECRET:
        buf_put(b, SLICE("\"type\":\"string\""));
        return;
    }
}

static void put_command(struct buf *b, const struct phone_command *c)
{
    buf_printf(b, "  {\"type\":\"object\",\"description\":");
    json_line_put_string(b, slice_from(c->summary));
    buf_printf(b,
               ",\"properties\":{\n    \"command\":{\"const\":\"%s\"},\n"
               "    \"id\":{\"type\":[\"integer\",\"string\"],\"description\":\"repeated in the answer\"}",
               c->name);
    for (const struct phone_argument *a = c->arguments; a->name != NULL; a++) {
        buf_printf(b, ",\n    \"%s\":{", a->name);
        put_type(b, a);
        buf_put(b, SLICE(",\"description\":"));
        json_line_put_string(b, slice_from(a->meaning));
        buf_put_byte(b, '}');
    }
    buf_put(b, SLICE("},\n    \"required\":[\"command\""));
    for (const struct phone_argument *a = c->arguments; a->name != NULL; a++)
        if (a->place == PLACE_REQUIRED)
            buf_printf(b, ",\"%s\"", a->name);
    buf_put(b, SLICE("],\"additionalProperties\":false}"));
}

void phone_schema_commands(struct buf *b)
{
    size_t                      count;
    const struct phone_command *all = phone_commands(&count);

    begin(b, "Commands of ahoy's phone",
          "One line of what ahoy phone --json reads. Commands and members may be added, none changes its meaning.");
    buf_put(b, SLICE("\"oneOf\":[\n"));
    for (size_t i = 0; i < count; i++) {
        put_command(b, &all[i]);
        buf_put(b, i + 1 < count ? SLICE(",\n") : SLICE("]}\n"));
    }
}
