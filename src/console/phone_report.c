/* SPDX-License-Identifier: BSD-2-Clause */
#include "console/phone_report.h"

#include "base/scan.h"

/* ---- the tables ---- */

#define SCHEMA_TEXT    "\"type\":\"string\""
#define SCHEMA_NUMBER  "\"type\":\"integer\""
#define SCHEMA_REAL    "\"type\":\"number\""
#define SCHEMA_ADDRESS SCHEMA_TEXT
#define SCHEMA_BOOL    "\"type\":\"boolean\""
#define SCHEMA_HANDLE  "\"type\":\"string\",\"pattern\":\"^[a-z][1-9][0-9]*[.][1-9][0-9]*$\""
#define SCHEMA_HANDLES "\"type\":\"array\",\"items\":{" SCHEMA_HANDLE "}"
#define SCHEMA_WAIT    "\"type\":[\"integer\",\"null\"]"
#define SCHEMA_MEDIA   "\"$ref\":\"#/$defs/media_stats\""
#define SCHEMA_STREAMS "\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/stream\"}"
#define SCHEMA_DIALOGS "\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/dialog\"}"

static const struct phone_field_row fields[PHONE_FIELDS] = {
    { NULL, NULL, NULL },
#define FIELD(name, key, type, condition, value, meaning) { key, SCHEMA_##type, meaning },
#define NOTICE_FIELD(name, key, schema, meaning)          { key, schema, meaning },
#include "console/phone_report.def"
#undef FIELD
#undef NOTICE_FIELD
};

#define ALWAYS(...)                                                                                                    \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
#define MAYBE(...) ALWAYS(__VA_ARGS__)

static const struct phone_report_row rows[PHONE_REPORT_ROWS] = {
#define EVENT(kind, always, maybe, meaning)        [PHONE_##kind] = { NULL, meaning, always, maybe },
#define NOTICE(kind, name, always, maybe, meaning) [NOTICE_##kind] = { name, meaning, always, maybe },
#include "console/phone_report.def"
#undef EVENT
#undef NOTICE
};

static const struct phone_member_row media_rows[] = {
#define MEDIA_FIELD(name, type, condition, value, meaning) { { name, SCHEMA_##type, meaning }, #condition[0] == 't' },
#include "console/phone_report.def"
#undef MEDIA_FIELD
    { { NULL, NULL, NULL }, false },
};

static const struct phone_member_row stream_rows[] = {
#define STREAM_FIELD(name, type, condition, value, meaning) { { name, SCHEMA_##type, meaning }, #condition[0] == 't' },
#include "console/phone_report.def"
#undef STREAM_FIELD
    { { NULL, NULL, NULL }, false },
};

static const struct phone_member_row dialog_rows[] = {
#define DIALOG_FIELD(name, type, condition, value, meaning) { { name, SCHEMA_##type, meaning }, #condition[0] == 't' },
#include "console/phone_report.def"
#undef DIALOG_FIELD
    { { NULL, NULL, NULL }, false },
};

const struct phone_member_row *phone_report_dialog(void)
{
    return dialog_rows;
}

const struct phone_member_row *phone_report_media(void)
{
    return media_rows;
}

const struct phone_member_row *phone_report_stream(void)
{
    return stream_rows;
}

/* What a new kind of event tells until it has a row. */
static const struct phone_report_row plain = {
    .meaning = "something has happened",
    .always  = { FIELD_CALL_ID },
    .maybe   = { FIELD_CALL, FIELD_DIRECTION, FIELD_PEER, FIELD_PEER_NAME, FIELD_ACCOUNT, FIELD_STATUS, FIELD_REASON },
};

const struct phone_report_row *phone_report_row(unsigned row)
{
    return rows[row].meaning != NULL ? &rows[row] : &plain;
}

const char *phone_report_name(unsigned row)
{
    return row < PHONE_EVENT_COUNT ? phone_event_name((enum phone_event_kind)row) : rows[row].name;
}

const struct phone_field_row *phone_report_field(enum phone_field field)
{
    return &fields[field];
}

/* ---- values ---- */

static void put_ADDRESS(struct json_line *j, const char *key, const struct address *a)
{
    char       text[ADDRESS_TEXT];
    struct buf b = BUF_ON(text);

    address_write(&b, a);
    json_line_text(j, key, buf_slice(&b));
}

static void put_TEXT(struct json_line *j, const char *key, struct slice text)
{
    json_line_text(j, key, text);
}

static void put_number(struct json_line *j, const char *key, int64_t number)
{
    json_line_number(j, key, number);
}

/* Of whatever integer type the field is. */
#define put_NUMBER(j, key, number) put_number(j, key, (int64_t)(number))

static void put_REAL(struct json_line *j, const char *key, double value)
{
    json_line_real(j, key, value);
}

static void put_BOOL(struct json_line *j, const char *key, bool value)
{
    json_line_bool(j, key, value);
}

static void put_WAIT(struct json_line *j, const char *key, msec wait)
{
    if (wait == NEVER)
        json_line_null(j, key);
    else
        json_line_number(j, key, (int64_t)wait);
}

static void put_HANDLE(struct json_line *j, const char *key, object_id id)
{
    char       text[32];
    struct buf b = BUF_ON(text);

    phone_handle_write(&b, id);
    json_line_text(j, key, buf_slice(&b));
}

static void put_HANDLES(struct json_line *j, const char *key, const struct phone_event *e)
{
    struct json_line list = json_line_list(j, key);

    for (size_t i = 0; i < e->member_count; i++) {
        char       text[32];
        struct buf b = BUF_ON(text);

        phone_handle_write(&b, e->members[i]);
        json_line_entry(&list, buf_slice(&b));
    }
    json_line_list_end(&list);
}

static void put_MEDIA(struct json_line *j, const char *key, const struct media_stats *s)
{
    struct json_line m = json_line_inner(j, key);

#define MEDIA_FIELD(name, type, condition, value, meaning)                                                             \
    if (condition)                                                                                                     \
        put_##type(&m, name, value);
#include "console/phone_report.def"
#undef MEDIA_FIELD
    json_line_end(&m);
}

static void put_stream(struct json_line *list, const struct phone_stream *s)
{
    struct json_line j = json_line_item(list);

#define STREAM_FIELD(name, type, condition, value, meaning)                                                            \
    if (condition)                                                                                                     \
        put_##type(&j, name, value);
#include "console/phone_report.def"
#undef STREAM_FIELD
    json_line_end(&j);
}

static void put_STREAMS(struct json_line *j, const char *key, const struct phone_event *e)
{
    struct json_line list = json_line_list(j, key);

    for (size_t i = 0; i < e->stream_count; i++)
        put_stream(&list, &e->streams[i]);
    json_line_list_end(&list);
}

static void put_dialog(struct json_line *list, const struct phone_dialog *d)
{
    struct json_line j = json_line_item(list);

#define DIALOG_FIELD(name, type, condition, value, meaning)                                                            \
    if (condition)                                                                                                     \
        put_##type(&j, name, value);
#include "console/phone_report.def"
#undef DIALOG_FIELD
    json_line_end(&j);
}

static void put_DIALOGS(struct json_line *j, const char *key, const struct phone_event *e)
{
    struct json_line list = json_line_list(j, key);

    for (size_t i = 0; i < e->dialog_count; i++)
        put_dialog(&list, &e->dialogs[i]);
    json_line_list_end(&list);
}

void phone_report_put(struct json_line *j, enum phone_field field, const struct phone_event *e)
{
    switch ((unsigned)field) {
#define FIELD(name, key, type, condition, value, meaning)                                                              \
    case FIELD_##name:                                                                                                 \
        if (condition)                                                                                                 \
            put_##type(j, key, value);                                                                                 \
        return;
#include "console/phone_report.def"
#undef FIELD
    }
}

/* ---- lines ---- */

static struct json_line begin(struct buf *b, const char *name, uint64_t wall)
{
    struct json_line j = json_line_begin(b);

    json_line_number(&j, "t", (int64_t)wall);
    json_line_text(&j, "event", slice_from(name));
    return j;
}

static void put_all(struct json_line *j, const unsigned char list[PHONE_ROW_FIELDS], const struct phone_event *e)
{
    for (size_t i = 0; i < PHONE_ROW_FIELDS && list[i] != FIELD_NONE; i++)
        phone_report_put(j, (enum phone_field)list[i], e);
}

void phone_report_write(struct buf *b, const struct phone_event *e, uint64_t wall)
{
    struct json_line j = begin(b, phone_event_name(e->kind), wall);

    put_all(&j, phone_report_row(e->kind)->always, e);
    put_all(&j, phone_report_row(e->kind)->maybe, e);
    phone_notice_end(&j);
}

struct json_line phone_notice_begin(struct buf *b, enum phone_notice kind, uint64_t wall)
{
    return begin(b, rows[kind].name, wall);
}

void phone_notice_end(struct json_line *j)
{
    json_line_end(j);
    buf_put_byte(j->buf, '\n');
}

/* ---- handles ---- */

static const struct {
    char         letter;
    enum id_kind kind;
} handle_kinds[] = { { 'c', ID_CALL }, { 'm', ID_TEXT }, { 's', ID_SUBSCRIPTION }, { 'r', ID_REFERRAL } };

void phone_handle_write(struct buf *b, object_id id)
{
    for (size_t i = 0; i < sizeof handle_kinds / sizeof *handle_kinds; i++)
        if (handle_kinds[i].kind == id_kind(id))
            buf_put_byte(b, handle_kinds[i].letter);
    buf_put_number(b, (id >> ID_INDEX_BITS & ID_MASK) + 1);
    buf_put_byte(b, '.');
    buf_put_number(b, id & ID_MASK);
}

/* A phone has one worker: the first. */
bool phone_handle_read(struct slice text, object_id *id)
{
    uint32_t index, generation;

    for (size_t i = 0; i < sizeof handle_kinds / sizeof *handle_kinds; i++) {
        struct scan s = scan_from(text);

        if (!scan_byte(&s, handle_kinds[i].letter) || !scan_number(&s, ID_MASK + 1, &index) || index == 0 ||
            !scan_byte(&s, '.') || !scan_number(&s, ID_MASK, &generation) || generation == 0 || !scan_at_end(&s))
            continue;
        *id = (object_id)handle_kinds[i].kind << 48 | (object_id)(index - 1) << ID_INDEX_BITS | generation;
        return true;
    }
    return false;
}
