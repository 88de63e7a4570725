/* SPDX-License-Identifier: BSD-2-Clause */
/* report.h - events of a phone as lines: for people on stderr, as JSON on stdout
 * by the tables of console/phone_report.h. */

#ifndef CMD_REPORT_H
#define CMD_REPORT_H

#include "base/buf.h"
#include "call/event.h"

/* One line without LF; empty if there is nothing to say to a person. */
void report_write_human(struct buf *b, const struct phone_event *e);

/* `wall` is ms since 1970. */
void report_print(const struct phone_event *e, bool json, uint64_t wall);

/* What a call's end means for a script. */
int report_exit_code(const struct phone_event *ended, bool rang);
/* The same for PHONE_REGISTER_FAILED. */
int report_registration_code(const struct phone_event *failed);

#endif
