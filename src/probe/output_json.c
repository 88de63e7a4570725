/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/output_json.h"

#include "base/json_line.h"
#include "probe/output.h"

/* ---- the tables ---- */

#define SCHEMA_TEXT         "\"type\":\"string\""
#define SCHEMA_NUMBER       "\"type\":\"integer\""
#define SCHEMA_REAL         "\"type\":\"number\""
#define SCHEMA_BOOL         "\"type\":\"boolean\""
#define SCHEMA_SETUP        "\"$ref\":\"#/$defs/summary_setup\""
#define SCHEMA_STREAMS      "\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/summary_stream\"}"
#define SCHEMA_EXPECTATIONS "\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/summary_expectation\"}"

#define ROW(key, type, condition, value, meaning) { key, SCHEMA_##type, meaning, sizeof(#condition) == sizeof("true") },
#define LAST                                                                                                           \
    {                                                                                                                  \
        NULL, NULL, NULL, false                                                                                        \
    }

static const struct output_member summary_rows[] = {
#define SUMMARY_FIELD ROW
#include "probe/output_json.def"
#undef SUMMARY_FIELD
    LAST,
};

static const struct output_member setup_rows[] = {
#define SETUP_FIELD ROW
#include "probe/output_json.def"
#undef SETUP_FIELD
    LAST,
};

static const struct output_member sound_rows[] = {
#define SOUND_FIELD ROW
#include "probe/output_json.def"
#undef SOUND_FIELD
    LAST,
};

static const struct output_member expectation_rows[] = {
#define EXPECTATION_FIELD ROW
#include "probe/output_json.def"
#undef EXPECTATION_FIELD
    LAST,
};

const struct output_object *output_json_objects(void)
{
    static const struct output_object objects[] = {
        { "summary", "what a call came to: the last line of ahoy call and answer", summary_rows },
        { "summary_setup", "when what happened, from the INVITE on; what did not is absent", setup_rows },
        { "summary_stream", "how a stream sounded; what is not known is absent", sound_rows },
        { "summary_expectation", "a condition of --expect or --expect-warning", expectation_rows },
        { NULL, NULL, NULL },
    };

    return objects;
}

/* ---- values ---- */

#define put_TEXT                   json_line_text
#define put_REAL                   json_line_real
#define put_BOOL                   json_line_bool
#define put_NUMBER(j, key, number) json_line_number(j, key, (int64_t)(number))
#define PUT(key, type, condition, value, meaning)                                                                      \
    if (condition)                                                                                                     \
        put_##type(&j, key, value);

static void put_SETUP(struct json_line *outer, const char *key, const struct call_times *t)
{
    struct json_line j = json_line_inner(outer, key);

#define SETUP_FIELD PUT
#include "probe/output_json.def"
#undef SETUP_FIELD
    json_line_end(&j);
}

static void put_sound(struct json_line *list, const struct summary_stream *m)
{
    struct json_line j = json_line_item(list);

#define SOUND_FIELD PUT
#include "probe/output_json.def"
#undef SOUND_FIELD
    json_line_end(&j);
}

static void put_STREAMS(struct json_line *outer, const char *key, const struct summary *s)
{
    struct json_line list = json_line_list(outer, key);

    for (size_t i = 0; i < s->stream_count; i++)
        put_sound(&list, &s->streams[i]);
    json_line_list_end(&list);
}

static void put_expectation(struct json_line *list, const struct verdict *v)
{
    struct json_line j = json_line_item(list);

#define EXPECTATION_FIELD PUT
#include "probe/output_json.def"
#undef EXPECTATION_FIELD
    json_line_end(&j);
}

static void put_EXPECTATIONS(struct json_line *outer, const char *key, const struct outcome *o)
{
    struct json_line list = json_line_list(outer, key);

    for (size_t i = 0; i < o->count; i++)
        put_expectation(&list, &o->verdicts[i]);
    json_line_list_end(&list);
}

void output_json(struct buf *b, const struct outcome *o)
{
    const struct summary *s = o->summary;
    struct json_line      j = json_line_begin(b);

    json_line_text(&j, "event", SLICE("summary"));
#define SUMMARY_FIELD PUT
#include "probe/output_json.def"
#undef SUMMARY_FIELD
    json_line_end(&j);
    buf_put_byte(b, '\n');
}
