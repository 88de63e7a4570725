/* SPDX-License-Identifier: BSD-2-Clause */
/* report.h - events of a phone as lines: for people on stderr, as JSON on stdout
 * (the schema is in ahoy(1)). */

#ifndef CMD_REPORT_H
#define CMD_REPORT_H

#include "base/json_line.h"
#include "call/event.h"

/* One JSON object with its LF; `wall` is ms since 1970. */
void report_write_json(struct buf *b, const struct phone_event *e, uint64_t wall);
/* One line without LF; empty if there is nothing to say to a person. */
void report_write_human(struct buf *b, const struct phone_event *e);

void report_print(const struct phone_event *e, bool json, uint64_t wall);

/* The schema for ahoy(1): names of events, then of fields; a row without name ends each. */
struct report_row {
    const char *name, *meaning;
};
const struct report_row *report_events(void);
const struct report_row *report_fields(void);

/* What a call's end means for a script. */
int report_exit_code(const struct phone_event *ended, bool rang);
/* The same for PHONE_REGISTER_FAILED. */
int report_registration_code(const struct phone_event *failed);

#endif
