/* SPDX-License-Identifier: BSD-2-Clause */
/* manual.h - ahoy(1), made from the tables of commands, options and exit codes. */

#ifndef CMD_MANUAL_H
#define CMD_MANUAL_H

#include "cmd/option.h"

/* roff; `commands` ends with NULL. */
void manual_write(const struct command *const *commands, FILE *out);
/* docs/counters.md, from base/counters.def. */
void manual_write_counters(FILE *out);

/* A table of docs/phone.md, from dialog/refusal.def and the exit codes. */
void manual_write_refusals(FILE *out);

#endif
