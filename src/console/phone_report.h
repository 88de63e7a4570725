/* SPDX-License-Identifier: BSD-2-Clause */
/* phone_report.h - what a phone tells, as JSON: one object a line, by the tables of
 * phone_report.def.  All commands that print events of a phone print these. */

#ifndef CONSOLE_PHONE_REPORT_H
#define CONSOLE_PHONE_REPORT_H

#include "base/json_line.h"
#include "call/event.h"

enum phone_field {
    FIELD_NONE,
#define FIELD(name, key, type, condition, value, meaning) FIELD_##name,
#define NOTICE_FIELD(name, key, schema, meaning)          FIELD_##name,
#include "console/phone_report.def"
#undef FIELD
#undef NOTICE_FIELD
    PHONE_FIELDS
};

/* Kinds of lines: enum phone_event_kind, then these. */
enum phone_notice {
    NOTICE_FIRST = PHONE_EVENT_COUNT - 1,
#define NOTICE(kind, name, always, maybe, meaning) NOTICE_##kind,
#include "console/phone_report.def"
#undef NOTICE
    PHONE_REPORT_ROWS
};

enum { PHONE_ROW_FIELDS = 32, PHONE_REPORT_LINE = 128 * 1024 /* a text of 16 KiB, each byte of it escaped */ };

struct phone_field_row {
    const char *key, *schema, *meaning;
};

struct phone_member_row {
    struct phone_field_row field;
    bool                   always;
};

/* One kind of line.  The lists end with FIELD_NONE. */
struct phone_report_row {
    const char   *name, *meaning;
    unsigned char always[PHONE_ROW_FIELDS], maybe[PHONE_ROW_FIELDS];
};

/* PHONE_REPORT_ROWS of them, by enum phone_event_kind and enum phone_notice. */
const struct phone_report_row *phone_report_row(unsigned row);
const char                    *phone_report_name(unsigned row);
/* The members of "media", of each of "streams" and of each of "dialogs"; a row without a key ends them. */
const struct phone_member_row *phone_report_media(void);
const struct phone_member_row *phone_report_stream(void);
const struct phone_member_row *phone_report_dialog(void);
const struct phone_field_row  *phone_report_field(enum phone_field field);

/* One JSON object with its LF; `wall` is ms since 1970. */
void phone_report_write(struct buf *b, const struct phone_event *e, uint64_t wall);

/* Begin a line that is no event of the phone: {"t":...,"event":"name" */
struct json_line phone_notice_begin(struct buf *b, enum phone_notice kind, uint64_t wall);
/* The closing brace and the LF. */
void phone_notice_end(struct json_line *j);
/* The field of an event in another line, if it has a value. */
void phone_report_put(struct json_line *j, enum phone_field field, const struct phone_event *e);

/* "c1.1", a call: its slot and generation; "m1.1", a text on its way.  A handle that is too old names
 * nothing. */
void phone_handle_write(struct buf *b, object_id id);
/* False if it is none; whether there is such a thing is another question. */
bool phone_handle_read(struct slice text, object_id *id);

#endif
